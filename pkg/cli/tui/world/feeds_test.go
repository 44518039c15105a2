package world

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic/fake"
	clienttesting "k8s.io/client-go/testing"
	"sigs.k8s.io/yaml"

	"github.com/carto-run/carto/pkg/tree"
	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/test/harness"
)

// cart is a workload of three steps: test makes runs, run keeps one object up to date, check
// stamps a Runnable.
const cart = `
apiVersion: carto.run/v1alpha1
kind: Workload
metadata: {name: cart, namespace: shop, uid: w, generation: 1}
spec: {image: x}
status:
  observedGeneration: 1
  supplyChainRef: {kind: ClusterSupplyChain, name: web}
  conditions: [{type: Ready, status: "Unknown", reason: R, message: why}]
  resources:
    - name: test
      templateRef: {apiVersion: carto.run/v1alpha1, kind: ClusterSourceTemplate, name: test}
      conditions: [{type: Healthy, status: "False"}, {type: Ready, status: "True"}]
      stampedRef: {apiVersion: tekton.dev/v1, kind: TaskRun, namespace: shop, name: cart-test-3, resource: taskruns.tekton.dev}
    - name: run
      conditions: [{type: Ready, status: "True"}]
      stampedRef: {apiVersion: apps/v1, kind: Deployment, namespace: shop, name: cart, resource: deployments.apps}
    - name: check
      conditions: [{type: Healthy, status: "True"}]
      stampedRef: {apiVersion: carto.run/v1alpha1, kind: Runnable, namespace: shop, name: cart-check, resource: runnables.carto.run}
    - name: late
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: cart, namespace: shop, uid: d, generation: 1, resourceVersion: "1", labels: {carto.run/template-lifecycle: mutable}, annotations: {carto.run/rendered-digest: one}}
spec: {replicas: 1}
status: {replicas: 1}
---
apiVersion: carto.run/v1alpha1
kind: Runnable
metadata: {name: cart-check, namespace: shop, uid: r, labels: {carto.run/template-lifecycle: mutable}}
spec: {runTemplateRef: {name: check}}
status: {conditions: [{type: StampedObjectCondition, status: "False"}]}
---
apiVersion: carto.run/v1alpha1
kind: ClusterRunTemplate
metadata: {name: check}
spec: {template: {apiVersion: tekton.dev/v1, kind: TaskRun}}
---
apiVersion: carto.run/v1alpha1
kind: ClusterSourceTemplate
metadata: {name: test}
spec:
  lifecycle: tekton
  urlPath: .x
  revisionPath: .x
  params: [{name: revision, default: r1}, {name: deep, default: {a: [1]}}]
  template: {apiVersion: tekton.dev/v1, kind: TaskRun, metadata: {generateName: x-}}
---
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: web, uid: c}
spec:
  selector: {type: web}
  selectorMatchExpressions: [{key: lang, operator: In, values: [go, java]}, {key: old, operator: DoesNotExist}]
  params: [{name: registry, value: fixed}, {name: team, default: buy}]
  resources:
    - {name: test, templateRef: {kind: ClusterSourceTemplate, name: test}}
    - {name: run, templateRef: {kind: ClusterTemplate, name: gone}, params: [{name: revision, value: locked}]}
    - {name: check, templateRef: {kind: ClusterTemplate, name: gone}}
    - {name: late, templateRef: {kind: ClusterTemplate, name: gone}}
status: {conditions: [{type: Ready, status: "True"}]}
`

// taskRun is a run; owner is step test of the workload, or the Runnable.
func taskRun(name string, sequence int, succeeded, owner string) string {
	labels, controller := "carto.run/workload-name: cart, carto.run/resource-name: test, carto.run/template-lifecycle: tekton, carto.run/template-kind: ClusterSourceTemplate, carto.run/cluster-template-name: test", "{apiVersion: carto.run/v1alpha1, kind: Workload, name: cart, uid: w, controller: true}"
	if owner == "runnable" {
		labels, controller = "carto.run/runnable-name: cart-check, carto.run/run-template-name: check", "{apiVersion: carto.run/v1alpha1, kind: Runnable, name: cart-check, uid: r, controller: true}"
	}
	return fmt.Sprintf(`
---
apiVersion: tekton.dev/v1
kind: TaskRun
metadata: {name: %s, namespace: shop, uid: %[1]s, creationTimestamp: "2026-01-01T00:0%[2]d:00Z", annotations: {carto.run/sequence: "%[2]d"}, labels: {%[4]s}, ownerReferences: [%[5]s]}
spec: {count: %[2]d}
status: {conditions: [{type: Succeeded, status: "%[3]s", lastTransitionTime: "2026-01-01T00:0%[2]d:30Z"}]}`, name, sequence, succeeded, labels, controller)
}

func parsed(t *testing.T, text string) []runtime.Object {
	t.Helper()
	var all []runtime.Object
	for _, doc := range strings.Split(text, "\n---") {
		u := &unstructured.Unstructured{}
		data, err := yaml.YAMLToJSON([]byte(doc))
		if err == nil {
			err = u.UnmarshalJSON(data)
		}
		if err != nil {
			t.Fatalf("%v\n%s", err, doc)
		}
		all = append(all, u)
	}
	return all
}

func resource(group, version, plural string) schema.GroupVersionResource {
	return schema.GroupVersionResource{Group: group, Version: version, Resource: plural}
}

// stage is a world over a fake cluster, and what it delivers.
type stage struct {
	*World
	t       *testing.T
	client  *fake.FakeDynamicClient
	cluster *Cluster

	mu        sync.Mutex
	delivered []any
}

func newStage(t *testing.T, manifests string) *stage {
	t.Helper()
	kinds := map[schema.GroupVersionResource]string{
		resource("tekton.dev", "v1", "taskruns"): "TaskRunList", resource("tekton.dev", "v1", "pipelineruns"): "PipelineRunList",
		resource("", "v1", "pods"): "PodList", resource("", "v1", "events"): "EventList", resource("batch", "v1", "jobs"): "JobList",
		resource("apps", "v1", "replicasets"): "ReplicaSetList", resource("apps", "v1", "deployments"): "DeploymentList",
		resource("", "v1", "namespaces"): "NamespaceList",
	}
	for _, plural := range []string{"workloads", "deliverables", "runnables", "clustersupplychains", "clusterdeliveries", "clustersourcetemplates", "clusterimagetemplates", "clusterconfigtemplates", "clusterdeploymenttemplates", "clustertemplates", "clusterruntemplates"} {
		kinds[resource("carto.run", "v1alpha1", plural)] = plural + "List"
	}
	client := fake.NewSimpleDynamicClientWithCustomListKinds(runtime.NewScheme(), kinds, parsed(t, manifests)...)
	return &stage{
		World: &World{o: Options{Program: "kubectl carto", Clock: func() time.Time { return time.Date(2026, 1, 1, 1, 0, 0, 0, time.UTC) }}},
		t:     t, client: client, cluster: &Cluster{Client: client, Namespace: "shop"},
	}
}

// refuse has the cluster answer that this is forbidden.
func (s *stage) refuse(verb, plural, group string) {
	s.client.PrependReactor(verb, plural, func(clienttesting.Action) (bool, runtime.Object, error) {
		return true, nil, forbidden(verb, plural, group)
	})
}

func forbidden(verb, plural, group string) error {
	return apierrors.NewForbidden(schema.GroupResource{Group: group, Resource: plural}, "", fmt.Errorf(`User "ada" cannot %s resource %q in API group %q in the namespace "shop"`, verb, plural, group))
}

var (
	owner = tree.Ref{APIVersion: "carto.run/v1alpha1", Kind: "Workload", Namespace: "shop", Name: "cart"}
	web   = tree.Ref{APIVersion: "carto.run/v1alpha1", Kind: "ClusterSupplyChain", Name: "web"}
)

func (s *stage) emit(payload any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.delivered = append(s.delivered, payload)
}

func (s *stage) all() []any {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]any{}, s.delivered...)
}

// followed follows a topic in a bubble, where time passes only while all wait: look is
// called after some seconds, and what comes after it is the end.
func followed(t *testing.T, manifests string, prepare func(*stage), follow func(context.Context, *stage) error, look func(*stage)) error {
	t.Helper()
	var result error
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, manifests)
		if prepare != nil {
			prepare(s)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- follow(ctx, s) }()
		time.Sleep(3 * time.Second)
		synctest.Wait()
		if look != nil {
			look(s)
		}
		cancel()
		result = <-done
	})
	return result
}

func wantFault(t *testing.T, err error, words string) {
	t.Helper()
	var ended *Ended
	if !errors.As(err, &ended) || !strings.Contains(err.Error(), words) {
		t.Errorf("it ended with %v; it must be final and say %q", err, words)
	}
}

func event(name, about, kind, at string) string {
	return fmt.Sprintf(`
---
apiVersion: v1
kind: Event
metadata: {name: %[1]s, namespace: shop, uid: %[1]s}
involvedObject: {kind: %[3]s, name: cart, namespace: shop, uid: %[2]s}
type: Warning
reason: Reason
message: "%[1]s happened"
count: 2
lastTimestamp: "%[4]s"`, name, about, kind, at)
}

func TestEvents(t *testing.T) {
	t.Parallel()
	happened := cart + event("second", "d", "Deployment", "2026-01-01T00:02:00Z") + event("first", "w", "Workload", "2026-01-01T00:01:00Z") + event("other", "x", "Pod", "2026-01-01T00:01:00Z")
	follow := func(step string, ref tree.Ref) func(context.Context, *stage) error {
		return func(ctx context.Context, s *stage) error {
			return s.events(ctx, s.cluster, feed.Events{Owner: ref, Step: step}, s.emit)
		}
	}
	t.Run("all that is remembered comes at once, in its order", func(t *testing.T) {
		t.Parallel()
		_ = followed(t, happened, nil, follow("", owner), func(s *stage) {
			seen, _ := s.all()[0].(feed.EventsSeen)
			if !seen.Synced || len(seen.Events) != 2 || seen.Events[0].Message != "first happened" || seen.Events[1].Step != "run" ||
				seen.Events[1].About != "Deployment/cart" || seen.Events[1].Count != 2 {
				s.t.Errorf("got %+v", seen)
			}
		})
	})
	t.Run("of one step", func(t *testing.T) {
		t.Parallel()
		_ = followed(t, happened, nil, follow("run", owner), func(s *stage) {
			if seen, _ := s.all()[0].(feed.EventsSeen); len(seen.Events) != 1 || seen.Events[0].UID != "second" {
				s.t.Errorf("got %+v", seen)
			}
		})
	})
	t.Run("of nothing, which is known nevertheless", func(t *testing.T) {
		t.Parallel()
		_ = followed(t, cart, nil, follow("", owner), func(s *stage) {
			if seen, _ := s.all()[0].(feed.EventsSeen); !seen.Synced || len(seen.Events) != 0 {
				s.t.Errorf("got %+v", seen)
			}
		})
	})
	t.Run("no such step", func(t *testing.T) {
		t.Parallel()
		wantFault(t, followed(t, cart, nil, follow("nope", owner), nil), `workload cart has no step "nope"`)
	})
	t.Run("of a blueprint, whose events are in the namespace default", func(t *testing.T) {
		t.Parallel()
		about := strings.Replace(event("valid", "c", "ClusterSupplyChain", "2026-01-01T00:01:00Z"), "namespace: shop", "namespace: default", 1)
		_ = followed(t, happened+about, nil, follow("", web), func(s *stage) {
			if seen, _ := s.all()[0].(feed.EventsSeen); len(seen.Events) != 1 || seen.Events[0].UID != "valid" {
				s.t.Errorf("got %+v", seen)
			}
		})
	})
	t.Run("forbidden", func(t *testing.T) {
		t.Parallel()
		wantFault(t, followed(t, cart, func(s *stage) { s.refuse("list", "events", "") }, follow("", owner), nil), "no permission to list events in namespace shop")
	})
	t.Run("no such workload", func(t *testing.T) {
		t.Parallel()
		missing := owner
		missing.Name = "carts"
		wantFault(t, followed(t, cart, nil, follow("", missing), nil), `workload "carts" not found in namespace "shop"; did you mean "cart"?`)
	})
	t.Run("deleted meanwhile", func(t *testing.T) {
		t.Parallel()
		err := followed(t, cart, nil, follow("", owner), func(s *stage) {
			if err := s.client.Resource(resource("carto.run", "v1alpha1", "workloads")).Namespace("shop").Delete(t.Context(), "cart", metav1.DeleteOptions{}); err != nil {
				t.Fatal(err)
			}
			time.Sleep(10 * time.Second)
		})
		wantFault(t, err, "workload shop/cart was deleted")
		if ended := (*Ended)(nil); errors.As(err, &ended) && !ended.Gone {
			t.Error("it is not gone")
		}
	})
}

const pod = `
---
apiVersion: v1
kind: Pod
metadata: {name: app, namespace: shop, uid: p, labels: {carto.run/workload-name: cart, carto.run/resource-name: run}}
status: {phase: Running, containerStatuses: [{name: main, restartCount: 1, state: {running: {}}}]}`

func TestLogs(t *testing.T) {
	t.Parallel()
	follow := func(k *harness.Kubelet, topic feed.Logs) func(context.Context, *stage) error {
		topic.Owner = owner
		return func(ctx context.Context, s *stage) error {
			return s.logsBy(ctx, s.cluster, k.Open, topic, s.emit)
		}
	}
	lines := func(s *stage) (all []string, notes string, ended bool) {
		for _, d := range s.all() {
			l, _ := d.(feed.LogLines)
			for _, line := range l.Lines {
				all = append(all, line.Step+"/"+line.Pod+"["+line.Container+"] "+line.Message)
			}
			notes, ended = notes+l.Note, ended || l.Ended
		}
		return all, notes, ended
	}
	t.Run("lines as they come", func(t *testing.T) {
		t.Parallel()
		var k *harness.Kubelet
		_ = followed(t, cart+pod, func(*stage) {
			k = harness.NewKubelet()
			k.Write("app/main", "one", "two")
		}, func(ctx context.Context, s *stage) error { return follow(k, feed.Logs{Step: "run"})(ctx, s) }, func(s *stage) {
			k.Write("app/main", "three")
			time.Sleep(time.Second)
			synctest.Wait()
			if got, _, _ := lines(s); fmt.Sprint(got) != "[run/app[main] one run/app[main] two run/app[main] three]" {
				t.Errorf("got %v", got)
			}
			if l, _ := s.all()[0].(feed.LogLines); l.Lines[0].Time.IsZero() {
				t.Error("a line has no time")
			}
		})
	})
	t.Run("those before a restart, once", func(t *testing.T) {
		t.Parallel()
		var k *harness.Kubelet
		err := followed(t, cart+pod, func(*stage) {
			k = harness.NewKubelet()
			k.Write("app/main", "panic")
			k.Restart("app/main")
			k.Write("app/main", "again")
		}, func(ctx context.Context, s *stage) error { return follow(k, feed.Logs{Previous: true})(ctx, s) }, func(s *stage) {
			if got, _, ended := lines(s); fmt.Sprint(got) != "[run/app[main] panic]" || !ended {
				t.Errorf("got %v, ended %v", got, ended)
			}
		})
		if err != nil {
			t.Errorf("it ended with %v", err)
		}
	})
	t.Run("no pods yet", func(t *testing.T) {
		t.Parallel()
		_ = followed(t, cart, nil, func(ctx context.Context, s *stage) error { return follow(harness.NewKubelet(), feed.Logs{})(ctx, s) }, func(s *stage) {
			if _, notes, _ := lines(s); notes != "no pods yet; waiting for them" {
				t.Errorf("got %q", notes)
			}
		})
	})
	t.Run("logs forbidden, told once for all pods", func(t *testing.T) {
		t.Parallel()
		second := strings.NewReplacer("name: app,", "name: web,", "uid: p,", "uid: p2,").Replace(pod)
		_ = followed(t, cart+pod+second, nil, func(ctx context.Context, s *stage) error {
			return s.logsBy(ctx, s.cluster, refusing, feed.Logs{Owner: owner}, s.emit)
		}, func(s *stage) {
			if _, notes, _ := lines(s); notes != "no permission to get pods/log in namespace shop" {
				t.Errorf("got %q", notes)
			}
		})
	})
	t.Run("no such step", func(t *testing.T) {
		t.Parallel()
		for _, previous := range []bool{false, true} {
			wantFault(t, followed(t, cart, nil, func(ctx context.Context, s *stage) error {
				return follow(harness.NewKubelet(), feed.Logs{Step: "nope", Previous: previous})(ctx, s)
			}, nil), `workload cart has no step "nope"`)
		}
	})
}

// TestNotOfBlueprints: what they do not have is said, and not waited for.
func TestNotOfBlueprints(t *testing.T) {
	t.Parallel()
	wantFault(t, followed(t, cart, nil, func(ctx context.Context, s *stage) error {
		return s.logsBy(ctx, s.cluster, refusing, feed.Logs{Owner: web}, s.emit)
	}, nil), "ClusterSupplyChain web has no logs")
	for _, ref := range []tree.Ref{web, owner} {
		wantFault(t, followed(t, cart, nil, func(ctx context.Context, s *stage) error {
			return s.runs(ctx, s.cluster, feed.Runs{Owner: ref}, s.emit)
		}, nil), "name a step")
	}
}

// refusing is a reader of logs that may not be read.
func refusing(context.Context, string, string, *corev1.PodLogOptions) (io.ReadCloser, error) {
	return nil, forbidden("get", "pods/log", "")
}

// TestGathered: what comes faster than it is taken is dropped, the oldest first, and counted.
func TestGathered(t *testing.T) {
	t.Parallel()
	g := gathered[string]{most: 5, weigh: func(s string) int { return len(s) }}
	added := make(chan struct{})
	var batches []string
	err := g.deliver(t.Context(), func(_ context.Context, add func(string)) error {
		add("a")
		<-added // is being delivered
		for _, s := range []string{"bb", "cc", "dd", "e"} {
			add(s)
		}
		added <- struct{}{}
		return errEnough
	}, func(batch []string, dropped int) {
		if batches = append(batches, fmt.Sprint(batch, dropped)); len(batches) == 1 {
			added <- struct{}{}
			<-added
		}
	})
	if got := fmt.Sprint(batches); got != "[[a] 0 [cc dd e] 1]" || !errors.Is(err, errEnough) {
		t.Errorf("got %s, %v", got, err)
	}
}
