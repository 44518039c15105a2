package owner

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/carto-run/carto/pkg/tree"
	"github.com/carto-run/carto/pkg/tui/graph"
)

// How long a value travels, how long its target flashes then, and how often both are drawn.
const (
	travelTime = 1500 * time.Millisecond
	flashTime  = 600 * time.Millisecond
	frameTime  = 66 * time.Millisecond
	// lost is when a travel ends whose frames did not come: they go to the screen on top.
	lost = 4 * time.Second
)

// travel is a new value of a step on its way to those who read it.
type travel struct {
	from string
	// seen is when the snapshot came, began the time of the first frame.
	seen, began time.Time
	passed      time.Duration
}

// frame is the moment to draw the next picture of what travels.
type frame struct {
	of *model
	at time.Time
}

// depart sends the values on their way that differ between two trees.
func (m *model) depart(now time.Time, before, after *tree.Tree) tea.Cmd {
	old := map[string]map[string]string{}
	for i := range before.Steps {
		old[before.Steps[i].Name] = digests(&before.Steps[i])
	}
	for i := range after.Steps {
		s := &after.Steps[i]
		was, known := old[s.Name]
		if !known {
			continue
		}
		for name, digest := range digests(s) {
			if was[name] != digest {
				m.stopTravel(s.Name)
				m.travels = append(m.travels, travel{from: s.Name, seen: now})
				break
			}
		}
	}
	if len(m.travels) == 0 || m.ticking {
		return nil
	}
	m.ticking = true
	return m.nextFrame()
}

// digests of the outputs of a step by their names.
func digests(s *tree.Step) map[string]string {
	all := make(map[string]string, len(s.Outputs))
	for _, o := range s.Outputs {
		all[o.Name] = o.Digest
	}
	return all
}

func (m *model) stopTravel(from string) {
	kept := m.travels[:0]
	for _, t := range m.travels {
		if t.from != from {
			kept = append(kept, t)
		}
	}
	m.travels = kept
}

func (m *model) nextFrame() tea.Cmd {
	return m.after(frameTime, func(at time.Time) tea.Msg { return frame{m, at} })
}

// travelOn moves what travels, and asks for the next frame as long as something does.
func (m *model) travelOn(at time.Time) tea.Cmd {
	kept := m.travels[:0]
	for _, t := range m.travels {
		if t.began.IsZero() {
			t.began = at
		}
		if t.passed = at.Sub(t.began); t.passed < travelTime+flashTime {
			kept = append(kept, t)
		}
	}
	m.travels = kept
	if m.ticking = len(kept) > 0; !m.ticking {
		return nil
	}
	return m.nextFrame()
}

// settle ends travels whose frames were lost.
func (m *model) settle(now time.Time) {
	kept := m.travels[:0]
	for _, t := range m.travels {
		if now.Sub(t.seen) < lost {
			kept = append(kept, t)
		}
	}
	m.travels = kept
	m.ticking = m.ticking && len(kept) > 0
}

// progress of the value that left a step: from 0 to 1; negative when there is none.
func (m *model) progress(step string) float64 {
	for _, t := range m.travels {
		if t.from == step && t.passed < travelTime {
			return float64(t.passed) / float64(travelTime)
		}
	}
	return -1
}

// flash draws the boxes that a value has just reached in two looks in turn, of which the
// border differs as well.
func (m *model) flash(boxes []graph.Box, all []graph.Edge) {
	for _, t := range m.travels {
		after := t.passed - travelTime
		if after < 0 || after/(flashTime/4)%2 == 1 {
			continue
		}
		for _, e := range all {
			for i := range boxes {
				if e.From == t.from && e.To == boxes[i].ID && m.cell(e.To).below == nil {
					boxes[i].Look = flashed(boxes[i].Look)
				}
			}
		}
	}
}

// flashed is a look that is seen beside the usual one.
func flashed(l graph.Look) graph.Look {
	if l == graph.Busy {
		return graph.Plain
	}
	return graph.Busy
}
