// Package viewer shows a text that is read: it scrolls, wraps, searches, follows a text that
// grows, and keeps its place in one that is replaced.
//
// It is no screen of its own: a screen holds one, gives it room and messages, and draws what
// View returns where it wants it. Only the rows that are seen are cut and styled, so a
// megabyte costs no more to draw than a page.
package viewer

import (
	"fmt"
	"strings"
	"time"

	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"github.com/carto-run/carto/pkg/tui/keys"
	"github.com/carto-run/carto/pkg/tui/screen"
)

// DefaultMax is how many lines of a text that grows are kept.
const DefaultMax = 50_000

// Options of a viewer.
type Options struct {
	// What the text is, said when it is copied: "the YAML of ConfigMap/cart".
	What string
	// Grows is for logs: lines come by Append, the end is followed until somebody scrolls up.
	Grows bool
	// Max lines of a text that grows; 0 means DefaultMax.
	Max int
}

// Viewer holds a text and what is seen of it.
type Viewer struct {
	options       Options
	width, height int

	rows []row
	// dropped counts the lines that stood before rows. Lines have numbers that stay: a row's
	// index and dropped.
	dropped int
	source  string
	// set is true once there was a text that another can differ from.
	set bool

	// top is the first row that is seen, left the first cell.
	top    place
	left   int
	wrap   bool
	follow bool

	search search
	input  textinput.Model
}

// place is a screen row: a line, and the row within it where lines are wrapped.
type place struct{ line, row int }

func (p place) before(q place) bool { return p.line < q.line || p.line == q.line && p.row < q.row }

// New makes a viewer without text. It has no room before SetSize.
func New(o Options) *Viewer {
	if o.Max <= 0 {
		o.Max = DefaultMax
	}
	if o.What == "" {
		o.What = "the text"
	}
	return &Viewer{options: o, follow: o.Grows, search: search{current: -1}}
}

// SetSize gives the viewer its room. It is cheap when nothing changes.
func (v *Viewer) SetSize(width, height int) {
	width, height = max(1, width), max(1, height)
	if width == v.width && height == v.height {
		return
	}
	v.width, v.height = width, height
	v.top.row = 0 // rows of another width are others
	v.settle()
}

// Set replaces the text. The same lines stay in sight, and lines that are new are marked
// for a few seconds after now, unless that is zero. The first text is not new.
func (v *Viewer) Set(now time.Time, lines []Line) {
	rows := make([]row, len(lines))
	for i, l := range lines {
		rows[i] = keep(l)
	}
	before := v.top.line
	if before > 0 { // at the top it stays there
		v.top.line = moved(v.rows, rows, before)
	}
	if v.set {
		markChanges(v.rows, rows, now)
	}
	v.rows, v.dropped, v.source, v.set = rows, 0, "", true
	v.findAgain(v.top.line - before)
	v.settle()
}

// SetSource is what is copied instead of the lines, where they are not the text itself.
func (v *Viewer) SetSource(text string) { v.source = text }

// Append adds lines at the end. The oldest go when there are too many.
func (v *Viewer) Append(lines ...Line) {
	if excess := len(lines) - v.options.Max; excess > 0 {
		v.dropped += excess
		lines = lines[excess:]
	}
	if excess := len(v.rows) + len(lines) - v.options.Max; excess > 0 {
		clear(v.rows[:excess]) // their texts are not kept alive by what the slice was cut from
		v.rows, v.dropped = v.rows[excess:], v.dropped+excess
		v.top.line -= excess
		if v.top.line < 0 {
			v.top = place{}
		}
		v.forget()
	}
	for _, l := range lines {
		v.rows = append(v.rows, keep(l))
		v.findIn(len(v.rows) - 1)
	}
	v.settle()
}

// Clear takes the text away, such as that of other logs.
func (v *Viewer) Clear() {
	v.rows, v.dropped, v.source, v.set = nil, 0, "", false
	v.top, v.left, v.follow = place{}, 0, v.options.Grows
	v.find()
}

// Len is how many lines there are, without those that were too many.
func (v *Viewer) Len() int { return len(v.rows) }

// Text is what is copied.
func (v *Viewer) Text() string {
	if v.source != "" {
		return v.source
	}
	var b strings.Builder
	for i := range v.rows {
		b.WriteString(v.rows[i].Text)
		b.WriteByte('\n')
	}
	return b.String()
}

// Following tells that the end is followed.
func (v *Viewer) Following() bool { return v.follow }

// Follow goes to the end and stays there, or stops to.
func (v *Viewer) Follow(on bool) {
	v.follow = on
	v.settle()
}

// Wrapped tells that long lines are wrapped.
func (v *Viewer) Wrapped() bool { return v.wrap }

// Typing is true while the search is typed.
func (v *Viewer) Typing() bool { return v.search.typing }

// Back ends the search, if there is one; see screen.Backer.
func (v *Viewer) Back() bool {
	searched := v.search.query != ""
	v.search = search{current: -1}
	return searched
}

// Update takes a message of a screen: keys of keys.Viewer and keys.Move but Full, which is
// the screen's, the mouse's wheel, and all keys while the search is typed. It tells whether
// it did anything with it.
func (v *Viewer) Update(msg tea.Msg) (cmd tea.Cmd, taken bool) {
	if v.search.typing {
		return nil, v.typed(msg)
	}
	switch msg := msg.(type) {
	case tea.MouseWheelMsg:
		return nil, v.wheel(msg.Mouse().Button)
	case tea.KeyPressMsg:
		return v.press(msg.String())
	}
	return nil, false
}

func (v *Viewer) press(key string) (tea.Cmd, bool) {
	switch action := keys.Match(key, keys.Viewer, keys.Move); action {
	case keys.Search:
		v.startTyping()
	case keys.NextMatch:
		return v.jump(1), true
	case keys.PrevMatch:
		return v.jump(-1), true
	case keys.Wrap:
		v.wrap, v.top.row, v.left = !v.wrap, 0, 0
		v.settle()
	case keys.Copy:
		return screen.Copy(v.Text(), v.options.What+size(len(v.Text()))), true
	default:
		return nil, v.move(action)
	}
	return nil, true
}

// size warns of what terminals may refuse: many take no more than some hundred kilobytes
// from programs.
func size(bytes int) string {
	if bytes < 100_000 {
		return ""
	}
	return fmt.Sprintf(" (%d kB, which not every terminal takes)", bytes/1000)
}

// Status is a line about the text: the match of a search, where it is, what is left out.
func (v *Viewer) Status() string {
	var parts []string
	if s := v.searchStatus(); s != "" {
		parts = append(parts, s)
	}
	if len(v.rows) > 0 {
		parts = append(parts, fmt.Sprintf("line %d of %d", v.top.line+v.dropped+1, len(v.rows)+v.dropped))
	}
	if v.dropped > 0 {
		parts = append(parts, fmt.Sprintf("the first %d dropped", v.dropped))
	}
	if v.options.Grows {
		parts = append(parts, map[bool]string{true: "following", false: "not following"}[v.follow])
	}
	if v.wrap {
		parts = append(parts, "wrapped")
	}
	if v.left > 0 {
		parts = append(parts, fmt.Sprintf("from column %d", v.left+1))
	}
	return strings.Join(parts, ", ")
}
