// Package screentest drives screens in tests: it plays the program around one, at a fixed
// size and time, and records what was asked of the world.
package screentest

import (
	"reflect"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/pkg/tui/screen"
	"github.com/carto-run/carto/pkg/tui/theme"
)

// Now is the present in tests.
var Now = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// World records.
type World struct {
	Followed map[feed.ID]feed.Topic
	Stopped  []feed.ID
	Done     []feed.Action
}

var _ screen.World = (*World)(nil)

// Follow records a subscription.
func (w *World) Follow(id feed.ID, topic feed.Topic) tea.Cmd {
	return func() tea.Msg { w.Followed[id] = topic; return nil }
}

// Stop records its end.
func (w *World) Stop(id feed.ID) tea.Cmd {
	return func() tea.Msg { delete(w.Followed, id); w.Stopped = append(w.Stopped, id); return nil }
}

// Do records an action.
func (w *World) Do(action feed.Action) tea.Cmd {
	return func() tea.Msg { w.Done = append(w.Done, action); return nil }
}

// Driver holds a screen.
type Driver struct {
	T      *testing.T
	Screen screen.Screen
	Env    *screen.Env
	World  *World
	// Sent are the messages that the screen sent to the program, the oldest first.
	Sent []tea.Msg
}

// New shows a screen without colour; with changes what it finds when it begins.
func New(t *testing.T, s screen.Screen, width, height int, with ...func(*screen.Env)) *Driver {
	t.Helper()
	w := &World{Followed: map[feed.ID]feed.Topic{}}
	d := &Driver{T: t, Screen: s, World: w, Env: &screen.Env{
		Width: width, Height: height, Now: Now, Theme: theme.New(theme.None, true), World: w, Program: "kubectl carto",
		Connection: feed.Connection{Context: "kind-dev", State: feed.Live, Since: Now, Answered: Now},
	}}
	for _, change := range with {
		change(d.Env)
	}
	d.does(s.Init(d.Env))
	return d
}

// does takes what the screen sent at once, then does its command.
func (d *Driver) does(cmd tea.Cmd) {
	d.Sent = append(d.Sent, d.Env.Sent()...)
	d.run(cmd)
}

// run does a command, and those that it leads to. Messages of package screen are kept, all
// others go to the screen.
func (d *Driver) run(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	msg := cmd()
	if msg == nil {
		return
	}
	// What tea.Batch and tea.Sequence make are lists of commands; the type of the latter
	// has no name outside of its package.
	if list := reflect.ValueOf(msg); list.CanConvert(reflect.TypeFor[[]tea.Cmd]()) {
		for _, c := range list.Convert(reflect.TypeFor[[]tea.Cmd]()).Interface().([]tea.Cmd) {
			d.run(c)
		}
		return
	}
	d.Sent = append(d.Sent, msg)
}

// Send gives the screen a message.
func (d *Driver) Send(msg tea.Msg) *Driver { d.does(d.Screen.Update(d.Env, msg)); return d }

// Close takes the screen away.
func (d *Driver) Close() *Driver { d.does(d.Screen.Close(d.Env)); return d }

// Deliver gives the screen what a topic delivers, whatever its subscription is called.
func (d *Driver) Deliver(topic feed.Topic, payload any) *Driver {
	d.T.Helper()
	for id, followed := range d.World.Followed {
		if followed == topic {
			return d.Send(feed.Delivery{ID: id, Payload: payload})
		}
	}
	d.T.Fatalf("nothing follows %#v; followed are %#v", topic, d.World.Followed)
	return d
}

// Press presses keys by their names: "j", "ctrl+d", "enter", "space".
func (d *Driver) Press(names ...string) *Driver {
	for _, name := range names {
		d.Send(Key(name))
	}
	return d
}

// Type presses a key for each character.
func (d *Driver) Type(text string) *Driver {
	for _, r := range text {
		d.Send(tea.KeyPressMsg{Code: r, Text: string(r)})
	}
	return d
}

// View is the picture without colour. It fails the test if it is larger than the screen.
func (d *Driver) View() string {
	d.T.Helper()
	lines := strings.Split(d.Screen.View(d.Env), "\n")
	if len(lines) != d.Env.Height {
		d.T.Errorf("the screen draws %d lines; there are %d", len(lines), d.Env.Height)
	}
	for i, line := range lines {
		if w := ansi.StringWidth(line); w > d.Env.Width {
			d.T.Errorf("line %d is %d cells wide; there are %d: %q", i+1, w, d.Env.Width, line)
		}
		lines[i] = strings.TrimRight(ansi.Strip(line), " ")
	}
	return strings.Join(lines, "\n")
}

// Key makes the message of a key.
func Key(name string) tea.KeyPressMsg {
	special := map[string]rune{
		"enter": tea.KeyEnter, "esc": tea.KeyEscape, "tab": tea.KeyTab, "space": tea.KeySpace, "backspace": tea.KeyBackspace,
		"up": tea.KeyUp, "down": tea.KeyDown, "left": tea.KeyLeft, "right": tea.KeyRight,
		"home": tea.KeyHome, "end": tea.KeyEnd, "pgup": tea.KeyPgUp, "pgdown": tea.KeyPgDown, "delete": tea.KeyDelete,
	}
	key := tea.KeyPressMsg{}
	for {
		if rest, ok := strings.CutPrefix(name, "ctrl+"); ok {
			key.Mod, name = key.Mod|tea.ModCtrl, rest
		} else if rest, ok := strings.CutPrefix(name, "shift+"); ok {
			key.Mod, name = key.Mod|tea.ModShift, rest
		} else {
			break
		}
	}
	if code, ok := special[name]; ok {
		key.Code = code
		if name == "space" {
			key.Text = " "
		}
		return key
	}
	runes := []rune(name)
	key.Code = runes[0]
	if key.Mod == 0 {
		key.Text = name
	}
	return key
}
