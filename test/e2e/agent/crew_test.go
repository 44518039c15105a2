package agent

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/carto-run/carto/pkg/install"
	"github.com/carto-run/carto/test/harness"
)

// shape is how replicas of an agent share the work.
type shape struct {
	name     string // short: namespaces and labels get it
	replicas int
	flags    []string
	// rights are those that this installation has; nil for all that there are.
	rights *install.Config
	// whole says whether the replicas have found together.
	whole func(replicas []*process) error
}

var (
	alone = shape{name: "alone", replicas: 1, whole: func([]*process) error { return nil }}
	// elected is what the shipped manifests run.
	elected = shape{name: "elected", replicas: 2, flags: []string{"--leader-elect", "--namespace", install.DefaultNamespace}, rights: &install.Config{}, whole: func(replicas []*process) error {
		if working(replicas) < 0 {
			return errors.New("no replica works")
		}
		return nil
	}}
	sharded = shape{name: "sharded", replicas: 2, flags: []string{"--shards", "--namespace", install.DefaultNamespace}, rights: &install.Config{Shards: 2}, whole: func(replicas []*process) error {
		return membersAgree(len(replicas), replicas...)
	}}
)

// working is the first replica that works; -1 when none does.
func working(replicas []*process) int {
	return slices.IndexFunc(replicas, func(p *process) bool { return strings.Contains(p.Log(), "msg=working") })
}

// crew is what Kubernetes makes of a Deployment of the agent: replicas, each of which is started anew when it has ended.
type crew struct {
	shape
	kubeconfig string
	keeping    sync.WaitGroup

	mu       sync.Mutex
	over     bool
	replicas []*process
	all      []*process // those that have ended, too
}

// startCrew starts the replicas, which live until the test has ended, and waits until they have found together.
func startCrew(t *testing.T, cp *harness.ControlPlane, s shape) *crew {
	t.Helper()
	c := &crew{shape: s, kubeconfig: cp.Kubeconfig, replicas: make([]*process, s.replicas)}
	if s.rights != nil {
		installRights(t, cp, *s.rights)
		c.kubeconfig = agentKubeconfig(t, cp)
	}
	t.Cleanup(c.end)
	for i := range c.replicas {
		if err := c.replace(i, nil); err != nil {
			t.Fatal(err)
		}
		c.keeping.Go(func() { c.keep(i) })
	}
	if err := c.await(); err != nil {
		t.Fatal(err)
	}
	return c
}

// await waits until the replicas have found together. Unlike harness.Eventually it can be called by a fault.
func (c *crew) await() error {
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		err := c.whole(c.now())
		if err == nil || time.Now().After(deadline) {
			return err
		}
	}
}

// now are the replicas that live, or have just ended.
func (c *crew) now() []*process {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.replicas)
}

// keep starts a replica anew each time that it has ended.
func (c *crew) keep(i int) {
	for {
		c.mu.Lock()
		p, over := c.replicas[i], c.over
		c.mu.Unlock()
		if over {
			return
		}
		<-p.Ended()
		if c.replace(i, p) != nil {
			return // what waits for the crew will tell how its log ends
		}
	}
}

// replace starts a replica in the place of one that has ended, unless that was done before.
func (c *crew) replace(i int, ended *process) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over || c.replicas[i] != ended {
		return nil
	}
	log := filepath.Join(filepath.Dir(c.kubeconfig), fmt.Sprintf("agent-%d.log", logs.Add(1)))
	agent, err := harness.StartAgent(c.kubeconfig, log, c.flags...)
	if err != nil {
		return err
	}
	c.replicas[i] = &process{agent}
	c.all = append(c.all, c.replicas[i])
	return nil
}

// kill ends a replica that works, or just any if none does yet, as a lost node does; the next one has begun when it returns.
func (c *crew) kill() error {
	replicas := c.now()
	i := max(0, working(replicas))
	replicas[i].Kill()
	return c.replace(i, replicas[i])
}

// ends is how many replicas have ended.
func (c *crew) ends() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.all) - len(c.replicas)
}

// log is what all replicas have said, one after the other.
func (c *crew) log() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all strings.Builder
	for _, p := range c.all {
		all.WriteString(p.Log())
	}
	return all.String()
}

// end ends all replicas for good.
func (c *crew) end() {
	c.mu.Lock()
	c.over = true
	replicas := c.replicas
	c.mu.Unlock()
	for _, p := range replicas {
		if p != nil {
			p.Kill()
		}
	}
	c.keeping.Wait()
}
