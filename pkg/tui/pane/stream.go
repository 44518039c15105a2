package pane

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/carto-run/carto/pkg/table"
	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/pkg/tui/keys"
	"github.com/carto-run/carto/pkg/tui/screen"
	"github.com/carto-run/carto/pkg/tui/viewer"
)

// stream is a pane of what comes in line by line: logs and events.
type stream struct {
	view *viewer.Viewer
	id   feed.ID
	// fault of the subscription, until it delivers again.
	fault *feed.Fault
	// unseen counts the lines that came while the end was not followed.
	unseen int
}

func newStream(what string, most int) stream {
	return stream{view: viewer.New(viewer.Options{What: what, Grows: true, Max: most})}
}

// begin follows a topic instead of the one before.
func (s *stream) begin(env *screen.Env, topic feed.Topic) tea.Cmd {
	before := s.Close(env)
	s.id, s.fault, s.unseen = env.NewID(), nil, 0
	s.view.Clear()
	s.view.SetSize(env.Width, env.Height)
	return tea.Batch(before, env.World.Follow(s.id, topic))
}

// Close gives the subscription up.
func (s *stream) Close(env *screen.Env) tea.Cmd {
	if s.id == 0 {
		return nil
	}
	id := s.id
	s.id = 0
	return env.World.Stop(id)
}

// Typing is true while the search is typed.
func (s *stream) Typing() bool { return s.view.Typing() }

// Back ends the search first.
func (s *stream) Back(*screen.Env) bool { return s.view.Back() }

// passed gives the viewer a message that is not for the pane itself.
func (s *stream) passed(msg tea.Msg) tea.Cmd {
	cmd, _ := s.view.Update(msg)
	s.looked()
	return cmd
}

// follow turns following on and off.
func (s *stream) follow() {
	s.view.Follow(!s.view.Following())
	s.looked()
}

func (s *stream) looked() {
	if s.view.Following() {
		s.unseen = 0
	}
}

// came counts lines that were added.
func (s *stream) came(lines int) {
	if !s.view.Following() {
		s.unseen += lines
	}
}

// status is that of the viewer, with what came while somebody looked at earlier lines.
func (s *stream) status(more string) string {
	var parts []string
	for _, part := range []string{more, s.view.Status()} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	if s.unseen > 0 {
		parts = append(parts, fmt.Sprintf("+%d new", s.unseen))
	}
	return strings.Join(parts, ", ")
}

// trouble says why nothing more may come; nil when all is well.
func (s *stream) trouble() []viewer.Line {
	switch f := s.fault; {
	case f == nil:
		return nil
	case f.Gone:
		return []viewer.Line{viewer.Say(viewer.Bad, "Deleted: nothing more comes.")}
	case f.Final:
		return []viewer.Line{viewer.Say(viewer.Bad, "Not to be had: "+said(f.Err))}
	default:
		return []viewer.Line{viewer.Say(viewer.Busy, "Interrupted, tried again: "+said(f.Err))}
	}
}

func said(err error) string {
	if err == nil {
		return "no reason was given"
	}
	return table.OneLine(err.Error())
}

// draw puts lines above the text; at least one line is left for that.
func (s *stream) draw(env *screen.Env, head []viewer.Line) string {
	empty := s.view.Len() == 0 && !s.Typing()
	if room := max(0, env.Height-1); len(head) > room && !empty {
		head = head[:room]
	}
	lines := make([]string, 0, env.Height)
	for _, l := range head {
		lines = append(lines, viewer.Draw(env.Theme, l, env.Width))
	}
	if empty {
		for len(lines) < env.Height {
			lines = append(lines, "")
		}
		return strings.Join(lines[:env.Height], "\n")
	}
	s.view.SetSize(env.Width, env.Height-len(lines))
	return strings.Join(append(lines, s.view.View(env.Theme, env.Now)), "\n")
}

// refreshed tells that everything is read anew, so that what was read would come twice.
func refreshed(msg tea.Msg) bool {
	done, ok := msg.(feed.Done)
	if !ok {
		return false
	}
	_, ok = done.Action.(feed.Refresh)
	return ok
}

// keys of a text that grows, those of its own first.
func (s *stream) keys(own keys.Group) []keys.Group {
	if s.Typing() {
		return []keys.Group{keys.Line}
	}
	return []keys.Group{own, keys.Viewer, keys.Move}
}

// pressed is the action of a key, where the pane has keys of its own; empty while the key
// is text.
func (s *stream) pressed(msg tea.Msg, own keys.Group) keys.Action {
	if key, ok := msg.(tea.KeyPressMsg); ok && !s.Typing() {
		return keys.Match(key.String(), own)
	}
	return ""
}
