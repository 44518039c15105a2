package suite

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/manifest"
)

// stepsVersion is the one version of steps.yaml.
const stepsVersion = 1

// stepsFile is the content of steps.yaml: an owner's way through a chain. Fields that are
// unknown are faults.
type stepsFile struct {
	// Version of this format.
	Version int      `json:"version"`
	Moments []moment `json:"moments"`
}

// moment is a state of the cluster, and what the agent makes of it.
type moment struct {
	// Name is for people.
	Name string `json:"name"`
	// Owner is a path to the owner as it is from now on; empty for as it was.
	Owner string `json:"owner"`
	// Objects are in the cluster from now on: what a Runnable selects, or a run that
	// another controller made. Each is an object, or a path to one.
	Objects []any `json:"objects"`
	// Observed is, by step, what is seen of the stamped object from now on: a part of it,
	// mostly its status, or a path to that.
	Observed map[string]any `json:"observed"`
	// Expected is what is looked at after the passes; nil for nothing.
	Expected *expected `json:"expected"`
}

// expected is what must be the case. What is not mentioned is not looked at.
type expected struct {
	expectedConditions `json:",inline"`

	Steps map[string]*expectedStep `json:"steps"`
}

func (e *expected) empty() bool { return len(e.Conditions) == 0 && len(e.Steps) == 0 }

type expectedStep struct {
	// Object that the step stamped last: the object, a path to it, or null for none.
	Object any `json:"object"`

	expectedConditions `json:",inline"`

	// Outputs by name: all that there are.
	Outputs map[string]any `json:"outputs"`
}

// expectedConditions are those of an owner or a step, by type.
type expectedConditions struct {
	Conditions map[string]any `json:"conditions"`

	wanted map[string]wantedCondition
}

// read makes the wanted conditions of what is written at a path.
func (e *expectedConditions) read(doc *manifest.Document, at string) error {
	var faults []error
	e.wanted = make(map[string]wantedCondition, len(e.Conditions))
	for _, name := range slices.Sorted(maps.Keys(e.Conditions)) {
		w, field, err := wantedOf(e.Conditions[name])
		if err != nil {
			faults = append(faults, doc.Errorf(manifest.Join(at+".conditions", name)+field, "%w", err))
		}
		e.wanted[name] = w
	}
	return errors.Join(faults...)
}

// checkTypes refuses conditions that an owner or a step never has: they would be expected to be
// absent by an update, and a slip in a name would pass from then on.
func (s *stepsFile) checkTypes(doc *manifest.Document, owner any) error {
	ofOwner := []string{v1alpha1.ConditionSupplyChainReady, v1alpha1.ConditionResourcesSubmitted, v1alpha1.ConditionResourcesHealthy, v1alpha1.ConditionReady}
	if _, delivered := owner.(*v1alpha1.Deliverable); delivered {
		ofOwner[0] = v1alpha1.ConditionDeliveryReady
	}
	ofStep := []string{v1alpha1.ConditionResourceSubmitted, v1alpha1.ConditionHealthy, v1alpha1.ConditionReady}
	var faults []error
	check := func(e *expectedConditions, at, who string, known []string) {
		for _, name := range slices.Sorted(maps.Keys(e.Conditions)) {
			if !slices.Contains(known, name) {
				faults = append(faults, doc.Errorf(manifest.Join(at+".conditions", name), "%s never has the condition %s; there are: %s", who, name, strings.Join(known, ", ")))
			}
		}
	}
	for i := range s.Moments {
		e, at := s.Moments[i].Expected, fmt.Sprintf("moments[%d].expected", i)
		if e == nil {
			continue
		}
		check(&e.expectedConditions, at, "an owner", ofOwner)
		for _, name := range slices.Sorted(maps.Keys(e.Steps)) {
			if step := e.Steps[name]; step != nil {
				check(&step.expectedConditions, manifest.Join(at+".steps", name), "a step", ofStep)
			}
		}
	}
	return errors.Join(faults...)
}

// wantedCondition is a status, or what is wanted of status, reason and message. A null is
// for a condition that must not be there.
type wantedCondition struct {
	absent, short           bool
	raw                     any // as it was written
	Status, Reason, Message *string
}

// wantedOf reads a condition. The field is where below it an error is.
func wantedOf(value any) (w wantedCondition, field string, err error) {
	w.raw = value
	switch v := value.(type) {
	case nil:
		w.absent = true
		return w, "", nil
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			said := textOf(v[key])
			switch {
			case said == nil:
				return w, "." + key, fmt.Errorf("%s of a condition must be a text", key)
			case key == "status":
				w.Status = said
			case key == "reason":
				w.Reason = said
			case key == "message":
				w.Message = said
			default:
				return w, "." + key, fmt.Errorf("unknown field %q of a condition; there are: status, reason, message", key)
			}
		}
		return w, "", nil
	}
	if w.Status = textOf(value); w.Status == nil {
		return w, "", fmt.Errorf("a condition is a status, or an object of status, reason and message, not %s", brief(value))
	}
	w.short = true
	return w, "", nil
}

// textOf is a text; True without quotes is one, too. Nil for anything else.
func textOf(value any) *string {
	switch v := value.(type) {
	case string:
		return &v
	case bool:
		status := string(metav1.ConditionFalse)
		if v {
			status = string(metav1.ConditionTrue)
		}
		return &status
	}
	return nil
}

// differences between the condition that is wanted and the one that is there, nil for none.
func (w *wantedCondition) differences(path string, is *metav1.Condition) []Difference {
	if is == nil {
		if w.absent {
			return nil
		}
		return []Difference{{Path: path, Message: "there is no such condition"}}
	}
	if w.absent {
		return []Difference{{Path: path, Message: fmt.Sprintf("%s, expected no such condition", said(is))}}
	}
	var found []Difference
	for _, part := range []struct {
		field, is string
		wanted    *string
	}{{"status", string(is.Status), w.Status}, {"reason", is.Reason, w.Reason}, {"message", is.Message, w.Message}} {
		if part.wanted == nil || *part.wanted == part.is {
			continue
		}
		at := path
		if !w.short {
			at = manifest.Join(path, part.field)
		}
		found = append(found, Difference{Path: at, Message: fmt.Sprintf("%s, expected %s", said(is), *part.wanted)})
	}
	return found
}

// said is a condition in words.
func said(c *metav1.Condition) string {
	text := string(c.Status)
	if c.Reason != "" {
		text += " " + c.Reason
	}
	if c.Message != "" {
		text += " (" + brief(c.Message) + ")"
	}
	return text
}

// written is the condition in the form in which it is wanted. What is right stays as it was
// written: True needs no quotes.
func (w *wantedCondition) written(is *metav1.Condition) any {
	switch {
	case len(w.differences("", is)) == 0:
		return w.raw
	case is == nil:
		return nil
	case w.short:
		return string(is.Status)
	case w.absent:
		return fullCondition(is)
	}
	fields, _ := w.raw.(map[string]any)
	fields = maps.Clone(fields)
	for _, part := range []struct {
		field, is string
		wanted    *string
	}{{"status", string(is.Status), w.Status}, {"reason", is.Reason, w.Reason}, {"message", is.Message, w.Message}} {
		if part.wanted != nil && *part.wanted != part.is {
			fields[part.field] = part.is
		}
	}
	return fields
}

// fullCondition is what is written of a condition of which nothing was wanted yet. Messages
// change with the words of the engine.
func fullCondition(is *metav1.Condition) any {
	return ordered{keys: []string{"status", "reason"}, values: map[string]any{"status": string(is.Status), "reason": is.Reason}, flow: true}
}

// readSteps reads a steps.yaml; the document is there for positions.
func readSteps(shown string, data []byte) (*stepsFile, *manifest.Document, error) {
	docs, err := manifest.Parse(shown, data)
	switch {
	case err != nil:
		return nil, nil, err
	case len(docs) == 0:
		return nil, nil, fmt.Errorf("%s: is empty; it needs version: %d and moments", shown, stepsVersion)
	case len(docs) > 1:
		return nil, nil, fmt.Errorf("%s:%d: a second document begins here; the moments of a chain are one", shown, docs[1].Line)
	}
	doc, read := &docs[0], &stepsFile{}
	switch err := doc.Into(read); {
	case err != nil:
		return nil, nil, err
	case read.Version != stepsVersion:
		return nil, nil, doc.Errorf("version", "version is %d; the one that there is: %d", read.Version, stepsVersion)
	case len(read.Moments) == 0:
		return nil, nil, doc.Errorf("moments", "there are no moments")
	}
	var faults []error
	for i := range read.Moments {
		e, at := read.Moments[i].Expected, fmt.Sprintf("moments[%d].expected", i)
		if e == nil {
			continue
		}
		faults = append(faults, e.read(doc, at))
		for _, name := range slices.Sorted(maps.Keys(e.Steps)) {
			if step := e.Steps[name]; step != nil {
				faults = append(faults, step.read(doc, manifest.Join(at+".steps", name)))
			}
		}
	}
	return read, doc, errors.Join(faults...)
}
