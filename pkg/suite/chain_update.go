package suite

import (
	yamlv3 "go.yaml.in/yaml/v3"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/manifest"
	"github.com/carto-run/carto/pkg/offline"
)

// change puts what is to be expected into steps.yaml.
func (c *chainTest) change(root *yamlv3.Node) error {
	for i, wanted := range c.edits {
		node := at(root, "moments", i, "expected")
		if node == nil {
			return errAnchor
		}
		if err := setValue(node, wanted); err != nil {
			return err
		}
	}
	return nil
}

// rewritten is what is expected, with the values that there are. at is where it stands.
func (c *chainTest) rewritten(e *expected, at string, walk *offline.Walk) map[string]any {
	written := map[string]any{}
	if e.Conditions != nil {
		written["conditions"] = writtenConditions(e.wanted, walk.Status.Conditions)
	}
	if e.Steps == nil {
		return written
	}
	all := map[string]any{}
	for name, wanted := range e.Steps {
		if wanted == nil {
			all[name] = nil
			continue
		}
		status, step := statusOf(walk, name), map[string]any{}
		if wanted.Conditions != nil {
			step["conditions"] = writtenConditions(wanted.wanted, status.Conditions)
		}
		if wanted.Outputs != nil {
			step["outputs"] = c.outputs(status)
		}
		if c.doc.Has(manifest.Join(at+".steps", name) + ".object") {
			step["object"] = c.writtenObject(wanted.Object, c.stamped[name])
		}
		all[name] = step
	}
	written["steps"] = all
	return written
}

func writtenConditions(wanted map[string]wantedCondition, have []metav1.Condition) map[string]any {
	all := map[string]any{}
	for name, w := range wanted {
		all[name] = w.written(apimeta.FindStatusCondition(have, name))
	}
	return all
}

// writtenObject keeps a path: the object is in a file of its own, which is rewritten itself.
func (c *chainTest) writtenObject(wanted any, actual map[string]any) any {
	if actual == nil {
		return nil
	}
	switch v := wanted.(type) {
	case string:
		return v
	case map[string]any:
		return c.settings.options.writable(v, actual)
	}
	return c.settings.options.writable(nil, actual)
}

// everything is all that can be expected, for a moment of which nothing is yet.
func (c *chainTest) everything(walk *offline.Walk) any {
	conditions := func(have []metav1.Condition) any {
		all := ordered{values: map[string]any{}}
		for i := range have {
			all.keys = append(all.keys, have[i].Type)
			all.values[have[i].Type] = fullCondition(&have[i])
		}
		return all
	}
	written := ordered{keys: []string{"conditions"}, values: map[string]any{"conditions": conditions(walk.Status.Conditions)}}
	if walk.Blueprint == nil {
		return written
	}
	all := ordered{values: map[string]any{}}
	for _, resource := range walk.Blueprint.Resources {
		status := statusOf(walk, resource.Name)
		step := ordered{keys: []string{"object"}, values: map[string]any{"object": nil}}
		if object := c.stamped[resource.Name]; object != nil {
			step.values["object"] = c.settings.options.writable(nil, object)
		}
		if ready := apimeta.FindStatusCondition(status.Conditions, v1alpha1.ConditionReady); ready != nil {
			step.keys = append(step.keys, "conditions")
			step.values["conditions"] = conditions([]metav1.Condition{*ready})
		}
		if outputs := c.outputs(status); len(outputs) > 0 {
			step.keys = append(step.keys, "outputs")
			step.values["outputs"] = outputs
		}
		all.keys = append(all.keys, resource.Name)
		all.values[resource.Name] = step
	}
	written.keys = append(written.keys, "steps")
	written.values["steps"] = all
	return written
}
