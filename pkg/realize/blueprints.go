package realize

import (
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/blueprint"
	"github.com/carto-run/carto/pkg/stamp"
)

// Templates finds compiled templates; nil for one that does not exist.
type Templates func(kind, name string) *stamp.Template

// Conditions of blueprints that are set only when something is wrong.
const (
	// conditionValid says why a blueprint can not work whatever its templates are. It
	// carries the checks that CEL can not express, such as cycles.
	conditionValid = "Valid"
	reasonInvalid  = "InvalidBlueprint"
)

// BlueprintStatus judges a blueprint: all templates exist, and its graph can be
// realized (spec: status §3). The content of templates is not examined here: findings, what
// lint has to say of it, stands in the message of Ready and decides nothing.
func BlueprintStatus(b *blueprint.Blueprint, templates Templates, findings string, previous v1alpha1.BlueprintStatus, now time.Time) v1alpha1.BlueprintStatus {
	set := newConditionSet(previous.Conditions, wireTime(now))
	var missing []string
	for _, use := range b.Templates() {
		if templates(use.Kind, use.Name) == nil {
			missing = append(missing, use.Resource)
		}
	}
	if len(missing) > 0 {
		set.add(v1alpha1.ConditionTemplatesReady, metav1.ConditionFalse, v1alpha1.ReasonTemplatesNotFound,
			"cannot find the templates of resources ["+strings.Join(missing, ", ")+"]; create them, or correct their names")
	} else {
		set.add(v1alpha1.ConditionTemplatesReady, metav1.ConditionTrue, v1alpha1.ReasonReady, "")
	}
	if faults := b.Errors(); len(faults) > 0 {
		messages := make([]string, len(faults))
		for i, fault := range faults {
			messages[i] = fault.String()
		}
		set.add(conditionValid, metav1.ConditionFalse, reasonInvalid, strings.Join(messages, "; "))
	}
	set.remark = findings
	return v1alpha1.BlueprintStatus{ObservedGeneration: b.Generation, Conditions: set.finish()}
}

// wireTime drops what the wire can not carry, so that a computed time equals the same
// time read back.
func wireTime(now time.Time) metav1.Time { return metav1.NewTime(now.Truncate(time.Second)) }
