package realize

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"weak"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	k8sruntime "k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/yaml"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/blueprint"
	"github.com/carto-run/carto/pkg/stamp"
)

// memory is a cluster of maps: what a pass sees, without an API server.
type memory struct {
	templates map[string]*stamp.Template
	objects   map[string]map[string]any // by kind/name
	refuse    map[string]error          // by kind/name
	removed   []string
	noAccount bool
	selected  []map[string]any // what every selector matches
}

var _ Cluster = (*memory)(nil)

func (m *memory) Template(kind, name string) *stamp.Template { return m.templates[kind+"/"+name] }

func (m *memory) ServiceAccount(Account) error {
	if m.noAccount {
		return errors.New("it does not exist")
	}
	return nil
}

func (m *memory) Resource(kind schema.GroupVersionKind) (Resource, error) {
	if kind.Kind == "Unknown" {
		return Resource{}, &meta.NoKindMatchError{GroupKind: kind.GroupKind(), SearchedVersions: []string{kind.Version}}
	}
	plural, _ := meta.UnsafeGuessKindToResource(kind)
	return Resource{GroupVersionResource: plural, Namespaced: kind.Kind != "Namespace"}, nil
}

func (m *memory) Apply(_ context.Context, _ Account, object map[string]any) (Applied, error) {
	key := text(object, "kind") + "/" + text(object, "metadata", "name")
	if err := m.refuse[key]; err != nil {
		return Applied{}, err
	}
	live, exists := m.objects[key]
	if !exists {
		live = map[string]any{}
		m.objects[key] = live
	}
	before := fmt.Sprint(live["spec"])
	for field, value := range object {
		live[field] = value
	}
	switch {
	case !exists:
		return Applied{Object: live, Verb: VerbCreated}, nil
	case fmt.Sprint(live["spec"]) != before:
		return Applied{Object: live, Verb: VerbPatched}, nil
	}
	return Applied{Object: live}, nil
}

func (m *memory) Runs(_ context.Context, kind schema.GroupVersionKind, _ types.UID, resource string) iter.Seq2[Run, error] {
	return TheseRuns(m.runsOf(kind, resource))
}

func (m *memory) runsOf(kind schema.GroupVersionKind, resource string) ([]Run, error) {
	if err := m.refuse["list "+kind.Kind]; err != nil {
		return nil, err
	}
	var runs []Run
	for key, object := range m.objects {
		u := unstructured.Unstructured{Object: object}
		lifecycle := u.GetLabels()[v1alpha1.LabelTemplateLifecycle]
		if !strings.HasPrefix(key, kind.Kind+"/") || lifecycle == "mutable" || u.GetLabels()[v1alpha1.LabelResourceName] != resource {
			continue
		}
		sequence, _ := strconv.ParseInt(u.GetAnnotations()[v1alpha1.AnnotationSequence], 10, 64)
		runs = append(runs, Run{
			Name: u.GetName(), Labels: u.GetLabels(), Digest: u.GetAnnotations()[v1alpha1.AnnotationDigest], Sequence: sequence,
			Deleting: object["deleting"] != nil, Object: object,
		})
	}
	slices.SortFunc(runs, func(a, b Run) int { return int(b.Sequence - a.Sequence) })
	return runs, nil
}

func (m *memory) Create(_ context.Context, _ Account, object map[string]any) (Run, error) {
	name := text(object, "metadata", "name")
	key := text(object, "kind") + "/" + name
	if err := m.refuse[text(object, "kind")]; err != nil {
		return Run{}, err
	}
	if m.objects[key] != nil {
		return Run{}, apierrors.NewAlreadyExists(schema.GroupResource{Resource: "things"}, name)
	}
	m.objects[key] = object
	u := unstructured.Unstructured{Object: object}
	return Run{Name: name, Labels: u.GetLabels(), Object: object}, nil
}

func (m *memory) Select(_ context.Context, _ Account, selection Selection) ([]map[string]any, error) {
	if _, err := m.Resource(selection.Kind); err != nil {
		return nil, err
	}
	return m.selected, m.refuse["select"]
}

func (m *memory) Remove(_ context.Context, _ Account, _ types.UID, ref v1alpha1.StampedRef) (bool, error) {
	key := ref.Kind + "/" + ref.Name
	if err := m.refuse["remove "+key]; err != nil {
		return false, err
	}
	_, exists := m.objects[key]
	delete(m.objects, key)
	if exists {
		m.removed = append(m.removed, key)
	}
	return exists, nil
}

// fixture is a source, an image that needs it, and a step apart from both.
const fixture = `
kind: ClusterSourceTemplate
metadata: { name: source }
spec:
  urlPath: .status.url
  revisionPath: .status.revision
  template: { apiVersion: x/v1, kind: Source, metadata: { name: $(workload.metadata.name)$ }, spec: { poll: $(params.poll)$ } }
  params: [{ name: poll, default: 1m }]
---
kind: ClusterImageTemplate
metadata: { name: image }
spec:
  imagePath: .status.image
  template: { apiVersion: x/v1, kind: Image, metadata: { name: $(workload.metadata.name)$ }, spec: { from: $(source.url)$ } }
---
kind: ClusterTemplate
metadata: { name: apart }
spec:
  template: { apiVersion: x/v1, kind: Apart, metadata: { name: $(workload.metadata.name)$ }, spec: { kept: true } }
---
kind: ClusterSupplyChain
metadata: { name: chain }
spec:
  selector: { type: web }
  resources:
    - { name: build, sources: [{ name: code, resource: fetch }], templateRef: { kind: ClusterImageTemplate, name: image } }
    - { name: apart, templateRef: { kind: ClusterTemplate, name: apart } }
    - { name: fetch, templateRef: { kind: ClusterSourceTemplate, name: source } }
`

// scene is a memory with compiled blueprints, and an owner whose status is carried from
// pass to pass.
type scene struct {
	*memory
	blueprints []*blueprint.Blueprint
	workload   *v1alpha1.Workload
	runnable   *v1alpha1.Runnable // the owner, when it is set
	unread     error
	now        time.Time
}

func newScene(t *testing.T, documents string) *scene {
	t.Helper()
	s := &scene{
		memory: &memory{templates: map[string]*stamp.Template{}, objects: map[string]map[string]any{}, refuse: map[string]error{}},
		now:    time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		workload: &v1alpha1.Workload{ObjectMeta: metav1.ObjectMeta{
			Name: "cart", Namespace: "shop", UID: "u1", Generation: 1, Labels: map[string]string{"type": "web"},
		}},
	}
	s.load(t, documents)
	return s
}

func (s *scene) load(t *testing.T, documents string) {
	t.Helper()
	for document := range strings.SplitSeq(documents, "---") {
		var kind metav1.TypeMeta
		if err := yaml.Unmarshal([]byte(document), &kind); err != nil {
			t.Fatal(err)
		}
		into := map[string]k8sruntime.Object{
			"ClusterSourceTemplate": &v1alpha1.ClusterSourceTemplate{}, "ClusterImageTemplate": &v1alpha1.ClusterImageTemplate{},
			"ClusterTemplate": &v1alpha1.ClusterTemplate{}, "ClusterRunTemplate": &v1alpha1.ClusterRunTemplate{}, "ClusterSupplyChain": &v1alpha1.ClusterSupplyChain{},
		}[kind.Kind]
		if err := yaml.UnmarshalStrict([]byte(document), into); err != nil {
			t.Fatal(err)
		}
		if chain, ok := into.(*v1alpha1.ClusterSupplyChain); ok {
			s.blueprints = append(s.blueprints, blueprint.CompileSupplyChain(chain))
			continue
		}
		s.templates[kind.Kind+"/"+into.(metav1.Object).GetName()] = stamp.Compile(into)
	}
}

func (s *scene) pass(t *testing.T) Result {
	t.Helper()
	var object any = s.workload
	if s.runnable != nil {
		object = s.runnable
	}
	owner, err := NewOwner(object)
	if err != nil {
		t.Fatal(err)
	}
	owner.Unread = s.unread
	result := Pass(context.Background(), owner, s.blueprints, s.now, s.memory)
	if s.runnable != nil {
		s.runnable.Status.Conditions, s.runnable.Status.Outputs = result.Status.Conditions, result.Status.Outputs
		s.runnable.Status.ObservedGeneration = result.Status.ObservedGeneration
	}
	s.workload.Status.OwnerStatus, s.workload.Status.SupplyChainRef = result.Status.OwnerStatus, result.Status.Blueprint
	s.now = s.now.Add(time.Minute)
	return result
}

func brief(conditions []metav1.Condition) string {
	texts := make([]string, len(conditions))
	for i, c := range conditions {
		texts[i] = fmt.Sprintf("%s=%s/%s", c.Type, c.Status, c.Reason)
	}
	return strings.Join(texts, " ")
}

func told(events []Event) []string {
	var all []string
	for _, e := range events {
		all = append(all, e.Reason+" "+e.Message)
	}
	return all
}

// TestPassTellsAStory follows one owner through its life.
func TestPassTellsAStory(t *testing.T) {
	s := newScene(t, fixture)

	t.Log("the source is stamped, and so is what does not depend on it")
	result := s.pass(t)
	want := "SupplyChainReady=True/Ready ResourcesSubmitted=Unknown/MissingValueAtPath ResourcesHealthy=Unknown/HealthyConditionRule Ready=Unknown/MissingValueAtPath"
	if got := brief(result.Status.Conditions); got != want {
		t.Errorf("the owner shows the first step by the graph, not by the list (Q4, Q5)\n got %s\nwant %s", got, want)
	}
	wantSteps := []string{
		"build: ResourceSubmitted=False/TemplateStampFailure Healthy=Unknown/OutputNotAvailable Ready=False/TemplateStampFailure",
		"apart: ResourceSubmitted=True/ResourceSubmissionComplete Healthy=True/AlwaysHealthy Ready=True/Ready",
		"fetch: ResourceSubmitted=Unknown/MissingValueAtPath Healthy=Unknown/OutputNotAvailable Ready=Unknown/MissingValueAtPath",
	}
	var steps []string
	for _, r := range result.Status.Resources {
		steps = append(steps, r.Name+": "+brief(r.Conditions))
	}
	if diff := cmp.Diff(wantSteps, steps); diff != "" {
		t.Errorf("statuses keep the blueprint's order (Q29) (-want +got):\n%s", diff)
	}
	if message := result.Status.Resources[0].Conditions[0].Message; !strings.Contains(message, "waiting for the output of resource fetch") {
		t.Errorf("a step that waits says for what: %s", message)
	}
	wantEvents := []string{
		"StampedObjectApplied Created object [aparts.x/cart]", "StampedObjectApplied Created object [sources.x/cart]",
		"ResourceHealthyStatusChanged health of resource [apart] in [aparts.x/cart] is now True",
	}
	if diff := cmp.Diff(wantEvents, told(result.Events)); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}

	t.Log("nothing changes: no write, no event, the same status")
	if result = s.pass(t); result.Changed || len(result.Events) > 0 || result.Retry != nil {
		t.Errorf("a pass over a settled owner must change nothing: %+v", result)
	}

	t.Log("the source has an output: the image follows")
	s.objects["Source/cart"]["status"] = map[string]any{"url": "u1", "revision": "r1"}
	s.pass(t)
	s.objects["Image/cart"]["status"] = map[string]any{"image": "i1"}
	result = s.pass(t)
	if got := brief(result.Status.Conditions); !strings.HasSuffix(got, "Ready=True/Ready") {
		t.Errorf("not ready: %s", got)
	}
	urlTime := result.Status.Resources[2].Outputs[0].LastTransitionTime

	t.Log("the revision moves on: only its output, and its time, change")
	s.objects["Source/cart"]["status"] = map[string]any{"url": "u1", "revision": "r2"}
	result = s.pass(t)
	outputs := result.Status.Resources[2].Outputs
	if !outputs[0].LastTransitionTime.Equal(&urlTime) || outputs[1].LastTransitionTime.Equal(&urlTime) || outputs[1].Preview != "r2\n" {
		t.Errorf("outputs: %+v", outputs)
	}

	t.Log("the output is lost: downstream sees nothing, its object stays, with what is known of it")
	s.objects["Source/cart"]["status"] = map[string]any{}
	result = s.pass(t)
	build := result.Status.Resources[0]
	if build.StampedRef == nil || len(build.Outputs) != 1 || s.objects["Image/cart"] == nil || len(result.Status.Resources[2].Outputs) != 0 {
		t.Errorf("build: %+v, fetch: %+v", build, result.Status.Resources[2])
	}

	t.Log("the API server refuses: handled when a role can help, retried else")
	s.workload.Spec.Params = nil
	s.refuse["Source/cart"] = apierrors.NewForbidden(schema.GroupResource{Group: "x", Resource: "sources"}, "cart", errors.New(`User "system:serviceaccount:shop:default" cannot patch resource "sources" in API group "x" in the namespace "shop"`))
	if result = s.pass(t); result.Retry != nil || !result.Depends.Forbidden {
		t.Errorf("forbidden: retry %v, depends %+v", result.Retry, result.Depends)
	}
	for _, says := range []string{
		"exceeded quota: small, requested: count/sources.x=1, used: count/sources.x=1, limited: count/sources.x=1",
		"unable to create new content in namespace shop because it is being terminated",
		`violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false`,
	} {
		s.refuse["Source/cart"] = apierrors.NewForbidden(schema.GroupResource{Group: "x", Resource: "sources"}, "cart", errors.New(says))
		if result = s.pass(t); result.Retry == nil {
			t.Errorf("no role can help, and it is not retried: %s", says)
		}
	}
	s.refuse["Source/cart"] = apierrors.NewForbidden(schema.GroupResource{Group: "rbac.authorization.k8s.io", Resource: "roles"}, "cart",
		errors.New(`user "system:serviceaccount:shop:default" (groups=["system:serviceaccounts"]) is attempting to grant RBAC permissions not currently held`))
	if result = s.pass(t); result.Retry != nil || !result.Depends.Forbidden {
		t.Errorf("rights to hand on: retry %v, depends %+v", result.Retry, result.Depends)
	}
	s.refuse["Source/cart"] = apierrors.NewInternalError(errors.New("boom"))
	if result = s.pass(t); result.Retry == nil || !strings.Contains(result.Retry.Error(), "boom") {
		t.Errorf("an internal error must be retried: %v", result.Retry)
	}
	delete(s.refuse, "Source/cart")

	t.Log("the service account is gone: the resources of the status stay as they are")
	s.noAccount = true
	result = s.pass(t)
	if got := brief(result.Status.Conditions); got != "SupplyChainReady=True/Ready ResourcesSubmitted=False/ServiceAccountError Ready=False/ServiceAccountError" || len(result.Status.Resources) != 3 {
		t.Errorf("%s, %d resources", got, len(result.Status.Resources))
	}
	s.noAccount = false

	t.Log("another chain takes over: what it does not stamp is removed")
	s.load(t, `
kind: ClusterSupplyChain
metadata: { name: narrow }
spec:
  selector: { type: web, tier: gold }
  resources: [{ name: only, templateRef: { kind: ClusterTemplate, name: apart } }]
`)
	s.workload.Labels["tier"] = "gold"
	settled := s.workload.Status.DeepCopy()
	for _, why := range []struct {
		key string
		err error
	}{
		{"remove Source/cart", apierrors.NewInternalError(errors.New("boom"))},
		{"remove Image/cart", errors.New("connection reset")},
		{"list Source", errors.New("connection reset")},
	} {
		s.refuse[why.key] = why.err
		if result = s.pass(t); result.Retry == nil || result.Changed {
			t.Errorf("%s fails on the way: it must be tried again, and not be forgotten with the status: retry %v, changed %v", why.key, result.Retry, result.Changed)
		}
		delete(s.refuse, why.key)
		s.workload.Status = *settled.DeepCopy() // which was not written
	}
	s.refuse["remove Source/cart"] = apierrors.NewBadRequest("a webhook denied the request")
	if result = s.pass(t); result.Retry != nil || !result.Changed || len(result.Faults) != 1 {
		t.Errorf("what is refused is told, and nothing waits for it: retry %v, changed %v, faults %v", result.Retry, result.Changed, result.Faults)
	}
	delete(s.refuse, "remove Source/cart")
	s.workload.Status = *settled.DeepCopy()
	s.pass(t)
	slices.Sort(s.removed)
	if diff := cmp.Diff([]string{"Image/cart", "Source/cart"}, s.removed); diff != "" {
		t.Errorf("orphans (-want +got):\n%s", diff)
	}
	if s.objects["Apart/cart"] == nil {
		t.Error("an object that another step stamps now is no orphan")
	}

	t.Log("the owner is being deleted: hands off (Q25)")
	now := metav1.Now()
	s.workload.DeletionTimestamp = &now
	if result = s.pass(t); !result.Skipped {
		t.Error("an owner that is being deleted was worked on")
	}
}

// TestOwnerConditions has the situations in which a pass stops early, or has a shape
// that the story does not meet.
func TestOwnerConditions(t *testing.T) {
	chain := func(name, resources string) string {
		return "---\nkind: ClusterSupplyChain\nmetadata: { name: " + name + " }\nspec:\n  selector: { type: web, more: x }\n  resources: " + resources + "\n"
	}
	cyclic := chain("cyclic", `[{ name: a, sources: [{ name: s, resource: b }], templateRef: { kind: ClusterSourceTemplate, name: source } }, { name: b, sources: [{ name: s, resource: a }], templateRef: { kind: ClusterSourceTemplate, name: source } }]`)
	tests := map[string]struct {
		reason, documents string
		labels            map[string]string
		want              string
		says              string // in the message of Ready
	}{
		"no labels":         {"nothing can select it", "", nil, "SupplyChainReady=False/WorkloadLabelsMissing Ready=False/WorkloadLabelsMissing", "no labels"},
		"not found":         {"the labels are shown sorted", "", map[string]string{"b": "2", "a": "1"}, "SupplyChainReady=False/SupplyChainNotFound Ready=False/SupplyChainNotFound", "labels a=1, b=2"},
		"tie":               {"the candidates are named, sorted", chain("two", "[]") + chain("one", "[]"), map[string]string{"type": "web", "more": "x"}, "SupplyChainReady=False/MultipleSupplyChainMatches Ready=False/MultipleSupplyChainMatches", "[one, two]"},
		"no template":       {"the blueprint's condition is copied", chain("z", "[{ name: a, templateRef: { kind: ClusterTemplate, name: none } }, { name: b, templateRef: { kind: ClusterTemplate, name: gone } }]"), map[string]string{"type": "web", "more": "x"}, "SupplyChainReady=False/TemplatesNotFound Ready=False/TemplatesNotFound", "[a, b]"},
		"cycle":             {"a graph that can not be realized is said so on the blueprint (A1)", cyclic, map[string]string{"type": "web", "more": "x"}, "SupplyChainReady=False/InvalidBlueprint Ready=False/InvalidBlueprint", "a <- b <- a"},
		"no steps":          {"nothing to do is ready (S5)", chain("z", "[]"), map[string]string{"type": "web", "more": "x"}, "SupplyChainReady=True/Ready ResourcesSubmitted=True/ResourceSubmissionComplete ResourcesHealthy=True/HealthyConditionRule Ready=True/Ready", ""},
		"unknown kind":      {"its CRD may appear", "---\nkind: ClusterTemplate\nmetadata: { name: unknown }\nspec: { template: { apiVersion: x/v1, kind: Unknown, metadata: { name: a } } }\n" + chain("z", "[{ name: a, templateRef: { kind: ClusterTemplate, name: unknown } }]"), map[string]string{"type": "web", "more": "x"}, "SupplyChainReady=True/Ready ResourcesSubmitted=False/TemplateRejectedByAPIServer ResourcesHealthy=Unknown/HealthyConditionRule Ready=False/TemplateRejectedByAPIServer", "no matches for kind"},
		"passes nothing on": {"waiting for what is to be passed on is no failure (S4)", chain("z", `[{ name: fetch, templateRef: { kind: ClusterSourceTemplate, name: source } }, { name: pass, sources: [{ name: code, resource: fetch }], templateRef: { kind: ClusterSourceTemplate, options: [{ passThrough: code, selector: { matchLabels: { type: web } } }, { name: source, selector: { matchLabels: { never: x } } }] } }]`), map[string]string{"type": "web", "more": "x"}, "SupplyChainReady=True/Ready ResourcesSubmitted=Unknown/MissingValueAtPath ResourcesHealthy=Unknown/HealthyConditionRule Ready=Unknown/MissingValueAtPath", ".status.url"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, fixture+tc.documents)
			s.workload.Labels = tc.labels
			result := s.pass(t)
			if got := brief(result.Status.Conditions); got != tc.want {
				t.Errorf("%s\n got %s\nwant %s", tc.reason, got, tc.want)
			}
			if ready := apimeta.FindStatusCondition(result.Status.Conditions, "Ready"); !strings.Contains(ready.Message, tc.says) {
				t.Errorf("%s: the message %q does not say %q", tc.reason, ready.Message, tc.says)
			}
			if result.Retry != nil {
				t.Errorf("%s: time alone does not heal it, but it is retried: %v", tc.reason, result.Retry)
			}
			if name == "passes nothing on" {
				want := "ResourceSubmitted=Unknown/PassThrough Ready=Unknown/PassThrough"
				if got := brief(result.Status.Resources[1].Conditions); got != want {
					t.Errorf("got %s, want %s", got, want)
				}
			}
		})
	}
}

// TestRedactedPreviews: an owner can keep values out of its status (S10).
func TestRedactedPreviews(t *testing.T) {
	s := newScene(t, fixture)
	s.workload.Annotations = map[string]string{v1alpha1.AnnotationRedactPreviews: "true"}
	s.objects["Source/cart"] = map[string]any{"status": map[string]any{"url": "secret", "revision": "secret"}}
	outputs := s.pass(t).Status.Resources[2].Outputs
	if len(outputs) != 2 || outputs[0].Preview != "" || outputs[0].Digest == "" {
		t.Errorf("%+v", outputs)
	}
}

// TestRedactedLater: previews that were shown before go, also where a pass has nothing to say of their step.
func TestRedactedLater(t *testing.T) {
	for name, stop := range map[string]func(*scene){
		"the step is applied again": func(*scene) {},
		"the step fails":            func(s *scene) { s.refuse["Source/cart"] = errors.New("forbidden") },
		"the pass ends before it":   func(s *scene) { s.workload.Labels = nil },
		"the spec can not be read":  func(s *scene) { s.unread = errors.New("no quantity") },
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, fixture)
			s.objects["Source/cart"] = map[string]any{"status": map[string]any{"url": "secret", "revision": "secret"}}
			before := s.pass(t).Status.Resources[2].Outputs
			if len(before) != 2 || before[0].Preview == "" {
				t.Fatalf("nothing is shown: %+v", before)
			}
			s.workload.Annotations = map[string]string{v1alpha1.AnnotationRedactPreviews: "true"}
			stop(s)
			result := s.pass(t)
			after := result.Status.Resources[2].Outputs
			if !result.Changed || len(after) != 2 || after[0].Preview != "" || after[0].Digest != before[0].Digest {
				t.Errorf("changed %v: %+v", result.Changed, after)
			}
			if before[0].Preview == "" {
				t.Error("the status of before was changed in place: it is in a cache")
			}
		})
	}
}

// TestUnread: an owner that does not fit its type keeps what it has, and says what to correct.
func TestUnread(t *testing.T) {
	s := newScene(t, fixture)
	s.objects["Source/cart"] = map[string]any{"status": map[string]any{"url": "u", "revision": "r"}}
	stamped := len(s.pass(t).Status.Resources)
	s.unread = errors.New(`"1e1.5" is no quantity`)
	applied := len(s.objects)
	result := s.pass(t)
	if got, want := brief(result.Status.Conditions), "ResourcesSubmitted=False/SpecUnreadable Ready=False/SpecUnreadable"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if ready := apimeta.FindStatusCondition(result.Status.Conditions, "Ready"); !strings.Contains(ready.Message, `"1e1.5"`) {
		t.Errorf("the message is %q", ready.Message)
	}
	if len(result.Status.Resources) != stamped || len(s.objects) != applied || result.Retry != nil {
		t.Errorf("%d resources and %d objects, then %d and %d; retry %v", stamped, applied, len(result.Status.Resources), len(s.objects), result.Retry)
	}
	s.runnable = &v1alpha1.Runnable{}
	if got, want := brief(s.pass(t).Status.Conditions), "RunTemplateReady=False/SpecUnreadable Ready=False/SpecUnreadable"; got != want {
		t.Errorf("a Runnable: got %s, want %s", got, want)
	}
}

func TestAccount(t *testing.T) {
	for _, tc := range []struct {
		owner string
		ref   v1alpha1.ServiceAccountRef
		want  Account
	}{
		{"mine", v1alpha1.ServiceAccountRef{Name: "theirs", Namespace: "ops"}, Account{"shop", "mine"}},
		{"", v1alpha1.ServiceAccountRef{Name: "theirs", Namespace: "ops"}, Account{"ops", "theirs"}},
		{"", v1alpha1.ServiceAccountRef{Name: "theirs"}, Account{"shop", "theirs"}},
		{"", v1alpha1.ServiceAccountRef{}, Account{"shop", "default"}},
		{"", v1alpha1.ServiceAccountRef{Namespace: "ops"}, Account{"shop", "default"}},
	} {
		o := &Owner{Namespace: "shop", ServiceAccountName: tc.owner}
		if got := o.account(&blueprint.Blueprint{ServiceAccount: tc.ref}); got != tc.want {
			t.Errorf("owner %q, blueprint %v: got %v, want %v", tc.owner, tc.ref, got, tc.want)
		}
	}
}

// TestWhatIsKeptIsSmall: the agent remembers for years what owners depend on, and their
// statuses for a while. Neither may hold on to what the pass has read.
func TestWhatIsKeptIsSmall(t *testing.T) {
	s := newScene(t, fixture)
	pass := func() (Result, weak.Pointer[Owner]) {
		owner, err := NewOwner(s.workload)
		if err != nil {
			t.Fatal(err)
		}
		return Pass(t.Context(), owner, s.blueprints, s.now, s.memory), weak.Make(owner)
	}
	result, read := pass()
	if result.Depends.Account == nil || len(result.Status.Resources) == 0 {
		t.Fatalf("the pass came to nothing: %+v", result)
	}
	runtime.GC()
	if read.Value() != nil {
		t.Error("the owner that the pass read is kept by what came out of it")
	}
	runtime.KeepAlive(result.Depends)
	runtime.KeepAlive(result.Status)
}

// TestConditionAggregation is status §1: the first Unknown, the last False.
func TestConditionAggregation(t *testing.T) {
	at := metav1.NewTime(time.Unix(100, 0))
	for _, tc := range []struct {
		statuses []metav1.ConditionStatus
		want     string
	}{
		{nil, "Unknown/Unknown"},
		{[]metav1.ConditionStatus{"True", "True"}, "True/Ready"},
		{[]metav1.ConditionStatus{"True", "Unknown", "Unknown"}, "Unknown/R1"},
		{[]metav1.ConditionStatus{"Unknown", "False", "Unknown", "False", "True"}, "False/R3"},
	} {
		set := newConditionSet(nil, at)
		for i, status := range tc.statuses {
			set.add(fmt.Sprintf("T%d", i), status, fmt.Sprintf("R%d", i), "")
		}
		list := set.finish()
		if top := list[len(list)-1]; string(top.Status)+"/"+top.Reason != tc.want {
			t.Errorf("%v: got %s/%s, want %s", tc.statuses, top.Status, top.Reason, tc.want)
		}
	}
	previous := []metav1.Condition{{Type: "T", Status: "True", Reason: "R", Message: "old", LastTransitionTime: metav1.NewTime(time.Unix(1, 0))}}
	for message, want := range map[string]int64{"old": 1, "new": 100} {
		set := newConditionSet(previous, at)
		set.add("T", "True", "R", message)
		if got := set.list[0].LastTransitionTime.Unix(); got != want {
			t.Errorf("message %q: the time is %d, want %d: it moves with the message too", message, got, want)
		}
	}
	set := newConditionSet(nil, at)
	set.add("T", "False", "R", strings.Repeat("ü", 40000))
	if got := len(set.list[0].Message); got > maxMessage {
		t.Errorf("a message of %d bytes would be refused by the API server (S7)", got)
	}
}
