package reason

import (
	"slices"

	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"

	"github.com/carto-run/carto/pkg/blueprint"
	"github.com/carto-run/carto/pkg/stamp"
)

// literal says that a path leads to one of some states.
type literal struct {
	// path by its steps; nil for one that is not modelled.
	path []string
	// text of a path that is not modelled: paths of the same text are the same place, and
	// nothing else is known about them.
	text   string
	states states
	// says is the requirement that it is of, for people.
	says string
}

func (l literal) not() literal { return literal{path: l.path, text: l.text, states: l.states.not()} }

// literals are the requirements of a selector. A label is the path to it.
func literals(s *blueprint.Selector) []literal {
	var all []literal
	for _, r := range s.Labels() {
		all = append(all, literal{path: []string{"metadata", "labels", r.Key()}, states: labelStates(r), says: "label " + r.String()})
	}
	for _, f := range s.Fields() {
		l := at(f.Path())
		l.states, l.says = fieldStates(f.Operator(), f.Values()), "field "+f.String()
		all = append(all, l)
	}
	return all
}

func labelStates(r labels.Requirement) states {
	values := r.Values().List()
	switch r.Operator() {
	case selection.NotIn:
		return states{missing: true, text: allBut(values...)}
	case selection.Exists:
		return states{text: anyText}
	case selection.DoesNotExist:
		return states{missing: true}
	}
	return states{text: only(values...)}
}

// at is the place of a path.
func at(p *stamp.Path) literal {
	if names := p.Names(); names != nil && !slices.Contains(names, "") {
		return literal{path: names}
	}
	if list, name, rest, ok := p.Named(); ok && slices.Equal(list, []string{"spec", "params"}) {
		return literal{path: slices.Concat(list, []string{item(name)}, rest)}
	}
	return literal{text: p.String()}
}

// world is a conjunction of literals, one for each place, in the order of the places.
type world []literal

// and adds a literal; false when nothing can be at its place then.
func (w world) and(l literal) (world, bool) {
	i, found := slices.BinarySearchFunc(w, l, compare)
	if !found {
		return slices.Insert(slices.Clone(w), i, l), !l.states.empty()
	}
	l.states = l.states.and(w[i].states)
	if l.states.empty() {
		return nil, false
	}
	next := slices.Clone(w)
	next[i] = l
	return next, true
}

func compare(a, b literal) int {
	if c := slices.Compare(a.path, b.path); c != 0 {
		return c
	}
	switch {
	case a.text < b.text:
		return -1
	case a.text > b.text:
		return 1
	}
	return 0
}
