package agent

import (
	"context"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	v1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	library "github.com/carto-run/carto/pkg/agent"
	"github.com/carto-run/carto/test/faultproxy"
	"github.com/carto-run/carto/test/harness"
	"github.com/carto-run/carto/test/wallclock"
)

// faultRow is a fault that lies between the agent and the API server from the agent's start until the story is over.
type faultRow struct {
	name, why string
	rules     []faultproxy.Rule
	patience  library.Patience
	pageSize  int64
	// clock is what the wall clock jumps by, each time that something happens.
	clock time.Duration
	// shared: the story is told by those who share the owners, too; without, only where all outages are lived through at length.
	shared bool
}

// all are the rules for the work of the agent, and the same ones for its leases, counted apart: how often one of them
// fails must not depend on the other.
func (r faultRow) all() []faultproxy.Rule {
	rules := slices.Repeat(r.rules, 2)
	for i := range rules {
		rules[i].UserAgent = "carto-agent/"
		if i >= len(r.rules) {
			rules[i].UserAgent = "carto-agent-lease/"
			rules[i].Name += " of leases"
		}
	}
	return rules
}

// reads are all requests that read, except watches.
var reads = []string{"get", "list"}

var faultRows = []faultRow{
	{name: "too many requests", shared: true, why: "an API server that is busy says when to come again", rules: []faultproxy.Rule{
		{Name: "writes", Verbs: faultproxy.Writes, Every: 4, Times: 12, Fault: faultproxy.TooMany(1)},
		{Name: "reads", Verbs: []string{"get", "list", "watch"}, Every: 9, Times: 6, Fault: faultproxy.TooMany(1)},
	}},
	{name: "internal errors", shared: true, why: "a webhook that is away, or etcd that changes its leader", rules: []faultproxy.Rule{
		{Name: "writes", Verbs: faultproxy.Writes, Every: 3, Fault: faultproxy.Status(http.StatusInternalServerError, "InternalError")},
		{Name: "reads", Verbs: []string{"get", "list", "watch"}, Every: 5, Times: 8, Fault: faultproxy.Status(http.StatusInternalServerError, "InternalError")},
	}},
	{name: "unavailable", why: "a load balancer without a backend", rules: []faultproxy.Rule{
		{Name: "writes", Verbs: faultproxy.Writes, Every: 3, Fault: faultproxy.Status(http.StatusServiceUnavailable, "ServiceUnavailable")},
		{Name: "reads", Verbs: []string{"get", "list", "watch"}, Every: 5, Times: 8, Fault: faultproxy.Status(http.StatusServiceUnavailable, "ServiceUnavailable")},
	}},
	{name: "conflicts", why: "many write at the same object", rules: []faultproxy.Rule{
		// Not every second one: who takes a lease would always fail at the second of its two writes.
		{Name: "writes", Verbs: faultproxy.Writes, Every: 3, Fault: faultproxy.Status(http.StatusConflict, "Conflict")},
	}},
	{name: "slow", why: "requests wait, and so do answers to what was done long ago", rules: []faultproxy.Rule{
		{Name: "requests", Verbs: []string{"get", "list", "create", "patch", "delete"}, Every: 2, Fault: faultproxy.Slow(150 * time.Millisecond)},
		{Name: "answers", Verbs: faultproxy.Writes, Every: 2, Fault: faultproxy.SlowAnswer(250 * time.Millisecond)},
	}},
	{name: "no answers", shared: true, why: "a request was carried out, and its answer never comes", patience: library.Patience{Answer: time.Second}, rules: []faultproxy.Rule{
		{Name: "writes", Verbs: faultproxy.Writes, Every: 5, Times: 5, Fault: faultproxy.NoAnswer()},
		{Name: "reads", Verbs: reads, Every: 4, Times: 3, Fault: faultproxy.NoAnswer()},
	}},
	{name: "answers cut", why: "the connection breaks in the middle of an answer", rules: []faultproxy.Rule{
		{Name: "writes", Verbs: faultproxy.Writes, Every: 3, Fault: faultproxy.CutAnswer()},
		{Name: "reads", Verbs: reads, Every: 4, Times: 8, Fault: faultproxy.CutAnswer()},
	}},
	{name: "answers short", why: "half of an answer looks like a whole one", rules: []faultproxy.Rule{
		{Name: "writes", Verbs: faultproxy.Writes, Every: 3, Fault: faultproxy.ShortAnswer()},
		{Name: "reads", Verbs: reads, Every: 4, Times: 8, Fault: faultproxy.ShortAnswer()},
	}},
	{name: "garbage", why: "a proxy answers with a page of its own", rules: []faultproxy.Rule{
		{Name: "writes", Verbs: faultproxy.Writes, Every: 3, Fault: faultproxy.Garbage()},
		{Name: "reads", Verbs: reads, Every: 4, Times: 8, Fault: faultproxy.Garbage()},
	}},
	{name: "other JSON", why: "a proxy answers for itself: what it does not list is not gone", rules: []faultproxy.Rule{
		{Name: "lists", Verbs: []string{"list"}, Every: 3, Times: 8, Fault: faultproxy.OtherJSON()},
		{Name: "events", Every: 8, Times: 8, Fault: faultproxy.TooOldEvent()},
	}},
	{name: "small pages", why: "objects change between the pages of a list", pageSize: 3, rules: []faultproxy.Rule{
		{Name: "events", Every: 8, Times: 16, Fault: faultproxy.TooOldEvent()},
	}},
	{name: "pages too old", why: "the pages of a list take longer than the API server keeps what it was", pageSize: 3, rules: []faultproxy.Rule{
		{Name: "lists", Verbs: []string{"list"}, Every: 5, Times: 8, Fault: faultproxy.Status(http.StatusGone, "Expired")},
		{Name: "events", Every: 8, Times: 8, Fault: faultproxy.TooOldEvent()},
	}},
	{name: "connections reset", why: "the request never arrives, and all watches of the connection break with it; after each time they wait longer", rules: []faultproxy.Rule{
		{Name: "writes", Verbs: faultproxy.Writes, Every: 7, Times: 5, Fault: faultproxy.ResetBefore()},
	}},
	{name: "lost answers", shared: true, why: "what was written is written, and the agent can not know", rules: []faultproxy.Rule{
		{Name: "writes", Verbs: faultproxy.Writes, Every: 7, Times: 5, Fault: faultproxy.LostAnswer()},
	}},
	{name: "lost creations", shared: true, why: "the worst for runs: that they were made is not known", rules: []faultproxy.Rule{
		{Name: "runs", Verbs: []string{"create"}, Resources: []string{"taskruns", "configmaps"}, Every: 2, Fault: faultproxy.CutAnswer()},
	}},
	{name: "discovery fails", why: "a kind that can not be looked up is not an unknown one", rules: []faultproxy.Rule{
		{Name: "errors", Verbs: []string{"get"}, Resources: []string{""}, Every: 2, Times: 3, Fault: faultproxy.Status(http.StatusInternalServerError, "InternalError")},
		{Name: "garbage", Verbs: []string{"get"}, Resources: []string{""}, Every: 3, Times: 2, Fault: faultproxy.Garbage()},
	}},
	{name: "API server away", shared: true, why: "nothing gets through for a while", rules: []faultproxy.Rule{
		{Name: "all", For: 1500 * time.Millisecond, Fault: faultproxy.ResetBefore()},
	}},
	{name: "watches cut", why: "they go on from where they were", rules: []faultproxy.Rule{
		{Name: "events", Every: 6, Times: 20, Fault: faultproxy.CutWatch()},
	}},
	{name: "events cut", why: "half an event is none", rules: []faultproxy.Rule{
		{Name: "events", Every: 6, Times: 20, Fault: faultproxy.CutEvent()},
	}},
	{name: "events garbled", why: "what can not be read is listed again", rules: []faultproxy.Rule{
		{Name: "events", Every: 10, Times: 10, Fault: faultproxy.GarbageEvent()},
	}},
	{name: "watches stalled", shared: true, why: "the connection lives, the stream does not, and no ping tells", patience: library.Patience{Watch: 700 * time.Millisecond}, rules: []faultproxy.Rule{
		{Name: "events", Every: 12, Times: 6, Fault: faultproxy.StallWatch()},
	}},
	{name: "watches unanswered", why: "not even a header comes", patience: library.Patience{Watch: time.Second}, rules: []faultproxy.Rule{
		{Name: "watches", Verbs: []string{"watch"}, Every: 4, Times: 3, Fault: faultproxy.Slow(time.Hour)},
	}},
	{name: "too old, by status", why: "etcd was compacted: everything is listed again", rules: []faultproxy.Rule{
		{Name: "watches", Verbs: []string{"watch"}, Every: 3, Times: 12, Fault: faultproxy.Status(http.StatusGone, "Expired")},
		{Name: "cuts", Every: 12, Times: 10, Fault: faultproxy.CutWatch()},
	}},
	{name: "too old, by event", shared: true, why: "the same, told in the stream", rules: []faultproxy.Rule{
		{Name: "events", Every: 8, Times: 16, Fault: faultproxy.TooOldEvent()},
	}},
	{name: "no bookmarks", why: "each watch at rest is begun anew from an old version", patience: library.Patience{Watch: 500 * time.Millisecond}, rules: []faultproxy.Rule{
		{Name: "bookmarks", Verbs: []string{"watch"}, Fault: faultproxy.NoBookmarks()},
	}},
	{name: "clock set forward", why: "waits are measured by the monotonic clock", clock: 5 * time.Hour},
	{name: "clock set back", why: "the same; runs are ordered by their numbers, not by their times", clock: -5 * time.Hour},
}

// Those who live through a story: an agent alone, one that holds the lease of an election, as the shipped manifests have it, and
// two that share the owners. A fault lies before each of them, and before what keeps their leases, too. The lease that shards hold
// together lapses only a while after the last of them; by another name nobody has to wait for it.
var (
	tellsAlone   = []library.Config{{}}
	tellsElected = []library.Config{{Election: &library.Election{Namespace: "default", Name: "elected"}}}
	tellsSharded = []library.Config{
		{Shards: &library.Shards{Namespace: "default", Name: "sharded"}},
		{Shards: &library.Shards{Namespace: "default", Name: "sharded"}},
	}
)

// TestThroughFaults: the same story, told through each fault, ends as it does without: the same objects and statuses, each run
// made once, nothing left over. Then the agent is silent, and ends in order.
func TestThroughFaults(t *testing.T) {
	t.Parallel()
	cp := harness.New(t, harness.Options{})
	w := newWorld(t, cp)
	harness.ApplyYAML(t, cp.Config, "", stubCRD("taskruns", "tekton.dev", "TaskRun", "v1"))
	// The garbage collector learns of new kinds at its start, else only after half a minute.
	if err := cp.RestartComponent(t.Context(), harness.ControllerManager); err != nil {
		t.Fatal(err)
	}
	undisturbed := w.tell(t, tellsAlone, faultRow{}, "")
	for _, row := range faultRows {
		t.Run(row.name, func(t *testing.T) {
			t.Log(row.why)
			w.tell(t, tellsElected, row, undisturbed)
			if row.shared || atLength(t) {
				w.tell(t, tellsSharded, row, undisturbed)
			}
		})
	}
}

// tell plays the story through a fault, and returns what it ended in.
func (w *world) tell(t *testing.T, replicas []library.Config, row faultRow, want string) string {
	t.Helper()
	jumping := &wallclock.Clock{}
	var proxies []*faultproxy.Proxy
	var agents []*inProcess
	for _, config := range replicas {
		proxy, err := faultproxy.Start(w.cp.Config)
		if err != nil {
			t.Fatal(err)
		}
		defer proxy.Close()
		proxy.Set(row.all()...)
		config.Client, config.Templates, config.Patience, config.PageSize, config.Clock = proxy.Config(), library.DefaultTemplates(), row.patience, row.pageSize, jumping
		agent := runInProcess(config)
		defer func() {
			if t.Failed() {
				t.Logf("an agent's log:\n%s", agent.log)
			}
			agent.stop()
		}()
		proxies, agents = append(proxies, proxy), append(agents, agent)
	}
	s := newStory(w, t)
	began := time.Now()
	s.play(func(string) { jumping.Jump(row.clock) })
	for _, rule := range row.rules {
		if rule.Name != "bookmarks" && !slices.ContainsFunc(proxies, func(p *faultproxy.Proxy) bool { return p.Fired(rule.Name) > 0 }) {
			t.Errorf("the fault %s never occurred: the test tests nothing", rule.Name)
		}
	}
	told := time.Since(began)
	for _, proxy := range proxies {
		proxy.Set()
	}
	var end string
	harness.Eventually(t, s.patience, func() (err error) {
		if end, err = s.end(); err != nil {
			return err
		}
		if diff := cmp.Diff(want, end); want != "" && diff != "" {
			return &differs{diff}
		}
		return nil
	})
	requests := 0
	for _, proxy := range proxies {
		awaitSilence(t, proxy)
		requests += len(proxy.Passed())
	}
	if want == "" {
		end = w.settled(t, s)
	}
	if err := s.onceEach(2); err != nil {
		t.Error(err)
	}
	t.Logf("told by %d in %s, over after %s, %d requests", len(agents), told.Round(time.Millisecond), time.Since(began).Round(time.Millisecond), requests)
	for _, agent := range agents {
		agent.end(t)
	}
	return end
}

// settled waits until what belonged to the deleted owners is gone, and returns what is left.
func (w *world) settled(t *testing.T, s *story) string {
	t.Helper()
	var end string
	harness.Eventually(t, s.patience, func() error {
		for kind, name := range map[gvr]string{gitRepos: "w0", configMaps: "w0-after"} {
			if _, err := s.get(kind, name); err == nil {
				return &differs{kind.Resource + " " + name + " is still there"}
			}
		}
		list, err := s.client.Resource(taskRuns).Namespace(s.ns).List(context.Background(), v1.ListOptions{})
		if err != nil || len(list.Items) != storyWorkloads+storyRunnables-2 {
			return &differs{"runs of deleted owners are still there"}
		}
		end, err = s.end()
		return err
	})
	return end
}

// differs tells how an end differs.
type differs struct{ diff string }

func (d *differs) Error() string { return "the fault left a trace (-without +with):\n" + d.diff }
