package manifest

import (
	"sort"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"
)

// scalar knows the places in one text. Rules ask for thousands of places in the same one, and
// a walk from its beginning for each would take minutes.
type scalar struct {
	value string
	// stops are how the walk went on, about every stopEvery bytes of the value.
	stops []walker

	once  sync.Once
	lines []int // offsets at which lines begin
}

const stopEvery = 256

// scalar is made when it is first asked for: most texts never are.
func (d *Document) scalar(node *yaml.Node) *scalar {
	if known, ok := d.text.scalars.Load(node); ok {
		return known.(*scalar)
	}
	s := &scalar{value: node.Value}
	w := d.walk(node)
	s.stops = append(s.stops, *w)
	for w.step() {
		if len(s.stops[len(s.stops)-1].value)-len(w.value) >= stopEvery {
			s.stops = append(s.stops, *w)
		}
	}
	known, _ := d.text.scalars.LoadOrStore(node, s)
	return known.(*scalar)
}

// at is the place of a byte of the value, from 0 to its length.
func (s *scalar) at(offset int) Position {
	left := len(s.value) - offset
	first := sort.Search(len(s.stops), func(i int) bool { return len(s.stops[i].value) < left })
	w := s.stops[first-1] // the first stop has all of the value left
	for len(w.value) > left && w.step() {
	}
	return w.at
}

// end is the place behind the text, its quote included.
func (s *scalar) end() Position {
	w := s.stops[len(s.stops)-1]
	for w.step() {
	}
	return w.end()
}

// line is a line of the value, from 1, and where it begins; false when there is none.
func (s *scalar) line(n int) (from int, text string, ok bool) {
	s.once.Do(func() {
		s.lines = []int{0}
		for i := range len(s.value) {
			if s.value[i] == '\n' {
				s.lines = append(s.lines, i+1)
			}
		}
	})
	if n > len(s.lines) {
		return 0, "", false
	}
	text, _, _ = strings.Cut(s.value[s.lines[n-1]:], "\n")
	return s.lines[n-1], text, true
}
