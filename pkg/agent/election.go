package agent

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"k8s.io/apimachinery/pkg/util/uuid"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
)

// Election makes one of several replicas the active one, by a Lease. The others keep
// their caches full and take over within seconds.
type Election struct {
	// Namespace and Name of the Lease.
	Namespace, Name string
}

// Times of the lease, as most controllers have them: a replica that dies is replaced
// after at most 15 s, one that stops in order at once.
const (
	leaseDuration = 15 * time.Second
	renewDeadline = 10 * time.Second
	retryPeriod   = 2 * time.Second
)

// errLeaseLost ends the process: another replica may be at work already.
var errLeaseLost = errors.New("the lease was lost; ending, so that two replicas never work at once")

func (e *Election) run(ctx context.Context, a *Agent) error {
	host, err := os.Hostname()
	if err != nil {
		return fmt.Errorf("find a name for this replica: %w", err)
	}
	config := unthrottled(a.config.Client, "carto-agent-lease/"+a.config.Version)
	lock, err := resourcelock.NewFromKubeconfig(resourcelock.LeasesResourceLock, e.Namespace, e.Name,
		resourcelock.ResourceLockConfig{Identity: host + "_" + string(uuid.NewUUID())}, config, renewDeadline)
	if err != nil {
		return fmt.Errorf("prepare the lease %s/%s: %w", e.Namespace, e.Name, err)
	}
	// It ends when the lease is lost.
	held, lose := context.WithCancel(context.WithoutCancel(ctx))
	defer lose()
	lock = watchRenewals(lock, lose)
	// The lease is released only after the work has ended: the elector must not stop
	// with ctx, or a successor would start while writes are still in flight.
	election, endElection := context.WithCancel(context.WithoutCancel(ctx))
	defer endElection()
	started, worked := make(chan struct{}), make(chan struct{})
	elector, err := leaderelection.NewLeaderElector(leaderelection.LeaderElectionConfig{
		Lock: lock, LeaseDuration: leaseDuration, RenewDeadline: renewDeadline, RetryPeriod: retryPeriod,
		ReleaseOnCancel: true, Name: e.Name,
		Callbacks: leaderelection.LeaderCallbacks{
			OnStartedLeading: func(leading context.Context) {
				close(started)
				defer close(worked)
				defer context.AfterFunc(leading, lose)()
				work, stop := context.WithCancel(held)
				defer stop()
				defer context.AfterFunc(ctx, stop)()
				a.lead(work, held)
				endElection()
			},
			OnStoppedLeading: func() {},
		},
	})
	if err != nil {
		return fmt.Errorf("prepare the lease %s/%s: %w", e.Namespace, e.Name, err)
	}
	a.log.Info("waiting for the lease", "namespace", e.Namespace, "lease", e.Name)
	waiting := context.AfterFunc(ctx, func() {
		if !elector.IsLeader() {
			endElection()
		}
	})
	defer waiting()
	elector.Run(election)
	// The elector starts the callback in a goroutine of its own, and does not say
	// whether it did. One that starts later than this finds its context ended.
	select {
	case <-started:
		<-worked
	case <-time.After(100 * time.Millisecond):
	}
	if ctx.Err() == nil {
		return errLeaseLost
	}
	return nil
}

// watchedLock tells when the lease could not be renewed in time. The elector itself gives up
// later, and tries to release the lease before it says so, which can take longer than the
// lease lasts.
type watchedLock struct {
	resourcelock.Interface
	lost *time.Timer
}

// watchRenewals calls lose once renewDeadline has passed since the beginning of the last
// renewal that is known to have succeeded. The lease itself lasts longer for the others, who
// count from when they see a renewal.
func watchRenewals(lock resourcelock.Interface, lose func()) resourcelock.Interface {
	lost := time.AfterFunc(renewDeadline, lose)
	lost.Stop() // there is nothing to lose yet
	return &watchedLock{lock, lost}
}

func (l *watchedLock) Create(ctx context.Context, record resourcelock.LeaderElectionRecord) error {
	began := time.Now()
	err := l.Interface.Create(ctx, record)
	l.renewed(began, err)
	return err
}

func (l *watchedLock) Update(ctx context.Context, record resourcelock.LeaderElectionRecord) error {
	began := time.Now()
	err := l.Interface.Update(ctx, record)
	l.renewed(began, err)
	return err
}

func (l *watchedLock) renewed(began time.Time, err error) {
	if err == nil {
		l.lost.Reset(renewDeadline - time.Since(began))
	}
}
