package owner

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/carto-run/carto/pkg/table"
	"github.com/carto-run/carto/pkg/tree"
	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/pkg/tui/graph"
	"github.com/carto-run/carto/pkg/tui/keys"
	"github.com/carto-run/carto/pkg/tui/pane"
	"github.com/carto-run/carto/pkg/tui/screen"
)

// key does what a key means.
func (m *model) key(env *screen.Env, name string) tea.Cmd {
	action := keys.Match(name, m.Keys()...)
	if action == "" {
		return nil
	}
	if m.snapshot == nil {
		return say("nothing was read yet")
	}
	// What is selected is found in what is drawn.
	m.arrange(env, len(m.head(env)))
	if m.move(env, action, name) {
		return nil
	}
	switch action {
	case keys.Open:
		return m.open()
	case keys.NextMatch:
		return m.unready(1)
	case keys.PrevMatch:
		return m.unready(-1)
	case keys.Parent:
		return m.parent()
	case keys.Copy:
		t := m.here()
		if t.Ref.Name == "" {
			return screen.Copy(t.Step, "step "+table.OneLine(t.Step))
		}
		return screen.Copy(t.Ref.Name, table.OneLine(t.Ref.Kind+"/"+t.Ref.Name))
	case keys.Edit, keys.Retry, keys.Delete:
		return m.change(env, action)
	}
	return m.show(action, m.here())
}

// move takes the keys that only change what is seen or selected.
func (m *model) move(env *screen.Env, action keys.Action, name string) bool {
	half := max(1, m.drawing.seen.height/2)
	if m.focus == inDetail {
		half = max(1, m.detail.height/2)
	}
	switch action {
	case keys.Next, keys.Previous:
		m.turn()
		m.arrange(env, len(m.head(env)))
		m.detail.first()
	case keys.Full:
		m.alone = !m.alone
		m.drawing.reveal = true
	case keys.Layout:
		m.flip()
	case keys.Left:
		m.towards(-1, 0)
	case keys.Right:
		m.towards(1, 0)
	case keys.Down, keys.Up:
		by := 1
		if action == keys.Up {
			by = -1
		}
		switch {
		case m.focus == inDetail:
			m.detail.move(by)
		case name == "up" || name == "down":
			m.towards(0, by)
		default:
			m.pick(m.place() + by)
		}
	case keys.Top, keys.Bottom:
		if m.focus == inDetail {
			m.detail.edge(action == keys.Bottom)
		} else if action == keys.Top {
			m.pick(-1)
		} else {
			m.pick(len(m.cells) - 1)
		}
	case keys.HalfDown:
		m.scroll(half)
	case keys.HalfUp:
		m.scroll(-half)
	case keys.PageDown:
		m.scroll(2 * half)
	case keys.PageUp:
		m.scroll(-2 * half)
	default:
		return false
	}
	return true
}

// turn gives the focus to the other pane.
func (m *model) turn() {
	if m.focus == inDetail {
		m.focus, m.drawing.reveal = inGraph, true
		return
	}
	m.focus = inDetail
}

// flip draws in the other direction than now.
func (m *model) flip() {
	m.direction = graph.Down
	if p := m.drawing.picture; p != nil && p.Direction == graph.Down {
		m.direction = graph.Across
	}
	m.drawing.reveal = true
}

// place of the selected cell among all; -1 for the owner itself.
func (m *model) place() int {
	for i := range m.cells {
		if m.cells[i].id == m.selected {
			return i
		}
	}
	return -1
}

// pick selects a cell by its place; the owner itself comes before the first.
func (m *model) pick(place int) {
	m.moved = true
	if place = min(place, len(m.cells)-1); place < 0 {
		m.choose("")
		return
	}
	m.choose(m.cells[place].id)
}

// towards selects the nearest box in a direction. Above all is the owner itself, and on the
// left of the detail the graph.
func (m *model) towards(dx, dy int) {
	if m.focus == inDetail {
		if dx < 0 {
			m.turn()
		}
		return
	}
	if m.selected == "" {
		if dy > 0 || dx > 0 {
			m.pick(0)
		}
		return
	}
	if m.drawing.picture == nil {
		return
	}
	m.moved = true
	to := m.drawing.picture.Neighbour(m.selected, dx, dy)
	if to == m.selected && dy < 0 {
		to = ""
	}
	m.choose(to)
}

// unready selects the next step that is not ready, from the last on to the first.
func (m *model) unready(by int) tea.Cmd {
	n := len(m.cells)
	at := m.place()
	if at < 0 && by < 0 {
		at = n
	}
	for i := 1; i <= n; i++ {
		next := ((at+by*i)%n + n) % n
		if m.cellState(&m.cells[next]) != feed.Ready {
			m.pick(next)
			return nil
		}
	}
	if m.snapshot.Tree.Owner.Kind == "" {
		return say("the steps of a blueprint have no state; its owners have")
	}
	return say("no step to go to: all are ready")
}

// cellState is the state of what a box stands for; a step of a blueprint has none, and
// nothing is wrong with it.
func (m *model) cellState(c *cell) feed.State {
	switch {
	case c.run != nil:
		return stateOf(c.run.Ready)
	case c.below != nil:
		return treeState(c.below)
	case c.step != nil:
		return stepState(m.snapshot.Tree, c.step)
	}
	return feed.Ready
}

func (m *model) scroll(by int) {
	switch {
	case m.focus == inDetail:
		m.detail.scroll(by)
	case m.drawing.picture != nil:
		m.drawing.scroll(0, by)
	}
}

// open goes into what is selected: the screen of an owner or a blueprint, else the YAML of
// an object.
func (m *model) open() tea.Cmd {
	t, root := m.here(), m.root()
	switch {
	case isBlueprint(root) && t.Ref == root:
		return screen.Send(screen.OwnersOf{Blueprint: root})
	case t.Ref != root && t.Ref.Name != "" && hasScreen(t.Ref):
		return screen.Send(screen.Push{Screen: New(t.Ref)})
	case t.Ref.Name == "":
		return m.noObject(t.Step)
	}
	return m.show(keys.YAML, t)
}

func (m *model) noObject(step string) tea.Cmd {
	text := "step " + step + " has no object"
	if c := m.cell(step); c != nil && c.step != nil {
		switch {
		case c.step.Phase == tree.PhasePassThrough:
			text += ": it passes its input through"
		case len(c.step.WaitsFor) > 0:
			text += " yet: it waits for " + strings.Join(c.step.WaitsFor, ", ")
		default:
			text += " yet"
		}
	}
	return say(text)
}

// parent goes from a step to its owner, and from an owner to the one that stamped it.
func (m *model) parent() tea.Cmd {
	if m.focus == inDetail {
		m.turn()
	}
	if m.selected != "" {
		m.pick(-1)
		return nil
	}
	if above, ok := m.above(); ok {
		return screen.Send(screen.Push{Screen: New(above)})
	}
	return say(named(m.root()) + " was stamped by no other owner")
}

// show opens a pane.
func (m *model) show(action keys.Action, t pane.Target) tea.Cmd {
	s, reason := m.pane(action, t)
	if s == nil {
		return say(reason)
	}
	return screen.Send(screen.Push{Screen: s})
}

// change asks whether to change the cluster, and does it then.
func (m *model) change(env *screen.Env, action keys.Action) tea.Cmd {
	if !env.Write {
		return say("read-only; start with --write")
	}
	if m.fault != nil && m.fault.Gone {
		return say(named(m.ref) + " was deleted")
	}
	t := m.here()
	if action == keys.Retry {
		return m.retry(env, t)
	}
	if t.Ref.Name == "" {
		return m.noObject(t.Step)
	}
	what := table.OneLine(t.Ref.Kind + " " + named(t.Ref))
	if t.Object == nil {
		return say(what + " was not read, so it is not changed from here")
	}
	if action == keys.Edit {
		text := "It opens in your editor; what you save is applied."
		if t.Ref != t.Owner && !hasScreen(t.Ref) && t.Step != "" {
			text += " The agent overwrites what its template says otherwise."
		}
		return screen.Send(screen.Ask{Title: "Edit " + what + "?", Text: text, Yes: env.World.Do(feed.Edit{Ref: t.Ref})})
	}
	remove := feed.Delete{Ref: t.Ref, UID: string(t.Object.GetUID())}
	return screen.Send(screen.Ask{Title: "Delete " + what + "?", Text: m.consequence(t), Name: t.Ref.Name, Yes: env.World.Do(remove)})
}

// consequence of deleting something.
func (m *model) consequence(t pane.Target) string {
	switch c := m.cell(t.Step); {
	case isBlueprint(t.Ref) && m.snapshot.Tree.Owner.Kind == "":
		return fmt.Sprintf("%s go through it, and will not be kept up to date any more.", count(len(m.snapshot.Tree.Owners), "owner"))
	case t.Ref == m.root() || hasScreen(t.Ref) && t.Step == "":
		return "Kubernetes then removes everything that it owns."
	case c != nil && c.step != nil && c.step.Object != nil && c.step.Object.Ref == t.Ref:
		return "Kubernetes then removes everything that it owns, and the agent stamps it again."
	}
	return "Kubernetes then removes everything that it owns."
}

// retry asks the agent for one more run.
func (m *model) retry(env *screen.Env, t pane.Target) tea.Cmd {
	if isBlueprint(t.Owner) {
		return say("a blueprint has no runs")
	}
	ask := screen.Ask{Title: "Retry " + table.OneLine(t.Owner.Kind+" "+named(t.Owner)) + "?", Text: "The agent makes one more run of what has failed."}
	if t.Step != "" {
		ask.Title = "Retry step " + table.OneLine(t.Step) + " of " + table.OneLine(named(t.Owner)) + "?"
		ask.Text = "The agent makes one more run of it."
	}
	ask.Yes = env.World.Do(feed.Retry{Owner: t.Owner, Step: t.Step})
	return screen.Send(ask)
}

func say(text string) tea.Cmd { return screen.Send(screen.Toast{Text: table.OneLine(text)}) }
