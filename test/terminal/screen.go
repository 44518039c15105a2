package terminal

import (
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// cell is one place on the screen. A wide character fills two: the second is empty.
type cell struct {
	text  string
	style style
}

// screen understands the control sequences that programs of our library send, which is what
// terminals have had in common for decades. What it does not know it records, so that a
// test does not pass on a picture that no terminal would show.
type screen struct {
	width, height int
	cells         [][]cell
	// other is the normal screen while the alternate one is shown, and the other way round.
	other            [][]cell
	x, y             int
	savedX, savedY   int
	top, bottom      int // of the scroll region, inclusive
	style            style
	last             rune
	modes            map[int]bool
	title, clipboard string
	light, taken     bool
	marks            int
	parser           *ansi.Parser
	answer           func(string)
	unknown          []string
	// updates counts the synchronized updates that came to their end.
	updates int
}

// endMark is a command of ours to ourselves, which no program sends.
const endMark = "\x1b]7373;\x07"

// Modes that are on when a program begins.
const (
	modeWrap      = 7
	modeCursor    = 25
	modeAlternate = 1049
	// modeUpdate is on from the beginning of a picture to its end, for programs that learn
	// that the terminal knows it.
	modeUpdate = 2026
)

func newScreen(width, height int) *screen {
	s := &screen{modes: map[int]bool{modeWrap: true, modeCursor: true}, answer: func(string) {}}
	s.width, s.height = width, height
	s.cells, s.other = blank(width, height), blank(width, height)
	s.bottom = height - 1
	s.parser = ansi.NewParser()
	s.parser.SetDataSize(1 << 20)
	s.parser.SetHandler(ansi.Handler{
		Print: s.print, Execute: s.execute, HandleCsi: s.csi, HandleEsc: s.esc, HandleOsc: s.osc,
		HandleDcs: func(ansi.Cmd, ansi.Params, []byte) {},
	})
	return s
}

func blank(width, height int) [][]cell {
	rows := make([][]cell, height)
	for i := range rows {
		rows[i] = make([]cell, width)
		for j := range rows[i] {
			rows[i][j].text = " "
		}
	}
	return rows
}

func (s *screen) write(data []byte) { s.parser.Parse(data) }

func (s *screen) resize(width, height int) {
	fit := func(old [][]cell) [][]cell {
		rows := blank(width, height)
		for i := range min(height, len(old)) {
			copy(rows[i], old[i])
		}
		return rows
	}
	s.cells, s.other = fit(s.cells), fit(s.other)
	s.width, s.height, s.top, s.bottom = width, height, 0, height-1
	s.x, s.y = min(s.x, width-1), min(s.y, height-1)
	s.savedX, s.savedY = min(s.savedX, width-1), min(s.savedY, height-1)
}

func (s *screen) text() string {
	lines := make([]string, len(s.cells))
	for i, row := range s.cells {
		line := &strings.Builder{}
		for _, c := range row {
			line.WriteString(c.text)
		}
		lines[i] = strings.TrimRight(line.String(), " ")
	}
	return strings.Join(lines, "\n")
}

func (s *screen) colors() []string {
	seen := map[string]bool{}
	for _, row := range s.cells {
		for _, c := range row {
			seen[c.style.fore], seen[c.style.back] = true, true
		}
	}
	delete(seen, "") // the terminal's own
	return slices.Sorted(maps.Keys(seen))
}

// leftOn names the modes that differ from those at the beginning.
func (s *screen) leftOn() []string {
	names := map[int]string{
		modeAlternate: "the alternate screen", 1000: "the mouse", 1002: "the mouse", 1003: "the mouse", 1006: "the mouse's encoding",
		2004: "bracketed paste", 1004: "the report of focus", modeUpdate: "a synchronized update",
	}
	var left []string
	for _, mode := range slices.Sorted(maps.Keys(s.modes)) {
		if name := names[mode]; name != "" && s.modes[mode] {
			left = append(left, name)
		}
	}
	if !s.modes[modeCursor] {
		left = append(left, "the hidden cursor")
	}
	return append(left, s.unknown...)
}

func (s *screen) print(r rune) {
	width := ansi.StringWidthWc(string(r))
	if width == 0 { // a combining mark belongs to the character before
		if x := s.x - 1; x >= 0 && x < s.width {
			for x > 0 && s.cells[s.y][x].text == "" {
				x--
			}
			s.cells[s.y][x].text += string(r)
		}
		return
	}
	if s.x+width > s.width {
		if s.modes[modeWrap] {
			s.x = 0
			s.lineFeed()
		} else {
			s.x = s.width - width
		}
	}
	s.cells[s.y][s.x] = cell{string(r), s.style}
	if width == 2 {
		s.cells[s.y][s.x+1] = cell{"", s.style}
	}
	s.x += width
	s.last = r
}

func (s *screen) execute(b byte) {
	switch b {
	case '\r':
		s.x = 0
	case '\n', '\v', '\f':
		s.lineFeed()
	case '\b':
		s.x = max(0, min(s.x, s.width-1)-1)
	case '\t':
		s.x = min(s.width-1, (s.x/8+1)*8)
	}
}

func (s *screen) lineFeed() {
	if s.y == s.bottom {
		s.scroll(1)
		return
	}
	s.y = min(s.y+1, s.height-1)
}

// scroll moves the region up, or down for a negative count.
func (s *screen) scroll(n int) {
	for ; n > 0; n-- {
		copy(s.cells[s.top:s.bottom], s.cells[s.top+1:s.bottom+1])
		s.cells[s.bottom] = blank(s.width, 1)[0]
	}
	for ; n < 0; n++ {
		copy(s.cells[s.top+1:s.bottom+1], s.cells[s.top:s.bottom])
		s.cells[s.top] = blank(s.width, 1)[0]
	}
}

func (s *screen) esc(cmd ansi.Cmd) {
	switch cmd.Final() {
	case '7':
		s.savedX, s.savedY = s.x, s.y
	case '8':
		s.x, s.y = s.savedX, s.savedY
	case 'M':
		if s.y == s.top {
			s.scroll(-1)
		} else {
			s.y = max(0, s.y-1)
		}
	case 'c':
		s.cells = blank(s.width, s.height)
	}
}

func (s *screen) osc(cmd int, data []byte) {
	_, text, _ := strings.Cut(string(data), ";")
	switch cmd {
	case 0, 2:
		s.title = text
	case 11:
		if text == "?" {
			color := "0000/0000/0000"
			if s.light {
				color = "ffff/ffff/ffff"
			}
			s.answer("\x1b]11;rgb:" + color + "\x1b\\")
		}
	case 7373:
		s.marks++
	case 52:
		_, encoded, _ := strings.Cut(text, ";")
		if plain, err := base64.StdEncoding.DecodeString(encoded); err == nil {
			s.clipboard = string(plain)
		}
	}
}

func (s *screen) csi(cmd ansi.Cmd, params ansi.Params) {
	n := func(i, missing int) int {
		v, _, ok := params.Param(i, missing)
		if !ok || v == 0 && missing == 1 {
			return missing
		}
		return v
	}
	s.x = min(s.x, s.width) // a character in the last column leaves the cursor behind it
	switch prefix, final := cmd.Prefix(), cmd.Final(); {
	case prefix == '?' && (final == 'h' || final == 'l'):
		params.ForEach(0, func(_, mode int, _ bool) { s.setMode(mode, final == 'h') })
	case prefix == '?' && cmd.Intermediate() == '$' && final == 'p' && n(0, 0) == modeUpdate:
		s.answer(fmt.Sprintf("\x1b[?%d;2$y", modeUpdate)) // known, and off
	case prefix == '?' && final == 'u':
		// The keyboard protocol is asked for; this terminal has none.
	case prefix != 0 || cmd.Intermediate() != 0:
		// Questions and settings of newer terminals: an old one ignores them too.
	case final == 'm':
		s.style.apply(params)
	case s.move(final, n), s.erase(final, n), s.shift(final, n):
	case final == 'c':
		s.answer("\x1b[?62;22c")
	case final == 'n' && n(0, 0) == 6:
		s.answer(fmt.Sprintf("\x1b[%d;%dR", s.y+1, s.x+1))
	case strings.ContainsRune("hltnq", rune(final)):
	default:
		s.unknown = append(s.unknown, fmt.Sprintf("an unknown sequence (CSI %c)", final))
	}
}

func (s *screen) setMode(mode int, on bool) {
	if mode == modeAlternate && on != s.modes[mode] {
		s.cells, s.other = s.other, s.cells
		if on {
			s.taken = true
			s.savedX, s.savedY = s.x, s.y
			s.cells = blank(s.width, s.height)
		} else {
			s.x, s.y = s.savedX, s.savedY
		}
	}
	if mode == modeUpdate && !on && s.modes[mode] {
		s.updates++
	}
	s.modes[mode] = on
}

// move is true for sequences that only move the cursor.
func (s *screen) move(final byte, n func(i, missing int) int) bool {
	x, y := s.x, s.y
	switch final {
	case 'A':
		y -= n(0, 1)
	case 'B', 'e':
		y += n(0, 1)
	case 'C', 'a':
		x += n(0, 1)
	case 'D':
		x = min(x, s.width-1) - n(0, 1)
	case 'E':
		x, y = 0, y+n(0, 1)
	case 'F':
		x, y = 0, y-n(0, 1)
	case 'G', '`':
		x = n(0, 1) - 1
	case 'd':
		y = n(0, 1) - 1
	case 'H', 'f':
		x, y = n(1, 1)-1, n(0, 1)-1
	case 'I':
		x = (x/8 + n(0, 1)) * 8
	case 'Z':
		x = ((x+7)/8 - n(0, 1)) * 8
	case 's':
		s.savedX, s.savedY = x, y
	case 'u':
		x, y = s.savedX, s.savedY
	case 'r':
		// What was written before the program heard of a smaller size may name lines that
		// are gone.
		s.top, s.bottom = 0, s.height-1
		if top, bottom := n(0, 1)-1, n(1, s.height)-1; top < bottom && bottom < s.height {
			s.top, s.bottom = top, bottom
		}
		x, y = 0, 0
	default:
		return false
	}
	s.x, s.y = max(0, min(x, s.width-1)), max(0, min(y, s.height-1))
	return true
}

// erase is true for sequences that clear cells.
func (s *screen) erase(final byte, n func(i, missing int) int) bool {
	clear := func(y, from, to int) {
		for x := max(0, from); x < min(to, s.width); x++ {
			s.cells[y][x] = cell{" ", style{back: s.style.back}}
		}
	}
	switch mode := n(0, 0); {
	case final == 'X':
		clear(s.y, s.x, s.x+n(0, 1))
	case final == 'K' && mode == 0:
		clear(s.y, s.x, s.width)
	case final == 'K' && mode == 1:
		clear(s.y, 0, s.x+1)
	case final == 'K':
		clear(s.y, 0, s.width)
	case final == 'J':
		from, to := 0, s.height
		if mode == 0 {
			clear(s.y, s.x, s.width)
			from = s.y + 1
		} else if mode == 1 {
			clear(s.y, 0, s.x+1)
			to = s.y
		}
		for y := from; y < to; y++ {
			clear(y, 0, s.width)
		}
	default:
		return false
	}
	return true
}

// shift is true for sequences that move or repeat cells.
func (s *screen) shift(final byte, n func(i, missing int) int) bool {
	row := s.cells[s.y]
	switch x := min(s.x, s.width-1); final {
	case '@':
		count := min(n(0, 1), s.width-x)
		copy(row[x+count:], row[x:s.width-count])
		copy(row[x:], blank(count, 1)[0])
	case 'P':
		count := min(n(0, 1), s.width-x)
		copy(row[x:], row[x+count:])
		copy(row[s.width-count:], blank(count, 1)[0])
	case 'b':
		for range n(0, 1) {
			s.print(s.last)
		}
	case 'L', 'M':
		if s.y < s.top || s.y > s.bottom {
			return true
		}
		count := min(n(0, 1), s.bottom-s.y+1)
		if final == 'L' {
			count = -count
		}
		top := s.top
		s.top = s.y
		s.scroll(count)
		s.top = top
	case 'S':
		s.scroll(n(0, 1))
	case 'T':
		s.scroll(-n(0, 1))
	default:
		return false
	}
	return true
}
