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
	kept := *forest
	kept.Trees = []*Tree{}
	for _, t := range forest.Trees {
		part, some := f.tree(t)
		if f.Depth > 0 {
			part.prune(f.Depth)
		}
		if some || forest.single {
			kept.Trees = append(kept.Trees, part)
		}
	}
	return &kept
}

// tree is a copy with what matches; some tells whether anything does.
func (f Filter) tree(t *Tree) (part *Tree, some bool) {
	kept := *t
	kept.Steps, kept.Runs, kept.Owners = []Step{}, nil, nil
	if t.Object != nil {
		object, found := f.object(t.Object)
		kept.Object = &object
		return &kept, found
	}
	// A filter of steps asks nothing of the root.
	some = len(f.Steps) == 0 && t.Owner.Kind != "" && f.matches(&t.Owner.Ref, t.Owner.Ready, t.Owner.Healthy)
	for _, owner := range t.Owners {
		if part, found := f.tree(owner); found {
			some = true
			kept.Owners = append(kept.Owners, part)
		}
	}
	for i := range t.Steps {
		if step, found := f.step(&t.Steps[i]); found {
			some = true
			kept.Steps = append(kept.Steps, step)
		}
	}
	for i := range t.Runs {
		if run, found := f.object(&t.Runs[i]); found {
			some = true
			kept.Runs = append(kept.Runs, run)
		}
	}
	return &kept, some
}

func (f Filter) step(s *Step) (part Step, found bool) {
	if len(f.Steps) > 0 && !slices.Contains(f.Steps, s.Name) {
		return Step{}, false
	}
	kept := *s
	kept.Object = nil
	found = len(f.Kinds) == 0 && f.state(s.Ready, s.Healthy)
	if s.Object != nil {
		if object, below := f.object(s.Object); below {
			found, kept.Object = true, &object
		}
	}
	return kept, found
}

// object keeps an object that matches, or below which something does.
func (f Filter) object(o *Object) (part Object, found bool) {
	kept := *o
	kept.Children, kept.Tree = nil, nil
	found = f.matches(&o.Ref, o.Ready, State{}) || f.NotReady && o.Missing
	if o.Tree != nil {
		// The steps that a person names are those of the owner at the root.
		below, some := Filter{Kinds: f.Kinds, NotReady: f.NotReady}.tree(o.Tree)
		kept.Tree = below
		return kept, found || some
	}
	for i := range o.Children {
		if child, some := f.object(&o.Children[i]); some {
			found = true
			kept.Children = append(kept.Children, child)
		}
	}
	return kept, found
}

// prune cuts what is more than so many levels below the root.
func (t *Tree) prune(levels int) {
	if t.Object != nil {
		t.Object.prune(levels)
	}
	if levels == 0 {
		t.Steps, t.Runs, t.Owners = []Step{}, nil, nil
	}
	for _, owner := range t.Owners {
		owner.prune(levels - 1)
	}
	for i := range t.Steps {
		switch object := t.Steps[i].Object; {
		case object == nil:
		case levels == 1:
			t.Steps[i].Object = nil
		default:
			object.prune(levels - 2)
		}
	}
	for i := range t.Runs {
		t.Runs[i].prune(levels - 1)
	}
}

func (o *Object) prune(levels int) {
	if levels == 0 {
		o.Children = nil
	}
	if o.Tree != nil {
		o.Tree.prune(levels)
	}
	for i := range o.Children {
		o.Children[i].prune(levels - 1)
	}
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
