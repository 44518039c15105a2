package pane

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/table"
	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/pkg/tui/keys"
	"github.com/carto-run/carto/pkg/tui/screen"
	"github.com/carto-run/carto/pkg/tui/theme"
	"github.com/carto-run/carto/pkg/tui/viewer"
)

// eventsKept is how many there are at most. The API server forgets them after an hour.
const eventsKept = 5000

// gap between two columns.
const gap = 2

// eventPane shows what happened to an owner and to all below it, the latest at the end.
type eventPane struct {
	stream
	topic  feed.Events
	happen []happening
	synced bool
	// clock shows times instead of ages.
	clock bool
	// head are the titles of the columns.
	head string
	// width for which the columns were made.
	width int
}

// happening is an event with what is cut out of it once: there may be thousands, and ages
// change every second.
type happening struct {
	feed.Event
	// cells of the table but the age, and how wide they are.
	cells   []string
	widths  []int
	message string
}

// newEvents shows the events of an owner or of a step.
func newEvents(t Target) (screen.Screen, string) {
	switch t.Owner.Kind {
	case v1alpha1.KindClusterSupplyChain, v1alpha1.KindClusterDelivery:
		return nil, "events are those of owners; open one that goes through the blueprint"
	}
	if t.Owner.Name == "" {
		return nil, "events are those of an owner, and there is none here"
	}
	what := t.Owner.Name
	if t.Step != "" {
		what = "step " + t.Step
	}
	return &eventPane{stream: newStream("the events of "+table.Cell(what), eventsKept), topic: feed.Events{Owner: t.Owner, Step: t.Step}}, ""
}

// Title tells whose events they are.
func (p *eventPane) Title() string {
	if p.topic.Step != "" {
		return "events of " + table.Cell(p.topic.Step)
	}
	return "events of " + table.Cell(p.topic.Owner.Name)
}

// Init follows the events.
func (p *eventPane) Init(env *screen.Env) tea.Cmd { return p.again(env) }

func (p *eventPane) again(env *screen.Env) tea.Cmd {
	p.happen, p.synced = nil, false
	return p.begin(env, p.topic)
}

// Update takes a message.
func (p *eventPane) Update(env *screen.Env, msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case feed.Delivery:
		if msg.ID == p.id {
			p.delivered(env, msg.Payload)
		}
		return nil
	case screen.Tick:
		if !p.clock {
			p.restate(env) // ages
		}
		return nil
	}
	if refreshed(msg) {
		return p.again(env)
	}
	switch p.pressed(msg, keys.EventKeys) {
	case keys.Follow:
		p.follow()
	case keys.Timestamps:
		p.clock = !p.clock
		p.restate(env)
	default:
		return p.passed(msg)
	}
	return nil
}

func (p *eventPane) delivered(env *screen.Env, payload any) {
	switch d := payload.(type) {
	case feed.Fault:
		p.fault = &d
	case feed.EventsSeen:
		p.fault, p.synced = nil, p.synced || d.Synced
		top := p.first()
		p.came(p.merge(env.Theme, d.Events))
		p.say(env, top)
	}
}

// merge takes in new events and those that were repeated, which then are the latest. It
// returns how many they are.
func (p *eventPane) merge(t *theme.Theme, seen []feed.Event) int {
	latest := map[string]*feed.Event{}
	for i := range seen {
		latest[seen[i].UID] = &seen[i]
	}
	p.happen = slices.DeleteFunc(p.happen, func(e happening) bool { return latest[e.UID] != nil })
	for i := range seen {
		if latest[seen[i].UID] == &seen[i] {
			p.happen = append(p.happen, p.cut(t, &seen[i]))
		}
	}
	slices.SortStableFunc(p.happen, func(a, b happening) int { return a.Time.Compare(b.Time) })
	if excess := len(p.happen) - eventsKept; excess > 0 {
		p.happen = slices.Delete(p.happen, 0, excess)
	}
	return len(latest)
}

// first is the event that is seen first; empty when there is none.
func (p *eventPane) first() string {
	if top := p.view.Top(); top < len(p.happen) {
		return p.happen[top].UID
	}
	return ""
}

func (p *eventPane) restate(env *screen.Env) { p.say(env, p.first()) }

// say writes all events anew; that with the UID top stays at the top.
func (p *eventPane) say(env *screen.Env, top string) {
	at := slices.IndexFunc(p.happen, func(e happening) bool { return e.UID == top })
	if at < 0 {
		at = p.view.Top()
	}
	p.width = env.Width
	head, lines := p.table(env)
	p.head = head
	p.view.Restate(at, lines)
}

// eventColumn stands between the age and the message. It takes no more than share percent
// of the screen, and no more than most cells.
type eventColumn struct {
	title       string
	share, most int
	cell        func(t *theme.Theme, e *feed.Event) string
}

// columns but those that would say the same in each row.
func (p *eventPane) columns() []eventColumn {
	all := []eventColumn{{"TYPE", 12, 9, func(_ *theme.Theme, e *feed.Event) string { return mark(e) + " " + e.Type }}}
	if p.topic.Step == "" {
		all = append(all, eventColumn{"STEP", 12, 20, func(_ *theme.Theme, e *feed.Event) string { return cmp.Or(e.Step, "-") }})
	}
	return append(all,
		eventColumn{"ABOUT", 27, 48, func(_ *theme.Theme, e *feed.Event) string { return e.About }},
		eventColumn{"REASON", 18, 32, func(t *theme.Theme, e *feed.Event) string { return e.Reason + times(t, e.Count) }},
	)
}

func (p *eventPane) cut(t *theme.Theme, e *feed.Event) happening {
	h := happening{Event: *e, message: table.OneLine(e.Message)}
	for _, c := range p.columns() {
		cell := table.Cell(c.cell(t, e))
		h.cells, h.widths = append(h.cells, cell), append(h.widths, table.Width(cell))
	}
	return h
}

// times is how often an event was repeated.
func times(t *theme.Theme, count int64) string {
	switch {
	case count < 2:
		return ""
	case t.Unicode:
		return fmt.Sprintf(" ×%d", count)
	}
	return fmt.Sprintf(" x%d", count)
}

func isWarning(e *feed.Event) bool { return e.Type == "Warning" }

// mark of a warning, besides its colour.
func mark(e *feed.Event) string {
	if isWarning(e) {
		return "!"
	}
	return " "
}

// moment is a time of today, or a day with it.
func moment(now, t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	t = t.In(now.Location())
	if now.Sub(t) < 12*time.Hour {
		return t.Format("15:04:05")
	}
	return t.Format("Jan _2 15:04")
}

// when is the age of an event, or its time.
func (p *eventPane) when(now time.Time, e *happening) string {
	switch {
	case p.clock:
		return moment(now, e.Time)
	case e.Time.IsZero():
		return "-"
	}
	return screen.Age(now, e.Time)
}

// table writes all events, in columns that fit the screen.
func (p *eventPane) table(env *screen.Env) (head string, lines []viewer.Line) {
	columns := p.columns()
	first, at := "AGE", make([]string, len(p.happen))
	if p.clock {
		first = "TIME"
	}
	begin, widths := len(first), make([]int, len(columns))
	for i := range p.happen {
		at[i] = p.when(env.Now, &p.happen[i])
		begin = max(begin, len(at[i]))
		for c, width := range p.happen[i].widths {
			widths[c] = max(widths[c], width)
		}
	}
	var titles strings.Builder
	titles.WriteString(fitted(first, len(first), begin, env.Theme.Unicode))
	for c, column := range columns {
		widths[c] = max(len(column.title), min(widths[c], column.most, env.Width*column.share/100))
		if column.title == "TYPE" && env.Width < 100 {
			widths[c] = 1 // the mark alone: there is no room for words
		}
		titles.WriteString(fitted(column.title, len(column.title), widths[c], env.Theme.Unicode))
	}
	lines = make([]viewer.Line, len(p.happen))
	for i := range p.happen {
		e := &p.happen[i]
		line := viewer.Say(viewer.Faint, fitted(at[i], len(at[i]), begin, env.Theme.Unicode))
		for c, column := range columns {
			look := viewer.Plain
			if isWarning(&e.Event) && (column.title == "TYPE" || column.title == "REASON") {
				look = viewer.Bad
			}
			line = line.Say(look, fitted(e.cells[c], e.widths[c], widths[c], env.Theme.Unicode))
		}
		lines[i] = line.Say(viewer.Plain, e.message)
	}
	return titles.String() + "MESSAGE", lines
}

// fitted is a cell of exactly a width, with the space behind it. A column of one cell has no
// room for a marker.
func fitted(text string, width, want int, unicode bool) string {
	switch {
	case width <= want:
		return text + strings.Repeat(" ", want-width+gap)
	case want == 1:
		return ansi.Truncate(text, want, "") + strings.Repeat(" ", gap)
	}
	text = table.Cut(text, want, unicode)
	return text + strings.Repeat(" ", max(0, want-table.Width(text))+gap)
}

// View draws the table, below the titles of its columns.
func (p *eventPane) View(env *screen.Env) string {
	if p.width != env.Width {
		p.restate(env)
	}
	head := p.trouble()
	switch {
	case len(p.happen) > 0 && !p.view.Wrapped():
		head = append(head, viewer.Say(viewer.Head, " "+ansi.Cut(p.head, p.view.Left(), p.view.Left()+env.Width)))
	case len(p.happen) > 0:
		head = append(head, viewer.Say(viewer.Head, " "+p.head))
	case len(head) > 0:
	case !p.synced:
		head = append(head, viewer.Say(viewer.Faint, "reading..."))
	default:
		head = append(head, viewer.Say(viewer.Faint, "no events; the cluster forgets them after a while, usually an hour"))
	}
	return p.draw(env, head)
}

// Keys of events.
func (p *eventPane) Keys() []keys.Group { return p.keys(keys.EventKeys) }

// Status counts the events.
func (p *eventPane) Status(*screen.Env) string {
	warnings := 0
	for i := range p.happen {
		if isWarning(&p.happen[i].Event) {
			warnings++
		}
	}
	switch {
	case !p.synced && len(p.happen) == 0:
		return ""
	case warnings == 0:
		return p.status("no warnings")
	case warnings == 1:
		return p.status("1 warning")
	}
	return p.status(fmt.Sprintf("%d warnings", warnings))
}
