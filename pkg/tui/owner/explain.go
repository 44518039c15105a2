package owner

import (
	"fmt"

	tea "charm.land/bubbletea/v2"

	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/pkg/tui/screen"
	"github.com/carto-run/carto/pkg/why"
)

// explanation is what the command why knows, asked for where a snapshot can not say it: how
// blueprints and options were considered, and what their templates lack.
type explanation struct {
	id feed.ID
	// about is the root cause that it was asked for; it counts as long as that is the same.
	about string
	why   *why.Why
}

// explain asks once for each root cause that the snapshot can only name.
func (m *model) explain(env *screen.Env) tea.Cmd {
	about := m.unexplained()
	if about == m.explained.about {
		return nil
	}
	stop := m.stopExplaining(env)
	m.explained = explanation{about: about}
	if about == "" {
		return stop
	}
	m.explained.id = env.NewID()
	return tea.Batch(stop, env.World.Follow(m.explained.id, feed.Explained{Owner: m.root()}))
}

func (m *model) stopExplaining(env *screen.Env) tea.Cmd {
	if m.explained.id == 0 {
		return nil
	}
	return env.World.Stop(m.explained.id)
}

// unexplained names the root cause that needs more than the snapshot to be worded; empty when
// there is none.
func (m *model) unexplained() string {
	w, t := m.snapshot.Why, m.snapshot.Tree
	if w == nil || w.Cause == nil || w.Selection != nil || !why.SelectionReason(w.Cause.Reason) && !why.TemplatesReason(w.Cause) {
		return ""
	}
	return fmt.Sprintf("%d %s %s %s", t.Owner.Generation, w.Cause.Step, w.Cause.Reason, w.Cause.Message)
}

// why is the best explanation there is; nil when there is none.
func (m *model) why() *why.Why {
	if m.explained.why != nil {
		return m.explained.why
	}
	return m.snapshot.Why
}
