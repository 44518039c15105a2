// Package tui is the full-screen program: a stack of screens, and what is around the one on
// top: the header, the bottom line with hints, the command line, help and questions.
//
// It is pure as the screens are: it reads no clock, no file and no cluster. Who runs it gives
// it a screen.World, and sends it the messages of package feed.
package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/carto-run/carto/pkg/tree"
	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/pkg/tui/overview"
	"github.com/carto-run/carto/pkg/tui/screen"
	"github.com/carto-run/carto/pkg/tui/theme"
)

// Options of the program.
type Options struct {
	// Program is how the person calls us: "kubectl carto".
	Program string
	World   screen.World
	// Kind of the table that is the first screen; empty is Workload.
	Kind string
	// Open is on top of the table at the start; nil for nothing.
	Open screen.Screen
	// Overview makes the table of a kind; nil is overview.New.
	Overview func(kind string) screen.Screen
	// OwnersOf makes the table of the owners of a blueprint; nil is overview.NewOf.
	OwnersOf func(blueprint tree.Ref) screen.Screen
	Theme    theme.Name
	// Unicode is true where glyphs beyond ASCII can be shown.
	Unicode bool
	// Write is true when the cluster may be changed.
	Write bool
	// Mouse is true when clicks and the wheel are ours; the terminal selects no text then.
	Mouse bool
	// Namespace in use at the start; empty for all.
	Namespace string
	// Context of the kubeconfig, until the connection says more.
	Context string
	Now     time.Time
}

// Model is the program's state.
type Model struct {
	env      screen.Env
	overview func(kind string) screen.Screen
	ownersOf func(blueprint tree.Ref) screen.Screen
	// auto is true while the theme follows the background of the terminal.
	auto  bool
	mouse bool
	// wait makes the command from which the next second comes.
	wait func() tea.Cmd
	// width and height of the terminal; 0 until it has told.
	width, height int

	stack  []*layer
	known  known
	toast  toast
	prompt *prompt
	help   *help
	ask    *question
}

// New makes the program's model.
func New(o Options) *Model {
	m := &Model{
		overview: o.Overview, ownersOf: o.OwnersOf, auto: o.Theme == theme.Auto, mouse: o.Mouse, wait: inASecond,
		env: screen.Env{
			Now: o.Now, Theme: theme.New(o.Theme, o.Unicode), World: o.World, Write: o.Write, Program: o.Program,
			Namespace: o.Namespace, Connection: feed.Connection{Context: o.Context, State: feed.Connecting, Since: o.Now},
		},
	}
	if m.overview == nil {
		m.overview = overview.New
	}
	if m.ownersOf == nil {
		m.ownersOf = overview.NewOf
	}
	// Screens begin before the terminal tells its size.
	m.env.Width, m.env.Height = 80, 20
	m.use(o.Namespace)
	m.add(m.first(o.Kind))
	m.add(o.Open)
	return m
}

// first is the table that everything else is opened from.
func (m *Model) first(kind string) screen.Screen {
	if kind == "" {
		kind = "Workload"
	}
	return m.overview(kind)
}

// second comes once a second.
type second time.Time

func inASecond() tea.Cmd {
	return tea.Tick(time.Second, func(t time.Time) tea.Msg { return second(t) })
}

// Init begins the first screen.
func (m *Model) Init() tea.Cmd {
	cmds := []tea.Cmd{m.wait(), m.learn(), m.begin()}
	if m.auto {
		cmds = append(cmds, tea.RequestBackgroundColor)
	}
	return tea.Batch(cmds...)
}

// Update takes a message.
func (m *Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	cmds := []tea.Cmd{m.update(msg)}
	for sent := m.env.Sent(); len(sent) > 0; sent = m.env.Sent() {
		for _, next := range sent {
			cmds = append(cmds, m.update(next))
		}
	}
	return m, tea.Batch(cmds...)
}

func (m *Model) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
		m.env.Width, m.env.Height = m.room()
		return m.all(tea.WindowSizeMsg{Width: m.env.Width, Height: m.env.Height})
	case tea.BackgroundColorMsg:
		return m.background(msg.IsDark())
	case second:
		m.env.Now = time.Time(msg)
		m.toast.fade(m.env.Now)
		return tea.Batch(m.wait(), m.send(screen.Tick{Now: m.env.Now}))
	case tea.KeyPressMsg:
		return m.key(msg)
	case tea.PasteMsg:
		return m.paste(msg)
	case tea.MouseMsg:
		return m.pointer(msg)
	case screen.Push:
		return m.push(msg.Screen)
	case screen.OwnersOf:
		return m.push(m.ownersOf(msg.Blueprint))
	case screen.Pop:
		return m.pop()
	case tea.QuitMsg: // of a screen; the program takes its own itself
		return tea.Quit
	case screen.Reset:
		return m.reset(msg.Screen)
	case screen.Toast:
		m.say(msg.Text, msg.Bad)
		return nil
	case screen.Ask:
		m.ask = newQuestion(msg, m.env.Theme)
		return nil
	case screen.Namespace:
		return m.namespace(msg.Name)
	case feed.Connection:
		return m.connection(msg)
	case feed.Done:
		return m.done(msg)
	case feed.Delivery:
		if m.known.learn(msg) {
			return nil
		}
	}
	return m.all(msg)
}

// background picks the colours that are legible on it.
func (m *Model) background(dark bool) tea.Cmd {
	if !m.auto {
		return nil
	}
	name := theme.Light
	if dark {
		name = theme.Dark
	}
	m.env.Theme = theme.New(name, m.env.Theme.Unicode)
	return m.all(tea.WindowSizeMsg{Width: m.env.Width, Height: m.env.Height}) // what screens keep of a drawing has the colours of before
}

// done tells how an action ended. Screens learn it too: a form stays open when it failed.
func (m *Model) done(msg feed.Done) tea.Cmd {
	switch {
	case msg.Err != nil:
		m.say(msg.Err.Error(), true)
	case msg.Text != "":
		m.say(msg.Text, false)
	}
	return m.all(msg)
}

// connection tells how the API server answers.
func (m *Model) connection(now feed.Connection) tea.Cmd {
	before := m.env.Connection
	m.env.Connection = now
	if elsewhere(before, now) {
		// Another cluster: nothing that is on the screens is in it, and a question about
		// something of the one before must not be answered for this one.
		m.ask = nil
		m.env.Namespace, m.env.Recent = now.Namespace, nil
		m.use(now.Namespace)
		return tea.Batch(m.learn(), m.reset(m.first("")))
	}
	switch {
	case before.State == feed.Live && now.State == feed.Lost && now.Err != nil:
		m.say("the API server does not answer: "+now.Err.Error(), true)
	case before.State == feed.Live && now.State == feed.Lost:
		m.say("the API server does not answer", true)
	case before.State == feed.Lost && now.State == feed.Live:
		m.say("the API server answers again", false)
	}
	return nil
}

// elsewhere tells that a connection is to another cluster. One that was made by flags, or
// within a pod, has a server but no context.
func elsewhere(before, now feed.Connection) bool {
	if before.Server != "" && now.Server != "" && now.Server != before.Server {
		return true
	}
	return now.Context != before.Context && before.Context+before.Server != ""
}
