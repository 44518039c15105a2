package suite

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	apimeta "k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/blueprint"
	"github.com/carto-run/carto/pkg/manifest"
	"github.com/carto-run/carto/pkg/offline"
)

// look compares a moment with what is expected of it.
func (c *chainTest) look(ctx context.Context, i int, walk *offline.Walk) error {
	m := &c.steps.Moments[i]
	at := fmt.Sprintf("moments[%d].expected", i)
	if walk.Blueprint != nil {
		if err := c.known(slices.Sorted(maps.Keys(m.Expected.Steps)), at+".steps", walk.Blueprint); err != nil {
			return broken(err)
		}
	}
	failures := []*Failure{c.compareConditions(m.Expected.wanted, at+".conditions", walk.Status.Conditions)}
	for _, name := range slices.Sorted(maps.Keys(m.Expected.Steps)) {
		wanted := m.Expected.Steps[name]
		if wanted == nil {
			continue
		}
		status := statusOf(walk, name)
		field := manifest.Join(at+".steps", name)
		failures = append(failures, c.compareConditions(wanted.wanted, field+".conditions", status.Conditions), c.compareOutputs(wanted, field, status))
		failure, err := c.compareObject(ctx, name, wanted, field)
		if err != nil {
			return err
		}
		failures = append(failures, failure)
	}
	failures = slices.DeleteFunc(failures, func(f *Failure) bool { return f == nil })
	if len(failures) > 0 && c.options.Update {
		c.edits[i] = c.rewritten(m.Expected, at, walk)
		return nil
	}
	for _, f := range failures {
		f.Message = c.doc.Errorf(at, "%s: %s", m.title(i), f.Message).Error()
		c.result.Failures = append(c.result.Failures, *f)
	}
	return nil
}

// known checks that steps exist.
func (c *chainTest) known(names []string, at string, b *blueprint.Blueprint) error {
	var faults []error
	for _, name := range names {
		if b.Resource(name) == nil {
			faults = append(faults, c.doc.Errorf(manifest.Join(at, name), "%s %s has no step %s; there are: %s", b.Kind, b.Name, name, steps(b)))
		}
	}
	return errors.Join(faults...)
}

func statusOf(walk *offline.Walk, step string) v1alpha1.ResourceStatus {
	for _, status := range walk.Status.Resources {
		if status.Name == step {
			return status
		}
	}
	return v1alpha1.ResourceStatus{}
}

func (c *chainTest) compareConditions(wanted map[string]wantedCondition, at string, have []metav1.Condition) *Failure {
	var found []Difference
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		w := wanted[name]
		is := apimeta.FindStatusCondition(have, name)
		differences := w.differences(manifest.Join(at, name), is)
		if is == nil && len(differences) > 0 && len(have) > 0 {
			differences[0].Message += "; there are: " + strings.Join(typesOf(have), ", ")
		}
		found = append(found, differences...)
	}
	return c.differing("conditions are not as expected", found)
}

func typesOf(conditions []metav1.Condition) []string {
	types := make([]string, len(conditions))
	for i, c := range conditions {
		types[i] = c.Type
	}
	return types
}

func (c *chainTest) compareOutputs(wanted *expectedStep, at string, status v1alpha1.ResourceStatus) *Failure {
	if wanted.Outputs == nil {
		return nil
	}
	return c.differing("outputs are not as expected", differences(at+".outputs", wanted.Outputs, c.outputs(status)))
}

// outputs of a step with their values.
func (c *chainTest) outputs(status v1alpha1.ResourceStatus) map[string]any {
	all := map[string]any{}
	for _, output := range status.Outputs {
		all[output.Name] = c.values[output.Digest]
	}
	return all
}

func (c *chainTest) differing(message string, found []Difference) *Failure {
	if len(found) == 0 {
		return nil
	}
	for i := range found {
		found[i].Line = c.doc.Key(found[i].Path).Start.Line
	}
	return &Failure{Message: message, File: c.doc.File, Differences: found}
}

func (c *chainTest) compareObject(ctx context.Context, step string, wanted *expectedStep, at string) (*Failure, error) {
	if !c.doc.Has(at + ".object") {
		return nil, nil
	}
	at += ".object"
	actual := c.stamped[step]
	if wanted.Object == nil || actual == nil {
		switch {
		case wanted.Object == nil && actual == nil:
			return nil, nil
		case actual == nil:
			return c.differing("objects are not as expected", []Difference{{Path: at, Message: "step " + step + " has stamped nothing"}}), nil
		}
		return c.differing("objects are not as expected", []Difference{{Path: at, Message: "step " + step + " has stamped an object, expected none"}}), nil
	}
	if name, isPath := wanted.Object.(string); isPath {
		return c.compareFile(name, at, actual)
	}
	object, err := c.object(ctx, wanted.Object, at)
	if err != nil {
		return nil, broken(err)
	}
	failure := c.settings.options.compare(c.doc, at, object, actual)
	if failure != nil {
		failure.Message = "step " + step + ": " + failure.Message
	}
	return failure, nil
}

// compareFile compares with an object in a file of its own, which --update rewrites.
func (c *chainTest) compareFile(name, at string, actual map[string]any) (*Failure, error) {
	file, ok := resolve(c.dir, name)
	if !ok {
		return nil, broken(c.doc.Errorf(at, "%q leads out of the files of the tests", name))
	}
	before := len(c.result.Failures)
	if err := c.compare(file, actual, &c.settings.options, c.result); err != nil {
		return nil, err
	}
	if len(c.result.Failures) == before {
		return nil, nil
	}
	failure := c.result.Failures[before]
	c.result.Failures = c.result.Failures[:before]
	return &failure, nil
}

func (c *chainTest) fail(message string) {
	c.result.Failures = append(c.result.Failures, Failure{Message: message})
}
