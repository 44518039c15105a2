package overview

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/pkg/tui/keys"
	"github.com/carto-run/carto/pkg/tui/screen"
)

// selection is a row, wherever it stands.
type selection struct {
	key feed.Key
	// at is its place among the rows that are shown, top that of the first one on screen.
	at, top int
	// held is true once a person chose a row, or all were read. Until then the first row is
	// selected, so that those that arrive do not carry the selection away.
	held bool
}

// settle finds the selected row again after rows came, went or moved. It stays on its line
// of the screen, if that can be; at the top of the table the table stays, so that what
// comes before the selected row is seen.
func (o *overview) settle(env *screen.Env) {
	shown := o.rows.shown
	if len(shown) == 0 {
		o.at, o.top = 0, 0
		return
	}
	at := min(o.at, len(shown)-1)
	if !o.held {
		at = 0
	} else if e := o.rows.entries[o.key]; e != nil && shown[at] != e {
		for i := range shown {
			if shown[i] == e {
				at = i
				break
			}
		}
	}
	if o.top > 0 && shown[at].key == o.key {
		o.top += at - o.at
	}
	if o.at = at; o.held && !o.rows.synced && o.rows.entries[o.key] == nil {
		// All is read again: the row is on a page that has not come yet.
		o.top = o.firstLine(env)
		return
	}
	o.key = shown[at].key
	o.top = o.firstLine(env)
	o.held = o.held || o.rows.synced
}

// firstLine is top within its limits: the selected row is seen, and no room is wasted.
func (o *overview) firstLine(env *screen.Env) int {
	height := o.frame(env).rows
	if height <= 0 {
		return o.at
	}
	top := max(min(o.top, o.at), o.at-height+1)
	return max(0, min(top, len(o.rows.shown)-height))
}

// jump selects the row at a place.
func (o *overview) jump(at int) {
	if n := len(o.rows.shown); n > 0 {
		o.at = max(0, min(at, n-1))
		o.key, o.held = o.rows.shown[o.at].key, true
	}
}

// current is the selected row; nil where there is none.
func (o *overview) current() *entry {
	if o.at < len(o.rows.shown) {
		return o.rows.shown[o.at]
	}
	return nil
}

// move does what keys that move do; false when the action is none of them.
func (o *overview) move(env *screen.Env, action keys.Action) bool {
	page := max(1, o.frame(env).rows)
	switch action {
	case keys.Down:
		o.jump(o.at + 1)
	case keys.Up:
		o.jump(o.at - 1)
	case keys.Top:
		o.jump(0)
	case keys.Bottom:
		o.jump(len(o.rows.shown) - 1)
	case keys.HalfDown:
		o.scroll(max(1, page/2))
	case keys.HalfUp:
		o.scroll(-max(1, page/2))
	case keys.PageDown:
		o.scroll(page)
	case keys.PageUp:
		o.scroll(-page)
	default:
		return false
	}
	return true
}

// scroll moves the selection and what is seen together.
func (o *overview) scroll(by int) {
	o.top += by
	o.jump(o.at + by)
}

// wheel scrolls what is seen; the selection only moves to stay in sight.
func (o *overview) wheel(env *screen.Env, m tea.Mouse) {
	const lines = 3
	by := lines
	switch m.Button {
	case tea.MouseWheelUp:
		by = -lines
	case tea.MouseWheelDown:
	default:
		return
	}
	height := o.frame(env).rows
	o.top = max(0, min(o.top+by, len(o.rows.shown)-height))
	if at := max(o.top, min(o.at, o.top+height-1)); at != o.at {
		o.jump(at)
	}
}

// twice is how soon a second click on a row counts as a double click. Env.Now goes by
// seconds: the next one may begin between two clicks, however fast they are.
const twice = 1500 * time.Millisecond

// click selects a row, and opens it the second time; on a title it sorts.
func (o *overview) click(env *screen.Env, m tea.Mouse) tea.Cmd {
	if m.Button != tea.MouseLeft {
		return nil
	}
	f := o.frame(env)
	if f.head && m.Y == 0 {
		for _, s := range o.layout(env) {
			if m.X >= s.x && m.X < s.x+s.width {
				o.sortBy(s.column)
			}
		}
		return nil
	}
	line := m.Y
	if f.head {
		line--
	}
	at := o.firstLine(env) + line
	if line < 0 || line >= f.rows || at >= len(o.rows.shown) {
		return nil
	}
	key := o.rows.shown[at].key
	again := key == o.clickedKey && env.Now.Sub(o.clicked) <= twice
	o.jump(at)
	if again {
		o.clicked = time.Time{}
		return o.open(env)
	}
	o.clicked, o.clickedKey = env.Now, key
	return nil
}
