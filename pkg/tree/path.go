package tree

import (
	"github.com/carto-run/carto/pkg/api/v1alpha1"
)

// Path is the way from an object up to the owner for which it was made, and to the commit.
type Path struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	// Nodes from the object to the owner at the top.
	Nodes []PathNode `json:"nodes"`
	// Source of the owner at the top.
	Source *Source  `json:"source,omitempty"`
	Unread []Unread `json:"unread,omitempty"`
}

// PathNode is an object on the way.
type PathNode struct {
	Object `json:",inline"`
	// Healthy is set for owners.
	Healthy State `json:"healthy,omitzero"`
	// Step of an owner that stamped the object before, and its state.
	Step *PathStep `json:"step,omitempty"`
	// Blueprint of an owner.
	Blueprint *Ref `json:"blueprint,omitempty"`
}

// PathStep is the step by which the way reaches an owner.
type PathStep struct {
	Name     string `json:"name"`
	Ready    State  `json:"ready"`
	Healthy  State  `json:"healthy"`
	Template *Ref   `json:"template,omitempty"`
}

// BuildPath makes the path of the objects on a way up, each found from the one before by
// its Rule.
func BuildPath(way []*Found, unread []Unread) *Path {
	p := &Path{APIVersion: APIVersion, Kind: KindPath, Nodes: []PathNode{}, Unread: unread}
	for i, found := range way {
		node := PathNode{Object: buildObject(refOf(found), &Found{Object: found.Object, Missing: found.Missing, Rule: found.Rule})}
		if found.Owner != nil {
			t := Build(*found.Owner)
			node.Ready, node.Healthy, node.Blueprint = t.Owner.Ready, t.Owner.Healthy, t.Blueprint
			node.Resource = t.Owner.Resource
			p.Source = t.Owner.Source
			if i > 0 {
				node.Step = t.pathStep(way[i-1].Object.GetLabels()[v1alpha1.LabelResourceName])
			}
		}
		p.Nodes = append(p.Nodes, node)
	}
	return p
}

func (t *Tree) pathStep(name string) *PathStep {
	for i := range t.Steps {
		if s := &t.Steps[i]; s.Name == name {
			return &PathStep{Name: name, Ready: s.Ready, Healthy: s.Healthy, Template: s.Template}
		}
	}
	if name == "" {
		return nil
	}
	return &PathStep{Name: name} // the blueprint has no such step any more
}

// Owner is the owner at the top of the path; nil when the object was not made by Carto.
func (p *Path) Owner() *PathNode {
	if len(p.Nodes) == 0 {
		return nil
	}
	top := &p.Nodes[len(p.Nodes)-1]
	switch {
	case top.APIVersion != v1alpha1.GroupVersion.String():
		return nil
	case top.Kind == v1alpha1.KindWorkload, top.Kind == v1alpha1.KindDeliverable, top.Kind == v1alpha1.KindRunnable:
		return top
	}
	return nil
}
