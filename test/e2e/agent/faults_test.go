package agent

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	v1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/carto-run/carto/test/harness"
)

// burstChain has three steps: a source that an actor answers, and two ConfigMaps.
const burstChain = `
apiVersion: carto.run/v1alpha1
kind: ClusterSourceTemplate
metadata: { name: burst-source-NS }
spec:
  urlPath: .status.artifact.url
  revisionPath: .status.artifact.revision
  template:
    apiVersion: source.toolkit.fluxcd.io/v1
    kind: GitRepository
    metadata: { name: $(workload.metadata.name)$ }
    spec: { url: $(workload.spec.source.git.url)$ }
---
apiVersion: carto.run/v1alpha1
kind: ClusterConfigTemplate
metadata: { name: burst-config-NS }
spec:
  configPath: .data.line
  template:
    apiVersion: v1
    kind: ConfigMap
    metadata: { name: $(workload.metadata.name)$-config }
    data: { line: "$(source.url)$ at $(source.revision)$" }
---
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: { name: burst-last-NS }
spec:
  template:
    apiVersion: v1
    kind: ConfigMap
    metadata: { name: $(workload.metadata.name)$-last }
    data: { line: "$(config)$" }
---
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: { name: burst-NS }
spec:
  selector: { shape: NS }
  serviceAccountRef: { name: stamper }
  resources:
    - name: source
      templateRef: { kind: ClusterSourceTemplate, name: burst-source-NS }
    - name: config
      sources: [{ name: code, resource: source }]
      templateRef: { kind: ClusterConfigTemplate, name: burst-config-NS }
    - name: last
      configs: [{ name: text, resource: config }]
      templateRef: { kind: ClusterTemplate, name: burst-last-NS }
`

// actor answers each GitRepository of a namespace at once, until the test ends.
func (n *tenant) actor() {
	ctx, cancel := context.WithCancel(context.Background())
	var group sync.WaitGroup
	n.t.Cleanup(func() { cancel(); group.Wait() })
	client := n.client.Resource(gitRepos).Namespace(n.ns)
	answer := func(u *unstructured.Unstructured) {
		if field(u, "status", "artifact") != nil {
			return
		}
		text, _ := json.Marshal(map[string]any{"status": map[string]any{"artifact": map[string]any{"url": field(u, "spec", "url"), "revision": "main@1"}}})
		_, _ = client.Patch(ctx, u.GetName(), types.MergePatchType, text, v1.PatchOptions{}, "status")
	}
	group.Go(func() {
		for ctx.Err() == nil {
			list, err := client.List(ctx, v1.ListOptions{})
			if err != nil {
				time.Sleep(100 * time.Millisecond) // the API server is away
				continue
			}
			for i := range list.Items {
				answer(&list.Items[i])
			}
			watcher, err := client.Watch(ctx, v1.ListOptions{ResourceVersion: list.GetResourceVersion()})
			if err != nil {
				continue
			}
			for event := range watcher.ResultChan() {
				if u, ok := event.Object.(*unstructured.Unstructured); ok && (event.Type == watch.Added || event.Type == watch.Modified) {
					answer(u)
				}
			}
		}
	})
}

func (n *tenant) burst(from, to int) {
	n.t.Helper()
	client := n.client.Resource(workloads).Namespace(n.ns)
	for i := from; i < to; i++ {
		w := &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": "carto.run/v1alpha1", "kind": "Workload",
			"metadata": map[string]any{"name": fmt.Sprintf("w-%03d", i), "labels": map[string]any{"shape": n.ns}},
			"spec":     map[string]any{"source": map[string]any{"git": map[string]any{"url": fmt.Sprintf("https://git.example/%d", i)}}},
		}}
		if _, err := client.Create(context.Background(), w, v1.CreateOptions{}); err != nil {
			n.t.Fatal(err)
		}
	}
}

// state is everything that the agent made in a namespace, without what differs from
// run to run by its nature: identities, times and versions.
func (n *tenant) state() (map[string]any, error) {
	all := map[string]any{}
	for _, resource := range []gvr{gitRepos, configMaps, workloads} {
		list, err := n.client.Resource(resource).Namespace(n.ns).List(context.Background(), v1.ListOptions{})
		if err != nil {
			return nil, err
		}
		for i := range list.Items {
			u := &list.Items[i]
			if u.GetName() == "kube-root-ca.crt" {
				continue
			}
			kept := map[string]any{"labels": u.GetLabels(), "spec": u.Object["spec"], "data": u.Object["data"], "generation": u.GetGeneration()}
			if resource == workloads {
				kept["status"] = withoutTimes(u.Object["status"])
			}
			text, err := json.Marshal(kept)
			if err != nil {
				return nil, err
			}
			all[u.GetKind()+"/"+u.GetName()] = replace(string(text), n.ns, "NS")
		}
	}
	return all, nil
}

func withoutTimes(value any) any {
	switch v := value.(type) {
	case map[string]any:
		delete(v, "lastTransitionTime")
		for _, item := range v {
			withoutTimes(item)
		}
	case []any:
		for _, item := range v {
			withoutTimes(item)
		}
	}
	return value
}

func (n *tenant) allDone(count int) error {
	list, err := n.client.Resource(workloads).Namespace(n.ns).List(context.Background(), v1.ListOptions{})
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
	return nil
}

// TestFaultsLeaveNoTrace: the agent is killed, and the API server restarted, in the
// middle of a burst of 200 workloads; the state is that of the burst without a fault.
// Then everything rests, and a restart of the agent writes nothing.
func TestFaultsLeaveNoTrace(t *testing.T) {
	t.Parallel()
	const count = 200
	cp := harness.New(t, harness.Options{AuditLog: true})
	w := newWorld(t, cp)
	w.agent = startAgent(t, cp.Kubeconfig)
	t.Cleanup(func() { w.agent.Kill() })
	ctx := t.Context()
	patience := 3 * time.Minute // three bursts on a busy machine

	run := func(fault func(n *tenant)) map[string]any {
		n := w.tenant(t)
		n.apply(burstChain)
		n.actor()
		n.burst(0, count/2)
		fault(n)
		n.burst(count/2, count)
		harness.Eventually(t, patience, func() error { return n.allDone(count) })
		state, err := n.state()
		if err != nil {
			t.Fatal(err)
		}
		return state
	}

	undisturbed := run(func(*tenant) {})
	if want := 4 * count; len(undisturbed) != want {
		t.Fatalf("the burst made %d objects, want %d", len(undisturbed), want)
	}
	killed := run(func(*tenant) {
		w.agent.Kill()
		w.agent = startAgent(t, cp.Kubeconfig)
	})
	if diff := cmp.Diff(undisturbed, killed); diff != "" {
		t.Errorf("killing the agent left a trace (-without +with):\n%s", diff)
	}
	restarted := run(func(*tenant) {
		if err := cp.StopAPIServer(ctx); err != nil {
			t.Fatal(err)
		}
		if err := cp.StartAPIServer(ctx); err != nil {
			t.Fatal(err)
		}
	})
	if diff := cmp.Diff(undisturbed, restarted); diff != "" {
		t.Errorf("restarting the API server left a trace (-without +with):\n%s", diff)
	}

	agent := func(since harness.Mark) []harness.Request {
		requests, err := cp.Requests(ctx, harness.Filter{UserAgent: "carto-agent", Since: since})
		if err != nil {
			t.Fatal(err)
		}
		return requests
	}
	mark := func() harness.Mark {
		m, err := cp.Mark(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	awaitRest(t, cp)

	before := mark()
	if err := w.agent.Stop(); err != nil {
		t.Errorf("%v\n%s", err, w.agent.Log())
	}
	w.agent = startAgent(t, cp.Kubeconfig)
	time.Sleep(4 * time.Second) // the time in which it would write
	for _, r := range agent(before) {
		switch r.Verb {
		case "watch", "list", "get":
		default:
			t.Errorf("a restart wrote: %s %s", r.Verb, r.URI)
		}
	}
}

// TestStartsBeforeItsCRDs: the agent waits for them, says so, and then works.
func TestStartsBeforeItsCRDs(t *testing.T) {
	t.Parallel()
	cp := harness.New(t, harness.Options{})
	agent := startAgent(t, cp.Kubeconfig)
	t.Cleanup(agent.Kill)
	harness.Eventually(t, patience, func() error {
		if log := agent.Log(); !strings.Contains(log, "waiting for the CRDs of carto.run; install them with: kubectl carto install --crds-only") {
			return fmt.Errorf("the log does not say what it waits for:\n%s", log)
		}
		return nil
	})
	w := newWorld(t, cp)
	w.agent = agent
	n := w.tenant(t)
	n.apply(withBody(configMapBody))
	n.expect("cart", allReady)
}
