package agent

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	v1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/carto-run/carto/pkg/install"
	"github.com/carto-run/carto/test/faultproxy"
	"github.com/carto-run/carto/test/harness"
)

// shards are replicas of an agent that divide the owners, and a record of what each writes.
type shards struct {
	*tenant
	count int // of workloads
	// turn is the last revision that every source was given.
	turn int
}

func startShard(t *testing.T, cp *harness.ControlPlane) *process {
	t.Helper()
	return startShardBy(t, cp.Kubeconfig)
}

func startShardBy(t *testing.T, kubeconfig string) *process {
	t.Helper()
	p := startAgent(t, kubeconfig, "--shards", "--namespace", "default")
	t.Cleanup(p.Kill)
	return p
}

// stopInOrder stops replicas, which have to end by themselves.
func stopInOrder(t *testing.T, replicas ...*process) {
	t.Helper()
	for _, p := range replicas {
		if err := p.Stop(); err != nil {
			t.Errorf("%v\n%s", err, p.Log())
		}
	}
}

// begin waits until replicas have agreed to divide the owners, and then until these are there and ready.
func (s *shards) begin(replicas ...*process) {
	s.t.Helper()
	awaitMembers(s.t, len(replicas), replicas...)
	s.turn = 1
	s.burst(0, s.count)
	harness.Eventually(s.t, time.Minute, func() error { return s.allDone(s.count) })
}

// revise gives all sources another revision, and those who watch a moment between them.
func (s *shards) revise(ctx context.Context) {
	s.turn++
	for i := range s.count {
		status := fmt.Sprintf(`{"status":{"artifact":{"url":"https://git.example/%d","revision":"main@%d"}}}`, i, s.turn)
		_, err := s.client.Resource(gitRepos).Namespace(s.ns).Patch(ctx, fmt.Sprintf("w-%03d", i), types.MergePatchType, []byte(status), v1.PatchOptions{}, "status")
		if err != nil && ctx.Err() == nil {
			s.t.Errorf("revise w-%03d: %v", i, err)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// arrived says whether the last object of every owner has a revision, or a later one.
func (s *shards) arrived(turn int) error {
	list, err := s.client.Resource(configMaps).Namespace(s.ns).List(s.t.Context(), v1.ListOptions{})
	if err != nil {
		return err
	}
	n, behind := 0, ""
	for i := range list.Items {
		if !strings.HasSuffix(list.Items[i].GetName(), "-last") {
			continue
		}
		line, _ := field(&list.Items[i], "data", "line").(string)
		seen := 0
		if _, err := fmt.Sscanf(line[strings.LastIndex(line, "@")+1:], "%d", &seen); err != nil {
			return fmt.Errorf("%s says %q", list.Items[i].GetName(), line)
		}
		if seen >= turn {
			n++
		} else {
			behind = fmt.Sprintf("%s says %q", list.Items[i].GetName(), line)
		}
	}
	if n < s.count {
		return fmt.Errorf("%d of %d owners have arrived at revision %d: %s", n, s.count, turn, behind)
	}
	return nil
}

// writes are what replicas wrote about the owners of the namespace, by owner, in order.
func (s *shards) writes(since harness.Mark) map[string][]harness.Request {
	s.t.Helper()
	all, err := s.cp.Requests(s.t.Context(), harness.Filter{UserAgent: "carto-agent/", Namespace: s.ns, Verbs: harness.Writes, Since: since, Match: func(r harness.Request) bool {
		return r.Resource != "events" // they trickle behind, and are about what was
	}})
	if err != nil {
		s.t.Fatal(err)
	}
	slices.SortStableFunc(all, func(a, b harness.Request) int { return a.Time.Compare(b.Time) })
	byOwner := map[string][]harness.Request{}
	for _, r := range all {
		owner := strings.TrimSuffix(strings.TrimSuffix(r.Name, "-config"), "-last")
		byOwner[owner] = append(byOwner[owner], r)
	}
	return byOwner
}

// writers are the replicas that have written about an owner.
func writers(byOwner map[string][]harness.Request) []string {
	var all []string
	for _, requests := range byOwner {
		for _, r := range requests {
			if !slices.Contains(all, r.UserAgent) {
				all = append(all, r.UserAgent)
			}
		}
	}
	return all
}

// expectOneAtATime: no two replicas write about an owner at once, none writes again after
// another has taken over, and no object is made twice.
func (s *shards) expectOneAtATime(byOwner map[string][]harness.Request) {
	s.t.Helper()
	if len(byOwner) != s.count {
		s.t.Errorf("there are writes about %d owners, not %d", len(byOwner), s.count)
	}
	handovers := 0
	for owner, requests := range byOwner {
		var before []string // replicas that had it
		made := map[string]int{}
		for i, r := range requests {
			if r.Code == 201 {
				made[r.URI]++
			}
			if i == 0 || requests[i-1].UserAgent == r.UserAgent {
				continue
			}
			previous := requests[i-1]
			before = append(before, previous.UserAgent)
			handovers++
			if slices.Contains(before, r.UserAgent) {
				s.t.Errorf("%s: %s writes (%s %s) after %s had taken over", owner, r.UserAgent, r.Verb, r.URI, previous.UserAgent)
			}
			for _, earlier := range requests[:i] {
				if earlier.UserAgent != r.UserAgent && earlier.Time.Add(earlier.Duration).After(r.Time) {
					s.t.Errorf("%s: %s writes (%s) while %s does (%s)", owner, r.UserAgent, r.URI, earlier.UserAgent, earlier.URI)
				}
			}
		}
		for uri, n := range made {
			if n != 1 {
				s.t.Errorf("%s: made %d times: %s", owner, n, uri)
			}
		}
	}
	s.t.Logf("%d owners, %d handovers between %d replicas", len(byOwner), handovers, len(writers(byOwner)))
	if handovers == 0 {
		s.t.Error("nothing changed hands, so nothing was tested")
	}
}

// changing revises all sources again and again in the background. goesOn waits until a change that has not begun yet has
// reached the end of every owner; enough ends it, and can be called twice.
func (s *shards) changing() (goesOn func(what string), enough func()) {
	ctx, cancel := context.WithCancel(s.t.Context())
	var revising sync.WaitGroup
	var mu sync.Mutex
	revising.Go(func() {
		for ctx.Err() == nil {
			mu.Lock()
			s.revise(ctx)
			mu.Unlock()
		}
	})
	goesOn = func(what string) {
		s.t.Helper()
		mu.Lock()
		began, next := time.Now(), s.turn+1
		mu.Unlock()
		harness.Eventually(s.t, 2*time.Minute, func() error { return s.arrived(next) })
		s.t.Logf("%s: after %s a change has reached the end of every owner", what, time.Since(began).Round(100*time.Millisecond))
	}
	return goesOn, func() {
		cancel()
		revising.Wait()
	}
}

// expectAllArrived: a last change reaches the end of every owner, and all are ready.
func (s *shards) expectAllArrived() {
	s.t.Helper()
	s.revise(s.t.Context())
	harness.Eventually(s.t, time.Minute, func() error { return s.arrived(s.turn) })
	harness.Eventually(s.t, time.Minute, func() error { return s.allDone(s.count) })
}

// TestShardsNeverShareAnOwner: three replicas divide the owners while their sources change;
// one is killed, one comes, and one goes. Each owner is written about by one at a time, the
// owners of the lost go on, and everything arrives.
func TestShardsNeverShareAnOwner(t *testing.T) {
	t.Parallel()
	cp := harness.New(t, harness.Options{AuditLog: true})
	w := newWorld(t, cp)
	s := &shards{tenant: w.tenant(t), count: 60}
	s.apply(burstChain)
	s.actor()
	mark, err := cp.Mark(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	first, second, third := startShard(t, cp), startShard(t, cp), startShard(t, cp)
	s.begin(first, second, third)
	if n := len(writers(s.writes(mark))); n != 3 {
		t.Errorf("%d replicas have worked, not 3", n)
	}

	goesOn, enough := s.changing()
	defer enough()
	goesOn("three at work")
	second.Kill()
	goesOn("one killed")
	fourth := startShard(t, cp)
	awaitMembers(t, 3, first, third, fourth)
	goesOn("another has come")
	stopInOrder(t, first)
	awaitMembers(t, 2, third, fourth)
	goesOn("one has gone")
	enough()
	s.expectAllArrived()
	s.expectOneAtATime(s.writes(mark))
	stopInOrder(t, third, fourth)
}

// awaitMembers waits until replicas have agreed to be so many.
func awaitMembers(t *testing.T, members int, replicas ...*process) {
	t.Helper()
	harness.Eventually(t, time.Minute, func() error { return membersAgree(members, replicas...) })
}

// membersAgree says whether replicas have agreed to be so many.
func membersAgree(members int, replicas ...*process) error {
	for _, p := range replicas {
		var last string
		for line := range strings.Lines(p.Log()) {
			if strings.Contains(line, `msg="the members agree"`) || strings.Contains(line, `msg="the members have changed"`) {
				last = line
			}
		}
		if !strings.Contains(last, fmt.Sprintf(`msg="the members agree" members=%d `, members)) {
			return fmt.Errorf("not %d members yet: %s", members, last)
		}
	}
	return nil
}

// TestShardWithoutLease: a replica that can not renew its Lease, or sleeps for longer than that lasts, lives on
// and has work. It ends before the others take its owners over, or when it wakes up, and writes nothing after that.
func TestShardWithoutLease(t *testing.T) {
	t.Parallel()
	cp := harness.New(t, harness.Options{AuditLog: true})
	w := newWorld(t, cp)
	for _, tc := range []struct {
		name string
		// cut takes the Lease from a replica, and says what gives it back once the others have taken over.
		cut func(t *testing.T, proxy *faultproxy.Proxy, replica *process) (wake func())
	}{
		{"refused", func(_ *testing.T, proxy *faultproxy.Proxy, _ *process) func() {
			proxy.Set(faultproxy.Rule{Name: "renewals", Resources: []string{"leases"}, Fault: faultproxy.Status(http.StatusInternalServerError, "InternalError")})
			return func() {}
		}},
		{"held up", func(_ *testing.T, proxy *faultproxy.Proxy, _ *process) func() {
			proxy.Set(faultproxy.Rule{Name: "renewals", Resources: []string{"leases"}, Fault: faultproxy.Slow(time.Hour)})
			return func() {}
		}},
		{"asleep", func(t *testing.T, _ *faultproxy.Proxy, replica *process) func() {
			signal := func(s syscall.Signal) {
				if err := syscall.Kill(replica.PID(), s); err != nil {
					t.Fatal(err)
				}
			}
			signal(syscall.SIGSTOP)
			return func() { signal(syscall.SIGCONT) }
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := &shards{tenant: w.tenant(t), count: 30}
			s.apply(burstChain)
			s.actor()
			mark, err := cp.Mark(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			proxy, err := faultproxy.Start(cp.Config)
			if err != nil {
				t.Fatal(err)
			}
			defer proxy.Close()
			through := filepath.Join(t.TempDir(), "kubeconfig")
			if err := proxy.WriteKubeconfig(through); err != nil {
				t.Fatal(err)
			}
			first, second, third := startShardBy(t, through), startShard(t, cp), startShard(t, cp)
			s.begin(first, second, third)
			goesOn, enough := s.changing()
			defer enough()
			goesOn("three at work")

			wake := tc.cut(t, proxy, first)
			awaitMembers(t, 2, second, third)
			goesOn("two have taken over")
			wake()
			code, err := first.AwaitEnd(t.Context())
			if err != nil || code == 0 || !strings.Contains(first.Log(), "the lease was lost") {
				t.Errorf("the replica without a lease ended with %d, %v:\n%s", code, err, first.Log())
			}
			goesOn("it has ended")
			enough()
			s.expectAllArrived()
			byOwner := s.writes(mark)
			if n := len(writers(byOwner)); n != 3 {
				t.Errorf("%d replicas have written, not 3", n)
			}
			s.expectOneAtATime(byOwner)
			stopInOrder(t, second, third)
		})
	}
}

// TestShardsAndOneAgentNeverWorkTogether: what one rolling update brings together, a replica
// that works alone and several that divide the owners, never works at the same time, in
// either direction. They have the rights that are installed.
func TestShardsAndOneAgentNeverWorkTogether(t *testing.T) {
	t.Parallel()
	cp := harness.New(t, harness.Options{AuditLog: true})
	w := newWorld(t, cp)
	s := &shards{tenant: w.tenant(t), count: 30, turn: 1}
	s.apply(burstChain)
	s.actor()
	mark, err := cp.Mark(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	installRights(t, cp, install.Config{})
	kubeconfig := agentKubeconfig(t, cp)
	start := func(mode string) *process {
		p := startAgent(t, kubeconfig, mode, "--namespace", install.DefaultNamespace)
		t.Cleanup(p.Kill)
		return p
	}
	works := func(p *process, message string) {
		t.Helper()
		harness.Eventually(t, time.Minute, func() error {
			if !strings.Contains(p.Log(), message) {
				return fmt.Errorf("no %s in:\n%s", message, p.Log())
			}
			return nil
		})
	}
	arrives := func() {
		t.Helper()
		s.revise(t.Context())
		harness.Eventually(t, time.Minute, func() error { return s.arrived(s.turn) })
	}

	leader := start("--leader-elect")
	works(leader, "msg=working")
	s.burst(0, s.count)
	harness.Eventually(t, time.Minute, func() error { return s.allDone(s.count) })
	// The shards are ready, as a rolling update demands, and wait.
	installRights(t, cp, install.Config{Shards: 2})
	first, second := start("--shards"), start("--shards")
	for _, p := range []*process{first, second} {
		works(p, "which an agent with --leader-elect holds")
		if err := p.AwaitReady(t.Context()); err != nil {
			t.Error(err)
		}
	}
	arrives()
	stopInOrder(t, leader)
	awaitMembers(t, 2, first, second)
	arrives()
	// And back.
	leader = start("--leader-elect")
	works(leader, "waiting for the lease")
	stopInOrder(t, first)
	arrives()
	stopInOrder(t, second)
	works(leader, "msg=working")
	arrives()

	// The agent that works alone has no name in its requests, so it counts as one although
	// there were two.
	modes := map[bool][]harness.Request{}
	for _, requests := range s.writes(mark) {
		for _, r := range requests {
			sharded := strings.Contains(r.UserAgent, "(")
			modes[sharded] = append(modes[sharded], r)
		}
	}
	for _, r := range modes[true] {
		for _, other := range modes[false] {
			if r.Time.Before(other.Time.Add(other.Duration)) && other.Time.Before(r.Time.Add(r.Duration)) {
				t.Errorf("%s by %s while %s by %s", r.URI, r.UserAgent, other.URI, other.UserAgent)
			}
		}
	}
	between := func(requests []harness.Request, from, to time.Time) (n int) {
		for _, r := range requests {
			if r.Time.After(from) && r.Time.Before(to) {
				n++
			}
		}
		return n
	}
	begin := slices.MinFunc(modes[true], func(a, b harness.Request) int { return a.Time.Compare(b.Time) }).Time
	end := slices.MaxFunc(modes[true], func(a, b harness.Request) int { return a.Time.Compare(b.Time) }).Time
	if n := between(modes[false], begin, end); n > 0 || len(modes[false]) == 0 {
		t.Errorf("of %d writes of the agent that works alone, %d lie among those of the shards", len(modes[false]), n)
	}
	t.Logf("%d writes by one agent, %d by shards", len(modes[false]), len(modes[true]))
}
