package tree

// Change is one node whose state differs from the snapshot before.
type Change struct {
	// Name is Kind/name of the owner or an object, or the name of a step.
	Name    string
	Ready   State
	Healthy string
	Reason  string
}

// Changes lists what differs between two snapshots, in the order of the table; all of it
// when there is none before. It is what a log shows, where a terminal is repainted.
func Changes(before, after *Tree) []Change {
	old := map[string]Change{}
	if before != nil {
		for _, c := range nodes(before) {
			old[c.Name] = c
		}
	}
	var changed []Change
	for _, c := range nodes(after) {
		if o, ok := old[c.Name]; !ok || o.Ready.Status != c.Ready.Status || o.Reason != c.Reason || o.Healthy != c.Healthy {
			changed = append(changed, c)
		}
	}
	return changed
}

func nodes(t *Tree) []Change {
	all := []Change{{t.Owner.Kind + "/" + t.Owner.Name, t.Owner.Ready, t.Owner.Healthy.Status, t.Owner.Ready.Reason}}
	var objects func(o *Object)
	objects = func(o *Object) {
		all = append(all, Change{o.Kind + "/" + o.Name, o.Ready, "", o.Ready.Reason})
		for i := range o.Children {
			objects(&o.Children[i])
		}
	}
	for i := range t.Runs {
		objects(&t.Runs[i])
	}
	for i := range t.Steps {
		s := &t.Steps[i]
		all = append(all, Change{s.Name, s.Ready, s.Healthy.Status, stepReason(s)})
		if s.Object != nil {
			objects(s.Object)
		}
	}
	return all
}
