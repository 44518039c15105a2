package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"runtime/pprof"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"
	v1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utilnet "k8s.io/apimachinery/pkg/util/net"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	"k8s.io/klog/v2"

	library "github.com/carto-run/carto/pkg/agent"
	"github.com/carto-run/carto/test/faultproxy"
	"github.com/carto-run/carto/test/harness"
)

// storyChain has a source that an actor answers, a run for each of its revisions, and two ConfigMaps from what passed: one by
// ytt, one that is made once for each content.
const storyChain = `
apiVersion: carto.run/v1alpha1
kind: ClusterSourceTemplate
metadata: { name: story-source-NS }
spec:
  urlPath: .status.artifact.url
  revisionPath: .status.artifact.revision
  template:
    apiVersion: source.toolkit.fluxcd.io/v1
    kind: GitRepository
    metadata: { name: $(workload.metadata.name)$ }
    spec: { url: https://git.example/$(workload.metadata.name)$ }
---
apiVersion: carto.run/v1alpha1
kind: ClusterSourceTemplate
metadata: { name: story-test-NS }
spec:
  lifecycle: tekton
  retentionPolicy: { maxFailedRuns: 1, maxSuccessfulRuns: 1 }
  urlPath: .spec.params[0].value
  revisionPath: .spec.params[0].value
  template:
    apiVersion: tekton.dev/v1
    kind: TaskRun
    metadata: { generateName: $(workload.metadata.name)$-test- }
    spec: { params: [{ name: revision, value: $(source.revision)$ }] }
---
apiVersion: carto.run/v1alpha1
kind: ClusterConfigTemplate
metadata: { name: story-config-NS }
spec:
  configPath: .data.line
  ytt: |
    #@ load("@ytt:data", "data")
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: #@ data.values.workload.metadata.name + "-EDIT"
    data:
      line: #@ "runs " + data.values.source.revision
---
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: { name: story-once-NS }
spec:
  lifecycle: immutable
  template:
    apiVersion: v1
    kind: ConfigMap
    metadata: { generateName: $(workload.metadata.name)$-once- }
    data: { line: $(config)$ }
---
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: { name: story-NS }
spec:
  selector: { shape: NS }
  serviceAccountRef: { name: stamper }
  resources:
    - { name: source, templateRef: { kind: ClusterSourceTemplate, name: story-source-NS } }
    - { name: test, sources: [{ name: code, resource: source }], templateRef: { kind: ClusterSourceTemplate, name: story-test-NS } }
    - { name: config, sources: [{ name: code, resource: test }], templateRef: { kind: ClusterConfigTemplate, name: story-config-NS } }
    - { name: once, configs: [{ name: text, resource: config }], templateRef: { kind: ClusterTemplate, name: story-once-NS } }
---
apiVersion: carto.run/v1alpha1
kind: ClusterRunTemplate
metadata: { name: story-run-NS }
spec:
  outputs: { of: ".spec.params[0].value" }
  template:
    apiVersion: tekton.dev/v1
    kind: TaskRun
    metadata: { generateName: $(runnable.metadata.name)$-run- }
    spec: { params: [{ name: of, value: $(runnable.spec.inputs.of)$ }], taskRef: { name: $(selected.metadata.name)$ } }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: task, labels: { pick: NS } }
`

const (
	storyWorkloads = 3
	storyRunnables = 2
	storyWorkload  = "---\napiVersion: carto.run/v1alpha1\nkind: Workload\nmetadata: { name: w%d, labels: { shape: NS } }\nspec: {}\n"
	storyRunnable  = `---
apiVersion: carto.run/v1alpha1
kind: Runnable
metadata: { name: r%d }
spec:
  serviceAccountName: stamper
  runTemplateRef: { name: story-run-NS }
  retentionPolicy: { maxFailedRuns: 1, maxSuccessfulRuns: 1 }
  selector: { resource: { apiVersion: v1, kind: ConfigMap }, matchingLabels: { pick: NS } }
  inputs: { of: INPUT }
`
)

// story is what happens to some owners in a namespace of their own.
type story struct {
	*tenant
	patience time.Duration

	mu sync.Mutex
	// ever are the runs that there were at any time, by owner, step and number, with their names.
	ever map[string][]string
}

// newStory starts the actors: all runs succeed, and repositories have the revision r1 until told otherwise.
func newStory(w *world, t *testing.T) *story {
	t.Helper()
	n := w.tenant(t)
	s := &story{tenant: n, patience: 90 * time.Second, ever: map[string][]string{}}
	ctx, cancel := context.WithCancel(context.Background())
	factory := dynamicinformer.NewFilteredDynamicSharedInformerFactory(n.client, 0, n.ns, nil)
	t.Cleanup(func() { cancel(); factory.Shutdown() })
	status := func(kind gvr, u *unstructured.Unstructured, status map[string]any) {
		u = u.DeepCopy()
		u.Object["status"] = status
		_, _ = n.client.Resource(kind).Namespace(n.ns).UpdateStatus(ctx, u, v1.UpdateOptions{}) // the next event tries again
	}
	act := func(kind gvr, seen func(u *unstructured.Unstructured)) {
		informer := factory.ForResource(kind).Informer()
		_, _ = informer.AddEventHandler(cache.ResourceEventHandlerFuncs{ // fails only when the informer has ended
			AddFunc:    func(object any) { seen(object.(*unstructured.Unstructured)) },
			UpdateFunc: func(_, object any) { seen(object.(*unstructured.Unstructured)) },
		})
	}
	act(gitRepos, func(u *unstructured.Unstructured) {
		if field(u, "status") == nil {
			status(gitRepos, u, artifact("r1"))
		}
	})
	act(taskRuns, func(u *unstructured.Unstructured) {
		s.note(u)
		if field(u, "status") == nil {
			status(taskRuns, u, map[string]any{"conditions": []any{condition("Succeeded", "True", "")}})
		}
	})
	act(configMaps, s.note)
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	return s
}

func artifact(revision string) map[string]any {
	return map[string]any{"artifact": map[string]any{"url": revision, "revision": revision}}
}

// note remembers a run for good.
func (s *story) note(u *unstructured.Unstructured) {
	key := runOf(u)
	if key == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.Contains(s.ever[key], u.GetName()) {
		s.ever[key] = append(s.ever[key], u.GetName())
	}
}

// runOf names a run by what it is for; empty for what is no run.
func runOf(u *unstructured.Unstructured) string {
	sequence, controller := u.GetAnnotations()["carto.run/sequence"], v1.GetControllerOf(u)
	if sequence == "" || controller == nil {
		return ""
	}
	return fmt.Sprintf("%s/%s/%s/%s", controller.Kind, controller.Name, u.GetLabels()["carto.run/resource-name"], sequence)
}

// play has everything happen, and waits after each step until the agent has done its part.
func (s *story) play(between func(step string)) {
	s.t.Helper()
	documents := replace(storyChain, "EDIT", "before")
	for i := range storyWorkloads {
		documents += fmt.Sprintf(storyWorkload, i)
	}
	s.apply(documents + s.runnables("a"))
	s.await("r1", "before", "a", 1)

	between("outputs change")
	for i := range storyWorkloads {
		text, err := json.Marshal(map[string]any{"status": artifact("r2")})
		if err != nil {
			s.t.Fatal(err)
		}
		s.patch(gitRepos, fmt.Sprintf("w%d", i), string(text), "status")
	}
	s.apply(s.runnables("b"))
	s.await("r2", "before", "b", 2)

	between("a template is edited")
	s.apply(replace(storyChain, "EDIT", "after"))
	s.await("r2", "after", "b", 2)

	between("owners are deleted")
	s.delete(workloads, "w0")
	s.delete(runnables, "r0")
}

func (s *story) runnables(input string) string {
	documents := ""
	for i := range storyRunnables {
		documents += replace(fmt.Sprintf(storyRunnable, i), "INPUT", input)
	}
	return documents
}

// await waits until all owners have got so far.
func (s *story) await(revision, edit, input string, runs int) {
	s.t.Helper()
	harness.Eventually(s.t, s.patience, func() error {
		for i := range storyWorkloads {
			name := fmt.Sprintf("w%d", i)
			w, err := s.get(workloads, name)
			if err != nil {
				return err
			}
			if got := conditionsOf(w); got != allReady {
				return fmt.Errorf("workload %s: %s", name, got)
			}
			config, err := s.get(configMaps, name+"-"+edit)
			if err != nil {
				return err
			}
			if got := field(config, "data", "line"); got != "runs "+revision {
				return fmt.Errorf("workload %s %v", name, got)
			}
		}
		for i := range storyRunnables {
			r, err := s.get(runnables, fmt.Sprintf("r%d", i))
			if err != nil {
				return err
			}
			if got := fmt.Sprint(field(r, "status", "outputs", "of")); got != input || conditionsOf(r) != runDone {
				return fmt.Errorf("runnable r%d has %s: %s", i, got, conditionsOf(r))
			}
		}
		return s.onceEach(runs)
	})
}

// onceEach says whether there was one run of each number for each owner and step.
func (s *story) onceEach(runs int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range storyWorkloads {
		for n := range runs {
			for _, step := range []string{"test", "once"} {
				if key := fmt.Sprintf("Workload/w%d/%s/%d", i, step, n+1); len(s.ever[key]) != 1 {
					return fmt.Errorf("run %s: there were %v", key, s.ever[key])
				}
			}
		}
	}
	for i := range storyRunnables {
		for n := range runs {
			if key := fmt.Sprintf("Runnable/r%d//%d", i, n+1); len(s.ever[key]) != 1 {
				return fmt.Errorf("run %s: there were %v", key, s.ever[key])
			}
		}
	}
	if want := (2*storyWorkloads + storyRunnables) * runs; len(s.ever) != want {
		return fmt.Errorf("there were %d runs, not %d: %v", len(s.ever), want, slices.Sorted(maps.Keys(s.ever)))
	}
	return nil
}

// end is everything in the namespace, without what differs by its nature: identities, versions, times, and the names of runs.
func (s *story) end() (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	lines := []string{}
	for _, resource := range []gvr{gitRepos, taskRuns, configMaps, workloads, runnables} {
		list, err := s.client.Resource(resource).Namespace(s.ns).List(context.Background(), v1.ListOptions{})
		if err != nil {
			return "", err
		}
		for i := range list.Items {
			u := &list.Items[i]
			if u.GetName() == "kube-root-ca.crt" {
				continue
			}
			text, err := json.Marshal(map[string]any{
				"kind": u.GetKind(), "name": u.GetName(), "labels": u.GetLabels(), "generation": u.GetGeneration(), "run": runOf(u),
				"spec": u.Object["spec"], "data": u.Object["data"], "status": withoutTimes(u.Object["status"]),
			})
			if err != nil {
				return "", err
			}
			lines = append(lines, replace(string(text), s.ns, "NS"))
		}
	}
	all := strings.Join(lines, "\n")
	for key, names := range s.ever {
		for _, name := range names {
			all = replace(all, name, "RUN "+key)
		}
	}
	lines = strings.Split(all, "\n")
	slices.Sort(lines)
	return strings.Join(lines, "\n"), nil
}

// inProcess is an agent in this process.
type inProcess struct {
	label  string
	client *rest.Config
	log    *logText
	stop   context.CancelFunc
	ended  chan error
}

// logText keeps what is logged.
type logText struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logText) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logText) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// runInProcess runs the agent's library. All of its goroutines carry a label, by which those are found that it leaves behind.
func runInProcess(config library.Config) *inProcess {
	p := &inProcess{label: fmt.Sprintf("agent-%d", logs.Add(1)), client: config.Client, log: &logText{}, ended: make(chan error, 1)}
	handler := slog.NewTextHandler(p.log, nil)
	config.Log = slog.New(handler)
	config.Version = "test"
	ctx, stop := context.WithCancel(klog.NewContext(context.Background(), logr.FromSlogHandler(handler)))
	p.stop = stop
	go pprof.Do(ctx, pprof.Labels("carto", p.label), func(ctx context.Context) { p.ended <- library.Run(ctx, config) })
	return p
}

// end stops the agent, which must leave no goroutine behind.
func (p *inProcess) end(t *testing.T) {
	t.Helper()
	p.stop()
	select {
	case err := <-p.ended:
		if err != nil {
			t.Errorf("the agent ended with %v", err)
		}
	case <-time.After(30 * time.Second):
		t.Fatalf("the agent does not end:\n%s", p.goroutines())
	}
	p.expectGone(t)
}

func (p *inProcess) expectGone(t *testing.T) {
	t.Helper()
	transport, err := rest.TransportFor(p.client)
	if err != nil {
		t.Fatal(err)
	}
	harness.Eventually(t, 20*time.Second, func() error {
		// Connections belong to the process, and wait for others who want them.
		utilnet.CloseIdleConnectionsFor(transport)
		if left := p.goroutines(); left != "" {
			return errors.New("goroutines are left:\n" + left)
		}
		return nil
	})
}

func (p *inProcess) goroutines() string {
	var all strings.Builder
	if err := pprof.Lookup("goroutine").WriteTo(&all, 1); err != nil {
		return err.Error()
	}
	var left []string
	for _, stack := range strings.Split(all.String(), "\n\n") {
		if strings.Contains(stack, `"`+p.label+`"`) {
			left = append(left, stack)
		}
	}
	return strings.Join(left, "\n\n")
}

// awaitSilence waits until nothing but watches has passed a proxy for a while.
func awaitSilence(t *testing.T, proxy *faultproxy.Proxy) {
	t.Helper()
	const silence = time.Second
	harness.Eventually(t, 90*time.Second, func() error {
		passed := proxy.Passed()
		for _, r := range slices.Backward(passed) {
			if r.Verb != "watch" && r.Resource != "leases" && time.Since(r.Began) < silence {
				return fmt.Errorf("the agent is not at rest: %s %s %s/%s", r.Verb, r.Resource, r.Namespace, r.Name)
			}
		}
		return nil
	})
}
