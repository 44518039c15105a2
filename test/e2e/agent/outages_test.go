package agent

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strconv"
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

// chainOfAll has a step of each kind: an object that an actor answers, an immutable run, a
// Runnable with its own run, and ConfigMaps that carry outputs on.
const chainOfAll = `
apiVersion: carto.run/v1alpha1
kind: ClusterSourceTemplate
metadata: { name: all-source-NS }
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
kind: ClusterSourceTemplate
metadata: { name: all-test-NS }
spec:
  lifecycle: immutable
  healthRule: { singleConditionType: Succeeded }
  urlPath: .spec.url
  revisionPath: .spec.revision
  template:
    apiVersion: tekton.dev/v1
    kind: TaskRun
    metadata: { generateName: $(workload.metadata.name)$-test- }
    spec: { url: $(source.url)$, revision: $(source.revision)$ }
---
apiVersion: carto.run/v1alpha1
kind: ClusterRunTemplate
metadata: { name: all-run-NS }
spec:
  template:
    apiVersion: tekton.dev/v1
    kind: TaskRun
    metadata: { generateName: $(runnable.metadata.name)$- }
    spec: { url: $(runnable.spec.inputs.url)$ }
---
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: { name: all-scan-NS }
spec:
  template:
    apiVersion: carto.run/v1alpha1
    kind: Runnable
    metadata: { name: $(workload.metadata.name)$-scan }
    spec:
      serviceAccountName: stamper
      runTemplateRef: { name: all-run-NS }
      inputs: { url: $(source.url)$ }
---
apiVersion: carto.run/v1alpha1
kind: ClusterConfigTemplate
metadata: { name: all-config-NS }
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
metadata: { name: all-last-NS }
spec:
  template:
    apiVersion: v1
    kind: ConfigMap
    metadata: { name: $(workload.metadata.name)$-last }
    data: { line: "$(config)$" }
---
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: { name: all-NS }
spec:
  selector: { shape: NS }
  serviceAccountRef: { name: stamper }
  resources:
    - { name: source, templateRef: { kind: ClusterSourceTemplate, name: all-source-NS } }
    - { name: test, sources: [{ name: code, resource: source }], templateRef: { kind: ClusterSourceTemplate, name: all-test-NS } }
    - { name: scan, sources: [{ name: code, resource: test }], templateRef: { kind: ClusterTemplate, name: all-scan-NS } }
    - { name: config, sources: [{ name: code, resource: test }], templateRef: { kind: ClusterConfigTemplate, name: all-config-NS } }
    - { name: last, configs: [{ name: text, resource: config }], templateRef: { kind: ClusterTemplate, name: all-last-NS } }
`

// objectsOfAll is how many objects a workload of chainOfAll has in the end, itself and the
// two runs of either kind that TestOutages leads to among them.
const objectsOfAll = 5 + 4

// play answers each object of a kind at once with the status that a controller would write,
// until the test ends; nil when there is nothing to answer.
func (n *tenant) play(resource gvr, status func(u *unstructured.Unstructured) map[string]any) {
	ctx, cancel := context.WithCancel(context.Background())
	var group sync.WaitGroup
	n.t.Cleanup(func() { cancel(); group.Wait() })
	client := n.client.Resource(resource).Namespace(n.ns)
	answer := func(u *unstructured.Unstructured) {
		if s := status(u); s != nil {
			text, _ := json.Marshal(map[string]any{"status": s})
			for ctx.Err() == nil {
				_, err := client.Patch(ctx, u.GetName(), types.MergePatchType, text, v1.PatchOptions{}, "status")
				if err == nil || isGone(err) {
					return
				}
				time.Sleep(100 * time.Millisecond) // the control plane is away, or full
			}
		}
	}
	group.Go(func() {
		for ctx.Err() == nil {
			list, err := client.List(ctx, v1.ListOptions{})
			if err != nil {
				time.Sleep(100 * time.Millisecond) // likewise
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

// playAll plays all controllers of chainOfAll.
func (n *tenant) playAll() {
	n.play(gitRepos, func(u *unstructured.Unstructured) map[string]any {
		url := field(u, "spec", "url")
		if field(u, "status", "artifact", "url") == url {
			return nil
		}
		return map[string]any{"artifact": map[string]any{"url": url, "revision": fmt.Sprintf("main@%v", url)}}
	})
	n.play(taskRuns, func(u *unstructured.Unstructured) map[string]any {
		if field(u, "status", "conditions") != nil {
			return nil
		}
		return map[string]any{"conditions": []any{condition("Succeeded", "True", "")}}
	})
}

// insist does something in spite of a control plane that is away for a while.
func (n *tenant) insist(what func(context.Context) error) {
	n.t.Helper()
	harness.Eventually(n.t, 2*time.Minute, func() error { return what(context.Background()) })
}

// createAll makes workloads; changeAll gives each another URL, so that everything of it is
// stamped anew.
func (n *tenant) createAll(from, to int) {
	n.t.Helper()
	client := n.client.Resource(workloads).Namespace(n.ns)
	for i := from; i < to; i++ {
		w := &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": "carto.run/v1alpha1", "kind": "Workload",
			"metadata": map[string]any{"name": fmt.Sprintf("w-%03d", i), "labels": map[string]any{"shape": n.ns}},
			"spec":     map[string]any{"source": map[string]any{"git": map[string]any{"url": fmt.Sprintf("https://git.example/%d/first", i)}}},
		}}
		n.insist(func(ctx context.Context) error {
			_, err := client.Create(ctx, w, v1.CreateOptions{})
			if isThere(err) {
				return nil // the answer to an earlier attempt was lost
			}
			return err
		})
	}
}

func (n *tenant) changeAll(from, to int) {
	n.t.Helper()
	client := n.client.Resource(workloads).Namespace(n.ns)
	for i := from; i < to; i++ {
		patch := fmt.Sprintf(`{"spec":{"source":{"git":{"url":"https://git.example/%d/second"}}}}`, i)
		n.insist(func(ctx context.Context) error {
			_, err := client.Patch(ctx, fmt.Sprintf("w-%03d", i), types.MergePatchType, []byte(patch), v1.PatchOptions{})
			return err
		})
	}
}

// awaitAll waits until each workload is ready, and what was said last has come to its end.
func (n *tenant) awaitAll(count int, word string) {
	n.t.Helper()
	harness.Eventually(n.t, 4*time.Minute, func() error {
		if err := n.allDone(count); err != nil {
			return err
		}
		for i := range count {
			last, err := n.get(configMaps, fmt.Sprintf("w-%03d-last", i))
			if err != nil {
				return err
			}
			if want := fmt.Sprintf("https://git.example/%[1]d/%[2]s at main@https://git.example/%[1]d/%[2]s", i, word); field(last, "data", "line") != want {
				return fmt.Errorf("workload %d carries %v, not %s", i, field(last, "data", "line"), want)
			}
			run, err := n.get(runnables, fmt.Sprintf("w-%03d-scan", i))
			if err != nil {
				return err
			}
			if field(run, "status", "observedGeneration") != run.GetGeneration() || conditionsOf(run) != runDone {
				return fmt.Errorf("runnable %d is %s", i, conditionsOf(run))
			}
		}
		return nil
	})
}

var runNames = regexp.MustCompile(`(w-\d+-(?:test|scan))-[a-z0-9]+`)

// stateOfAll is everything that there is of the workloads of chainOfAll, without what
// differs from run to run by its nature. Runs are numbered by their order.
func (n *tenant) stateOfAll() map[string]string {
	n.t.Helper()
	all := map[string]string{}
	for _, resource := range []gvr{gitRepos, configMaps, workloads, runnables, taskRuns} {
		list, err := n.client.Resource(resource).Namespace(n.ns).List(context.Background(), v1.ListOptions{})
		if err != nil {
			n.t.Fatal(err)
		}
		slices.SortFunc(list.Items, bySequence)
		for i := range list.Items {
			u := &list.Items[i]
			if u.GetName() == "kube-root-ca.crt" || u.GetLabels()["filler"] != "" {
				continue
			}
			status := withoutTimes(u.Object["status"])
			text, err := json.Marshal(map[string]any{
				"labels": u.GetLabels(), "spec": u.Object["spec"], "data": u.Object["data"], "status": status,
				"sequence": u.GetAnnotations()["carto.run/sequence"], "owners": len(u.GetOwnerReferences()),
			})
			if err != nil {
				n.t.Fatal(err)
			}
			name := u.GetKind() + "/" + runNames.ReplaceAllString(u.GetName(), "$1")
			for number := 2; all[name] != ""; number++ {
				name = fmt.Sprintf("%s/%s#%d", u.GetKind(), runNames.ReplaceAllString(u.GetName(), "$1"), number)
			}
			all[name] = runNames.ReplaceAllString(replace(string(text), n.ns, "NS"), "$1")
		}
	}
	return all
}

// outageOwners is how many workloads are in a burst.
func outageOwners(t *testing.T) int {
	t.Helper()
	return int(setting(t, "FAULT_OWNERS", 12))
}

// outages are bursts of work on which a crew is, and what fails meanwhile.
type outages struct {
	*world
	count int // of workloads in a burst
	crew  *crew
}

// outage is something that fails for a while.
type outage struct {
	name string // short: namespaces and labels get it
	// always are the shapes that live through it in every run of the tests; all others do when these are at length.
	always []string
	fault  func(o *outages, n *tenant)
}

var (
	// outagesOfAll are those that can also take the lease from replicas that have one.
	outagesOfAll = []outage{
		{"kills", []string{"alone", "elected", "sharded"}, (*outages).kill},
		{"apiserver", []string{"alone", "sharded"}, func(o *outages, n *tenant) {
			n.must(o.cp.StopAPIServer(n.t.Context()))
			n.must(o.cp.StartAPIServer(n.t.Context()))
		}},
		{"etcd", []string{"alone"}, func(o *outages, n *tenant) { n.must(o.cp.RestartComponent(n.t.Context(), harness.Etcd)) }},
		{"crashes", []string{"alone"}, func(o *outages, n *tenant) {
			for range 3 {
				n.must(o.cp.KillComponent(n.t.Context(), harness.Etcd))
				n.must(o.cp.StartComponent(n.t.Context(), harness.Etcd))
				time.Sleep(300 * time.Millisecond) // so that there are writes between the crashes
			}
		}},
		{"full", []string{"alone", "elected"}, (*outages).fillDisk},
	}
	outagesOfKinds = []outage{
		{"redefined", []string{"alone"}, (*outages).redefine},
		{"versions", []string{"alone"}, (*outages).changeVersions},
	}
)

// TestOutages: whatever fails for a while in the middle of a burst of new and of changed
// workloads, the end is that of the burst in which nothing did: nothing is stamped twice,
// nothing is missing, and then there is silence. That holds for an agent alone, for two
// replicas of which one works, and for two that share the work; each that ends is started anew.
func TestOutages(t *testing.T) {
	t.Parallel()
	count := outageOwners(t)
	cp := harness.New(t, harness.Options{AuditLog: true, ExtraArgs: []string{"--etcd-arg=--quota-backend-bytes=" + strconv.Itoa(diskQuota(count))}})
	w := newWorld(t, cp)
	harness.ApplyYAML(t, cp.Config, "", stubCRD("taskruns", "tekton.dev", "TaskRun", "v1"))
	var undisturbed map[string]string
	for _, row := range []struct {
		shape
		outages []outage
	}{
		{alone, slices.Concat(outagesOfKinds, outagesOfAll)},
		{elected, outagesOfAll},
		{sharded, outagesOfAll},
	} {
		if !atLength(t) {
			row.outages = slices.DeleteFunc(slices.Clone(row.outages), func(o outage) bool { return !slices.Contains(o.always, row.name) })
		}
		t.Run(row.name, func(t *testing.T) {
			o := &outages{world: w, count: count, crew: startCrew(t, cp, row.shape)}
			if undisturbed == nil {
				undisturbed = o.burst(t, nil)
			}
			if want := objectsOfAll * count; len(undisturbed) != want {
				t.Fatalf("the burst made %d objects, want %d", len(undisturbed), want)
			}
			for _, outage := range row.outages {
				t.Run(outage.name, func(t *testing.T) {
					ends := o.crew.ends()
					if diff := cmp.Diff(undisturbed, o.burst(t, outage.fault)); diff != "" {
						t.Errorf("it left a trace (-without +with):\n%s", diff)
					}
					if err := o.crew.await(); err != nil {
						t.Error(err)
					}
					t.Logf("%d replicas have ended", o.crew.ends()-ends)
				})
			}
		})
	}
}

// burst creates and changes workloads while something fails, and returns the end.
func (o *outages) burst(t *testing.T, fault func(o *outages, n *tenant)) map[string]string {
	t.Helper()
	n := o.tenant(t)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("what the replicas logged:\n%s", linesAbout(o.crew.log(), n.ns))
		}
	})
	n.apply(chainOfAll)
	n.playAll()
	for _, step := range []struct {
		word string
		do   func(from, to int)
	}{{"first", n.createAll}, {"second", n.changeAll}} {
		var failing sync.WaitGroup
		step.do(0, o.count/3)
		if fault != nil {
			failing.Go(func() { fault(o, n) })
		}
		step.do(o.count/3, o.count)
		failing.Wait()
		if t.Failed() {
			t.FailNow()
		}
		n.awaitAll(o.count, step.word)
	}
	awaitRest(t, o.cp)
	return n.stateOfAll()
}

// must reports an error out of a fault, which does not run in the test's goroutine.
func (n *tenant) must(err error) {
	n.t.Helper()
	if err != nil {
		n.t.Error(err)
	}
}

// kill kills replicas in the middle of their work. One alone is killed ten times at random moments in all, or as often as FAULT_KILLS
// says, and the next begins at once. Of several, one that works is killed a tenth as often, but twice at least, each time that they
// have found together again: it takes them the time of a lease.
func (o *outages) kill(n *tenant) {
	kills := int(setting(n.t, "FAULT_KILLS", 10)) / 2 // it is called twice
	seed := setting(n.t, "FAULT_SEED", uint64(time.Now().UnixNano()))
	n.t.Logf("the kills are those of FAULT_SEED=%d", seed)
	moments := rand.New(rand.NewPCG(seed, seed)) //nolint:gosec // no secret
	if o.crew.shape.replicas > 1 {
		kills = max(1, kills/10)
	}
	for range kills {
		n.must(o.crew.await())
		time.Sleep(time.Duration(moments.IntN(1200)) * time.Millisecond) // the random moment
		n.must(o.crew.kill())
	}
}

// atLength says whether everything fails for everybody, which takes too long for every day.
func atLength(t *testing.T) bool {
	t.Helper()
	return setting(t, "FAULT_ALL", 0) > 0
}

// setting is a number of the environment that makes a test longer, or repeats it.
func setting(t *testing.T, name string, usual uint64) uint64 {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return usual
	}
	number, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return usual
	}
	return number
}
