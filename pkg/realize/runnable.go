package realize

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"strings"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/jsonread"
	"github.com/carto-run/carto/pkg/stamp"
)

// conditionSucceeded is that by which all runs of Runnables are judged.
const conditionSucceeded = "Succeeded"

// passRunnable is the pass of a Runnable: a blueprint of one step, so to speak, whose template
// it names itself (spec: reconcile §16).
func (p *pass) passRunnable(ctx context.Context) {
	name := p.owner.Runnable.RunTemplateRef.Name
	p.result.Depends.Templates = []TemplateKey{{v1alpha1.KindClusterRunTemplate, name}}
	if failure := p.resolveAccount(); failure != nil {
		p.reportRun(failure)
		return
	}
	current, failure := p.currentRun(ctx, name)
	p.reportRun(failure)
	if failure != nil && failure.reason == v1alpha1.ReasonServiceAccountTokenError {
		return // as without the account: nothing is known of any run
	}
	status, message, there := stamp.Mirror(current, conditionSucceeded)
	if !there {
		message = "there is no run of the present inputs"
		if current != nil {
			message = fmt.Sprintf("run %s has no condition %s yet", text(current, "metadata", "name"), conditionSucceeded)
		}
		p.conditions.add(v1alpha1.ConditionStampedObject, metav1.ConditionUnknown, v1alpha1.ReasonUnknown, message)
		return
	}
	p.conditions.add(v1alpha1.ConditionStampedObject, status, v1alpha1.ReasonSucceededCondition, message)
}

// reportRun adds the condition that tells whether there is a run as it should be.
func (p *pass) reportRun(failure *failure) {
	if failure == nil {
		p.result.Done = 1
		p.conditions.add(v1alpha1.ConditionRunTemplateReady, metav1.ConditionTrue, v1alpha1.ReasonReady, "")
		return
	}
	p.conditions.add(v1alpha1.ConditionRunTemplateReady, failure.status, failure.reason, failure.message)
	if failure.retry {
		p.result.Retry = failure
	}
}

// currentRun makes the run of the present inputs, unless there is one, and takes the
// outputs of the newest that succeeded. The run is nil if there is none in this pass.
func (p *pass) currentRun(ctx context.Context, templateName string) (map[string]any, *failure) {
	template := p.cluster.Template(v1alpha1.KindClusterRunTemplate, templateName)
	if template == nil {
		return nil, failed(v1alpha1.ReasonRunTemplateNotFound, "ClusterRunTemplate %s does not exist; create it, or correct spec.runTemplateRef", templateName).retriable()
	}
	selected, failure := p.selectOne(ctx)
	if failure != nil {
		return nil, failure
	}
	object, own, err := p.renderRun(ctx, template, selected)
	if err != nil {
		return nil, p.runNotMade(template, nil, err)
	}
	kind, rest, err := p.target(object)
	if kind.Group == v1alpha1.Group && kind.Kind == v1alpha1.KindRunnable {
		// It would never end: it has no condition Succeeded. And one that names its own
		// template would make others without end.
		err = &stamp.RenderError{Location: "kind", Err: errors.New("a Runnable can not be the run of another; stamp what it should run")}
	}
	if err != nil {
		return nil, p.runNotMade(template, object, err)
	}
	step := Step{Template: template, Rendered: object}
	defer func() { p.result.Steps = []Step{step} }()
	set := &runSet{template: template, retention: template.Retention, labels: own}
	if policy := p.owner.Runnable.RetentionPolicy; policy != nil {
		set.retention = *policy
	}
	made, err := p.ensureRun(ctx, set, kind, object)
	if err != nil {
		return nil, p.runNotMade(template, object, err)
	}
	step.Object = made.Object
	ref := stampedRef(made.Object, rest)
	if made.Verb != "" {
		p.event(v1alpha1.EventStampedObjectApplied, "", fmt.Sprintf("%s object [%s]", made.Verb, qualifiedName(ref)))
	}
	step.Outputs, failure = p.takeOutputs(set, ref)
	p.retain(ctx, set, ref)
	return made.Object, failure
}

// selectOne finds the object that the Runnable's selector matches; nil when it has none.
func (p *pass) selectOne(ctx context.Context) (map[string]any, *failure) {
	selector := p.owner.Runnable.Selector
	if selector == nil {
		return nil, nil
	}
	// Labels that are none could read as another selector.
	valid, err := labels.ValidatedSelectorFromSet(selector.MatchingLabels)
	if err != nil {
		return nil, failed(v1alpha1.ReasonTemplateStampFailure, "spec.selector.matchingLabels: %v", err)
	}
	selection := Selection{
		Kind:      schema.FromAPIVersionAndKind(selector.Resource.APIVersion, selector.Resource.Kind),
		Namespace: p.owner.Namespace, Labels: valid.String(),
	}
	p.result.Depends.Selection = &selection
	found, err := p.cluster.Select(ctx, p.account, selection)
	switch {
	case meta.IsNoMatchError(err):
		p.result.Depends.UnknownKinds = append(p.result.Depends.UnknownKinds, selection.Kind)
		return nil, failed(v1alpha1.ReasonTemplateStampFailure, "spec.selector: %v", err)
	case err != nil:
		return nil, p.refused(err, v1alpha1.ReasonUnknownError, "spec.selector: cannot look for %s as service account %s: %v", selection, p.account, err)
	case len(found) == 1:
		return found[0], nil
	}
	names := make([]string, len(found))
	for i, object := range found {
		names[i] = text(object, "metadata", "name")
	}
	sort.Strings(names)
	return nil, failed(v1alpha1.ReasonTemplateStampFailure, "spec.selector must match exactly one object, but it matches %d of kind %s: [%s]", len(found), selection, strings.Join(names, ", "))
}

// runNotMade reports why there is no run of the present inputs; the object is nil when
// it was not rendered.
func (p *pass) runNotMade(template *stamp.Template, object map[string]any, err error) *failure {
	var render *stamp.RenderError
	var list *listError
	switch {
	case errors.As(err, &render):
		return failed(v1alpha1.ReasonTemplateStampFailure, "cannot stamp %s %s: %v", template.Kind, template.Name, err)
	case errors.As(err, &list):
		return p.refused(err, v1alpha1.ReasonFailedToListCreatedObjects, "ClusterRunTemplate %s: %v", template.Name, err).retriable()
	}
	name := text(object, "metadata", "name")
	if name == "" {
		name = text(object, "metadata", "generateName")
	}
	return p.refused(err, v1alpha1.ReasonStampedObjectRejectedByAPIServer, "cannot create %s %s/%s of ClusterRunTemplate %s as service account %s: %v",
		kindOf(object).GroupKind(), p.owner.Namespace, name, template.Name, p.account, err)
}

// takeOutputs reads the outputs of the newest run that succeeded. Those that the Runnable
// has stay as they are when no run succeeded, and when there is any fault (spec:
// reconcile §16 step 8, Q23). It returns what was read.
func (p *pass) takeOutputs(set *runSet, current *v1alpha1.StampedRef) ([]stamp.Output, *failure) {
	run := set.newestHealthy()
	if run == nil {
		return nil, nil
	}
	outputs, err := set.template.Outputs(run.Object)
	name := qualifiedName(runRef(current, run.Name))
	if err != nil {
		var path *stamp.PathError
		if !errors.As(err, &path) {
			return nil, failed(v1alpha1.ReasonUnknownError, "cannot read the outputs of %s: %v", name, err)
		}
		return nil, failed(v1alpha1.ReasonOutputPathNotSatisfied, "no value at path [%s] of %s in namespace %s, although it succeeded: %v", path.Path, name, p.owner.Namespace, path.Err)
	}
	if len(outputs) == 0 || sameOutputs(outputs, p.owner.Status.Outputs) {
		return outputs, nil
	}
	taken := make(map[string]apiextensionsv1.JSON, len(outputs))
	for _, output := range outputs {
		encoded, err := stamp.EncodeJSON(output.Value)
		if err != nil {
			return nil, failed(v1alpha1.ReasonUnknownError, "encode output %s of %s: %v", output.Name, name, err)
		}
		taken[output.Name] = apiextensionsv1.JSON{Raw: encoded}
	}
	p.result.Status.Outputs = taken
	p.event(v1alpha1.EventResourceOutputChanged, "", fmt.Sprintf("outputs in [%s] changed", name))
	return outputs, nil
}

// sameOutputs compares values, not texts: the API server may write them in another form.
func sameOutputs(outputs []stamp.Output, known map[string]apiextensionsv1.JSON) bool {
	if len(outputs) != len(known) {
		return false
	}
	for _, output := range outputs {
		old, there := known[output.Name]
		var value any
		if !there || jsonread.Into(old.Raw, &value) != nil || !equality.Semantic.DeepEqual(output.Value, value) {
			return false
		}
	}
	return true
}
