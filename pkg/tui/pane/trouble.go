package pane

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/carto-run/carto/pkg/table"
	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/pkg/tui/screen"
	"github.com/carto-run/carto/pkg/tui/viewer"
)

// trouble says in a line why what is shown may not be what the cluster holds; told is false
// for a topic that has never delivered anything.
func trouble(f *feed.Fault, told bool) (viewer.Line, bool) {
	switch {
	case f == nil:
		return viewer.Line{}, false
	case f.Gone:
		return viewer.Say(viewer.Bad, "Deleted: this is how it was last."), true
	case f.Err == nil:
		return viewer.Line{}, false
	case f.Final && told:
		return viewer.Say(viewer.Busy, "Not kept up to date any more: "+table.OneLine(f.Err.Error())), true
	case f.Final:
		return viewer.Say(viewer.Busy, "Not everything is shown: "+table.OneLine(f.Err.Error())), true
	}
	return viewer.Say(viewer.Busy, "Not up to date, tried again: "+table.OneLine(f.Err.Error())), true
}

// instead stands where there is nothing to show yet: why, or that it is being read.
func instead(env *screen.Env, faults ...*feed.Fault) []string {
	s := &sheet{env: env, width: textWidth(env)}
	for _, f := range faults {
		switch {
		case f == nil || f.Err == nil:
		case f.Final:
			s.say("", "Can not be shown: "+f.Err.Error(), viewer.Bad)
		default:
			s.say("", "Can not be shown yet, tried again: "+f.Err.Error(), viewer.Busy)
		}
	}
	if len(s.lines) == 0 {
		s.say("", "reading...", viewer.Faint)
	}
	lines := make([]string, 0, len(s.lines))
	for _, l := range s.lines {
		lines = append(lines, " "+viewer.Draw(env.Theme, l, textWidth(env)))
	}
	return lines
}

// sentence begins with a capital and ends with a full stop, as notes do not.
func sentence(text string) string {
	text = strings.TrimRight(table.OneLine(text), ".")
	first, n := utf8.DecodeRuneInString(text)
	if n == 0 {
		return ""
	}
	return string(unicode.ToUpper(first)) + text[n:] + "."
}

// filled makes exactly the lines that the screen has.
func filled(env *screen.Env, lines []string) string {
	for len(lines) < env.Height {
		lines = append(lines, "")
	}
	for i, line := range lines {
		lines[i] = table.Cut(line, env.Width, env.Theme.Unicode)
	}
	return strings.Join(lines[:env.Height], "\n")
}
