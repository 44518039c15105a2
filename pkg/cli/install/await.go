package install

import (
	"context"
	"errors"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/dynamic"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/install"
	"github.com/carto-run/carto/pkg/table"
)

// lookAgain is how often the agent's Deployment is read while it is waited for.
const lookAgain = time.Second

// await waits until the definitions are served and, where that is wanted, the agent is
// ready, and tells a person how far it is.
func (o *Options) await(ctx context.Context, client dynamic.Interface, objects []*unstructured.Unstructured) error {
	progress := o.Streams.StartProgress()
	err := install.FollowEstablished(ctx, client, objects, func(missing int) error {
		if missing > 0 {
			progress.Say(fmt.Sprintf("waiting until %d definitions are served", missing))
		}
		return nil
	})
	var rollout install.Rollout
	if err == nil && o.Wait && !o.Config.CRDsOnly {
		rollout, err = o.awaitAgent(ctx, client, func(r install.Rollout) {
			progress.Say(table.OneLine("waiting for the agent: " + r.String()))
		})
	}
	progress.Stop()
	if err == nil && rollout.Done {
		_, err = fmt.Fprintf(o.Streams.ErrOut, "the agent is ready: %s\n", rollout.Said)
	}
	return err
}

func (o *Options) awaitAgent(ctx context.Context, client dynamic.Interface, tell func(install.Rollout)) (install.Rollout, error) {
	var last install.Rollout
	for {
		r, err := install.ReadRollout(ctx, client, o.Config.Namespace)
		switch {
		case errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil:
			return last, o.notReady(ctx, last)
		case err != nil:
			return last, err
		case r.Done:
			return r, nil
		}
		last = r
		tell(r)
		select {
		case <-ctx.Done():
			return last, o.notReady(ctx, last)
		case <-time.After(lookAgain):
		}
	}
}

// awaitShards waits, where that is wanted, for the end of replicas that shared the work, and says whether some are left. A
// Deployment does not count those that are about to end.
func (o *Options) awaitShards(ctx context.Context, client dynamic.Interface) (left bool, err error) {
	progress := o.Streams.StartProgress()
	defer progress.Stop()
	for {
		left, err = install.ShardsLeft(ctx, client, o.Config.Namespace)
		if err != nil || !left || !o.Wait {
			return left, err
		}
		progress.Say("waiting for the end of the replicas that shared the work")
		select {
		case <-ctx.Done():
			return left, o.notReady(ctx, install.Rollout{Said: "the replicas that shared the work are still there"})
		case <-time.After(lookAgain):
		}
	}
}

// notReady is the finding after the time is over; when it was interrupted, that.
func (o *Options) notReady(ctx context.Context, r install.Rollout) error {
	if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return ctx.Err()
	}
	return cmdutil.Findingf("the agent is installed, but not ready after %s: %s; see: kubectl describe pods -n %s -l %s",
		o.Timeout, table.OneLine(r.String()), o.Config.Namespace, install.AgentSelector)
}
