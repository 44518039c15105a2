package overview

import (
	"fmt"
	"strings"

	"github.com/carto-run/carto/pkg/table"
	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/pkg/tui/screen"
)

// Status counts rows by state, and says what is shown of them and how.
func (o *overview) Status(env *screen.Env) string {
	all, shown := len(o.rows.all), len(o.rows.shown)
	if o.fault != nil && all == 0 {
		return "" // 0 would be a lie
	}
	// The header cuts from the end: what a person must not forget comes first.
	parts := []string{fmt.Sprintf("%d %s", all, nounOf(o.kind).of(all))}
	if shown != all {
		parts[0] = fmt.Sprintf("%d of %s", shown, parts[0])
	}
	if !o.rows.synced && o.fault == nil {
		parts[0] += " so far, reading"
	}
	if typed := o.prompt.typed(); typed != "" {
		parts = append(parts, env.Theme.Prompt.Render("filter "+oneLine(typed)))
	}
	left, right := o.aside(env)
	if names := strings.Join(left, " "); names != "" {
		parts = append(parts, glyph(env, "←", "<-")+" "+names)
	}
	if names := strings.Join(right, " "); names != "" {
		parts = append(parts, names+" "+glyph(env, "→", "->"))
	}
	if o.rows.rule.problems {
		parts = append(parts, "only problems")
	}
	if n := len(o.marks); n > 0 {
		parts = append(parts, env.Theme.Marked.Render(fmt.Sprintf("%d marked", n)))
	}
	for _, s := range []feed.State{feed.Failed, feed.Waiting, feed.Deleting, feed.Ready} {
		if n := o.rows.states[s]; n > 0 {
			parts = append(parts, env.Theme.State(s).Render(fmt.Sprintf("%s %d %s", env.Theme.Glyph(s), n, strings.ToLower(string(s)))))
		}
	}
	switch rule := o.rows.rule; {
	case rule.filter.Ranks():
		parts = append(parts, "best match first")
	case rule.by != byDefault || rule.reverse:
		parts = append(parts, "by "+strings.ToLower(titles[o.sorted(env)])+" "+arrow(env, rule.reverse))
	}
	separator := " · "
	if !env.Theme.Unicode {
		separator = " | "
	}
	return table.Cut(strings.Join(parts, separator), env.Width, env.Theme.Unicode)
}

func glyph(env *screen.Env, unicode, ascii string) string {
	if env.Theme.Unicode {
		return unicode
	}
	return ascii
}
