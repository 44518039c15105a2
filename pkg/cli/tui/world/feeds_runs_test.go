package world

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/carto-run/carto/pkg/tree"
	"github.com/carto-run/carto/pkg/tui/feed"
)

var (
	threeRuns = taskRun("cart-test-1", 1, "True", "") + taskRun("cart-test-2", 2, "True", "") + taskRun("cart-test-3", 3, "False", "")
	checks    = taskRun("cart-check-1", 1, "True", "runnable") + taskRun("cart-check-2", 2, "Unknown", "runnable")
)

func shownRuns(d any) string {
	seen, _ := d.(feed.RunsSeen)
	var all []string
	for _, r := range seen.Runs {
		text := fmt.Sprintf("%s=%s", r.Object.Name, r.Object.Ready.Status)
		if r.Current {
			text += " current"
		}
		if !r.Ended.IsZero() {
			text += r.Ended.Format(" 15:04:05")
		}
		all = append(all, text)
	}
	return strings.Join(all, ", ")
}

func TestRuns(t *testing.T) {
	t.Parallel()
	runnable := tree.Ref{Kind: "Runnable", Namespace: "shop", Name: "cart-check"}
	for _, tc := range []struct {
		reason  string
		owner   tree.Ref
		step    string
		prepare func(*stage)
		want    string
	}{
		{"the newest failed, so the one before gives the outputs", owner, "test", nil, "cart-test-3=False 00:03:30, cart-test-2=True current 00:02:30, cart-test-1=True 00:01:30"},
		{"the template may not be read: runs speak for themselves", owner, "test", func(s *stage) { s.refuse("get", "clustersourcetemplates", "carto.run") }, "cart-test-3=False 00:03:30, cart-test-2=True current 00:02:30, cart-test-1=True 00:01:30"},
		{"of a Runnable", runnable, "", nil, "cart-check-2=Unknown, cart-check-1=True current 00:01:30"},
		{"of a step that stamps a Runnable", owner, "check", nil, "cart-check-2=Unknown, cart-check-1=True current 00:01:30"},
		{"nothing is stamped yet", owner, "late", nil, ""},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			t.Parallel()
			_ = followed(t, cart+threeRuns+checks, tc.prepare, func(ctx context.Context, s *stage) error {
				return s.runs(ctx, s.cluster, feed.Runs{Owner: tc.owner, Step: tc.step}, s.emit)
			}, func(s *stage) {
				all := s.all()
				if len(all) != 1 {
					t.Fatalf("%d deliveries: %v", len(all), all)
				}
				if got := shownRuns(all[0]); got != tc.want {
					t.Errorf("got  %s\nwant %s", got, tc.want)
				}
			})
		})
	}
	follow := func(step string) func(context.Context, *stage) error {
		return func(ctx context.Context, s *stage) error {
			return s.runs(ctx, s.cluster, feed.Runs{Owner: owner, Step: step}, s.emit)
		}
	}
	t.Run("as they come and go", func(t *testing.T) {
		t.Parallel()
		_ = followed(t, cart+threeRuns, nil, follow("test"), func(s *stage) {
			c := s.client.Resource(resource("tekton.dev", "v1", "taskruns")).Namespace("shop")
			made, _ := parsed(t, strings.TrimPrefix(taskRun("cart-test-4", 4, "True", ""), "\n---"))[0].(*unstructured.Unstructured)
			if _, err := c.Create(t.Context(), made, metav1.CreateOptions{}); err != nil {
				t.Fatal(err)
			}
			if err := c.Delete(t.Context(), "cart-test-1", metav1.DeleteOptions{}); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
			synctest.Wait()
			all := s.all()
			if got, want := shownRuns(all[len(all)-1]), "cart-test-4=True current 00:04:30, cart-test-3=False 00:03:30, cart-test-2=True 00:02:30"; got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	})
	t.Run("of an owner of the same name before", func(t *testing.T) {
		t.Parallel()
		old := strings.ReplaceAll(taskRun("cart-test-9", 9, "True", ""), "uid: w,", "uid: gone,")
		_ = followed(t, cart+threeRuns+old, nil, follow("test"), func(s *stage) {
			if got := shownRuns(s.all()[0]); strings.Contains(got, "cart-test-9") {
				t.Errorf("got %s", got)
			}
		})
	})
	t.Run("one object", func(t *testing.T) {
		t.Parallel()
		wantFault(t, followed(t, cart, nil, follow("run"), nil), "step run keeps one object up to date; there is no history")
	})
	t.Run("forbidden", func(t *testing.T) {
		t.Parallel()
		wantFault(t, followed(t, cart+threeRuns, func(s *stage) { s.refuse("list", "taskruns", "tekton.dev") }, follow("test"), nil), "no permission to list taskruns.tekton.dev in namespace shop")
	})
}

func shownVersions(d any) string {
	seen, _ := d.(feed.VersionsSeen)
	var all []string
	for _, v := range seen.Versions {
		spec, _, _ := unstructured.NestedMap(v.Object.Object, "spec")
		all = append(all, fmt.Sprint(v.Name, " ", spec, " ", v.Object.GetAnnotations(), v.Object.GetUID(), v.Object.Object["status"]))
	}
	return strings.Join(all, "\n") + "\n" + seen.Note
}

func TestVersions(t *testing.T) {
	t.Parallel()
	follow := func(step string) func(context.Context, *stage) error {
		return func(ctx context.Context, s *stage) error {
			return s.versions(ctx, s.cluster, feed.Versions{Owner: owner, Step: step}, s.emit)
		}
	}
	t.Run("runs", func(t *testing.T) {
		t.Parallel()
		_ = followed(t, cart+threeRuns, nil, follow("test"), func(s *stage) {
			if got, want := shownVersions(s.all()[0]), "cart-test-3 map[count:3] map[]<nil>\ncart-test-2 map[count:2] map[]<nil>\ncart-test-1 map[count:1] map[]<nil>\n"; got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	})
	t.Run("one object, as it was seen", func(t *testing.T) {
		t.Parallel()
		_ = followed(t, cart, nil, follow("run"), func(s *stage) {
			if got, want := shownVersions(s.all()[0]), "generation 1 map[replicas:1] map[]<nil>\none version is known: the cluster keeps the newest only, and nothing was stamped since 01:00:00"; got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
			for i, change := range []struct {
				generation, replicas int64
				annotation           string
			}{{1, 1, "status only"}, {2, 2, "x"}, {2, 2, "y"}} {
				c := s.client.Resource(resource("apps", "v1", "deployments")).Namespace("shop")
				obj, err := c.Get(t.Context(), "cart", metav1.GetOptions{})
				if err != nil {
					t.Fatal(err)
				}
				obj.SetGeneration(change.generation)
				obj.SetResourceVersion(fmt.Sprint(i + 2))
				if _ = unstructured.SetNestedField(obj.Object, change.replicas, "spec", "replicas"); change.generation > 1 {
					obj.SetAnnotations(map[string]string{"other": change.annotation})
				} else {
					_ = unstructured.SetNestedField(obj.Object, change.annotation, "status", "phase")
				}
				if _, err := c.Update(t.Context(), obj, metav1.UpdateOptions{}); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Second)
				synctest.Wait()
			}
			all := s.all()
			want := "generation 2 map[replicas:2] map[other:y]<nil>\ngeneration 1 map[replicas:1] map[]<nil>\nwhat was stamped before 01:00:00 is not known: the cluster keeps the newest version only"
			if got := shownVersions(all[len(all)-1]); got != want || len(all) != 3 {
				t.Errorf("%d deliveries, got\n%s\nwant\n%s", len(all), got, want)
			}
		})
	})
	t.Run("nothing yet", func(t *testing.T) {
		t.Parallel()
		_ = followed(t, cart, nil, follow("late"), func(s *stage) {
			if got := shownVersions(s.all()[0]); got != "\nnothing has been stamped yet" {
				t.Errorf("got %s", got)
			}
		})
	})
}

// TestMemoryIsBounded: a program that is open for a week forgets.
func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	m := memory{}
	object := func(name string, generation int64) *unstructured.Unstructured {
		return &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": "apps/v1", "kind": "Deployment", "spec": map[string]any{"n": generation},
			"metadata": map[string]any{"name": name, "generation": generation, "resourceVersion": fmt.Sprint(generation)},
		}}
	}
	see := func(obj *unstructured.Unstructured) {
		m.remember(tree.Input{Objects: map[string]*tree.Found{"run": {Object: obj}}}, time.Unix(0, 0))
	}
	for i := range int64(maxVersions + 5) {
		see(object("busy", i+1))
	}
	if got, _ := m.versions(object("busy", 1)); len(got) != maxVersions || got[0].Name != fmt.Sprintf("generation %d", maxVersions+5) {
		t.Errorf("%d versions, %v", len(got), got[0].Name)
	}
	for i := range maxStamped + 5 {
		see(object("busy", maxVersions+5)) // is looked at all the time
		see(object(fmt.Sprint(i), 1))
	}
	if got, _ := m.versions(object("busy", 1)); len(m.all) != maxStamped || len(got) != maxVersions {
		t.Errorf("%d objects, %d versions of the one in use", len(m.all), len(got))
	}
}

func TestBlueprints(t *testing.T) {
	t.Parallel()
	follow := func(ctx context.Context, s *stage) error { return s.blueprints(ctx, s.cluster, s.emit) }
	want := `{[{web map[lang:go type:web] [{deep a:
- 1 step test} {revision r1 step test} {team buy blueprint}] true}]}`
	if err := followed(t, cart, nil, follow, func(s *stage) {
		if got := fmt.Sprint(s.all()[0]); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}); err != nil {
		t.Errorf("it ended with %v", err)
	}
	_ = followed(t, cart, func(s *stage) { s.refuse("list", "clustersourcetemplates", "carto.run") }, follow, func(s *stage) {
		if got := fmt.Sprint(s.all()[0]); !strings.Contains(got, "[{team buy blueprint}]") {
			t.Errorf("without templates: got %s", got)
		}
	})
	wantFault(t, followed(t, cart, func(s *stage) { s.refuse("list", "clustersupplychains", "carto.run") }, follow, nil), "no permission to list clustersupplychains.carto.run")
}

// TestReadOnce: who follows an owner for its events, its logs and its runs has it read once.
func TestReadOnce(t *testing.T) {
	t.Parallel()
	_ = followed(t, cart+threeRuns, nil, func(ctx context.Context, s *stage) error {
		done := make(chan error, 3)
		go func() { done <- s.runs(ctx, s.cluster, feed.Runs{Owner: owner, Step: "test"}, s.emit) }()
		go func() { done <- s.versions(ctx, s.cluster, feed.Versions{Owner: owner, Step: "run"}, s.emit) }()
		go func() { done <- s.events(ctx, s.cluster, feed.Events{Owner: owner}, s.emit) }()
		for range 3 {
			<-done
		}
		if len(s.cluster.readings.all) != 0 {
			t.Error("it is read on, although nobody follows it")
		}
		return nil
	}, func(s *stage) {
		watches := 0
		for _, a := range s.client.Actions() {
			if a.GetVerb() == "watch" && a.GetResource().Resource == "workloads" {
				watches++
			}
		}
		if watches != 1 || len(s.all()) != 3 {
			t.Errorf("%d watches of the workload, %d deliveries", watches, len(s.all()))
		}
	})
}

// TestShownIsNotReadAgain: panes of an owner that is shown ask for what its snapshot lacks,
// and for nothing else.
func TestShownIsNotReadAgain(t *testing.T) {
	t.Parallel()
	object := tree.Ref{APIVersion: "apps/v1", Kind: "Deployment", Namespace: "shop", Name: "cart"}
	for _, tc := range []struct {
		reason string
		topic  feed.Topic
		asks   string
	}{
		{"the YAML of an object of a step is in the snapshot", feed.Object{Ref: object}, ""},
		{"a step that keeps one object up to date is known by that object", feed.Versions{Owner: owner, Step: "run"}, ""},
		{"why and params are of all blueprints, of the templates, and of what went wrong", feed.Explained{Owner: owner}, "get clustersourcetemplates, get clustertemplates, list clustersupplychains, list events"},
	} {
		_ = followed(t, cart+threeRuns, func(s *stage) { s.cluster.held = newHeld() }, func(ctx context.Context, s *stage) error {
			var group sync.WaitGroup
			defer group.Wait()
			group.Go(func() { _ = s.owner(ctx, s.cluster, feed.Owner{Ref: owner}, func(any) {}) })
			time.Sleep(time.Second)
			s.client.ClearActions()
			return s.follow(ctx, s.cluster, tc.topic, s.emit)
		}, func(s *stage) {
			asked := map[string]bool{}
			for _, a := range s.client.Actions() {
				asked[a.GetVerb()+" "+a.GetResource().Resource] = true
			}
			if got := strings.Join(slices.Sorted(maps.Keys(asked)), ", "); got != tc.asks {
				t.Errorf("%s: it asked %q, want %q", tc.reason, got, tc.asks)
			}
			if len(s.all()) != 1 {
				t.Errorf("%s: delivered %+v", tc.reason, s.all())
			}
		})
	}
}
