package tui

import (
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/carto-run/carto/pkg/table"
	"github.com/carto-run/carto/pkg/tui/theme"
)

// How long a toast is shown, in which a person reads it.
const (
	toastFor    = 4 * time.Second
	badToastFor = 10 * time.Second
)

// toastLines is how many lines a toast takes at most.
const toastLines = 3

// toast is what was said last.
type toast struct {
	text  string
	bad   bool
	until time.Time
}

// say shows a text for a while. It is of others, often: an answer of the API server.
func (m *Model) say(text string, bad bool) {
	m.toast = toast{text: table.OneLine(text), bad: bad, until: m.env.Now.Add(toastFor)}
	if bad {
		m.toast.until = m.env.Now.Add(badToastFor)
	}
}

func (t *toast) fade(now time.Time) {
	if !now.Before(t.until) {
		*t = toast{}
	}
}

// over puts the toast over the lowest lines.
func (t *toast) over(lines []string, th *theme.Theme, width int) []string {
	if t.text == "" {
		return lines
	}
	style, mark := th.Strong, ""
	if t.bad {
		style, mark = th.Bad, "! "
	}
	text := strings.Split(ansi.Wrap(mark+t.text, width, ""), "\n")
	if len(text) > toastLines {
		last := table.Cut(strings.Join(text[toastLines-1:], " "), width, th.Unicode)
		text = append(text[:toastLines-1], last)
	}
	text = text[:min(len(text), len(lines))]
	first := len(lines) - len(text)
	for i, line := range text {
		lines[first+i] = style.Render(line)
	}
	return lines
}
