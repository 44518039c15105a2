package stamp

import (
	"fmt"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
)

// Assumption is a value that nobody observed, put into an object so that its step can go on.
type Assumption struct {
	// Path of the value, as the template has it.
	Path  string `json:"path"`
	Value any    `json:"value"`
}

// Assume completes an object as if its controller had done its work: whatever is missing
// at the output paths, for the health rule and for the completion of a deployment is
// invented. What is there stays, but for a condition that the rule awaits; an object that
// is unhealthy already is left alone. Whose names the origin of the values: `step build`
// leads to `<image of step build>`. A path that could lead to several values can not be
// written; its value stays missing.
func (t *Template) Assume(object map[string]any, whose string) []Assumption {
	if t.Health(object, false).Status == metav1.ConditionFalse {
		return nil
	}
	a := &assuming{object: object, whose: whose}
	for i := range t.outputs {
		a.fill(&t.outputs[i], fmt.Sprintf("<%s of %s>", t.outputs[i].name, whose))
	}
	switch rule := t.health; {
	case rule.mirror != "":
		a.condition(rule.mirror, metav1.ConditionTrue)
	case rule.multi != nil:
		for _, wanted := range rule.multi.healthy.conditions {
			a.condition(wanted.Type, wanted.Status)
		}
		for _, f := range rule.multi.healthy.fields {
			a.field(f)
		}
	}
	if t.completion != nil {
		a.complete(t.completion)
	}
	return a.made
}

// assuming is the work of one Assume.
type assuming struct {
	object map[string]any
	whose  string
	made   []Assumption
}

func (a *assuming) set(path *Path, value any) {
	if err := path.assign(a.object, value); err == nil {
		a.made = append(a.made, Assumption{path.String(), value})
	}
}

// fill puts a value where there is none.
func (a *assuming) fill(at *outputPath, value any) {
	if at.path == nil {
		return
	}
	if _, found, err := at.path.Lookup(a.object); err == nil && found == Present {
		return
	}
	a.set(at.path, value)
}

// condition makes a condition be as it is awaited, with all that the API demands of one.
func (a *assuming) condition(conditionType string, status metav1.ConditionStatus) {
	for _, c := range conditions(a.object) {
		if c.Type == conditionType && c.Status == status {
			return
		}
	}
	path, err := ParsePath(fmt.Sprintf("status.conditions[?(@.type==%q)].status", conditionType))
	if err != nil {
		return
	}
	if a.set(path, string(status)); len(a.made) > 0 {
		a.made[len(a.made)-1].Path = "." + path.String() // as paths in templates begin
	}
	for name, value := range map[string]string{"reason": "Assumed", "message": "assumed, not observed"} {
		if path, err := ParsePath(fmt.Sprintf("status.conditions[?(@.type==%q)].%s", conditionType, name)); err == nil {
			_ = path.assign(a.object, value) // where the status was written, this can be too
		}
	}
}

// field makes a requirement of a health rule hold, where something can be added for it.
func (a *assuming) field(f fieldMatcher) {
	if f.err != nil || f.matches(a.object) {
		return
	}
	switch f.field.operator {
	case v1alpha1.FieldSelectorOpIn:
		if len(f.field.values) > 0 {
			a.set(f.field.path, f.field.values[0])
		}
	case v1alpha1.FieldSelectorOpExists, v1alpha1.FieldSelectorOpNotIn:
		if _, found, err := f.field.path.Lookup(a.object); err == nil && found != Present {
			a.set(f.field.path, fmt.Sprintf("<%s of %s>", f.field.path, a.whose))
		}
	case v1alpha1.FieldSelectorOpDoesNotExist: // nothing is taken away
	}
}

// complete makes a deployment be complete.
func (a *assuming) complete(c *completion) {
	if c.succeeded != nil && c.succeeded.key.path != nil {
		if generation, found, err := generationPath.Lookup(a.object); err == nil && found == Present {
			if observed, _, _ := observedPath.Lookup(a.object); observed != generation {
				a.set(observedPath, generation)
			}
		}
		if value, _, err := c.succeeded.key.read(a.object); err != nil || value != c.succeeded.value {
			a.set(c.succeeded.key.path, c.succeeded.value)
		}
		return
	}
	for i := range c.matches {
		input, output := &c.matches[i][0], &c.matches[i][1]
		if value, found, err := input.read(a.object); err == nil && found == Present && output.path != nil {
			if is, _, err := output.read(a.object); err != nil || !equality.Semantic.DeepEqual(is, value) {
				a.set(output.path, value)
			}
		}
	}
}
