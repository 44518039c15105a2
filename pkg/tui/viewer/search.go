package viewer

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"

	"github.com/carto-run/carto/pkg/tui/line"
	"github.com/carto-run/carto/pkg/tui/screen"
)

// search is a text that is looked for.
type search struct {
	typing bool
	query  string
	// matches in the order of the text, and the one that is the current one; -1 for none.
	matches []match
	current int
	// origin is where the search began, before what it is put back to when it is given up.
	origin place
	left   int
	before string
}

// match is a part of a line, whose number counts the dropped ones.
type match struct{ line, from, to int }

// find looks for the query in the whole text.
func (v *Viewer) find() { v.findAgain(0) }

// findAgain looks in a text whose lines have moved.
func (v *Viewer) findAgain(moved int) {
	at := v.search.at()
	v.search.matches, v.search.current = nil, -1
	for i := range v.rows {
		v.findIn(i)
	}
	if at != nil {
		at.line += moved
		v.search.current = v.search.first(*at)
	}
}

// findIn looks in one line more.
func (v *Viewer) findIn(index int) {
	for _, m := range matches(v.rows[index].Text, v.search.query) {
		v.search.matches = append(v.search.matches, match{index + v.dropped, m[0], m[1]})
	}
}

// forget leaves out matches in lines that are gone.
func (v *Viewer) forget() {
	gone, _ := slices.BinarySearchFunc(v.search.matches, v.dropped, func(m match, line int) int { return cmp.Compare(m.line, line) })
	v.search.matches = v.search.matches[gone:]
	v.search.current = max(-1, v.search.current-gone)
}

// at is the current match; nil when there is none.
func (s *search) at() *match {
	if s.current < 0 || s.current >= len(s.matches) {
		return nil
	}
	m := s.matches[s.current]
	return &m
}

// first is the first match at a place or behind it, from the top again at the end; -1 when
// there is no match at all.
func (s *search) first(from match) int {
	if len(s.matches) == 0 {
		return -1
	}
	i, _ := slices.BinarySearchFunc(s.matches, from, func(m, from match) int {
		return cmp.Or(cmp.Compare(m.line, from.line), cmp.Compare(m.from, from.from))
	})
	return i % len(s.matches)
}

// in are the matches of a line.
func (s *search) in(line int) []match {
	begin, _ := slices.BinarySearchFunc(s.matches, line, func(m match, line int) int { return cmp.Compare(m.line, line) })
	end := begin
	for end < len(s.matches) && s.matches[end].line == line {
		end++
	}
	return s.matches[begin:end]
}

func (v *Viewer) startTyping() {
	v.search.typing, v.search.origin, v.search.left, v.search.before = true, v.top, v.left, v.search.query
	v.input = line.New("/")
	v.input.Focus()
	v.settle()
}

// typed takes messages while the search is typed; each character looks at once.
func (v *Viewer) typed(msg tea.Msg) bool {
	if key, ok := msg.(tea.KeyPressMsg); ok {
		switch key.String() {
		case "enter":
			v.search.typing = false
			v.settle()
			return true
		case "esc":
			v.search.typing = false
			v.top, v.left = v.search.origin, v.search.left
			v.look(v.search.before)
			v.settle()
			return true
		case "ctrl+c":
			return false
		}
	}
	switch msg.(type) {
	case tea.KeyPressMsg, tea.PasteMsg:
	default:
		return false
	}
	v.input, _ = v.input.Update(msg) // its command only makes the cursor blink
	if v.input.Value() != v.search.query {
		v.look(v.input.Value())
		v.search.current = v.search.first(match{line: v.search.origin.line + v.dropped})
		v.reveal()
	}
	return true
}

// look begins another search.
func (v *Viewer) look(query string) {
	v.search.query, v.search.current = query, -1
	v.find()
}

// Search looks for a text as if it had been typed.
func (v *Viewer) Search(query string) {
	v.look(query)
	v.search.current = v.search.first(match{line: v.top.line + v.dropped})
	v.reveal()
}

// jump goes to the next match, or the one before.
func (v *Viewer) jump(by int) tea.Cmd {
	n := len(v.search.matches)
	switch {
	case v.search.query == "":
		return screen.Send(screen.Toast{Text: "nothing is searched for; / searches"})
	case n == 0:
		return screen.Send(screen.Toast{Text: "no match for " + v.search.query})
	case v.search.current < 0:
		v.search.current = v.search.first(match{line: v.top.line + v.dropped})
	default:
		v.search.current = (v.search.current + by + n) % n
	}
	v.reveal()
	return nil
}

// reveal scrolls to the current match, unless it is in sight.
func (v *Viewer) reveal() {
	m := v.search.at()
	if m == nil || v.height == 0 {
		return
	}
	v.follow = false
	to := place{line: m.line - v.dropped}
	r := &v.rows[to.line]
	if v.wrap {
		for to.row+1 < r.rows(v.room()) {
			if _, end := r.part(to.row, v.room()); end > m.from {
				break
			}
			to.row++
		}
	} else if begin, end := r.cell(m.from), r.cell(m.to); begin < v.left || end > v.left+v.room()-1 {
		v.left = max(0, end-v.room()*2/3)
		if end < v.room() {
			v.left = 0
		} else if begin < v.left {
			v.left = begin
		}
	}
	if to.before(v.top) || !to.before(v.walk(v.top, v.page())) {
		v.top = v.walk(to, -v.page()/3)
	}
	v.settle()
}

func (v *Viewer) searchStatus() string {
	switch {
	case v.search.query == "":
		return ""
	case len(v.search.matches) == 0:
		return fmt.Sprintf("no match for %q", v.search.query)
	}
	return fmt.Sprintf("match %d/%d of %q", v.search.current+1, len(v.search.matches), v.search.query)
}

// matches are where a text is found in a line, in bytes. Capitals only matter to a query
// that has one.
func matches(line, query string) [][2]int {
	if query == "" || len(line) == 0 {
		return nil
	}
	exact := strings.ContainsFunc(query, unicode.IsUpper)
	var all [][2]int
	for at := 0; at < len(line); {
		from, to := -1, -1
		if exact {
			if i := strings.Index(line[at:], query); i >= 0 {
				from, to = at+i, at+i+len(query)
			}
		} else {
			from, to = index(line, query, at)
		}
		if from < 0 {
			break
		}
		all = append(all, [2]int{from, to})
		at = to
	}
	return all
}

// index finds a query of small letters, whatever the case of the line. Folding the whole
// line first would move its bytes: some capitals are longer than their small letters.
func index(line, query string, at int) (from, to int) {
	first, _ := utf8.DecodeRuneInString(query)
	for ; at < len(line); at++ {
		c := line[at]
		if c < utf8.RuneSelf {
			if 'A' <= c && c <= 'Z' {
				c += 'a' - 'A'
			}
			if rune(c) != first {
				continue
			}
		} else if !utf8.RuneStart(c) {
			continue
		}
		if end := prefix(line[at:], query); end > 0 {
			return at, at + end
		}
	}
	return -1, -1
}

// prefix is how many bytes of the line the query takes at its beginning; 0 when it does not
// begin with it.
func prefix(line, query string) int {
	at := 0
	for _, want := range query {
		if at >= len(line) {
			return 0
		}
		have, n := rune(line[at]), 1
		if have >= utf8.RuneSelf {
			have, n = utf8.DecodeRuneInString(line[at:])
		}
		if unicode.ToLower(have) != want {
			return 0
		}
		at += n
	}
	return at
}
