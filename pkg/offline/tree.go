package offline

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/blueprint"
	"github.com/carto-run/carto/pkg/tree"
)

// Tree is the walk as it would show in the cluster afterwards. The root cause is left out:
// its remedies are for a cluster.
func (w *Walk) Tree() *tree.Tree {
	t := tree.Build(*w.input())
	forgetCauses(t)
	return t
}

func forgetCauses(t *tree.Tree) {
	t.RootCause = nil
	for i := range t.Steps {
		if o := t.Steps[i].Object; o != nil && o.Tree != nil {
			forgetCauses(o.Tree)
		}
	}
}

func (w *Walk) input() *tree.Input {
	in := &tree.Input{Objects: map[string]*tree.Found{}}
	switch o := w.Object.(type) {
	case *v1alpha1.Workload:
		in.Owner = tree.FromWorkload(o)
	case *v1alpha1.Deliverable:
		in.Owner = tree.FromDeliverable(o)
	case *v1alpha1.Runnable:
		in.Owner = tree.FromRunnable(o)
	}
	if w.Owner.Kind == v1alpha1.KindRunnable {
		in.Root = &tree.Found{Object: &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": v1alpha1.GroupVersion.String(), "kind": w.Owner.Kind,
			"metadata": map[string]any{"namespace": w.Owner.Namespace, "name": w.Owner.Name},
		}}, Children: w.runs()}
	}
	if w.Blueprint != nil {
		in.Blueprint = graphOf(w.Blueprint)
	}
	for i := range w.Steps {
		s := &w.Steps[i]
		if s.Object == nil {
			continue
		}
		found := &tree.Found{Object: &unstructured.Unstructured{Object: s.Object}}
		switch {
		case s.Inner == nil:
		case s.Inner.Owner.Kind == v1alpha1.KindRunnable:
			found.Children = s.Inner.runs()
		default:
			found.Owner = s.Inner.input()
		}
		in.Objects[s.Name] = found
	}
	return in
}

// runs are what a Runnable stamped.
func (w *Walk) runs() []*tree.Found {
	var all []*tree.Found
	for i := range w.Steps {
		if o := w.Steps[i].Object; o != nil {
			all = append(all, &tree.Found{Object: &unstructured.Unstructured{Object: o}, Rule: tree.RuleLabel})
		}
	}
	return all
}

func graphOf(b *blueprint.Blueprint) *tree.Blueprint {
	graph := &tree.Blueprint{Kind: b.Kind, Name: b.Name}
	for _, r := range b.Resources {
		step := tree.BlueprintStep{Name: r.Name, TemplateKind: r.TemplateKind, TemplateName: r.TemplateName}
		for _, in := range r.Inputs {
			step.Inputs = append(step.Inputs, tree.Edge{Name: in.Name, Type: string(in.Type), From: in.From})
		}
		graph.Steps = append(graph.Steps, step)
	}
	return graph
}
