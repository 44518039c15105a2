package tree

import "github.com/carto-run/carto/pkg/table"

// Change is one node whose state differs from the snapshot before.
type Change struct {
	// Name is Kind/name of the owner or an object, or the name of a step; behind
	// NAMESPACE/OWNER if there are several owners.
	Name    string
	Ready   State
	Healthy string
	Reason  string

	key string
}

// Changes lists what differs between two snapshots, in the order of the table; all of it
// when there is none before. It is what a log shows, where a terminal is repainted.
func Changes(before, after Snapshot) []Change {
	old := map[string]Change{}
	if before != nil {
		for _, c := range changes(before) {
			old[c.key] = c
		}
	}
	var changed []Change
	for _, c := range changes(after) {
		if o, ok := old[c.key]; !ok || o.Ready.Status != c.Ready.Status || o.Reason != c.Reason || o.Healthy != c.Healthy {
			changed = append(changed, c)
		}
	}
	return changed
}

func changes(s Snapshot) []Change {
	nodes := s.nodes()
	several := owners(nodes) > 1
	var all []Change
	var walk func(n *node, path, owner string)
	walk = func(n *node, path, owner string) {
		name := n.title
		if n.ref != nil {
			name = table.OneLine(n.ref.Kind + "/" + n.ref.Name)
			path += "/" + n.ref.Namespace
		}
		path += "/" + name
		if n.namespace != "" {
			owner = table.OneLine(n.namespace + "/" + n.ref.Name)
		} else if several && owner != "" {
			name = owner + " " + name // whose step it is, is to be seen in each line
		}
		all = append(all, Change{Name: name, Ready: n.ready, Healthy: n.healthy, Reason: n.reason, key: path})
		for i := range n.children {
			walk(&n.children[i], path, owner)
		}
	}
	for i := range nodes {
		walk(&nodes[i], "", "")
	}
	return all
}

// owners counts those at the top, and below a blueprint.
func owners(nodes []node) int {
	n := 0
	for i := range nodes {
		if nodes[i].namespace != "" {
			n++
			continue
		}
		n += owners(nodes[i].children)
	}
	return n
}
