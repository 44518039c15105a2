package owner

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/carto-run/carto/pkg/table"
	"github.com/carto-run/carto/pkg/tree"
	"github.com/carto-run/carto/pkg/tui/feed"
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
	if keys.Writes(action, m.Keys()...) && !env.Write {
		return screen.ReadOnly()
	}
	switch action {
	case keys.Layout:
		return m.flip()
	case keys.Open:
		return m.open(env)
	case keys.NextMatch:
		return m.unready(1)
	case keys.PrevMatch:
		return m.unready(-1)
	case keys.Parent:
		return m.parent(env)
	case keys.Copy:
		t := m.here()
		if t.Ref.Name == "" {
			return screen.Copy(t.Step, "step "+table.OneLine(t.Step))
		}
		return screen.Copy(t.Ref.Name, table.OneLine(t.Ref.Kind+"/"+t.Ref.Name))
	case keys.Edit, keys.Retry, keys.Delete:
		return m.change(env, action)
	}
	t := m.here()
	if action == keys.Logs && m.podless(t) {
		all := m.target(t.Owner, "", t.Owner)
		return tea.Batch(m.show(env, action, *all), say(t.Step+" has no pods: logs of all of "+named(t.Owner)))
	}
	return m.show(env, action, t)
}

// podless tells of a step that nothing runs for, while something does for others of its owner.
func (m *model) podless(t pane.Target) bool {
	if t.Step == "" || t.Owner != m.root() {
		return false
	}
	elsewhere := false
	for i := range m.snapshot.Tree.Steps {
		s := &m.snapshot.Tree.Steps[i]
		switch has := s.Object != nil && hasPods(s.Object); {
		case has && s.Name == t.Step:
			return false
		case has:
			elsewhere = true
		}
	}
	return elsewhere
}

// hasPods looks at an object and all below it.
func hasPods(o *tree.Object) bool {
	if o.Kind == "Pod" {
		return true
	}
	for i := range o.Children {
		if hasPods(&o.Children[i]) {
			return true
		}
	}
	if o.Tree != nil {
		for i := range o.Tree.Steps {
			if below := o.Tree.Steps[i].Object; below != nil && hasPods(below) {
				return true
			}
		}
	}
	return false
}

// open goes into what is selected: the screen of an owner or a blueprint, else the YAML of
// an object.
func (m *model) open(env *screen.Env) tea.Cmd {
	t, root := m.here(), m.root()
	switch {
	case isBlueprint(root) && t.Ref == root:
		return env.Send(screen.OwnersOf{Blueprint: root})
	case t.Ref != root && t.Ref.Name != "" && hasScreen(t.Ref):
		return env.Send(screen.Push{Screen: New(t.Ref)})
	case t.Ref.Name == "":
		return m.noObject(t.Step)
	}
	return m.show(env, keys.YAML, t)
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
func (m *model) parent(env *screen.Env) tea.Cmd {
	if m.focus == inDetail {
		m.turn()
	}
	if m.selected != "" {
		m.pick(-1)
		return nil
	}
	if above, ok := m.above(); ok {
		return env.Send(screen.Push{Screen: New(above)})
	}
	return say(named(m.root()) + " was stamped by no other owner")
}

// show opens a pane.
func (m *model) show(env *screen.Env, action keys.Action, t pane.Target) tea.Cmd {
	s, reason := m.pane(action, t)
	if s == nil {
		return say(reason)
	}
	return env.Send(screen.Push{Screen: s})
}

// change asks whether to change the cluster, and does it then.
func (m *model) change(env *screen.Env, action keys.Action) tea.Cmd {
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
		return env.Send(screen.Ask{Title: "Edit " + what + "?", Text: text, Yes: env.World.Do(feed.Edit{Ref: t.Ref})})
	}
	remove := feed.Delete{Ref: t.Ref, UID: string(t.Object.GetUID())}
	return env.Send(screen.Ask{Title: "Delete " + what + "?", Text: m.consequence(t), Name: t.Ref.Name, Yes: env.World.Do(remove)})
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
	if reason := m.unfailed(t); reason != "" {
		return say("nothing to retry: " + reason)
	}
	ask := screen.Ask{Title: "Retry " + table.OneLine(t.Owner.Kind+" "+named(t.Owner)) + "?", Text: "The agent makes one more run of what has failed."}
	if t.Step != "" {
		ask.Title = "Retry step " + table.OneLine(t.Step) + " of " + table.OneLine(named(t.Owner)) + "?"
		ask.Text = "The agent makes one more run of it."
	}
	ask.Yes = env.World.Do(feed.Retry{Owner: t.Owner, Step: t.Step})
	return env.Send(ask)
}

// unfailed says that there is no run to make again; empty when there may be one.
func (m *model) unfailed(t pane.Target) string {
	tr := m.snapshot.Tree
	if t.Owner != m.root() || len(tr.Steps) == 0 {
		if t.Owner == m.root() && tr.Owner.Ready.Status == "True" {
			return named(t.Owner) + " is ready"
		}
		return ""
	}
	for i := range tr.Steps {
		s := &tr.Steps[i]
		if (t.Step == "" || t.Step == s.Name) && (s.Healthy.Status == "False" || stepState(tr, s) == feed.Failed) {
			return ""
		}
	}
	if t.Step != "" {
		return "step " + t.Step + " of " + named(t.Owner) + " has not failed"
	}
	return "no step of " + named(t.Owner) + " has failed"
}

func say(text string) tea.Cmd { return screen.Send(screen.Toast{Text: table.OneLine(text)}) }
