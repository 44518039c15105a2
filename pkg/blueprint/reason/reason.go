package reason

import (
	"cmp"
	"slices"

	"github.com/carto-run/carto/pkg/blueprint"
	"github.com/carto-run/carto/pkg/stamp"
)

// Question asks for an owner.
type Question struct {
	// Kind of the owner: Workload or Deliverable.
	Kind string
	// All have to match, None must not.
	All, None []*blueprint.Selector
	// Missing, when set, has to lead to nothing.
	Missing *stamp.Path
}

// Verdict is an answer.
type Verdict int

// Verdicts.
const (
	// Unknown: the question is too hard, or is about what is not modelled.
	Unknown Verdict = iota
	// Impossible: there can be no such owner.
	Impossible
	// Possible: there is one.
	Possible
)

// maxSteps bounds the work for one question: how many conjunctions of requirements are
// tried. Each costs some microseconds.
const maxSteps = 4096

// Ask answers a question. The owner is one that fits; nil unless the verdict is Possible.
func Ask(q Question) (Verdict, *Owner) {
	shape := shapes[q.Kind]
	if shape == nil {
		return Unknown, nil
	}
	s := &search{question: Question{Kind: q.Kind, All: q.All, Missing: q.Missing}, shape: shape}
	var fixed world
	add := func(l literal) bool {
		var ok bool
		fixed, ok = fixed.and(l)
		return ok
	}
	for _, selector := range q.All {
		if selector.Score() == 0 || selector.Broken() != nil {
			return Impossible, nil
		}
		for _, l := range literals(selector) {
			if !add(l) {
				return Impossible, nil
			}
		}
	}
	if q.Missing != nil {
		missing := at(q.Missing)
		missing.states = states{missing: true}
		if !add(missing) {
			return Impossible, nil
		}
	}
	if !s.possible(fixed) {
		return Impossible, nil
	}
	// Most of those that must not match have nothing to do with an owner that fits the rest, so
	// each is taken into account only when an owner shows that it has.
	var none [][]literal
	for {
		owner := s.search(fixed, none)
		switch {
		case s.steps > maxSteps, owner == nil && s.unsure:
			return Unknown, nil
		case owner == nil:
			return Impossible, nil
		}
		i := slices.IndexFunc(q.None, func(selector *blueprint.Selector) bool {
			matches, err := selector.Matches(owner.Subject)
			return matches && err == nil
		})
		if i < 0 {
			return Possible, owner
		}
		s.question.None = append(s.question.None, q.None[i])
		none = append(none, literals(q.None[i]))
		// Those with few ways to fail first, so that dead ends show early.
		slices.SortStableFunc(none, func(a, b []literal) int { return cmp.Compare(len(a), len(b)) })
	}
}

type search struct {
	// question, with those that must not match as far as they are taken into account.
	question Question
	shape    *shape
	steps    int
	// unsure is set when what looked possible turned out not to match.
	unsure bool
}

// possible says whether there can be an owner for which the literals hold.
func (s *search) possible(w world) bool {
	s.steps++
	_, ok := fit(s.shape, w.modelled(), 0)
	return ok
}

// search finds an owner for which the literals of a world hold, and of each of the others
// at least one does not.
func (s *search) search(w world, none [][]literal) *Owner {
	if len(none) == 0 {
		return s.try(w)
	}
	if !s.canHold(w, none[0]) {
		return s.search(w, none[1:])
	}
	for _, l := range none[0] {
		if s.steps > maxSteps {
			return nil
		}
		if next, ok := w.and(l.not()); ok && s.possible(next) {
			if owner := s.search(next, none[1:]); owner != nil {
				return owner
			}
		}
	}
	return nil
}

// canHold says whether all literals can hold in a world.
func (s *search) canHold(w world, all []literal) bool {
	for _, l := range all {
		var ok bool
		if w, ok = w.and(l); !ok {
			return false
		}
	}
	return s.possible(w)
}

// try makes an owner, and evaluates the selectors on it.
func (s *search) try(w world) *Owner {
	found, ok := fit(s.shape, w.modelled(), 0)
	object, isObject := found.(map[string]any)
	if !ok || !isObject {
		return nil
	}
	owner, err := newOwner(s.question.Kind, object)
	if err != nil || !owner.answers(s.question) {
		s.unsure = true
		return nil
	}
	return owner
}

// modelled are the literals about places that are.
func (w world) modelled() world {
	i := slices.IndexFunc(w, func(l literal) bool { return l.path != nil })
	if i < 0 {
		return nil
	}
	return w[i:] // they come behind the others
}
