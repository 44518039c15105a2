package realize

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
)

// scan is a run template whose runs look at a nested input and at the selected object.
const scan = `
kind: ClusterRunTemplate
metadata: { name: scan }
spec:
  outputs: { report: .status.report, of: .spec.of }
  template:
    apiVersion: x/v1
    kind: Run
    metadata: { generateName: $(runnable.metadata.name)$-, labels: { task: $(selected.metadata.name)$ } }
    spec: { of: $(runnable.spec.inputs.image.digest)$ }
`

func newRunnable(t *testing.T) *scene {
	t.Helper()
	s := newScene(t, scan)
	s.runnable = &v1alpha1.Runnable{ObjectMeta: metav1.ObjectMeta{Name: "cart", Namespace: "shop", UID: "u1", Generation: 1}}
	s.runnable.Spec = v1alpha1.RunnableSpec{
		RunTemplateRef:  v1alpha1.RunTemplateReference{Name: "scan"},
		Selector:        &v1alpha1.ResourceSelector{Resource: v1alpha1.ResourceType{APIVersion: "x/v1", Kind: "Task"}, MatchingLabels: map[string]string{"a": "b"}},
		RetentionPolicy: &v1alpha1.RetentionPolicy{MaxFailedRuns: 1, MaxSuccessfulRuns: 1},
	}
	s.scanOf("1")
	s.selected = []map[string]any{{"metadata": map[string]any{"name": "scanner"}}}
	return s
}

// scanOf gives the Runnable another input.
func (s *scene) scanOf(digest string) {
	s.runnable.Spec.Inputs = map[string]apiextensionsv1.JSON{"image": {Raw: []byte(`{"digest":"` + digest + `"}`)}}
}

// newestRun is the object of the newest run.
func (s *scene) newestRun(t *testing.T) map[string]any {
	t.Helper()
	runs, err := s.runsOf(schema.GroupVersionKind{Group: "x", Version: "v1", Kind: "Run"}, "")
	if err != nil || len(runs) == 0 {
		t.Fatalf("no runs: %v", err)
	}
	return runs[0].Object
}

func (s *scene) end(t *testing.T, status, report string) {
	t.Helper()
	s.newestRun(t)["status"] = map[string]any{"report": report, "conditions": []any{map[string]any{"type": "Succeeded", "status": status, "message": "told so"}}}
}

func outputsOf(s OwnerStatus) map[string]string {
	texts := map[string]string{}
	for name, value := range s.Outputs {
		texts[name] = string(value.Raw)
	}
	return texts
}

// TestRunnableTellsAStory follows the runs and outputs of one Runnable.
func TestRunnableTellsAStory(t *testing.T) {
	s := newRunnable(t)
	check := func(why, want string, outputs map[string]string) Result {
		t.Helper()
		result := s.pass(t)
		if got := brief(result.Status.Conditions); got != want {
			t.Errorf("%s: conditions\n %s, want\n %s", why, got, want)
		}
		if diff := cmp.Diff(outputs, outputsOf(result.Status)); diff != "" {
			t.Errorf("%s: outputs (-want +got):\n%s", why, diff)
		}
		return result
	}
	const (
		busy = "RunTemplateReady=True/Ready StampedObjectCondition=Unknown/Unknown Ready=Unknown/Unknown"
		done = "RunTemplateReady=True/Ready StampedObjectCondition=True/SucceededCondition Ready=True/Ready"
		bad  = "RunTemplateReady=True/Ready StampedObjectCondition=False/SucceededCondition Ready=False/SucceededCondition"
	)
	first := map[string]string{"report": `"<fine>"`, "of": `"1"`}
	check("the first run is made", busy, map[string]string{})
	run := s.newestRun(t)
	wantLabels := map[string]any{"task": "scanner", v1alpha1.LabelRunnableName: "cart", v1alpha1.LabelRunTemplateName: "scan"}
	if diff := cmp.Diff(wantLabels, run["metadata"].(map[string]any)["labels"]); diff != "" {
		t.Errorf("labels (-want +got):\n%s", diff)
	}
	if got := text(run, "spec", "of"); got != "1" {
		t.Errorf("the nested input reads %q", got)
	}
	if result := check("nothing changes", busy, map[string]string{}); result.Changed || len(result.Events) > 0 {
		t.Errorf("a settled Runnable changed: %v", told(result.Events))
	}
	s.end(t, "True", "<fine>")
	result := check("it succeeds, and gives its outputs", done, first)
	if diff := cmp.Diff([]string{"ResourceOutputChanged outputs in [runs.x/" + text(run, "metadata", "name") + "] changed"}, told(result.Events)); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	s.scanOf("2")
	check("a newer run is at work: the outputs stay", busy, first)
	s.end(t, "False", "ignored")
	check("it fails: the outputs stay", bad, first)
	s.runnable.Annotations = map[string]string{v1alpha1.AnnotationRetry: "now"}
	result = check("it is retried", busy, first)
	if len(result.Events) != 2 || result.Events[0].Reason != v1alpha1.EventRunRetried {
		t.Errorf("a retry is told: %v", told(result.Events))
	}
	s.end(t, "True", "better")
	second := map[string]string{"report": `"better"`, "of": `"2"`}
	check("it succeeds, and the older success is cleaned away", done, second)
	if len(s.removed) != 1 {
		t.Errorf("removed: %v", s.removed)
	}
	delete(s.newestRun(t)["status"].(map[string]any), "report")
	check("an output is not where it should be: those that there are stay",
		"RunTemplateReady=False/OutputPathNotSatisfied StampedObjectCondition=True/SucceededCondition Ready=False/OutputPathNotSatisfied", second)
	s.noAccount = true
	check("the account is gone: the outputs stay", "RunTemplateReady=False/ServiceAccountError Ready=False/ServiceAccountError", second)
}

// TestRunnableFaults: each has its reason, and is retried only where time can heal it.
func TestRunnableFaults(t *testing.T) {
	forbidden := apierrors.NewForbidden(schema.GroupResource{Resource: "things"}, "", errors.New(`User "system:serviceaccount:shop:default" cannot list resource "things"`))
	for name, tc := range map[string]struct {
		why     string
		harm    func(*scene)
		reason  string
		retried bool
	}{
		"template":          {"it may come, also without an event", func(s *scene) { s.runnable.Spec.RunTemplateRef.Name = "none" }, v1alpha1.ReasonRunTemplateNotFound, true},
		"no match":          {"a watch tells when there is one", func(s *scene) { s.selected = nil }, v1alpha1.ReasonTemplateStampFailure, false},
		"two matches":       {"nobody can tell which is meant", func(s *scene) { s.selected = append(s.selected, s.selected[0]) }, v1alpha1.ReasonTemplateStampFailure, false},
		"unknown selection": {"its CRD may come", func(s *scene) { s.runnable.Spec.Selector.Resource.Kind = "Unknown" }, v1alpha1.ReasonTemplateStampFailure, false},
		"selection refused": {"a role may come", func(s *scene) { s.refuse["select"] = forbidden }, v1alpha1.ReasonUnknownError, false},
		"selection fails":   {"the API server may recover", func(s *scene) { s.refuse["select"] = errors.New("busy") }, v1alpha1.ReasonUnknownError, true},
		"bad label":         {"it has to be written", func(s *scene) { s.runnable.Spec.Selector.MatchingLabels = map[string]string{"a!": ""} }, v1alpha1.ReasonTemplateStampFailure, false},
		"input":             {"it has to be written", func(s *scene) { s.runnable.Spec.Inputs = nil }, v1alpha1.ReasonTemplateStampFailure, false},
		"list":              {"the API server may recover", func(s *scene) { s.refuse["list Run"] = errors.New("busy") }, v1alpha1.ReasonFailedToListCreatedObjects, true},
		"create":            {"the API server may recover", func(s *scene) { s.refuse["Run"] = errors.New("busy") }, v1alpha1.ReasonStampedObjectRejectedByAPIServer, true},
		"create refused":    {"a role may come", func(s *scene) { s.refuse["Run"] = forbidden }, v1alpha1.ReasonStampedObjectRejectedByAPIServer, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := newRunnable(t)
			tc.harm(s)
			result := s.pass(t)
			want := "RunTemplateReady=False/" + tc.reason + " StampedObjectCondition=Unknown/Unknown Ready=False/" + tc.reason
			if got := brief(result.Status.Conditions); got != want {
				t.Errorf("conditions\n %s, want\n %s", got, want)
			}
			if retried := result.Retry != nil; retried != tc.retried {
				t.Errorf("%s, but retried is %v", tc.why, retried)
			}
		})
	}
}
