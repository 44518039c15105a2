package apply

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
)

func object(t *testing.T, text string) *unstructured.Unstructured {
	t.Helper()
	data, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	obj := &unstructured.Unstructured{}
	if err := obj.UnmarshalJSON(data); err != nil {
		t.Fatal(err)
	}
	return obj
}

func workload(t *testing.T, rest string) *unstructured.Unstructured {
	t.Helper()
	return object(t, "{apiVersion: carto.run/v1alpha1, kind: Workload, "+rest+"}")
}

func TestMerge(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ reason, live, file, want string }{
		{"what the file does not mention stays", "metadata: {name: a, labels: {x: y}}, spec: {serviceAccountName: sa, image: i}", "metadata: {name: a}, spec: {image: j}",
			"metadata: {name: a, labels: {x: y}}, spec: {serviceAccountName: sa, image: j}"},
		{"entries are told apart by name, keep their place, and none is deleted", "spec: {env: [{name: A, value: '1'}, {name: B, value: '2'}]}", "spec: {env: [{name: C, value: '3'}, {name: A, valueFrom: {secretKeyRef: {name: s, key: k}}}]}",
			"spec: {env: [{name: A, valueFrom: {secretKeyRef: {name: s, key: k}}}, {name: B, value: '2'}, {name: C, value: '3'}]}"},
		{"all lists of names", "spec: {params: [{name: a, value: [1]}], build: {env: [{name: a}]}, serviceClaims: [{name: a}]}", "spec: {params: [{name: a, value: [2]}, {name: b, value: 1}], build: {env: [{name: b}]}, serviceClaims: [{name: b}]}",
			"spec: {params: [{name: a, value: [2]}, {name: b, value: 1}], build: {env: [{name: a}, {name: b}]}, serviceClaims: [{name: a}, {name: b}]}"},
		{"null deletes", "spec: {serviceAccountName: sa, image: i}", "spec: {serviceAccountName: null}", "spec: {image: i}"},
		{"refs are fields of their own", "spec: {source: {git: {url: u, ref: {tag: t}}, subPath: d}}", "spec: {source: {git: {ref: {branch: b}}}}",
			"spec: {source: {git: {url: u, ref: {tag: t, branch: b}}, subPath: d}}"},
		{"an image replaces a source", "spec: {source: {git: {url: u}, subPath: d}}", "spec: {image: i}", "spec: {image: i}"},
		{"git replaces an image", "spec: {image: i}", "spec: {source: {git: {url: u}}}", "spec: {source: {git: {url: u}}}"},
		{"a source image replaces git", "spec: {source: {git: {url: u}, subPath: d}}", "spec: {source: {image: i}}", "spec: {source: {image: i, subPath: d}}"},
	} {
		got := merge(workload(t, tc.live), workload(t, tc.file))
		if d := cmp.Diff(workload(t, tc.want).Object, got.Object); d != "" {
			t.Errorf("%s (-want +got):\n%s", tc.reason, d)
		}
	}
}

func TestReplace(t *testing.T) {
	t.Parallel()
	got := replace(workload(t, "metadata: {name: a, uid: u, labels: {x: y}, finalizers: [f]}, spec: {image: i, env: [{name: A}]}, status: {}"), workload(t, "metadata: {name: a}, spec: {image: j}"))
	if d := cmp.Diff(workload(t, "metadata: {name: a, finalizers: [f]}, spec: {image: j}").Object, got.Object); d != "" {
		t.Errorf("only what controllers keep stays (-want +got):\n%s", d)
	}
}

// live is a workload with three managers: this program by create and by apply, GitOps, and
// the agent, which writes the status.
const live = `
apiVersion: carto.run/v1alpha1
kind: Workload
metadata:
  name: cart
  namespace: shop
  resourceVersion: "7"
  labels: {mine: a, theirs: b}
  managedFields:
  - {manager: kubectl-carto, operation: Update, apiVersion: carto.run/v1alpha1, fieldsType: FieldsV1, fieldsV1: {"f:metadata": {"f:labels": {".": {}, "f:mine": {}}}, "f:spec": {".": {}, "f:env": {}}}}
  - {manager: kubectl-carto, operation: Apply, apiVersion: carto.run/v1alpha1, fieldsType: FieldsV1, fieldsV1: {"f:spec": {"f:image": {}}}}
  - {manager: gitops, operation: Apply, apiVersion: carto.run/v1alpha1, fieldsType: FieldsV1, fieldsV1: {"f:metadata": {"f:labels": {"f:theirs": {}}}, "f:spec": {"f:resources": {"f:limits": {"f:cpu": {}, "f:memory": {}}}}}}
  - {manager: agent, operation: Update, subresource: status, apiVersion: carto.run/v1alpha1, fieldsType: FieldsV1, fieldsV1: {"f:status": {"f:observedGeneration": {}}}}
spec:
  image: i
  env: [{name: A, value: "1"}]
  resources: {limits: {cpu: 1, memory: 1Gi}}
status: {observedGeneration: 1}
`

func TestConfiguration(t *testing.T) {
	t.Parallel()
	const head = "metadata: {name: cart, namespace: shop, resourceVersion: '7'"
	for _, tc := range []struct {
		reason string
		edit   func(map[string]any)
		want   string
	}{
		{"what is ours is sent as it is, or the apply would delete it; what others own is not claimed", func(map[string]any) {},
			head + ", labels: {mine: a}}, spec: {image: i, env: [{name: A, value: '1'}]}"},
		{"what changes is sent, whoever owns it", func(o map[string]any) {
			_ = unstructured.SetNestedField(o, int64(2), "spec", "resources", "limits", "cpu")
		}, head + ", labels: {mine: a}}, spec: {image: i, env: [{name: A, value: '1'}], resources: {limits: {cpu: 2}}}"},
		{"what goes is left out", func(o map[string]any) {
			unstructured.RemoveNestedField(o, "spec", "env")
			unstructured.RemoveNestedField(o, "spec", "image")
			unstructured.RemoveNestedField(o, "metadata", "labels", "mine")
		}, head + "}, spec: {}"},
	} {
		before := object(t, live)
		after := before.DeepCopy()
		tc.edit(after.Object)
		all, err := managers(before, cmdutil.FieldManager)
		if err != nil {
			t.Fatal(err)
		}
		got := configuration(before, after, ownFields(all))
		if d := cmp.Diff(workload(t, tc.want).Object, got.Object); d != "" {
			t.Errorf("%s (-want +got):\n%s", tc.reason, d)
		}
	}
}

func TestTakeOver(t *testing.T) {
	t.Parallel()
	all, err := managers(object(t, live), cmdutil.FieldManager)
	if err != nil {
		t.Fatal(err)
	}
	gone := []field{{"spec", "resources"}, {"metadata", "labels", "theirs"}}
	if d := cmp.Diff([]conflict{{".spec.resources", "gitops"}, {".metadata.labels.theirs", "gitops"}}, othersOf(all, gone), cmp.AllowUnexported(conflict{})); d != "" {
		t.Errorf("conflicts (-want +got):\n%s", d)
	}
	entries, err := takeOver(all, gone, cmdutil.FieldManager)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, e := range entries {
		got[e.Manager+" "+string(e.Operation)+" "+e.Subresource] = e.FieldsV1.GetRawString()
	}
	want := map[string]string{
		"agent Update status":  `{"f:status":{"f:observedGeneration":{}}}`,
		"kubectl-carto Apply ": `{"f:metadata":{"f:labels":{".":{},"f:mine":{},"f:theirs":{}}},"f:spec":{".":{},"f:env":{},"f:image":{},"f:resources":{"f:limits":{"f:cpu":{},"f:memory":{}}}}}`,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("create's fields become the apply's, those that go too, and a manager of nothing is no more (-want +got):\n%s", d)
	}
	again, err := takeOver(all[1:], nil, cmdutil.FieldManager)
	if err != nil || again != nil {
		t.Errorf("nothing to move: %v, %v", again, err)
	}
}

func TestRemoved(t *testing.T) {
	t.Parallel()
	before := workload(t, "metadata: {labels: {a: b}}, spec: {image: i, resources: {limits: {cpu: 1, memory: 1}}, env: [1]}")
	after := workload(t, "metadata: {}, spec: {resources: {limits: {cpu: 2}}, env: [2]}")
	var got []string
	for _, f := range removed(before.Object, after.Object, nil) {
		got = append(got, f.String())
	}
	if d := cmp.Diff([]string{".metadata.labels", ".spec.image", ".spec.resources.limits.memory"}, got); d != "" {
		t.Error(d)
	}
}

func TestConflicts(t *testing.T) {
	t.Parallel()
	err := apierrors.NewApplyConflict([]metav1.StatusCause{
		{Type: metav1.CauseTypeFieldManagerConflict, Field: ".spec.env", Message: `conflict with "gitops\u0007" using carto.run/v1alpha1`},
		{Type: metav1.CauseTypeFieldManagerConflict, Field: ".spec.image", Message: `conflict with "kubectl-carto" using carto.run/v1alpha1`},
	}, "2 conflicts")
	all := conflictsOf(err)
	if len(all) != 2 || len(ofOthers(all, nil, cmdutil.FieldManager)) != 1 {
		t.Fatalf("%v", all)
	}
	text := conflictError("apply workload shop/cart", ofOthers(all, nil, cmdutil.FieldManager)).Error()
	for _, want := range []string{".spec.env is managed by gitops", "--force-conflicts"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q lacks %q", text, want)
		}
	}
	if got := conflictsOf(apierrors.NewConflict(metav1.SchemeGroupVersion.WithResource("workloads").GroupResource(), "cart", nil)); got != nil {
		t.Errorf("a conflict of versions names no fields: %v", got)
	}
}
