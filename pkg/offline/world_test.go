package offline

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/stamped"
)

// plainObject reads an object.
func plainObject(t *testing.T, text string) map[string]any {
	t.Helper()
	return read(t, text).others[0]
}

// TestMoments: what is observed later carries the chain further, as time would.
func TestMoments(t *testing.T) {
	t.Parallel()
	s := example(t, "web/supply-chain.yaml", "web/templates.yaml", "web/workload.yaml")
	w := s.world(t)
	cart := Owner{v1alpha1.KindWorkload, "shop", "cart"}
	moment := func(step string, part map[string]any, want ...string) *Walk {
		t.Helper()
		if step != "" {
			if err := w.ObserveStep(cart, step, part); err != nil {
				t.Fatal(err)
			}
		}
		result := walk(t, w, s.owners[0])
		var stamped []string
		for _, line := range brief(result) {
			if name, rest, _ := strings.Cut(line, ": "); strings.Contains(rest, "/cart ") {
				stamped = append(stamped, name)
			}
		}
		if diff := cmp.Diff(want, stamped); diff != "" {
			t.Errorf("steps with an object after %s (-want +got):\n%s", step, diff)
		}
		return result
	}
	events := func(w *Walk, want ...string) {
		t.Helper()
		var got []string
		for _, e := range w.Events {
			got = append(got, e.Reason+" "+e.Step)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
	}
	ready := map[string]any{"conditions": []any{map[string]any{"type": "Ready", "status": "True"}}}
	fetched := func(revision string) map[string]any {
		return map[string]any{"status": map[string]any{
			"conditions": ready["conditions"], "artifact": map[string]any{"url": "https://flux.example/" + revision, "revision": revision},
		}}
	}
	moment("", nil, "fetch")
	if err := w.ObserveStep(cart, "build", map[string]any{"status": ready}); err == nil {
		t.Error("a step that has stamped nothing was observed")
	}
	moment("fetch", fetched("1"), "fetch", "build")
	built := map[string]any{"status": map[string]any{"conditions": ready["conditions"], "latestImage": "registry.example/cart:1"}}
	moment("build", built, "fetch", "build", "configure", "run")
	done := moment("run", map[string]any{"status": map[string]any{"conditions": []any{map[string]any{"type": "Available", "status": "True"}}}}, "fetch", "build", "configure", "run")
	if got := condition(done, v1alpha1.ConditionReady); got != "True/Ready" {
		t.Errorf("at the end it is %s", got)
	}
	events(done, "ResourceHealthyStatusChanged run")
	again := moment("fetch", fetched("2"), "fetch", "build", "configure", "run")
	events(again, "StampedObjectApplied build", "ResourceOutputChanged fetch")
	if u := (unstructured.Unstructured{Object: w.Object(schema.GroupKind{Group: "kpack.io", Kind: "Image"}, "shop", "cart")}); u.GetGeneration() != 2 {
		t.Errorf("a changed spec is generation %d", u.GetGeneration())
	}
}

// TestWrittenRuns: a run that a person wrote stands for the one that is to be made.
func TestWrittenRuns(t *testing.T) {
	t.Parallel()
	const run = "\napiVersion: tekton.dev/v1\nkind: TaskRun\nmetadata: {namespace: shop, "
	const succeeded = "spec: {params: [{name: url, value: old}]}\nstatus: {conditions: [{type: Succeeded, status: 'True'}]}"
	const made = "TaskRun/by-step-test-953d8083 Unknown/MissingValueAtPath"
	for name, tc := range map[string]struct{ reason, observed, want string }{
		"by labels": {
			"labels of owner and step tell whose it is", run + "name: mine, labels: {carto.run/workload-name: by-step, carto.run/resource-name: test}}\n" + succeeded,
			"TaskRun/mine True/ResourceSubmissionComplete url=<url of step fetch> revision=<revision of step fetch>",
		},
		"by generateName": {
			"without labels the beginning of its name does", run + "name: by-step-test-xyz}\n" + succeeded,
			"TaskRun/by-step-test-xyz True/ResourceSubmissionComplete url=<url of step fetch> revision=<revision of step fetch>",
		},
		"another step's": {
			"labels of another step are not this one's, whatever its name is", run + "name: by-step-test-xyz, labels: {carto.run/workload-name: by-step, carto.run/resource-name: lint}}\n" + succeeded, made,
		},
		"another owner's": {
			"its controller is another", run + "name: by-step-test-xyz, ownerReferences: [{apiVersion: carto.run/v1alpha1, kind: Workload, name: other, uid: x, controller: true}]}\n" + succeeded, made,
		},
		"of Carto": {
			"a run with a digest is what Carto made of other inputs", run + `name: by-step-test-xyz, labels: {carto.run/workload-name: by-step, carto.run/resource-name: test, carto.run/template-lifecycle: tekton},
  annotations: {carto.run/rendered-digest: "sha256:1", carto.run/sequence: "1"},
  ownerReferences: [{apiVersion: carto.run/v1alpha1, kind: Workload, name: by-step, uid: 4f0e, controller: true}]}` + "\n" + succeeded,
			// The older run succeeded, and is judged: its outputs are those of its inputs. Its template's name is not among the labels.
			"TaskRun/by-step-test-",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := example(t, "testing/supply-chains.yaml", "testing/templates.yaml", "testing/workloads.yaml")
			s.others = append(s.others, read(t, tc.observed).others...)
			s.others = append(s.others, plainObject(t, `
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: by-step, namespace: shop}
status: {artifact: {url: <url of step fetch>, revision: <revision of step fetch>}, conditions: [{type: Ready, status: "True"}]}`))
			got := brief(walk(t, s.world(t), s.owners[0]))[1]
			if !strings.HasPrefix(got, "test: "+tc.want) {
				t.Errorf("%s:\n got %s\nwant %s", tc.reason, got, tc.want)
			}
		})
	}
}

// TestRunAtWork: a run that is observed at work is taken to its end where that may be assumed.
func TestRunAtWork(t *testing.T) {
	t.Parallel()
	s := example(t, "testing/supply-chains.yaml", "testing/templates.yaml", "testing/workloads.yaml")
	first := s.world(t)
	first.Assume = true
	run := walk(t, first, s.owners[0]).Steps[1]
	for _, assume := range []bool{false, true} {
		w := s.world(t)
		w.Assume = true
		at := unstructured.Unstructured{Object: run.Sent}
		if err := w.Observe(at.DeepCopy().Object); err != nil {
			t.Fatal(err)
		}
		if !assume { // but the source is as it was when the run was made
			if err := w.Observe(first.Object(schema.GroupKind{Group: "source.toolkit.fluxcd.io", Kind: "GitRepository"}, "shop", "by-step")); err != nil {
				t.Fatal(err)
			}
			w.Assume = false
		}
		got := walk(t, w, s.owners[0]).Steps[1]
		if c := got.Submitted(); (c.Status == "True") != assume || got.Observed == nil || got.Sent["metadata"].(map[string]any)["name"] != at.GetName() {
			t.Errorf("assumed %t: %s/%s of %v", assume, c.Status, c.Reason, got.Sent["metadata"])
		}
		if diff := cmp.Diff(run.Sent, got.Sent); diff != "" {
			t.Errorf("assumed %t: sent (-then +now):\n%s", assume, diff)
		}
	}
}

const chain = `
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: chain}
spec:
  selector: {type: web}
  resources:
  - {name: only, templateRef: {kind: ClusterTemplate, name: only}}
---
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: only}
spec:
  template: BODY
---
apiVersion: carto.run/v1alpha1
kind: Workload
metadata: {name: a, labels: {type: web}}
spec: {}
`

func ofBody(t *testing.T, body string) *set { return read(t, strings.Replace(chain, "BODY", body, 1)) }

// TestObserved: what is in the cluster already, and whose it is.
func TestObserved(t *testing.T) {
	t.Parallel()
	const body = "{apiVersion: v1, kind: ConfigMap, metadata: {name: x}, data: {key: value}}"
	reference := func(kind, name, uid string) string {
		return "ownerReferences: [{apiVersion: carto.run/v1alpha1, kind: " + kind + ", name: " + name + ", uid: " + uid + ", controller: true}]"
	}
	for name, tc := range map[string]struct {
		reason, observed, uid, want string
	}{
		"nobody's":         {"it is taken over", "{apiVersion: v1, kind: ConfigMap, metadata: {name: x}, data: {other: kept}}", "", "True/ResourceSubmissionComplete"},
		"another's":        {"it is refused", "{apiVersion: v1, kind: ConfigMap, metadata: {name: x, " + reference("Workload", "b", "u1") + "}}", "", "False/TemplateRejectedByAPIServer"},
		"an earlier one's": {"the owner was made anew: the old one's objects are not its own", "{apiVersion: v1, kind: ConfigMap, metadata: {name: x, " + reference("Workload", "a", "u1") + "}}", "u2", "False/TemplateRejectedByAPIServer"},
		"its own":          {"its UID tells that of the owner", "{apiVersion: v1, kind: ConfigMap, metadata: {name: x, " + reference("Workload", "a", "u1") + "}}", "", "True/ResourceSubmissionComplete"},
		"no UID":           {"it was written by a person, and nothing says that it is another's", "{apiVersion: v1, kind: ConfigMap, metadata: {name: x, " + reference("Workload", "b", `""`) + "}}", "u2", "True/ResourceSubmissionComplete"},
		"being deleted":    {"it stays as it is", "{apiVersion: v1, kind: ConfigMap, metadata: {name: x, deletionTimestamp: '2026-01-01T00:00:00Z', " + reference("Workload", "a", "u1") + "}}", "", "True/ResourceSubmissionComplete"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := ofBody(t, body)
			w := s.world(t)
			if err := w.Observe(plainObject(t, tc.observed)); err != nil {
				t.Fatal(err)
			}
			owner := s.owners[0].(*v1alpha1.Workload)
			owner.UID = types.UID(tc.uid)
			got := walk(t, w, owner)
			if c := got.Steps[0].Submitted(); string(c.Status)+"/"+c.Reason != tc.want {
				t.Errorf("%s: %s/%s: %s", tc.reason, c.Status, c.Reason, c.Message)
			}
			if got.Steps[0].Observed == nil && strings.HasPrefix(tc.want, "True") {
				t.Error("it does not say that the object was observed")
			}
			if invented := tc.uid == "" && !strings.Contains(tc.observed, "uid"); got.InventedUID != invented && name != "another's" {
				t.Errorf("the UID is invented: %t", got.InventedUID)
			}
		})
	}
}

// TestLeftBehind: what the owner stamped before, and does not any more, is removed.
func TestLeftBehind(t *testing.T) {
	t.Parallel()
	s := ofBody(t, "{apiVersion: v1, kind: ConfigMap, metadata: {name: $(workload.metadata.labels.app)$}}")
	w := s.world(t)
	owner := s.owners[0].(*v1alpha1.Workload)
	owner.Labels["app"] = "first"
	walk(t, w, owner)
	owner.Labels["app"] = "second"
	got := walk(t, w, owner)
	if len(got.Removed) != 1 || got.Removed[0].Name != "first" {
		t.Errorf("removed: %v", got.Removed)
	}
	if w.Object(schema.GroupKind{Kind: "ConfigMap"}, "default", "first") != nil {
		t.Error("it is still there")
	}
}

// TestKinds: what is known of kinds, and what happens with the others.
func TestKinds(t *testing.T) {
	t.Parallel()
	const definition = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: oxen.x.example}
spec:
  group: x.example
  scope: SCOPE
  names: {kind: Ox, plural: oxen}
  versions: [{name: v1, served: true}, {name: v0, served: false}]
`
	namespaced, cluster := strings.Replace(definition, "SCOPE", "Namespaced", 1), strings.Replace(definition, "SCOPE", "Cluster", 1)
	for name, tc := range map[string]struct {
		reason, kind, definition string
		resource                 string
		unknown, guessed         bool
	}{
		"built in":            {"of Kubernetes", "apps/v1 Deployment", "", "deployments.apps true", false, false},
		"built in, irregular": {"plurals that end otherwise", "networking.k8s.io/v1 NetworkPolicy", "", "networkpolicies.networking.k8s.io true", false, false},
		"plural already":      {"its plural is its singular", "v1 Endpoints", "", "endpoints true", false, false},
		"cluster-scoped":      {"of Kubernetes, without a namespace", "v1 Namespace", "", "namespaces false", false, false},
		"no longer served":    {"a version of old", "apps/v1beta1 Deployment", "", "", true, false},
		"no such kind":        {"a slip in a kind of Kubernetes", "apps/v1 Deploymint", "", "", true, false},
		"Carto's":             {"of Carto itself", "carto.run/v1alpha1 Runnable", "", "runnables.carto.run true", false, false},
		"Carto's blueprint":   {"of Carto, without a namespace", "carto.run/v1alpha1 ClusterDelivery", "", "clusterdeliveries.carto.run false", false, false},
		"defined":             {"a definition says what it is", "x.example/v1 Ox", namespaced, "oxen.x.example true", false, false},
		"defined for all":     {"and its scope", "x.example/v1 Ox", cluster, "oxen.x.example false", false, false},
		"not served":          {"and its versions", "x.example/v0 Ox", namespaced, "", true, false},
		"guessed":             {"nothing says it", "x.example/v1 Ox", "", "oxs.x.example true", false, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &set{}
			if tc.definition != "" {
				s = read(t, tc.definition)
			}
			w := s.world(t)
			version, kindName, _ := strings.Cut(tc.kind, " ")
			kind := schema.FromAPIVersionAndKind(version, kindName)
			rest, err := w.kinds.resource(kind)
			if meta.IsNoMatchError(err) != tc.unknown {
				t.Fatalf("%s: %v", tc.reason, err)
			}
			if got := rest.Qualified() + map[bool]string{true: " true", false: " false"}[rest.Namespaced]; err == nil && got != tc.resource {
				t.Errorf("%s: got %s, want %s", tc.reason, got, tc.resource)
			}
			if got := w.kinds.guessed(kind); got != (tc.guessed) && !tc.unknown {
				t.Errorf("%s: guessed is %t", tc.reason, got)
			}
		})
	}
}

// TestMerge lays what is rendered over what the server made of it before.
func TestMerge(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ reason, under, over, want string }{
		"fields":         {"field by field", "{spec: {a: 1, b: {c: 2}}}", "{spec: {a: 3, b: {d: 4}}}", "{spec: {a: 3, b: {c: 2, d: 4}}}"},
		"items":          {"items of the same names keep what the server filled in", "{c: [{name: app, image: a, pull: Always}]}", "{c: [{name: app, image: b}]}", "{c: [{name: app, image: b, pull: Always}]}"},
		"other items":    {"others are replaced", "{c: [{name: app, image: a}]}", "{c: [{name: web, image: b}]}", "{c: [{name: web, image: b}]}"},
		"more items":     {"and lists of another length", "{c: [{name: app, x: 1}]}", "{c: [{name: app}, {name: web}]}", "{c: [{name: app}, {name: web}]}"},
		"plain items":    {"and lists of values", "{c: [1, 2]}", "{c: [3, 4]}", "{c: [3, 4]}"},
		"another type":   {"and what has become something else", "{c: {a: 1}}", "{c: text}", "{c: text}"},
		"typed items":    {"conditions go by type", "{c: [{type: A, status: x}]}", "{c: [{type: B}]}", "{c: [{type: B}]}"},
		"status remains": {"what is not rendered stays", "{status: {a: 1}}", "{spec: {b: 1}}", "{spec: {b: 1}, status: {a: 1}}"},
	} {
		under, over := decodeText(t, tc.under), decodeText(t, tc.over)
		if diff := cmp.Diff(decodeText(t, tc.want), stamped.Merge(under, over)); diff != "" {
			t.Errorf("%s: %s (-want +got):\n%s", name, tc.reason, diff)
		}
	}
	object := decodeText(t, "{a: {b: 1, c: 2}, d: 3, e: 4}")
	drop(object, decodeText(t, "{a: {b: 1, c: 2}, d: 3}"), decodeText(t, "{a: {c: 5}}"))
	if diff := cmp.Diff(decodeText(t, "{a: {c: 2}, e: 4}"), object); diff != "" {
		t.Errorf("what is no longer applied stays (-want +got):\n%s", diff)
	}
}

// TestInner: owners that are stamped are gone through, but not for ever.
func TestInner(t *testing.T) {
	t.Parallel()
	circle := ofBody(t, "{apiVersion: carto.run/v1alpha1, kind: Workload, metadata: {name: $(workload.metadata.name)$-a, labels: {type: web}}, spec: {}}")
	got := walk(t, circle.world(t), circle.owners[0])
	if diff := cmp.Diff([]string{
		"only: Workload/a-a True/ResourceSubmissionComplete", "  only: Workload/a-a-a True/ResourceSubmissionComplete",
		"    only: Workload/a-a-a-a True/ResourceSubmissionComplete",
	}, brief(got)); diff != "" {
		t.Errorf("a chain that stamps its own owners (-want +got):\n%s", diff)
	}
	wrong := ofBody(t, "{apiVersion: carto.run/v1alpha1, kind: Workload, metadata: {name: b, labels: {type: web}}, spec: {params: text}}")
	if c := walk(t, wrong.world(t), wrong.owners[0]).Steps[0].Submitted(); c.Reason != v1alpha1.ReasonTemplateRejectedByAPIServer {
		t.Errorf("an owner that is none: %s: %s", c.Reason, c.Message)
	}
	deliverable := example(t, "delivery/delivery.yaml", "delivery/templates.yaml")
	s := ofBody(t, "{apiVersion: carto.run/v1alpha1, kind: Deliverable, metadata: {name: d, labels: {shop.example/target: staging}}, spec: {source: {git: {url: x, ref: {branch: main}}}}}")
	s.definitions = append(s.definitions, deliverable.definitions...)
	w := s.world(t)
	w.Assume = true
	got = walk(t, w, s.owners[0])
	if inner := got.Steps[0].Inner; inner == nil || condition(inner, v1alpha1.ConditionReady) != "True/Ready" {
		t.Errorf("the Deliverable does not come to its end: %v", brief(got))
	}
	tree := got.Tree()
	if tree.Steps[0].Object.Tree == nil || len(tree.Steps[0].Object.Tree.Steps) != 4 {
		t.Error("its steps are not in the tree")
	}
}

// TestWrongCalls: what is no owner, and no object.
func TestWrongCalls(t *testing.T) {
	t.Parallel()
	if _, err := New("text"); err == nil {
		t.Error("a text was taken for a template")
	}
	w := (&set{}).world(t)
	if _, err := w.Walk(t.Context(), "text", now); err == nil {
		t.Error("a text was taken for an owner")
	}
	for _, text := range []string{"{kind: ConfigMap, apiVersion: v1}", "{apiVersion: v1, metadata: {name: x}}", "{apiVersion: apps/v1beta1, kind: Deployment, metadata: {name: x}}"} {
		if err := w.Observe(decodeText(t, text)); err == nil {
			t.Errorf("observed: %s", text)
		}
	}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	s := ofBody(t, "{apiVersion: v1, kind: ConfigMap, metadata: {name: x}}")
	if _, err := s.world(t).Walk(canceled, s.owners[0], now); !errors.Is(err, canceled.Err()) {
		t.Errorf("a walk without time: %v", err)
	}
}

// TestCrowd: what one owner takes does not grow with the objects of others.
func TestCrowd(t *testing.T) { //nolint:paralleltest // allocations of other tests would count
	s := read(t, strings.Replace(chain, "template: BODY", "lifecycle: tekton\n  template: {apiVersion: tekton.dev/v1, kind: TaskRun, metadata: {generateName: a-}, spec: {}}", 1))
	allocations := func(others int) float64 {
		w := s.world(t)
		for i := range others {
			other := plainObject(t, fmt.Sprintf("apiVersion: tekton.dev/v1\nkind: TaskRun\nmetadata: {name: b-%[1]d, labels: {carto.run/resource-name: only}, annotations: {carto.run/rendered-digest: d}, ownerReferences: [{apiVersion: carto.run/v1alpha1, kind: Workload, name: b%[1]d, uid: b%[1]d, controller: true}]}", i))
			if err := w.Observe(other); err != nil {
				t.Fatal(err)
			}
		}
		return testing.AllocsPerRun(1, func() { walk(t, w, s.owners[0]) })
	}
	if alone, crowded := allocations(0), allocations(500); crowded > 2*alone {
		t.Errorf("%v allocations among others, %v alone", crowded, alone)
	}
}
