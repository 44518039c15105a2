package owner

import (
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/tree"
	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/pkg/tui/pane"
)

// index of what was read, by what names an object.
func index(s *feed.Snapshot) map[tree.Ref]*tree.Found {
	all := map[tree.Ref]*tree.Found{}
	s.Input.Visit(func(_ string, f *tree.Found) { all[refOf(f.Object)] = f })
	if s.Input.Root != nil && s.Input.Root.Object != nil {
		all[refOf(s.Input.Root.Object)] = s.Input.Root
	}
	for _, owner := range s.Input.Owners {
		if owner.Root != nil && owner.Root.Object != nil {
			all[refOf(owner.Root.Object)] = owner.Root
		}
	}
	return all
}

// refOf names an object without its resource, which not everything that names it knows.
func refOf(o *unstructured.Unstructured) tree.Ref {
	return tree.Ref{APIVersion: o.GetAPIVersion(), Kind: o.GetKind(), Namespace: o.GetNamespace(), Name: o.GetName()}
}

// read is an object as it was read last; nil when it was not.
func (m *model) read(ref tree.Ref) *unstructured.Unstructured {
	ref.Resource = ""
	if f := m.found[ref]; f != nil {
		return f.Object
	}
	return nil
}

// target of an object below the owner, or of the owner itself.
func (m *model) target(owner tree.Ref, step string, ref tree.Ref) *pane.Target {
	return &pane.Target{Owner: owner, Step: step, Ref: ref, Object: m.read(ref)}
}

// root is the owner as the snapshot names it, which may know more than what it was opened by.
func (m *model) root() tree.Ref {
	switch {
	case m.snapshot == nil:
		return m.ref
	case m.snapshot.Tree.Owner.Kind != "":
		return m.snapshot.Tree.Owner.Ref
	case m.snapshot.Tree.Blueprint != nil:
		return *m.snapshot.Tree.Blueprint
	}
	return m.ref
}

// here is what the keys act on: the selected row of the detail while that has the focus,
// else the selected box.
func (m *model) here() pane.Target {
	if m.focus == inDetail {
		if t := m.detail.target(); t != nil {
			return *t
		}
	}
	root := m.root()
	c := m.cell(m.selected)
	switch {
	case c == nil:
		return *m.target(root, "", root)
	case c.plan != nil:
		return pane.Target{Owner: root, Step: c.id, Ref: root, Object: m.read(root)}
	case c.run != nil:
		return *m.target(root, "", c.run.Ref)
	case c.below != nil:
		return *m.target(c.below.Owner.Ref, "", c.below.Owner.Ref)
	case c.step.Object != nil:
		return *m.target(root, c.step.Name, c.step.Object.Ref)
	}
	return pane.Target{Owner: root, Step: c.step.Name}
}

// own tells kinds of this API.
func own(ref tree.Ref, kinds ...string) bool {
	group, _, _ := strings.Cut(ref.APIVersion, "/")
	if group != v1alpha1.Group && !strings.HasSuffix(ref.Resource, "."+v1alpha1.Group) {
		return false
	}
	for _, kind := range kinds {
		if ref.Kind == kind {
			return true
		}
	}
	return false
}

func isBlueprint(ref tree.Ref) bool {
	return own(ref, v1alpha1.KindClusterSupplyChain, v1alpha1.KindClusterDelivery)
}

// hasScreen tells what this package shows: owners and blueprints.
func hasScreen(ref tree.Ref) bool {
	return own(ref, v1alpha1.KindWorkload, v1alpha1.KindDeliverable, v1alpha1.KindRunnable) || isBlueprint(ref)
}

// above is the owner that stamped this one; false for one that a person made.
func (m *model) above() (tree.Ref, bool) {
	object := m.read(m.root())
	if object == nil {
		return tree.Ref{}, false
	}
	for _, o := range object.GetOwnerReferences() {
		ref := tree.Ref{APIVersion: o.APIVersion, Kind: o.Kind, Namespace: object.GetNamespace(), Name: o.Name}
		if hasScreen(ref) {
			return withResource(ref), true
		}
	}
	// Objects in another namespace have no owner reference, but the labels.
	labels := object.GetLabels()
	for _, by := range []struct{ kind, name, namespace string }{
		{v1alpha1.KindWorkload, labels[v1alpha1.LabelWorkloadName], labels[v1alpha1.LabelWorkloadNamespace]},
		{v1alpha1.KindDeliverable, labels[v1alpha1.LabelDeliverableName], labels[v1alpha1.LabelDeliverableNamespace]},
	} {
		ref := tree.Ref{APIVersion: v1alpha1.GroupVersion.String(), Kind: by.kind, Namespace: by.namespace, Name: by.name}
		if by.name != "" && ref != refOf(object) {
			return withResource(ref), true
		}
	}
	return tree.Ref{}, false
}

// withResource adds the plural of a kind of this API.
func withResource(ref tree.Ref) tree.Ref {
	ref.Resource = tree.OwnerResource(ref.Kind)
	return ref
}
