package owner

import (
	"fmt"
	"strings"
	"time"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/carto-run/carto/pkg/table"
	"github.com/carto-run/carto/pkg/tree"
	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/pkg/tui/screen"
	"github.com/carto-run/carto/pkg/why"
)

// maxCause is how many lines the root cause may take.
const maxCause = 3

// maxNext is how many lines the next command may take: one that is cut can not be copied.
const maxNext = 2

// head is what stands on top of the panes: what is wrong with the connection to the owner,
// its root cause, the next command, and what could not be read. The root cause is also where
// the owner itself is selected.
func (m *model) head(env *screen.Env) []string {
	th := env.Theme
	var lines []string
	switch {
	case m.snapshot == nil && m.fault == nil:
		return []string{th.Faint.Render(table.Cut("reading "+table.OneLine(named(m.ref))+glyphsOf(th).ellipsis, env.Width, th.Unicode))}
	case m.snapshot == nil:
		for _, line := range wrap(m.faultLine(env), env.Width) {
			lines = append(lines, th.Bad.Render(line))
		}
		return lines
	case m.fault != nil:
		lines = append(lines, th.Bad.Render(table.Cut(m.faultLine(env), env.Width, th.Unicode)))
	}
	state, text := m.sentence(env.Now)
	style := th.State(state)
	if m.selected == "" && m.focus == inGraph {
		style = th.Selected
	}
	most := maxCause
	if env.Height < 12 {
		most = 1
	}
	for _, line := range clip(word(th, state)+": "+text, env.Width, most, th.Unicode) {
		lines = append(lines, style.Render(line))
	}
	if env.Height < 12 || state == feed.Ready || m.fault != nil && m.fault.Gone {
		return lines
	}
	if next := m.next(env); next != "" {
		most := maxNext
		if env.Width < 60 {
			most = 1 // nobody copies from there, and the steps need the lines
		}
		for i, line := range clip("next: "+next, env.Width, most, th.Unicode) {
			begin := ""
			if i == 0 {
				begin, line = th.Faint.Render("next: "), strings.TrimPrefix(line, "next: ")
			}
			lines = append(lines, begin+th.Key.Render(line))
		}
	}
	if unread := m.unread(); unread != "" {
		lines = append(lines, th.Busy.Render(unread))
	}
	return cutAll(lines, env.Width, th.Unicode)
}

// sentence is what the command why says first.
func (m *model) sentence(now time.Time) (feed.State, string) {
	t := m.snapshot.Tree
	state := treeState(t)
	if w := m.why(); w != nil && w.Sentence != "" {
		if state != feed.Deleting {
			state = feed.State(w.Verdict)
		}
		if w.Verdict == why.Ready && w.Cause == nil && t.Owner.Kind != "" {
			// It says for how long, and nothing comes that would say it anew.
			w = why.Build(t, why.Facts{Now: now})
		}
		return state, table.OneLine(w.Sentence)
	}
	if t.Owner.Kind == "" {
		return state, m.blueprintSentence()
	}
	if c := t.RootCause; c != nil {
		text := c.Reason + ": " + c.Message
		if c.Step != "" {
			text = "step " + c.Step + ": " + text
		}
		return state, table.OneLine(text)
	}
	return state, table.OneLine(named(m.root()))
}

// blueprintSentence is said of a blueprint that was not explained.
func (m *model) blueprintSentence() string {
	t := m.snapshot.Tree
	ready := 0
	for _, o := range t.Owners {
		if treeState(o) == feed.Ready {
			ready++
		}
	}
	text := fmt.Sprintf("%s %s has %s; %s, of which %d not ready", m.root().Kind, m.root().Name, count(len(m.cells), "step"), count(len(t.Owners), "owner"), len(t.Owners)-ready)
	if s := t.BlueprintReady; s.Message != "" {
		text += ": " + s.Message
	}
	return table.OneLine(text)
}

// unread names in one line what could not be read; the detail of the owner has all of it.
func (m *model) unread() string {
	all := m.snapshot.Tree.Unread
	if len(all) == 0 {
		return ""
	}
	names := make([]string, 0, len(all))
	for _, u := range all {
		name := u.Resource
		if u.Code != "Forbidden" {
			name += " (" + u.Code + ")"
		}
		names = append(names, name)
	}
	return table.OneLine("not everything could be read: " + tree.Some(names))
}

// faultLine says why there is nothing new.
func (m *model) faultLine(env *screen.Env) string {
	name := table.OneLine(named(m.ref))
	switch err := ""; {
	case m.fault.Gone:
		return fmt.Sprintf("%s was deleted %s ago, and this is how it was; esc goes back", name, age(env.Now, moment(m.faultAt)))
	case m.fault.Err != nil:
		err = table.OneLine(m.fault.Err.Error())
		fallthrough
	default:
		if m.fault.Final {
			return fmt.Sprintf("%s cannot be shown: %s; esc goes back", name, err)
		}
		return fmt.Sprintf("%s cannot be read, and is tried again: %s", name, err)
	}
}

// clip wraps a text of one line into at most so many lines.
func clip(text string, width, most int, unicode bool) []string {
	lines := wrap(text, width)
	if len(lines) <= most {
		return lines
	}
	marker := "…"
	if !unicode {
		marker = "~"
	}
	last := ansi.Truncate(lines[most-1], max(0, width-1), "")
	return append(lines[:most-1], last+marker)
}

// wrap breaks between words, and inside those that are longer than a line.
func wrap(text string, width int) []string {
	if width < 1 {
		return []string{""}
	}
	return strings.Split(ansi.Wrap(text, width, " "), "\n")
}

func cutAll(lines []string, width int, unicode bool) []string {
	for i := range lines {
		lines[i] = table.Cut(lines[i], width, unicode)
	}
	return lines
}

// plainly draws lines without colour and faint: they are of the past.
func plainly(lines []string, faint lipgloss.Style) []string {
	for i := range lines {
		lines[i] = faint.Render(ansi.Strip(lines[i]))
	}
	return lines
}
