// Package keys is the one table of what the keys of the full-screen view do. Screens match
// against it, `?` and the reference in docs/ print it, so neither can be out of date.
package keys

import (
	"slices"
	"strings"
)

// Action is what a key does.
type Action string

// Binding is one row of the table.
type Binding struct {
	Action Action
	// Keys in the spelling of Bubble Tea: "ctrl+d", "shift+tab", "space". The first is the
	// one that hints show.
	Keys []string
	// Help is what it does, in a few words.
	Help string
	// Hint puts it into the bottom line, in a word.
	Hint string
	// Write marks what changes the cluster; it needs --write.
	Write bool
}

// Group is the bindings of a screen, or those that several share.
type Group struct {
	Name     string
	Bindings []Binding
}

// Unhinted is the group without hints for some actions: they only say why they do nothing.
func (g Group) Unhinted(actions ...Action) Group {
	g.Bindings = slices.Clone(g.Bindings)
	for i := range g.Bindings {
		if b := &g.Bindings[i]; slices.Contains(actions, b.Action) {
			b.Hint = ""
		}
	}
	return g
}

// Hinted is the group with a hint for one more action, where that is of use.
func (g Group) Hinted(action Action, hint string) Group {
	g = g.Unhinted()
	for i := range g.Bindings {
		if b := &g.Bindings[i]; b.Action == action {
			b.Hint = hint
		}
	}
	return g
}

// Match finds the action of a key; empty when there is none.
func Match(key string, groups ...Group) Action {
	for _, g := range groups {
		for _, b := range g.Bindings {
			if slices.Contains(b.Keys, key) {
				return b.Action
			}
		}
	}
	return ""
}

// Writes tells whether an action changes the cluster, by what the table says of it.
func Writes(action Action, groups ...Group) bool {
	for _, g := range groups {
		for _, b := range g.Bindings {
			if b.Action == action {
				return b.Write
			}
		}
	}
	return false
}

// Shown spells a key as people write it: ctrl-d.
func Shown(key string) string {
	switch key {
	case "up":
		return "↑"
	case "down":
		return "↓"
	case "left":
		return "←"
	case "right":
		return "→"
	case "pgdown":
		return "page down"
	case "pgup":
		return "page up"
	}
	if rest, upper := strings.CutPrefix(key, "shift+"); upper {
		return "shift-" + rest
	}
	return strings.ReplaceAll(key, "ctrl+", "ctrl-")
}
