package pane

import (
	"strings"

	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/pkg/tui/screen"
	"github.com/carto-run/carto/pkg/tui/viewer"
	"github.com/carto-run/carto/pkg/why"
)

func newWhy(t Target) (screen.Screen, string) {
	if t.Owner.Name == "" {
		return nil, named(t.Ref) + " belongs to no owner; describe says what is known of it"
	}
	return newText("why", "Why "+named(t.Owner)+" is as it is (ctrl-r asks again)", &explanation{}, feed.Explained{Owner: t.Owner}), ""
}

// explanation is what the command why prints.
type explanation struct{ why *why.Why }

func (e *explanation) take(payload any) {
	if is, ok := payload.(feed.Explanation); ok {
		e.why = is.Why
	}
}

func (e *explanation) write(env *screen.Env, width int) page {
	if e.why == nil {
		return page{}
	}
	var out strings.Builder
	o := options(env, width)
	o.Selection, o.ParamsOf = e.why.Selection != nil, e.why.ParamsAreTheProblem()
	_ = why.WriteText(&out, e.why, o) // a builder takes everything
	lines := sections(out.String())
	for i := 0; i < len(lines) && lines[i].Text != ""; i++ { // the sentence
		lines[i] = viewer.Say(lookOfVerdict(e.why.Verdict), lines[i].Text)
	}
	return page{lines: lines, source: out.String()}
}

func options(env *screen.Env, width int) why.TextOptions {
	return why.TextOptions{Now: env.Now, Program: env.Program, Unicode: env.Theme.Unicode, Width: width}
}

func lookOfVerdict(v why.Verdict) viewer.Look {
	switch v {
	case why.Ready:
		return viewer.Good
	case why.Failed:
		return viewer.Bad
	}
	return viewer.Busy
}

// sections are the lines of a text whose titles stand behind empty lines, at the left.
func sections(text string) []viewer.Line {
	lines := viewer.Lines(viewer.Plain, text)
	empty := true
	for i, l := range lines {
		if empty && l.Text != "" && l.Text[0] != ' ' {
			lines[i] = viewer.Say(viewer.Head, l.Text)
		}
		empty = l.Text == ""
	}
	return lines
}
