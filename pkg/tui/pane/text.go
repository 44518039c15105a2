package pane

import (
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/carto-run/carto/pkg/table"
	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/pkg/tui/keys"
	"github.com/carto-run/carto/pkg/tui/screen"
	"github.com/carto-run/carto/pkg/tui/viewer"
)

// text is the screen of a pane that is a text: lines about what it shows, and a viewer.
type text struct {
	title string
	// head says what is shown, in a line.
	head string
	body body
	view *viewer.Viewer

	topics []feed.Topic
	// ids and faults of the topics, in their order.
	ids    []feed.ID
	faults []*feed.Fault
	// told are the topics that have delivered something.
	told []bool
	// own are keys of the pane, besides those of a text; press does what they do.
	own   []keys.Group
	press func(env *screen.Env, action keys.Action) tea.Cmd

	// unmarked texts have other lines all the time, such as differences.
	unmarked bool
	// full leaves the lines above the text out.
	full  bool
	notes []viewer.Line
	// lines as they were written last, for a width; 0 before there are any.
	lines []viewer.Line
	width int
}

// body is what a pane knows, and how it says it.
type body interface {
	// take remembers what a topic delivered.
	take(payload any)
	// write is the text for a width.
	write(env *screen.Env, width int) page
}

// slow is a body for which some deliveries take longer than a key may wait. Their work is
// done beside the program's loop; what it returns is taken instead. nil does it at once.
type slow interface {
	work(env *screen.Env, payload any) func() any
}

// worked is the payload of a delivery that took longer.
type worked struct{ payload any }

// page is a text as a body writes it; without lines, nothing is known yet.
type page struct {
	// notes stand above the text and do not scroll.
	notes []viewer.Line
	lines []viewer.Line
	// source is what is copied, where that is not the lines.
	source string
}

var (
	_ screen.Screen = (*text)(nil)
	_ interface {
		Back(env *screen.Env) bool
	} = (*text)(nil)
)

func newText(title, head string, b body, topics ...feed.Topic) *text {
	return &text{
		title: title, head: table.OneLine(head), body: b, view: viewer.New(viewer.Options{What: "the whole text"}),
		topics: topics, faults: make([]*feed.Fault, len(topics)), told: make([]bool, len(topics)),
	}
}

// Title of the pane.
func (p *text) Title() string { return p.title }

// Init follows the topics, and shows what is at hand already.
func (p *text) Init(env *screen.Env) tea.Cmd {
	p.write(env, time.Time{})
	var cmds []tea.Cmd
	for _, topic := range p.topics {
		id := env.NewID()
		p.ids = append(p.ids, id)
		cmds = append(cmds, env.World.Follow(id, topic))
	}
	return tea.Batch(cmds...)
}

// Close gives the subscriptions up.
func (p *text) Close(env *screen.Env) tea.Cmd {
	var cmds []tea.Cmd
	for _, id := range p.ids {
		cmds = append(cmds, env.World.Stop(id))
	}
	p.ids = nil
	return tea.Batch(cmds...)
}

// Update takes a message.
func (p *text) Update(env *screen.Env, msg tea.Msg) tea.Cmd {
	p.fit(env)
	switch msg := msg.(type) {
	case feed.Delivery:
		return p.deliver(env, msg)
	case screen.Tick:
		p.write(env, time.Time{}) // ages
		return nil
	case tea.KeyPressMsg:
		if p.view.Typing() {
			break
		}
		switch action := keys.Match(msg.String(), p.Keys()...); {
		case action == keys.Full:
			p.full = !p.full
			p.fit(env)
			return nil
		case p.press != nil && keys.Match(msg.String(), p.own...) != "":
			cmd := p.press(env, action)
			p.write(env, time.Time{})
			return cmd
		}
	}
	cmd, _ := p.view.Update(msg)
	return cmd
}

func (p *text) deliver(env *screen.Env, d feed.Delivery) tea.Cmd {
	i := slices.Index(p.ids, d.ID)
	if i < 0 {
		return nil
	}
	if fault, bad := d.Payload.(feed.Fault); bad {
		p.faults[i] = &fault
		p.write(env, time.Time{})
		return nil
	}
	if b, isSlow := p.body.(slow); isSlow {
		if work := b.work(env, d.Payload); work != nil {
			p.faults[i] = nil
			return func() tea.Msg { return feed.Delivery{ID: d.ID, Payload: worked{work()}} }
		}
	}
	p.write(env, time.Time{}) // so that only what differs is marked, not ages
	var now time.Time
	if p.told[i] && !p.unmarked {
		now = env.Now // the first that a topic delivers is no change
	}
	p.told[i] = true
	if late, ok := d.Payload.(worked); ok {
		p.body.take(late.payload) // a fault that came meanwhile is newer
	} else {
		p.faults[i] = nil
		p.body.take(d.Payload)
	}
	p.write(env, now)
	return nil
}

// write puts the text into the viewer. Lines that are new are marked, unless now is zero.
func (p *text) write(env *screen.Env, now time.Time) {
	if env.Width == 0 {
		return
	}
	is := p.body.write(env, textWidth(env))
	if is.lines == nil {
		return
	}
	p.notes = append(p.trouble(), is.notes...)
	p.resize(env)
	if p.width == 0 || !same(p.lines, is.lines) {
		p.view.Set(now, is.lines)
		p.view.SetSource(is.source)
	}
	p.width, p.lines = env.Width, is.lines
}

// same tells that a body wrote nothing new; it keeps what is expensive to write.
func same(a, b []viewer.Line) bool { return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0]) }

// textWidth is without the gutter of the viewer.
func textWidth(env *screen.Env) int { return max(1, env.Width-1) }

// trouble says why the text may not be what the cluster holds.
func (p *text) trouble() []viewer.Line {
	var all []viewer.Line
	for i, f := range p.faults {
		if l, ok := trouble(f, p.told[i]); ok && !slices.ContainsFunc(all, func(other viewer.Line) bool { return other.Text == l.Text }) {
			all = append(all, l)
		}
	}
	return all
}

// fit follows the size of the screen.
func (p *text) fit(env *screen.Env) {
	if p.width != 0 && p.width != env.Width {
		p.write(env, time.Time{})
	}
	p.resize(env)
}

func (p *text) resize(env *screen.Env) { p.view.SetSize(env.Width, env.Height-len(p.above(env))) }

// above are the lines over the text, as far as they leave room for it.
func (p *text) above(env *screen.Env) []viewer.Line {
	if p.full {
		return nil
	}
	all := append([]viewer.Line{viewer.Say(viewer.Title, p.head)}, p.notes...)
	return all[:max(0, min(len(all), env.Height/3))]
}

// View draws the pane.
func (p *text) View(env *screen.Env) string {
	p.fit(env)
	var lines []string
	for _, l := range p.above(env) {
		lines = append(lines, viewer.Draw(env.Theme, l, env.Width))
	}
	if p.width == 0 {
		return filled(env, append(lines, instead(env, p.faults...)...))
	}
	return strings.Join(append(lines, p.view.View(env.Theme, env.Now)), "\n")
}

// Keys of a text.
func (p *text) Keys() []keys.Group {
	if p.Typing() {
		return []keys.Group{keys.Line}
	}
	return append(p.own[:len(p.own):len(p.own)], keys.Viewer, keys.Move)
}

// Status says where in the text it is.
func (p *text) Status(*screen.Env) string {
	if p.width == 0 {
		return ""
	}
	return p.view.Status()
}

// Typing is true while the search is typed.
func (p *text) Typing() bool { return p.view.Typing() }

// Back ends the search first.
func (p *text) Back(*screen.Env) bool { return p.view.Back() }
