package pane

import (
	"fmt"
	"strings"
	"time"

	"github.com/carto-run/carto/pkg/table"
	"github.com/carto-run/carto/pkg/tree"
	"github.com/carto-run/carto/pkg/tui/screen"
	"github.com/carto-run/carto/pkg/tui/theme"
	"github.com/carto-run/carto/pkg/tui/viewer"
)

// sheet collects the lines of a description: titles, and below them fields, whose values
// stand in a column.
type sheet struct {
	env   *screen.Env
	width int
	lines []viewer.Line
}

// column in which values begin, behind the indent of fields: the usual conditions fit.
func (s *sheet) column() int {
	if s.width < 60 {
		return 12
	}
	return 20
}

func (s *sheet) title(text string) {
	if len(s.lines) > 0 {
		s.lines = append(s.lines, viewer.Line{})
	}
	s.lines = append(s.lines, viewer.Say(viewer.Head, table.OneLine(text)))
}

// field says a value, unless there is none.
func (s *sheet) field(name, value string) { s.styled("  ", name, value, viewer.Plain) }

func (s *sheet) styled(indent, name, value string, look viewer.Look) {
	value = table.OneLine(value)
	if value == "" {
		return
	}
	begin := indent + table.OneLine(name)
	begin += strings.Repeat(" ", max(1, len(indent)+s.column()-table.Width(begin)))
	rest := strings.Repeat(" ", len(indent)+s.column())
	for i, line := range table.Wrap(begin, rest, value, s.width) {
		label := rest
		if i == 0 {
			label = begin
		}
		text, _ := strings.CutPrefix(line, label)
		s.lines = append(s.lines, viewer.Say(viewer.Faint, label).Say(look, text))
	}
}

// say wraps a sentence.
func (s *sheet) say(indent, text string, look viewer.Look) {
	for _, line := range table.Wrap(indent, indent, table.OneLine(text), s.width) {
		s.lines = append(s.lines, viewer.Say(look, line))
	}
}

// state says a condition: the word, why, since when, and its message below.
func (s *sheet) state(indent, name string, is tree.State) {
	if is.Status == "" {
		return
	}
	state := theme.StateOf(is.Status)
	text := s.env.Theme.Glyph(state) + " " + is.Status
	if is.Reason != "" {
		text += ", " + is.Reason
	}
	if is.Since != nil {
		text += ", for " + screen.Age(s.env.Now, is.Since.Time)
	}
	s.styled(indent, name, text, lookOfStatus(is.Status))
	if is.Message != "" {
		s.styled(indent, "", is.Message, viewer.Plain)
	}
}

func lookOfStatus(status string) viewer.Look {
	switch status {
	case "True":
		return viewer.Good
	case "False":
		return viewer.Bad
	}
	return viewer.Busy
}

// moment is a time as it is read and as it is written.
func (s *sheet) moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return fmt.Sprintf("%s (%s ago)", t.UTC().Format("2006-01-02 15:04:05 UTC"), screen.Age(s.env.Now, t))
}

func (s *sheet) time(t tree.Time) string {
	if t == nil {
		return ""
	}
	return s.moment(t.Time)
}
