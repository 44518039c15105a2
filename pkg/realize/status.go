package realize

import (
	"fmt"
	"slices"

	apimeta "k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/stamp"
)

// status turns the record of a resource into its status, and notes the events that
// follow from the difference to the previous one (spec: status §2.4, reconcile §20).
func (p *pass) status(record *stepRecord) v1alpha1.ResourceStatus {
	name := record.resource.Name
	previous := p.owner.Status.resource(name)
	status := v1alpha1.ResourceStatus{Name: name}
	for _, input := range record.resource.Inputs {
		status.Inputs = append(status.Inputs, v1alpha1.Input{Name: input.From})
	}
	carried := false
	switch {
	case record.stamped != nil || record.passThrough:
		status.StampedRef = record.stamped
		if record.template != nil {
			status.TemplateRef = templateReference(record.template)
		}
		status.Outputs = p.outputStatuses(record.outputs, previous)
	case previous != nil:
		// Nothing was applied: what is known of the resource stays as it was, above all
		// the ref that protects its object (spec: reconcile §5).
		carried = true
		status.StampedRef, status.TemplateRef = previous.StampedRef, previous.TemplateRef
		status.Inputs, status.Outputs = previous.Inputs, previous.Outputs
	case record.template != nil:
		status.TemplateRef = templateReference(record.template)
	}
	status.Conditions = p.resourceConditions(record, status, previous, carried)
	if !carried {
		p.noteChanges(&status, previous)
	}
	return status
}

func (p *pass) resourceConditions(record *stepRecord, status v1alpha1.ResourceStatus, previous *v1alpha1.ResourceStatus, carried bool) []metav1.Condition {
	var old []metav1.Condition
	if previous != nil {
		old = previous.Conditions
	}
	set := newConditionSet(old, p.now)
	switch {
	case record.failure != nil:
		set.add(v1alpha1.ConditionResourceSubmitted, record.failure.status, record.failure.reason, record.failure.message+after("; ", record.remark))
	case record.passThrough:
		set.add(v1alpha1.ConditionResourceSubmitted, metav1.ConditionTrue, v1alpha1.ReasonPassThrough, "")
	default:
		set.add(v1alpha1.ConditionResourceSubmitted, metav1.ConditionTrue, v1alpha1.ReasonResourceSubmissionComplete, record.remark)
	}
	healthy := apimeta.FindStatusCondition(old, v1alpha1.ConditionHealthy)
	switch {
	case record.passThrough: // a pass-through has no health
	case carried && healthy != nil:
		set.add(healthy.Type, healthy.Status, healthy.Reason, healthy.Message)
	case record.template == nil:
		set.add(v1alpha1.ConditionHealthy, metav1.ConditionUnknown, v1alpha1.ReasonNoResource, "")
	default:
		health := record.template.Health(record.object, len(status.Outputs) > 0)
		set.add(v1alpha1.ConditionHealthy, health.Status, health.Reason, health.Message)
	}
	return set.finish()
}

// after puts a separator before a text that may be empty.
func after(separator, text string) string {
	if text == "" {
		return ""
	}
	return separator + text
}

// outputStatuses keeps the time of an output whose digest did not change.
func (p *pass) outputStatuses(outputs []stamp.Output, previous *v1alpha1.ResourceStatus) []v1alpha1.Output {
	var statuses []v1alpha1.Output
	for _, output := range outputs {
		digest, preview, err := stamp.DigestAndPreview(output.Value)
		if err != nil {
			// Values come from decoded JSON, which always encodes.
			p.result.Faults = append(p.result.Faults, fmt.Errorf("encode output %s: %w", output.Name, err))
			continue
		}
		status := v1alpha1.Output{Name: output.Name, Preview: preview, Digest: digest, LastTransitionTime: p.now}
		if old := findOutput(previous, output.Name); old != nil && old.Digest == digest {
			status.LastTransitionTime = old.LastTransitionTime
		}
		statuses = append(statuses, status)
	}
	return statuses
}

// redacted are the statuses of resources without previews: those of now, and those that earlier
// passes left where this one had nothing to add. The slices of the previous status stay as they are.
func redacted(resources []v1alpha1.ResourceStatus) []v1alpha1.ResourceStatus {
	resources = slices.Clone(resources)
	for i := range resources {
		outputs := slices.Clone(resources[i].Outputs)
		for j := range outputs {
			outputs[j].Preview = ""
		}
		resources[i].Outputs = outputs
	}
	return resources
}

func findOutput(status *v1alpha1.ResourceStatus, name string) *v1alpha1.Output {
	if status == nil {
		return nil
	}
	for i := range status.Outputs {
		if status.Outputs[i].Name == name {
			return &status.Outputs[i]
		}
	}
	return nil
}

// noteChanges records the events for changed outputs and health.
func (p *pass) noteChanges(status, previous *v1alpha1.ResourceStatus) {
	subject := "[" + status.Name + "]"
	if status.StampedRef != nil {
		subject += " in [" + qualifiedName(status.StampedRef) + "]"
	}
	if outputsChanged(status, previous) {
		p.event(v1alpha1.EventResourceOutputChanged, status.Name, "output of resource "+subject+" changed")
	}
	healthy := apimeta.FindStatusCondition(status.Conditions, v1alpha1.ConditionHealthy)
	if healthy == nil {
		return
	}
	old := metav1.ConditionUnknown // a first value of Unknown is no change
	if previous != nil {
		if c := apimeta.FindStatusCondition(previous.Conditions, v1alpha1.ConditionHealthy); c != nil {
			old = c.Status
		}
	}
	if healthy.Status != old {
		p.event(v1alpha1.EventResourceHealthyStatusChanged, status.Name, fmt.Sprintf("health of resource %s is now %s", subject, healthy.Status))
	}
}

func outputsChanged(status, previous *v1alpha1.ResourceStatus) bool {
	var old []v1alpha1.Output
	if previous != nil {
		old = previous.Outputs
	}
	if len(old) != len(status.Outputs) {
		return true
	}
	for i := range old {
		if old[i].Name != status.Outputs[i].Name || old[i].Digest != status.Outputs[i].Digest {
			return true
		}
	}
	return false
}
