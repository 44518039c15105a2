package pane

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/carto-run/carto/pkg/table"
	"github.com/carto-run/carto/pkg/tree"
	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/pkg/tui/keys"
	"github.com/carto-run/carto/pkg/tui/screen"
	"github.com/carto-run/carto/pkg/tui/theme"
	"github.com/carto-run/carto/pkg/tui/viewer"
)

func newHistory(t Target) (screen.Screen, string) {
	of, reason := stampedFor(t, "runs are of a step that makes a new object for each change, or of a Runnable")
	if reason != "" {
		return nil, reason
	}
	return &history{target: t, of: of}, ""
}

// history is the table of the runs of a step or of a Runnable, the newest first.
type history struct {
	target Target
	of     string

	id    feed.ID
	runs  []feed.Run
	known bool
	fault *feed.Fault
	// selected run, by its name: runs come and go while they are looked at. Empty is the
	// first.
	selected string
	top      int
}

// Title of the pane.
func (h *history) Title() string { return "history" }

// Init follows the runs.
func (h *history) Init(env *screen.Env) tea.Cmd {
	h.id = env.NewID()
	return env.World.Follow(h.id, feed.Runs{Owner: h.target.Owner, Step: h.target.Step})
}

// Close gives the subscription up.
func (h *history) Close(env *screen.Env) tea.Cmd { return env.World.Stop(h.id) }

// Keys of the table.
func (h *history) Keys() []keys.Group { return []keys.Group{keys.HistoryKeys, keys.Move} }

// Typing is never.
func (h *history) Typing() bool { return false }

// Status counts the runs.
func (h *history) Status(*screen.Env) string {
	if !h.known {
		return ""
	}
	failed, going := 0, 0
	for i := range h.runs {
		switch theme.StateOf(h.runs[i].Object.Ready.Status) {
		case feed.Failed:
			failed++
		case feed.Waiting:
			going++
		}
	}
	text := fmt.Sprintf("%d runs", len(h.runs))
	if len(h.runs) == 1 {
		text = "1 run"
	}
	if going > 0 {
		text += fmt.Sprintf(", %d going on", going)
	}
	if failed > 0 {
		text += fmt.Sprintf(", %d failed", failed)
	}
	return text
}

// Update takes a message.
func (h *history) Update(env *screen.Env, msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case feed.Delivery:
		if msg.ID == h.id {
			h.take(msg.Payload)
		}
	case tea.MouseClickMsg:
		if i := h.top + msg.Y - len(h.above(env)) - 1; msg.Y > len(h.above(env)) && i < len(h.runs) {
			h.choose(i)
		}
	case tea.MouseWheelMsg:
		switch msg.Mouse().Button {
		case tea.MouseWheelUp:
			h.choose(h.at() - 1)
		case tea.MouseWheelDown:
			h.choose(h.at() + 1)
		}
	case tea.KeyPressMsg:
		return h.press(env, keys.Match(msg.String(), h.Keys()...))
	}
	return nil
}

func (h *history) take(payload any) {
	switch is := payload.(type) {
	case feed.Fault:
		h.fault = &is
	case feed.RunsSeen:
		at := h.at()
		h.runs, h.known, h.fault = is.Runs, true, nil
		if h.selected != "" && h.find() < 0 {
			h.choose(at) // the selected run was cleaned up
		}
	}
}

func (h *history) find() int {
	for i := range h.runs {
		if h.runs[i].Object.Name == h.selected {
			return i
		}
	}
	return -1
}

// at is the index of the selected run.
func (h *history) at() int { return max(0, h.find()) }

func (h *history) choose(i int) {
	if len(h.runs) > 0 {
		h.selected = h.runs[min(max(i, 0), len(h.runs)-1)].Object.Name
	}
}

func (h *history) press(env *screen.Env, action keys.Action) tea.Cmd {
	page := max(1, h.page(env))
	switch action {
	case keys.Down:
		h.choose(h.at() + 1)
	case keys.Up:
		h.choose(h.at() - 1)
	case keys.Top:
		h.choose(0)
	case keys.Bottom:
		h.choose(len(h.runs))
	case keys.HalfDown:
		h.choose(h.at() + max(1, page/2))
	case keys.HalfUp:
		h.choose(h.at() - max(1, page/2))
	case keys.PageDown:
		h.choose(h.at() + page)
	case keys.PageUp:
		h.choose(h.at() - page)
	case keys.Open, keys.Describe, keys.Logs, keys.Diff, keys.Copy:
		if len(h.runs) == 0 {
			return screen.Send(screen.Toast{Text: "there is no run yet"})
		}
		return h.open(env, action, &h.runs[h.at()])
	}
	return nil
}

func (h *history) open(env *screen.Env, action keys.Action, run *feed.Run) tea.Cmd {
	target := Target{Owner: h.target.Owner, Step: h.target.Step, Ref: run.Object.Ref}
	var opened screen.Screen
	var reason string
	switch action {
	case keys.Copy:
		return screen.Copy(run.Object.Name, run.Object.Name)
	case keys.Diff:
		if h.at() == len(h.runs)-1 {
			return screen.Send(screen.Toast{Text: "there is no run before " + run.Object.Name})
		}
		opened, reason = newDiffOf(target, run.Object.Name)
	case keys.Open:
		opened, reason = Open(keys.YAML, target)
	default:
		opened, reason = Open(action, target)
	}
	if opened == nil {
		return screen.Send(screen.Toast{Text: reason})
	}
	return env.Send(screen.Push{Screen: opened})
}

// above are the lines over the table.
func (h *history) above(env *screen.Env) []viewer.Line {
	all := []viewer.Line{viewer.Say(viewer.Title, "Runs of "+table.OneLine(h.of))}
	if l, ok := trouble(h.fault, h.known); ok && h.known {
		all = append(all, l)
	}
	for i := range h.runs {
		if h.runs[i].Current {
			all = append(all, viewer.Say(viewer.Faint, current(env.Theme)+" its outputs are used"))
			break
		}
	}
	return all[:max(0, min(len(all), env.Height/3))]
}

func current(t *theme.Theme) string {
	if t.Unicode {
		return "●"
	}
	return "*"
}

// page is how many runs are seen.
func (h *history) page(env *screen.Env) int { return env.Height - len(h.above(env)) - 1 }

// View draws the table.
func (h *history) View(env *screen.Env) string {
	var lines []string
	for _, l := range h.above(env) {
		lines = append(lines, viewer.Draw(env.Theme, l, env.Width))
	}
	switch {
	case !h.known:
		lines = append(lines, instead(env, h.fault)...)
	case len(h.runs) == 0:
		lines = append(lines, viewer.Draw(env.Theme, viewer.Say(viewer.Faint, none(h.target)), env.Width))
	default:
		lines = append(lines, h.rows(env)...)
	}
	return filled(env, lines)
}

func none(t Target) string {
	if t.Step == "" {
		return "It has made no run yet."
	}
	return "There are no runs: the template of this step keeps one object up to date, or nothing is stamped yet."
}

var runColumns = []table.Column{
	{Title: ""}, {Title: "#"}, {Title: "NAME", Min: 12}, {Title: "STATE"}, {Title: "REASON", Min: 8}, {Title: "AGE"}, {Title: "TOOK"}, {Title: "MESSAGE", Min: 8},
}

// rows are the titles and the runs in sight.
func (h *history) rows(env *screen.Env) []string {
	page := max(0, h.page(env))
	at := h.at()
	h.top = max(0, min(h.top, at, len(h.runs)-page))
	if at >= h.top+page {
		h.top = at - page + 1
	}
	end := min(len(h.runs), h.top+page)
	cells := make([][]string, 0, end-h.top)
	for i := h.top; i < end; i++ {
		cells = append(cells, runCells(&h.runs[i], env))
	}
	plain := grid(cells, env, nil)
	lines := grid(cells, env, func(column, cell string) string {
		if column != "STATE" {
			return cell
		}
		for state, word := range runStates {
			if strings.Contains(cell, word) {
				return env.Theme.State(state).Render(cell)
			}
		}
		return cell
	})
	lines[0] = env.Theme.Head.Render(plain[0])
	if i := at - h.top + 1; i < len(lines) {
		row := plain[i]
		lines[i] = env.Theme.Selected.Render(row + strings.Repeat(" ", max(0, env.Width-table.Width(row))))
	}
	return lines
}

func grid(cells [][]string, env *screen.Env, paint func(column, cell string) string) []string {
	var out strings.Builder
	_ = table.New(runColumns, table.Options{Width: env.Width, Unicode: env.Theme.Unicode, Gap: 2, Paint: paint}).Write(&out, cells) // a builder takes everything
	return strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
}

var runStates = map[feed.State]string{feed.Ready: "succeeded", feed.Failed: "failed", feed.Waiting: "going on"}

func runCells(r *feed.Run, env *screen.Env) []string {
	state := theme.StateOf(r.Object.Ready.Status)
	mark := " "
	if r.Current {
		mark = current(env.Theme)
	}
	return []string{
		mark, sequence(&r.Object), r.Object.Name, env.Theme.Glyph(state) + " " + runStates[state], orDash(table.OneLine(r.Object.Ready.Reason)),
		age(r.Object.Created, env.Now), took(r, env.Now), orDash(table.OneLine(r.Object.Ready.Message)),
	}
}

func sequence(o *tree.Object) string {
	if o.Sequence == 0 {
		return "-"
	}
	return strconv.FormatInt(o.Sequence, 10)
}

func age(t tree.Time, now time.Time) string {
	if t == nil {
		return "-"
	}
	return screen.Age(now, t.Time)
}

// took is how long the run lasted, or has lasted.
func took(r *feed.Run, now time.Time) string {
	switch {
	case r.Object.Created == nil:
		return "-"
	case r.Ended.IsZero():
		return screen.Age(now, r.Object.Created.Time) + " so far"
	}
	return screen.Age(r.Ended, r.Object.Created.Time)
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}
