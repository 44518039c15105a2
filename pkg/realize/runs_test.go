package realize

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
)

// runFixture is a test step that makes a run for every value of a param, and a step that needs its output.
const runFixture = `
kind: ClusterSourceTemplate
metadata: { name: test }
spec:
  lifecycle: tekton
  retentionPolicy: { maxFailedRuns: 1, maxSuccessfulRuns: 2 }
  urlPath: .status.url
  revisionPath: .status.url
  template: { apiVersion: x/v1, kind: Run, metadata: { generateName: $(workload.metadata.name)$- }, spec: { of: $(params.of)$ } }
---
kind: ClusterImageTemplate
metadata: { name: image }
spec:
  imagePath: .spec.from
  template: { apiVersion: x/v1, kind: Image, metadata: { name: $(workload.metadata.name)$ }, spec: { from: $(source.url)$ } }
---
kind: ClusterSupplyChain
metadata: { name: chain }
spec:
  selector: { type: web }
  params: [{ name: of, default: a }]
  resources:
    - { name: test, templateRef: { kind: ClusterSourceTemplate, name: test } }
    - { name: build, sources: [{ name: code, resource: test }], templateRef: { kind: ClusterImageTemplate, name: image } }
`

// set gives the owner's param another value.
func (s *scene) set(value string) {
	s.workload.Spec.Params = []v1alpha1.OwnerParam{{Name: "of"}}
	s.workload.Spec.Params[0].Value.Raw = fmt.Appendf(nil, "%q", value)
}

// runs lists the runs as VALUE:STATE in the order in which they were made.
func (s *scene) runs() []string {
	found, _ := s.runsOf(schema.GroupVersionKind{Group: "x", Version: "v1", Kind: "Run"}, "test")
	slices.Reverse(found)
	texts := []string{}
	for _, r := range found {
		state := "-"
		if conditions, _, _ := unstructured.NestedSlice(r.Object, "status", "conditions"); len(conditions) > 0 {
			state = fmt.Sprint(conditions[0].(map[string]any)["status"])
		}
		texts = append(texts, text(r.Object, "spec", "of")+":"+state)
	}
	return texts
}

// finish ends the newest run.
func (s *scene) finish(status metav1.ConditionStatus) {
	found, _ := s.runsOf(schema.GroupVersionKind{Group: "x", Version: "v1", Kind: "Run"}, "test")
	found[0].Object["status"] = map[string]any{
		"url": "out-" + text(found[0].Object, "spec", "of"), "conditions": []any{map[string]any{"type": "Succeeded", "status": string(status)}},
	}
}

// TestRunsTellAStory follows the runs of one step.
func TestRunsTellAStory(t *testing.T) {
	s := newScene(t, runFixture)
	check := func(why string, wantRuns []string, wantOutput, wantTest string) Result {
		t.Helper()
		result := s.pass(t)
		if diff := cmp.Diff(wantRuns, s.runs()); diff != "" {
			t.Errorf("%s: runs (-want +got):\n%s", why, diff)
		}
		output := ""
		if image := s.objects["Image/cart"]; image != nil {
			output = text(image, "spec", "from")
		}
		if output != wantOutput {
			t.Errorf("%s: downstream has %q, want %q", why, output, wantOutput)
		}
		if got := brief(result.Status.Resources[0].Conditions); got != wantTest {
			t.Errorf("%s: the step shows\n %s, want\n %s", why, got, wantTest)
		}
		return result
	}
	const (
		busy = "ResourceSubmitted=Unknown/MissingValueAtPath Healthy=Unknown/SucceededCondition Ready=Unknown/MissingValueAtPath"
		done = "ResourceSubmitted=True/ResourceSubmissionComplete Healthy=True/SucceededCondition Ready=True/Ready"
	)
	check("the first run is made and is at work", []string{"a:-"}, "", busy)
	result := check("nothing changes", []string{"a:-"}, "", busy)
	if result.Changed || len(result.Events) > 0 {
		t.Errorf("a pass over a settled owner must change nothing: %v", told(result.Events))
	}
	s.finish(metav1.ConditionTrue)
	check("it succeeds, and its output goes downstream", []string{"a:True"}, "out-a", done)

	s.set("b")
	const newer = "ResourceSubmitted=True/ResourceSubmissionComplete Healthy=Unknown/SucceededCondition Ready=Unknown/SucceededCondition"
	check("a change makes one more; until it succeeds the output of the one before counts", []string{"a:True", "b:-"}, "out-a", newer)
	s.finish(metav1.ConditionFalse)
	check("it fails: the old output stays, the step is not healthy", []string{"a:True", "b:False"}, "out-a",
		"ResourceSubmitted=True/ResourceSubmissionComplete Healthy=False/SucceededCondition Ready=False/SucceededCondition")

	s.set("a")
	check("back again: that is a third run (I3)", []string{"a:True", "b:False", "a:-"}, "out-a", newer)
	s.finish(metav1.ConditionTrue)
	check("two successful ones are kept, one failed one", []string{"a:True", "b:False", "a:True"}, "out-a", done)
	s.set("c")
	s.pass(t)
	s.finish(metav1.ConditionTrue)
	result = check("the oldest successful one goes", []string{"b:False", "a:True", "c:True"}, "out-c", done)
	if events := told(result.Events); !slices.ContainsFunc(events, func(e string) bool { return strings.HasPrefix(e, "StampedObjectRemoved Deleted object [runs.x/cart-") }) {
		t.Errorf("its deletion is told by an event: %v", events)
	}

	ref := result.Status.Resources[0].StampedRef
	delete(s.objects, "Run/"+ref.Name)
	check("somebody deletes the current one: another is made (I4)", []string{"b:False", "a:True", "c:-"}, "out-a", newer)
	s.finish(metav1.ConditionTrue)
	s.pass(t)
	ref = s.workload.Status.Resources[0].StampedRef
	s.objects["Run/"+ref.Name]["deleting"] = true
	s.pass(t)
	if got := s.workload.Status.Resources[0].StampedRef.Name; got == ref.Name {
		t.Error("a run that is being deleted was kept as the current one")
	}
}

// TestRunOfTheOriginal: a run that the original Cartographer made, which leaves neither digest nor sequence on it, is the
// current one as long as it is what would be rendered.
func TestRunOfTheOriginal(t *testing.T) {
	s := newScene(t, runFixture)
	s.pass(t)
	s.finish(metav1.ConditionTrue)
	found, _ := s.runsOf(schema.GroupVersionKind{Group: "x", Version: "v1", Kind: "Run"}, "test")
	run := found[0].Object
	unstructured.RemoveNestedField(run, "metadata", "annotations")
	run["spec"].(map[string]any)["timeout"] = "1h" // the API server fills in defaults
	s.pass(t)
	if diff := cmp.Diff([]string{"a:True"}, s.runs()); diff != "" {
		t.Errorf("taken over (-want +got):\n%s", diff)
	}
	s.set("b")
	s.pass(t)
	if diff := cmp.Diff([]string{"a:True", "b:-"}, s.runs()); diff != "" {
		t.Errorf("changed after that (-want +got):\n%s", diff)
	}
	s.finish(metav1.ConditionTrue)
	s.set("a")
	s.pass(t)
	if diff := cmp.Diff([]string{"a:True", "b:True", "a:-"}, s.runs()); diff != "" {
		t.Errorf("and back (-want +got):\n%s", diff)
	}
}

// TestRetry: a new value of the annotation makes one more run, if the newest has failed.
func TestRetry(t *testing.T) {
	s := newScene(t, strings.Replace(runFixture, "maxFailedRuns: 1", "maxFailedRuns: 9", 1))
	ask := func(key, value string) {
		s.workload.Annotations = map[string]string{key: value}
	}
	check := func(why string, want ...string) Result {
		t.Helper()
		result := s.pass(t)
		if again := s.pass(t); again.Changed || len(again.Events) > 0 {
			t.Errorf("%s: the second pass still changes something: %v", why, told(again.Events))
		}
		if diff := cmp.Diff(want, s.runs()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", why, diff)
		}
		return result
	}
	ask("carto.run/retry", "0")
	check("there is nothing to retry yet", "a:-")
	s.finish(metav1.ConditionFalse)
	check("the run was made after that value, which is used up", "a:False")
	ask("carto.run/retry", "1")
	result := check("a new value makes one more", "a:False", "a:-")
	if events := told(result.Events); !strings.HasPrefix(events[0], "RunRetried resource [test] is run again as cart-") {
		t.Errorf("the retry is told by an event: %v", events)
	}
	s.finish(metav1.ConditionFalse)
	check("it is obeyed once", "a:False", "a:False")
	ask("carto.run/retry.build", "1")
	check("another step's value does not count", "a:False", "a:False")
	ask("carto.run/retry.test", "1")
	check("its own does", "a:False", "a:False", "a:-")
	s.finish(metav1.ConditionTrue)
	ask("carto.run/retry.test", "2")
	check("what succeeded is not run again", "a:False", "a:False", "a:True")
}

// TestRunsChangeTemplate: what stays of the runs of a step when its template changes.
func TestRunsChangeTemplate(t *testing.T) {
	mutable := strings.NewReplacer("lifecycle: tekton", "lifecycle: mutable", "generateName: $(workload.metadata.name)$-", "name: $(workload.metadata.name)$").Replace(runFixture)
	s := newScene(t, mutable)
	s.pass(t)
	names := func() []string {
		var found []string
		for _, key := range slices.Sorted(maps.Keys(s.objects)) {
			if strings.HasPrefix(key, "Run/") {
				found = append(found, key)
			}
		}
		return found
	}
	if got := names(); len(got) != 1 || got[0] != "Run/cart" {
		t.Fatalf("a mutable step has %v", got)
	}
	s.blueprints = nil
	s.load(t, runFixture)
	s.pass(t)
	if got := names(); len(got) != 1 || got[0] == "Run/cart" {
		t.Errorf("from mutable to tekton: the mutable object goes, a run comes; there is %v", got)
	}
	s.set("b")
	s.pass(t)
	s.blueprints = nil
	s.load(t, mutable)
	s.pass(t)
	if diff := cmp.Diff([]string{"Run/cart"}, names()); diff != "" {
		t.Errorf("and back: all runs go (Q22) (-want +got):\n%s", diff)
	}
	s.blueprints = nil
	s.load(t, runFixture)
	s.pass(t)
	s.blueprints = nil
	s.load(t, strings.ReplaceAll(runFixture, "name: test", "name: other"))
	s.pass(t)
	if got := names(); len(got) != 1 || text(s.objects[got[0]], "metadata", "labels", v1alpha1.LabelTemplateName) != "other" {
		t.Errorf("another template: its runs replace those of the old one, but there is %v", got)
	}
}

// TestRunsBadInput: what can not be stamped is said, and never loops.
func TestRunsBadInput(t *testing.T) {
	const failure = "ResourceSubmitted=False/%s Healthy=Unknown/%s Ready=False/%[1]s"
	for name, tc := range map[string]struct {
		why    string
		change [2]string
		refuse map[string]error
		steps  string
		runs   int
		retry  bool
	}{
		"no retention":        {"the current run is never deleted, or another would be made", [2]string{"maxFailedRuns: 1, maxSuccessfulRuns: 2", "maxFailedRuns: 0, maxSuccessfulRuns: 0"}, nil, "ResourceSubmitted=True/ResourceSubmissionComplete Healthy=True/SucceededCondition Ready=True/Ready", 1, false},
		"no name":             {"a run needs something to begin its name with", [2]string{"generateName: $(workload.metadata.name)$-", "labels: {}"}, nil, fmt.Sprintf(failure, "TemplateStampFailure", "SucceededCondition"), 0, false},
		"list is not allowed": {"without the runs of before nothing can be decided", [2]string{}, map[string]error{"list Run": errors.New("no")}, fmt.Sprintf(failure, "FailedToListCreatedObjects", "SucceededCondition"), 0, true},
		"create is refused":   {"the API server's words, and a retry", [2]string{}, map[string]error{"Run": errors.New("no")}, fmt.Sprintf(failure, "TemplateRejectedByAPIServer", "SucceededCondition"), 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, strings.Replace(runFixture, tc.change[0], tc.change[1], 1))
			if tc.refuse != nil {
				s.refuse = tc.refuse
			}
			s.pass(t)
			if tc.runs > 0 {
				s.finish(metav1.ConditionTrue)
			}
			s.pass(t)
			result := s.pass(t)
			status := result.Status.Resources[0].Conditions
			if got := strings.ReplaceAll(brief(status), "Healthy=Unknown/Unknown", "Healthy=Unknown/SucceededCondition"); got != tc.steps {
				t.Errorf("%s:\n got %s\nwant %s", tc.why, got, tc.steps)
			}
			if len(s.runs()) != tc.runs || (result.Retry != nil) != tc.retry {
				t.Errorf("%s: runs %v, retry %v", tc.why, s.runs(), result.Retry)
			}
		})
	}
}

// TestFixedNameOfARun: the second run of a fixed name can not be made, and the message says why.
func TestFixedNameOfARun(t *testing.T) {
	s := newScene(t, strings.Replace(runFixture, "generateName: $(workload.metadata.name)$-", "name: fixed", 1))
	s.pass(t)
	s.set("b")
	result := s.pass(t)
	if got := brief(result.Status.Resources[0].Conditions); !strings.HasPrefix(got, "ResourceSubmitted=False/TemplateRejectedByAPIServer") {
		t.Errorf("the step shows %s", got)
	}
}

// TestOfRunsLittleIsKept: anybody can make a thousand objects of a megabyte that claim to be runs.
func TestOfRunsLittleIsKept(t *testing.T) {
	s := newScene(t, runFixture)
	set := &runSet{template: s.templates["ClusterSourceTemplate/test"], labels: map[string]string{"of": "this"}}
	run := func(name, template, succeeded string) Run {
		return Run{Name: name, Labels: map[string]string{"of": template}, Object: map[string]any{"status": map[string]any{
			"conditions": []any{map[string]any{"type": "Succeeded", "status": succeeded, "message": "long"}},
		}}}
	}
	for _, r := range []Run{
		run("newest", "this", "Unknown"), run("of another template", "other", "True"), run("failed", "this", "False"),
		run("gives the outputs", "this", "True"), run("older", "this", "True"),
	} {
		set.add(r)
	}
	for i, want := range []struct {
		name, health string
		whole        bool
	}{{"newest", "Unknown", true}, {"of another template", "True", false}, {"failed", "False", false}, {"gives the outputs", "True", true}, {"older", "True", false}} {
		got := set.all[i]
		if got.Name != want.name || string(got.health.Status) != want.health || (got.Object != nil) != want.whole || (got.Labels != nil) != want.whole || !want.whole && got.health.Message != "" {
			t.Errorf("%s: %+v", want.name, got)
		}
	}
	if healthy := set.newestHealthy(); healthy == nil || healthy.Name != "gives the outputs" {
		t.Errorf("the outputs are of %+v", healthy)
	}
}
