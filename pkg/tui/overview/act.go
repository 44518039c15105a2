package overview

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/carto-run/carto/pkg/tree"
	"github.com/carto-run/carto/pkg/tui/create"
	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/pkg/tui/keys"
	"github.com/carto-run/carto/pkg/tui/owner"
	"github.com/carto-run/carto/pkg/tui/pane"
	"github.com/carto-run/carto/pkg/tui/screen"
)

// toast says something in the bottom line.
func toast(format string, args ...any) tea.Cmd {
	return screen.Send(screen.Toast{Text: fmt.Sprintf(format, args...)})
}

// press does what a key does.
func (o *overview) press(env *screen.Env, key string) tea.Cmd {
	action := keys.Match(key, o.Keys()...)
	if action == "" || o.move(env, action) {
		return nil
	}
	if keys.Writes(action, o.Keys()...) && !env.Write {
		return screen.ReadOnly()
	}
	switch action {
	case keys.Filter:
		return o.ask(env)
	case keys.Next:
		return o.turn(env, 1)
	case keys.Previous:
		return o.turn(env, -1)
	case keys.Problems:
		rule := o.rows.rule
		rule.problems = !rule.problems
		o.rows.choose(rule)
	case keys.Sort:
		o.sortNext(env)
	case keys.Reverse:
		rule := o.rows.rule
		rule.by, rule.reverse = o.sorted(env), !rule.reverse
		o.rows.choose(rule)
	case keys.Wide:
		o.wide, o.left = !o.wide, 0
	case keys.Left:
		return o.sidle(env, -1)
	case keys.Right:
		return o.sidle(env, 1)
	case keys.Number:
		return o.number(env, key)
	case keys.Create:
		return env.Send(screen.Push{Screen: create.New()})
	default:
		return o.act(env, action)
	}
	return nil
}

// turn goes to another kind.
func (o *overview) turn(env *screen.Env, by int) tea.Cmd {
	if o.of != nil {
		return toast("these are the %s of %s; esc goes back to all kinds", nounOf(o.kind).many, o.of.Name)
	}
	at := slices.Index(kinds, o.kind) + by + len(kinds)
	return o.begin(env, kinds[at%len(kinds)], env.Namespace)
}

// number goes to the namespace of a digit.
func (o *overview) number(env *screen.Env, key string) tea.Cmd {
	n := int(key[0] - '0')
	switch {
	case !namespaced(o.kind):
		return toast("%s are in no namespace", nounOf(o.kind).many)
	case n == 0:
		return env.Send(screen.Namespace{})
	case n > len(env.Recent):
		return toast("no namespace has the number %d yet; :ns NAME goes to one, and gives it the next", n)
	}
	return env.Send(screen.Namespace{Name: env.Recent[n-1]})
}

// sorted is the column that the order shows in: by default the first one.
func (o *overview) sorted(env *screen.Env) column {
	if o.rows.rule.by == colNamespace && !slices.ContainsFunc(o.layout(env), func(s slot) bool { return s.column == colNamespace }) {
		return colName
	}
	return o.rows.rule.by
}

// sortNext sorts by the next column that is on screen.
func (o *overview) sortNext(env *screen.Env) {
	slots, by := o.layout(env), o.sorted(env)
	if len(slots) == 0 {
		return
	}
	at := slices.IndexFunc(slots, func(s slot) bool { return s.column == by })
	o.sortBy(slots[(at+1)%len(slots)].column)
}

// sortBy sorts by a column; once more reverses.
func (o *overview) sortBy(by column) {
	rule := o.rows.rule
	rule.by, rule.reverse = by, rule.by == by && !rule.reverse
	o.rows.choose(rule)
}

// act does something with the selected row, or with all that are marked.
func (o *overview) act(env *screen.Env, action keys.Action) tea.Cmd {
	e, chosen := o.current(), o.chosen()
	if len(chosen) == 0 {
		return toast("nothing is selected")
	}
	switch action {
	case keys.Copy:
		return copyNames(chosen)
	case keys.Retry:
		return o.retry(env, chosen)
	case keys.Delete:
		return o.remove(env, chosen)
	}
	if e == nil {
		return toast("nothing is selected")
	}
	switch action {
	case keys.Open:
		return o.open(env)
	case keys.Graph:
		return env.Send(screen.Push{Screen: owner.New(e.row.Ref)})
	case keys.Mark:
		if o.marks[e.key] {
			delete(o.marks, e.key)
		} else {
			o.marks[e.key] = true
		}
		return nil
	case keys.Parent:
		if !namespaced(o.kind) {
			return toast("a %s has no owner; enter shows the %s that go through it", nounOf(o.kind).one, nounOf(ownersOf(o.kind)).many)
		}
		return toast("%s is an owner itself; enter opens it", e.name())
	case keys.Edit:
		return env.Send(screen.Ask{
			Title: "Edit " + o.called(e) + "?",
			Text:  "It opens in your editor; what you save is applied.",
			Yes:   env.World.Do(feed.Edit{Ref: e.row.Ref}),
		})
	}
	s, reason := pane.Open(action, pane.Target{Owner: e.row.Ref, Ref: e.row.Ref})
	if s == nil {
		return toast("%s", reason)
	}
	return env.Send(screen.Push{Screen: s})
}

// open goes into the selected row: to the graph of an owner, to the owners of a blueprint.
func (o *overview) open(env *screen.Env) tea.Cmd {
	e := o.current()
	if e == nil {
		return nil
	}
	if namespaced(o.kind) {
		return env.Send(screen.Push{Screen: owner.New(e.row.Ref)})
	}
	return env.Send(screen.Push{Screen: NewOf(e.row.Ref)})
}

// chosen are the marked rows in order, or the selected one.
func (o *overview) chosen() []*entry {
	var chosen []*entry
	for key := range o.marks {
		if e := o.rows.entries[key]; e != nil {
			chosen = append(chosen, e)
		}
	}
	if e := o.current(); len(chosen) == 0 && e != nil {
		return []*entry{e}
	}
	slices.SortFunc(chosen, compareKeys)
	return chosen
}

func copyNames(chosen []*entry) tea.Cmd {
	names := make([]string, len(chosen))
	for i, e := range chosen {
		names[i] = e.key.Name
	}
	what := oneLine(names[0])
	if len(names) > 1 {
		what = fmt.Sprintf("%d names", len(names))
	}
	return screen.Copy(strings.Join(names, "\n"), what)
}

func (o *overview) retry(env *screen.Env, chosen []*entry) tea.Cmd {
	if !namespaced(o.kind) {
		return toast("a %s has no runs; retry its %s", nounOf(o.kind).one, nounOf(ownersOf(o.kind)).many)
	}
	ready := o.several(chosen) + " is ready"
	if len(chosen) > 1 {
		ready = "all " + o.several(chosen) + " are ready"
	}
	// What is ready has no run that failed; to be asked about it would promise one.
	if chosen = slices.DeleteFunc(chosen, func(e *entry) bool { return stateOf(&e.row) == feed.Ready }); len(chosen) == 0 {
		return toast("nothing to retry: %s", ready)
	}
	return env.Send(screen.Ask{
		Title: "Retry " + o.several(chosen) + "?",
		Text:  o.listed(chosen) + "The agent is asked for one more run of what has failed.",
		Yes:   o.each(env, chosen, func(r tree.Ref, _ string) feed.Action { return feed.Retry{Owner: r} }),
	})
}

func (o *overview) remove(env *screen.Env, chosen []*entry) tea.Cmd {
	ask := screen.Ask{
		Title: "Delete " + o.several(chosen) + "?",
		Text:  o.listed(chosen) + "Kubernetes then deletes what was stamped as well. It can not be undone.",
		Name:  chosen[0].key.Name,
		Yes:   o.each(env, chosen, func(r tree.Ref, uid string) feed.Action { return feed.Delete{Ref: r, UID: uid} }),
	}
	if !namespaced(o.kind) {
		ask.Text = o.listed(chosen) + "Owners that go through it stop: nothing of theirs is stamped any more. It can not be undone."
	}
	if len(chosen) > 1 {
		ask.Name = strconv.Itoa(len(chosen))
	}
	return env.Send(ask)
}

func (o *overview) each(env *screen.Env, chosen []*entry, action func(tree.Ref, string) feed.Action) tea.Cmd {
	cmds := make([]tea.Cmd, len(chosen))
	for i, e := range chosen {
		cmds[i] = env.World.Do(action(e.row.Ref, e.row.UID))
	}
	return tea.Batch(cmds...)
}

// name is namespace/name.
func (e *entry) name() string {
	if e.cells[colNamespace] == "" {
		return e.cells[colName]
	}
	return e.cells[colNamespace] + "/" + e.cells[colName]
}

// called is the row as dialogs name it: workload shop/cart.
func (o *overview) called(e *entry) string { return nounOf(o.kind).one + " " + e.name() }

func (o *overview) several(chosen []*entry) string {
	if len(chosen) == 1 {
		return o.called(chosen[0])
	}
	return fmt.Sprintf("%d %s", len(chosen), nounOf(o.kind).many)
}

// listed names what was marked, as marks may be out of sight; one is in the title already.
func (o *overview) listed(chosen []*entry) string {
	hidden := 0
	for _, e := range chosen {
		if !o.rows.rule.takes(e) {
			hidden++
		}
	}
	if len(chosen) == 1 {
		if hidden == 1 {
			return "It is marked, but not among the rows that are shown now. "
		}
		return ""
	}
	const most = 8
	var names []string
	for _, e := range chosen[:min(most, len(chosen))] {
		names = append(names, e.name())
	}
	text := strings.Join(names, ", ")
	if n := len(chosen) - most; n > 0 {
		text += fmt.Sprintf(" and %d more", n)
	}
	if hidden > 0 {
		text += fmt.Sprintf("; %d of them not among the rows that are shown now", hidden)
	}
	return text + ". "
}
