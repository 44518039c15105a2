package agent

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	v1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	library "github.com/carto-run/carto/pkg/agent"
	"github.com/carto-run/carto/test/faultproxy"
	"github.com/carto-run/carto/test/harness"
)

// TestLeaseLost: the active replica can not renew its lease while it is at work. It ends, and sends nothing once the other may
// have begun; the other finishes the work, and nothing is made twice.
func TestLeaseLost(t *testing.T) {
	t.Parallel()
	const count = 40
	cp := harness.New(t, harness.Options{})
	w := newWorld(t, cp)
	harness.ApplyYAML(t, cp.Config, "", stubCRD("taskruns", "tekton.dev", "TaskRun", "v1")+"apiVersion: v1\nkind: Namespace\nmetadata: { name: carto-system }\n")

	alone := w.replica(t)
	undisturbed := newStory(w, t)
	undisturbed.apply(replace(storyChain, "EDIT", "it"))
	undisturbed.arrive(count, 0)
	undisturbed.awaitAll(count)
	want, err := undisturbed.end()
	if err != nil {
		t.Fatal(err)
	}
	alone.end(t)

	for _, tc := range []struct {
		name, why string
		renewals  faultproxy.Fault
	}{
		{"refused", "the API server has other troubles than this one's writes", faultproxy.Status(http.StatusInternalServerError, "InternalError")},
		{"held up", "renewals never arrive, and neither does the release of the lease, which the library tries before it tells", faultproxy.Slow(time.Hour)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Log(tc.why)
			first := w.replica(t)
			first.says(t, "msg=working")
			second := w.replica(t)
			second.says(t, "waiting for the lease")
			s := newStory(w, t)
			s.apply(replace(storyChain, "EDIT", "it"))

			first.proxy.Set(
				faultproxy.Rule{Name: "renewals", Resources: []string{"leases"}, Fault: tc.renewals},
				// Some writes are under way at any time.
				faultproxy.Rule{Name: "late", Verbs: faultproxy.Writes, Every: 2, Fault: faultproxy.Slow(2500 * time.Millisecond)},
				faultproxy.Rule{Name: "late answers", Verbs: faultproxy.Writes, Every: 3, Fault: faultproxy.SlowAnswer(700 * time.Millisecond)},
			)
			s.arrive(count, 300*time.Millisecond)
			select {
			case err := <-first.ended:
				if err == nil || !strings.Contains(err.Error(), "the lease was lost") {
					t.Errorf("the first replica ended with %v", err)
				}
			case <-time.After(time.Minute):
				t.Fatalf("the first replica goes on without its lease:\n%s", first.log)
			}
			first.expectGone(t)
			s.awaitAll(count)
			got, err := s.end()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("the change of replicas left a trace (-without +with):\n%s", diff)
			}
			last, begin := first.writes(), second.writes()
			if len(last) == 0 || len(begin) == 0 {
				t.Fatalf("the replicas wrote %d and %d times: the test tests nothing", len(last), len(begin))
			}
			if late := last[len(last)-1]; !late.Began.Before(begin[0].Began) {
				t.Errorf("the first replica wrote %s %s %s after the second had begun", late.Verb, late.Resource, late.Name)
			}
			second.end(t)
		})
	}
}

// replicaProcess is an agent with an election, behind a proxy of its own.
type replicaProcess struct {
	*inProcess
	proxy *faultproxy.Proxy
}

func (w *world) replica(t *testing.T) *replicaProcess {
	t.Helper()
	proxy, err := faultproxy.Start(w.cp.Config)
	if err != nil {
		t.Fatal(err)
	}
	p := &replicaProcess{proxy: proxy, inProcess: runInProcess(library.Config{
		Client: proxy.Config(), Templates: library.DefaultTemplates(), Election: &library.Election{Namespace: "carto-system", Name: "carto-agent"},
	})}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("a replica's log:\n%s", p.log)
		}
		p.stop()
		proxy.Close()
	})
	return p
}

// writes are those that reached the API server, but for the lease.
func (p *replicaProcess) writes() []faultproxy.Passed {
	return slices.DeleteFunc(p.proxy.Passed(), func(r faultproxy.Passed) bool {
		return r.Resource == "leases" || !slices.Contains(faultproxy.Writes, r.Verb)
	})
}

// says waits until the agent's log has a text.
func (p *inProcess) says(t *testing.T, text string) {
	t.Helper()
	harness.Eventually(t, time.Minute, func() error {
		if log := p.log.String(); !strings.Contains(log, text) {
			return fmt.Errorf("the log does not say %q:\n%s", text, log)
		}
		return nil
	})
}

// arrive creates workloads one after the other, as if people did.
func (s *story) arrive(count int, every time.Duration) {
	s.t.Helper()
	for i := range count {
		s.apply(fmt.Sprintf(storyWorkload, i))
		time.Sleep(every) // what arrives has to arrive over the whole time in which the lease is lost
	}
}

// awaitAll waits until all workloads are ready, each with one run of each step.
func (s *story) awaitAll(count int) {
	s.t.Helper()
	harness.Eventually(s.t, 2*time.Minute, func() error {
		list, err := s.client.Resource(workloads).Namespace(s.ns).List(s.t.Context(), v1.ListOptions{})
		if err != nil {
			return err
		}
		ready := 0
		for i := range list.Items {
			if conditionsOf(&list.Items[i]) == allReady {
				ready++
			}
		}
		if ready != count {
			return fmt.Errorf("%d of %d workloads are ready", ready, count)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		for run, names := range s.ever {
			if len(names) != 1 {
				return fmt.Errorf("run %s was made %d times: %v", run, len(names), names)
			}
		}
		if len(s.ever) != 2*count {
			return fmt.Errorf("there are %d runs, not %d", len(s.ever), 2*count)
		}
		return nil
	})
}
