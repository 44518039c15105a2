package reason

import (
	"slices"
	"strconv"
	"strings"
)

// fit finds something that can be at a place, such that all literals hold, which are about
// the place and those below it. The literals are in the order of their paths, whose first
// depth steps lead to the place. What is found is as little as possible: nil for missing or
// null, else a text or a map. Answers false when there is nothing.
func fit(s *shape, literals world, depth int) (any, bool) {
	own := anything
	for len(literals) > 0 && len(literals[0].path) == depth {
		own = own.and(literals[0].states)
		literals = literals[1:]
	}
	if s == nil {
		return nil, own.missing && allMissing(literals)
	}
	here := s.states.and(own)
	if (here.missing || here.null && !s.given) && allMissing(literals) {
		return nil, true
	}
	if !here.text.empty() && allMissing(literals) {
		if example, ok := s.pick(here.text); ok {
			return example, true
		}
	}
	if s.given && here.null && allMissing(literals) {
		return nil, true
	}
	if s.open {
		// Nothing is invented, and whether that will do is seen when the selectors are tried.
		return nil, !here.empty()
	}
	if !here.other {
		return nil, false
	}
	object := map[string]any{}
	absent := map[string]bool{}
	for len(literals) > 0 {
		name := literals[0].path[depth]
		end := 1
		for end < len(literals) && literals[end].path[depth] == name {
			end++
		}
		part, ok := fit(s.below(name), literals[:end], depth+1)
		if !ok {
			return nil, false
		}
		if part != nil {
			object[name] = part
		}
		absent[name] = part == nil
		literals = literals[end:]
	}
	if len(object) == 0 {
		s.invent(object, absent)
	}
	return object, true
}

// allMissing says whether all literals allow that their places are not there.
func allMissing(literals world) bool {
	for _, l := range literals {
		if !l.states.missing {
			return false
		}
	}
	return true
}

// maxInvented bounds how often another name or text is tried.
const maxInvented = 100

// pick takes a text that is likely at the place; nil is the empty one where that is the same
// as none.
func (s *shape) pick(from texts) (any, bool) {
	accepted := func(text string) bool { return from.has(text) && (s.accepts == nil || s.accepts(text)) }
	if s.blank && from.has("") {
		return nil, true
	}
	if !from.allBut {
		for _, text := range slices.Sorted(slices.Values(from.listed)) {
			if accepted(text) {
				return text, true
			}
		}
		return nil, false
	}
	for i := range maxInvented {
		if text := numbered(s.example, i); accepted(text) {
			return text, true
		}
	}
	return nil, false
}

// numbered tells invented names and texts apart: x, x-2; of quantities 1, 2.
func numbered(name string, i int) string {
	if i == 0 {
		return name
	}
	if isItem(name) {
		return item(numbered(strings.Trim(name, "[]"), i))
	}
	if n, err := strconv.Atoi(name); err == nil {
		return strconv.Itoa(n + i)
	}
	return name + "-" + strconv.Itoa(i+1)
}

// invent puts an entry into an object that has to have one.
func (s *shape) invent(object map[string]any, absent map[string]bool) {
	if len(s.names) == 0 {
		return
	}
	names := slices.Clone(s.names)
	for i := 1; s.each != nil && i < maxInvented; i++ {
		names = append(names, numbered(s.names[0], i))
	}
	for _, name := range names {
		if absent[name] {
			continue
		}
		below := s.below(name)
		part, ok := fit(below, nil, 0)
		if ok && part == nil && below != nil {
			// It may be missing, but has to be there.
			there := *below
			there.states.missing, there.states.null = false, false
			part, ok = fit(&there, nil, 0)
		}
		if ok && part != nil {
			object[name] = part
		} else {
			object[name] = map[string]any{}
		}
		return
	}
}
