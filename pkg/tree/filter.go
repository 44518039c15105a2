package tree

import (
	"slices"
	"strings"
)

// Filter keeps a part of a tree. Root causes stay as they are: they are about the whole.
type Filter struct {
	// Steps to keep, by name; all when empty.
	Steps []string
	// Kinds of objects to keep, with what leads to them: a kind, a resource or
	// resource.group, in any case; all when empty.
	Kinds []string
	// NotReady keeps what is not ready or not healthy, with what leads to it.
	NotReady bool
	// Depth is how many levels below the root are kept, where a step and its object are
	// one each; 0 keeps all.
	Depth int
}

// Apply gives the part of the trees that the filter keeps. Of several trees, those that
// keep nothing are left out.
func (f Filter) Apply(forest *Forest) *Forest {
	if len(f.Steps) == 0 && len(f.Kinds) == 0 && !f.NotReady && f.Depth == 0 {
		return forest
	}
	kept := *forest
	kept.Trees = nil
	for _, t := range forest.Trees {
		part, some := f.tree(t, f.Depth)
		if some || len(forest.Trees) == 1 {
			kept.Trees = append(kept.Trees, part)
		}
	}
	return &kept
}

// tree tells whether anything matches; levels are those to keep below the root, 0 for
// all.
func (f Filter) tree(t *Tree, levels int) (part *Tree, some bool) {
	kept := *t
	kept.Steps, kept.Runs, kept.Owners = []Step{}, nil, nil
	// Nothing asked of the objects: the root itself matches.
	some = len(f.Steps) == 0 && f.matches(&t.Owner.Ref, t.Owner.Ready, t.Owner.Healthy)
	if t.Object != nil {
		object, found := f.object(t.Object, levels, false)
		kept.Object = &object
		return &kept, found
	}
	for _, owner := range t.Owners {
		if part, found := f.tree(owner, levels-1); found {
			some = true
			if levels == 1 {
				part.Steps, part.Runs = []Step{}, nil
			}
			kept.Owners = append(kept.Owners, part)
		}
	}
	for i := range t.Steps {
		step, found := f.step(&t.Steps[i], levels)
		if some = some || found; found {
			kept.Steps = append(kept.Steps, step)
		}
	}
	for i := range t.Runs {
		run, found := f.object(&t.Runs[i], levels-1, levels == 1)
		if some = some || found; found {
			kept.Runs = append(kept.Runs, run)
		}
	}
	return &kept, some
}

func (f Filter) step(s *Step, levels int) (part Step, found bool) {
	if len(f.Steps) > 0 && !slices.Contains(f.Steps, s.Name) {
		return Step{}, false
	}
	kept := *s
	found = len(f.Kinds) == 0 && f.state(s.Ready, s.Healthy)
	if s.Object != nil {
		object, below := f.object(s.Object, levels-2, levels == 2)
		found = found || below
		if kept.Object = nil; below && levels != 1 {
			kept.Object = &object
		}
	}
	return kept, found
}

// object keeps an object that matches, or below which something does. Last is true at
// the deepest level to keep.
func (f Filter) object(o *Object, levels int, last bool) (part Object, found bool) {
	kept := *o
	kept.Children = nil
	if o.Tree != nil {
		below, some := f.tree(o.Tree, levels)
		if kept.Tree = below; last {
			below.Steps, below.Runs = []Step{}, nil
		}
		return kept, some || f.matches(&o.Ref, o.Ready, State{})
	}
	found = f.matches(&o.Ref, o.Ready, State{}) || f.NotReady && o.Missing
	for i := range o.Children {
		child, some := f.object(&o.Children[i], levels-1, levels == 1)
		if found = found || some; some && !last {
			kept.Children = append(kept.Children, child)
		}
	}
	return kept, found
}

func (f Filter) matches(ref *Ref, ready, healthy State) bool {
	return f.state(ready, healthy) && (len(f.Kinds) == 0 || slices.ContainsFunc(f.Kinds, func(kind string) bool { return ref.is(kind) }))
}

// state of something without one is no trouble.
func (f Filter) state(ready, healthy State) bool {
	return !f.NotReady || ready.Status == "False" || ready.Status == "Unknown" || healthy.Status == "False"
}

// is tells whether a person may mean the kind of this object.
func (r *Ref) is(kind string) bool {
	group, _, grouped := strings.Cut(r.APIVersion, "/")
	if !grouped {
		group = ""
	}
	name, wanted, qualified := strings.Cut(kind, ".")
	if qualified && !strings.EqualFold(group, wanted) {
		return false
	}
	plural, _, _ := strings.Cut(r.Resource, ".")
	return strings.EqualFold(name, r.Kind) || plural != "" && strings.EqualFold(name, plural) ||
		strings.EqualFold(name, r.Kind+"s") || strings.EqualFold(name, r.Kind+"es")
}
