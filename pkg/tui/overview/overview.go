// Package overview is the first screen: the live table of all owners of a kind, or of all
// blueprints.
//
// rows.go keeps what was delivered, in order; column.go and layout.go say what is shown of
// it and how wide; draw.go draws; move.go, act.go and prompt.go are what keys do.
package overview

import (
	"maps"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/carto-run/carto/pkg/tree"
	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/pkg/tui/keys"
	"github.com/carto-run/carto/pkg/tui/screen"
)

// New makes the table of a kind.
func New(kind string) screen.Screen { return newOverview(kind, nil) }

// NewOf makes the table of the owners of one blueprint.
func NewOf(blueprint tree.Ref) screen.Screen {
	return newOverview(ownersOf(blueprint.Kind), &blueprint)
}

var _ screen.Backer = (*overview)(nil)

type overview struct {
	kind string
	// of is the blueprint whose owners are shown; nil for all.
	of *tree.Ref
	// namespace and id are those of the subscription.
	namespace string
	id        feed.ID

	rows  *rows
	fault *feed.Fault
	// wide shows more columns; left are those scrolled away to the left.
	wide bool
	left int

	selection
	marks  map[feed.Key]bool
	prompt prompt
	// clicked is when a row was clicked last; a second click soon after opens it.
	clicked    time.Time
	clickedKey feed.Key
}

func newOverview(kind string, of *tree.Ref) *overview {
	o := &overview{kind: kind, of: of, marks: map[feed.Key]bool{}, prompt: newPrompt()}
	o.rows = newRows(o.belongs)
	return o
}

// belongs is false for rows of other blueprints.
func (o *overview) belongs(r *feed.Row) bool {
	return o.of == nil || bareName(r.Blueprint) == o.of.Name
}

// Title is the kind in the plural.
func (o *overview) Title() string {
	if o.of != nil {
		return nounOf(o.kind).many + " of " + o.of.Name
	}
	return nounOf(o.kind).many
}

// Init begins the subscription.
func (o *overview) Init(env *screen.Env) tea.Cmd {
	return o.follow(env, env.Namespace)
}

func (o *overview) follow(env *screen.Env, namespace string) tea.Cmd {
	o.namespace, o.id = namespace, env.NewID()
	topic := feed.Owners{Kind: o.kind, Namespace: namespace}
	if !namespaced(o.kind) {
		topic.Namespace = ""
	}
	return env.World.Follow(o.id, topic)
}

// begin follows another kind or namespace. Filter, order and switches are kept: who looks
// for problems looks for them in the next kind as well.
func (o *overview) begin(env *screen.Env, kind, namespace string) tea.Cmd {
	rule := o.rows.rule
	if kind != o.kind && !columnsOf(kind)[rule.by] {
		rule.by, rule.reverse = byDefault, false
	}
	stop := env.World.Stop(o.id)
	o.kind, o.fault, o.selection = kind, nil, selection{}
	o.rows = newRows(o.belongs)
	o.rows.rule = rule
	clear(o.marks)
	return tea.Batch(stop, o.follow(env, namespace))
}

// Close ends the subscription.
func (o *overview) Close(env *screen.Env) tea.Cmd { return env.World.Stop(o.id) }

// Typing is true while the filter is typed.
func (o *overview) Typing() bool { return o.prompt.open }

// Keys that the table takes.
func (o *overview) Keys() []keys.Group {
	if o.prompt.open {
		return []keys.Group{keys.Line}
	}
	if !namespaced(o.kind) {
		return []keys.Group{keys.Overview, keys.Move, keys.Blueprints, keys.Panes.Unhinted(keys.Logs, keys.Events, keys.Retry)}
	}
	return []keys.Group{keys.Overview, keys.Move, keys.Panes}
}

// Back clears the filter, shows what is ready again, then clears the marks.
func (o *overview) Back(env *screen.Env) bool {
	switch {
	case o.prompt.typed() != "":
		o.clearFilter()
	case o.rows.rule.problems:
		rule := o.rows.rule
		rule.problems = false
		o.rows.choose(rule)
	case len(o.marks) > 0:
		clear(o.marks)
	default:
		return false
	}
	o.settle(env)
	return true
}

// Update takes a message.
func (o *overview) Update(env *screen.Env, msg tea.Msg) tea.Cmd {
	var cmd tea.Cmd
	switch msg := msg.(type) {
	case screen.Namespace:
		cmd = o.goTo(env, msg.Name)
	case feed.Delivery:
		if msg.ID == o.id {
			o.take(env, msg.Payload)
		}
	case tea.KeyPressMsg:
		if o.prompt.open {
			cmd = o.typing(env, msg)
		} else {
			cmd = o.press(env, msg.String())
		}
	case tea.PasteMsg:
		if o.prompt.open {
			cmd = o.typing(env, msg)
		}
	case tea.MouseClickMsg:
		cmd = o.click(env, msg.Mouse())
	case tea.MouseWheelMsg:
		o.wheel(env, msg.Mouse())
	}
	o.settle(env)
	return cmd
}

// goTo follows another namespace, if it is another.
func (o *overview) goTo(env *screen.Env, namespace string) tea.Cmd {
	if namespace == o.namespace {
		return nil
	}
	if !namespaced(o.kind) {
		o.namespace = namespace
		return nil
	}
	return o.begin(env, o.kind, namespace)
}

// take keeps what was delivered.
func (o *overview) take(env *screen.Env, payload any) {
	switch payload := payload.(type) {
	case feed.Fault:
		o.fault = &payload
	case feed.OwnersChanged:
		o.fault = nil
		o.rows.apply(payload, env.Now)
		if o.rows.synced {
			maps.DeleteFunc(o.marks, func(key feed.Key, _ bool) bool { return o.rows.entries[key] == nil })
		}
	}
}
