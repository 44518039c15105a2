// Package owner is the screen of one owner: its supply chain as a graph, and beside it the
// detail of the selected step.
//
// The screen draws snapshots and keeps nothing of its own but what a person has selected and
// how far they scrolled, so whatever happens to the cluster, the next snapshot is right. A
// value that is new in a snapshot travels along the edges that leave its step; that is the
// only thing that moves by itself.
package owner

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/carto-run/carto/pkg/tree"
	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/pkg/tui/graph"
	"github.com/carto-run/carto/pkg/tui/keys"
	"github.com/carto-run/carto/pkg/tui/pane"
	"github.com/carto-run/carto/pkg/tui/screen"
)

// New makes the screen of an owner, or of a blueprint.
func New(ref tree.Ref) screen.Screen {
	return &model{ref: ref, draw: graph.Draw, pane: pane.Open, after: tea.Tick}
}

type model struct {
	ref tree.Ref
	id  feed.ID

	// snapshot is the last one; nil before the first. fault came after it, at faultAt.
	snapshot  *feed.Snapshot
	fault     *feed.Fault
	faultAt   time.Time
	explained explanation
	// found are the objects of the snapshot as they were read.
	found map[tree.Ref]*tree.Found

	cells []cell
	// steps name the cells and their inputs: what the graph is, whatever the state.
	steps string
	// selected is a cell; empty for the owner itself. moved is true once a person chose:
	// until then the step at fault is selected.
	selected string
	moved    bool
	focus    place
	// alone gives the whole screen to the pane that has the focus.
	alone     bool
	direction graph.Direction
	drawing   drawing
	detail    list

	travels []travel
	ticking bool

	// Seams for tests.
	draw  func([]graph.Box, []graph.Edge, graph.Options) *graph.Picture
	pane  func(keys.Action, pane.Target) (screen.Screen, string)
	after func(time.Duration, func(time.Time) tea.Msg) tea.Cmd
}

// place is one of the two panes.
type place int

const (
	inGraph place = iota
	inDetail
)

func (m *model) Title() string { return named(m.ref) }

func (m *model) Keys() []keys.Group {
	own := keys.Owner
	if m.selected != "" || m.focus == inDetail {
		own = own.Hinted(keys.Parent, "owner")
	}
	panes := keys.Panes
	if isBlueprint(m.here().Owner) {
		panes = panes.Unhinted(keys.Logs, keys.Events, keys.Retry)
	}
	return []keys.Group{own, keys.Move, panes}
}

func (m *model) Typing() bool { return false }

func (m *model) Init(env *screen.Env) tea.Cmd {
	m.id = env.NewID()
	return env.World.Follow(m.id, feed.Owner{Ref: m.ref})
}

func (m *model) Close(env *screen.Env) tea.Cmd {
	return tea.Batch(env.World.Stop(m.id), m.stopExplaining(env))
}

// Back leaves the pane that has the whole screen, before the screen itself is left.
func (m *model) Back(*screen.Env) bool {
	was := m.alone
	m.alone = false
	return was
}

func (m *model) Update(env *screen.Env, msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case feed.Delivery:
		return m.deliver(env, msg)
	case frame:
		if msg.of == m {
			return m.travelOn(msg.at)
		}
	case screen.Tick:
		m.settle(msg.Now)
	case tea.KeyPressMsg:
		return m.key(env, msg.String())
	case tea.MouseClickMsg:
		m.click(env, msg.Mouse())
	case tea.MouseWheelMsg:
		m.wheel(env, msg.Mouse())
	}
	return nil
}

func (m *model) deliver(env *screen.Env, d feed.Delivery) tea.Cmd {
	switch payload := d.Payload.(type) {
	case feed.Snapshot:
		if d.ID == m.id {
			return m.take(env, &payload)
		}
	case feed.Fault:
		// Without an explanation the words of the snapshot stay.
		if d.ID == m.id {
			m.fault, m.faultAt = &payload, env.Now
		}
	case feed.Explanation:
		if d.ID == m.explained.id && d.ID != 0 {
			m.explained.why = payload.Why
		}
	}
	return nil
}

// take shows a snapshot.
func (m *model) take(env *screen.Env, s *feed.Snapshot) tea.Cmd {
	if s.Tree == nil {
		return nil
	}
	before := m.snapshot
	m.snapshot, m.fault = s, nil
	m.cells, m.found = cells(s), index(s)
	m.steps = signature(m.cells)
	m.selectAgain()
	ask := m.explain(env)
	if before == nil {
		return ask
	}
	return tea.Batch(ask, m.depart(env.Now, before.Tree, s.Tree))
}

// selectAgain keeps what a person selected, as long as it is there.
func (m *model) selectAgain() {
	if m.moved && (m.selected == "" || m.cell(m.selected) != nil) {
		return
	}
	fault := m.atFault()
	switch {
	case fault != "":
		m.choose(fault)
	case len(m.cells) == 0 || m.snapshot.Tree.Owner.Kind == "":
		// Of a blueprint its owners are looked at first.
		m.choose("")
	case m.cell(m.selected) == nil:
		m.choose(m.cells[0].id)
	}
}

// atFault is the cell of the root cause; empty when there is none.
func (m *model) atFault() string {
	c := m.snapshot.Tree.RootCause
	if c == nil || m.cell(c.Step) == nil {
		return ""
	}
	if below := m.cell(belowID(c.Step)); below != nil && c.Nested != nil {
		return below.id
	}
	return c.Step
}

// choose selects a cell, or the owner itself.
func (m *model) choose(id string) {
	if id == m.selected {
		return
	}
	m.selected, m.drawing.reveal = id, true
	m.detail = list{}
}

// cell by its name; nil when there is none.
func (m *model) cell(id string) *cell {
	for i := range m.cells {
		if m.cells[i].id == id {
			return &m.cells[i]
		}
	}
	return nil
}

// named is how people name an owner.
func named(ref tree.Ref) string {
	if ref.Namespace == "" {
		return ref.Name
	}
	return ref.Namespace + "/" + ref.Name
}
