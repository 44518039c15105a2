package tree

// Visit calls visit for every object that was read below the owner, the stamped objects
// in the order of their steps and parents before children, with the name of the step;
// that is empty for the runs of a Runnable. Steps of an owner that a step stamps are
// named STEP/INNER.
func (in Input) Visit(visit func(step string, f *Found)) { in.visit("", visit) }

func (in Input) visit(outer string, visit func(string, *Found)) {
	var below func(step string, found []*Found)
	below = func(step string, found []*Found) {
		for _, f := range found {
			if f == nil {
				continue
			}
			if f.Object != nil {
				visit(step, f)
			}
			if f.Owner != nil {
				f.Owner.visit(step, visit)
			}
			below(step, f.Children)
		}
	}
	if in.Root != nil {
		below(outer, in.Root.Children)
	}
	for _, s := range order(plan(in)) {
		name := s.Name
		if outer != "" {
			name = outer + "/" + name
		}
		below(name, []*Found{in.Objects[s.Name]})
	}
}
