package tui

import (
	"fmt"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/pkg/tui/keys"
	"github.com/carto-run/carto/pkg/tui/screen"
	"github.com/carto-run/carto/pkg/tui/screen/screentest"
	"github.com/carto-run/carto/pkg/tui/theme"
)

// fake is a screen that writes down what it is told.
type fake struct {
	title, status string
	groups        []keys.Group
	typing        bool
	// inside is how often it goes back within itself.
	inside int
	log    []string
	// answer is what it does at a key.
	answer func(env *screen.Env, key string) tea.Cmd
	// draw replaces its picture.
	draw func(*screen.Env) string
}

var _ screen.Backer = (*fake)(nil)

func (f *fake) Title() string             { return f.title }
func (f *fake) Keys() []keys.Group        { return f.groups }
func (f *fake) Status(*screen.Env) string { return f.status }
func (f *fake) Typing() bool              { return f.typing }
func (f *fake) Init(*screen.Env) tea.Cmd  { f.log = append(f.log, "init"); return nil }
func (f *fake) Close(*screen.Env) tea.Cmd { f.log = append(f.log, "close"); return nil }
func (f *fake) View(e *screen.Env) string {
	if f.draw != nil {
		return f.draw(e)
	}
	lines := make([]string, e.Height)
	for i := range lines {
		lines[i] = ansi.Truncate(fmt.Sprintf("row %d of %d, %d wide", i+1, e.Height, e.Width), e.Width, "")
	}
	return strings.Join(lines, "\n")
}

func (f *fake) Back(*screen.Env) bool {
	f.inside--
	return f.inside >= 0
}

func (f *fake) Update(env *screen.Env, msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		f.log = append(f.log, "key "+msg.String())
		if f.answer != nil {
			return f.answer(env, msg.String())
		}
	case tea.PasteMsg:
		f.log = append(f.log, "paste "+msg.Content)
	case tea.MouseMsg:
		f.log = append(f.log, fmt.Sprintf("%T %d,%d", msg, msg.Mouse().X, msg.Mouse().Y))
	case tea.WindowSizeMsg:
		f.log = append(f.log, fmt.Sprintf("size %dx%d", msg.Width, msg.Height))
	default:
		f.log = append(f.log, fmt.Sprintf("%T", msg))
	}
	return nil
}

// logged is what was told since the last call.
func (f *fake) logged() string {
	all := strings.Join(f.log, ", ")
	f.log = nil
	return all
}

// session drives the program as Bubble Tea does, but for commands that wait.
type session struct {
	t     *testing.T
	m     *Model
	world *screentest.World
	first *fake
	kinds []string
	quit  bool
}

func options(change func(*Options)) Options {
	o := Options{Program: "kubectl carto", Theme: theme.None, Unicode: true, Mouse: true, Namespace: "shop", Context: "kind-dev", Now: screentest.Now}
	if change != nil {
		change(&o)
	}
	return o
}

func start(t *testing.T, width, height int, change func(*Options)) *session {
	t.Helper()
	s := &session{t: t, world: &screentest.World{Followed: map[feed.ID]feed.Topic{}}}
	o := options(change)
	o.World = s.world
	o.Overview = func(kind string) screen.Screen {
		s.kinds = append(s.kinds, kind)
		s.first = &fake{title: "workloads", status: "42 workloads · 3 failed", groups: []keys.Group{keys.Overview, keys.Move, keys.Panes}}
		return s.first
	}
	s.m = New(o)
	s.m.wait = func() tea.Cmd { return nil } // seconds come when the test says so
	s.run(s.m.Init())
	s.send(tea.WindowSizeMsg{Width: width, Height: height})
	s.send(feed.Connection{Context: "kind-dev", Server: "https://127.0.0.1:6443", State: feed.Live, Since: screentest.Now, Answered: screentest.Now})
	s.first.log = nil
	return s
}

func (s *session) send(msg tea.Msg) {
	s.t.Helper()
	_, cmd := s.m.Update(msg)
	s.run(cmd)
	s.view()
}

// run does a command, and what it leads to.
func (s *session) run(cmd tea.Cmd) {
	s.t.Helper()
	if cmd == nil {
		return
	}
	switch msg := cmd().(type) {
	case nil:
	case tea.QuitMsg:
		s.quit = true
	case tea.BatchMsg:
		for _, c := range msg {
			s.run(c)
		}
	default:
		s.send(msg)
	}
}

func (s *session) press(names ...string) *session {
	s.t.Helper()
	for _, name := range names {
		s.send(screentest.Key(name))
	}
	return s
}

func (s *session) typed(text string) *session {
	s.t.Helper()
	for _, r := range text {
		s.send(tea.KeyPressMsg{Code: r, Text: string(r)})
	}
	return s
}

// view is the picture without colour; it must fit into the terminal.
func (s *session) view() string {
	s.t.Helper()
	lines := strings.Split(s.m.View().Content, "\n")
	if s.m.height > 0 && s.m.width > 0 && len(lines) != s.m.height {
		s.t.Errorf("%d lines at a height of %d", len(lines), s.m.height)
	}
	for i, line := range lines {
		if w := ansi.StringWidth(line); w > s.m.width {
			s.t.Errorf("line %d is %d wide; there are %d: %q", i+1, w, s.m.width, line)
		}
		lines[i] = strings.TrimRight(ansi.Strip(line), " ")
	}
	return strings.Join(lines, "\n") + "\n"
}

// says is the lowest line.
func (s *session) says() string {
	s.t.Helper()
	lines := strings.Split(strings.TrimSuffix(s.view(), "\n"), "\n")
	return lines[len(lines)-1]
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	screentest.Golden(t, name, got)
}
