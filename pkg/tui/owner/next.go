package owner

import (
	"strings"

	"github.com/carto-run/carto/pkg/table"
	"github.com/carto-run/carto/pkg/tree"
	"github.com/carto-run/carto/pkg/tui/keys"
	"github.com/carto-run/carto/pkg/tui/screen"
)

// next is what shows more, or the remedy: a key where one does the same, else the command.
func (m *model) next(env *screen.Env) string {
	w := m.why()
	if w == nil || len(w.Next) == 0 {
		return ""
	}
	if key := m.keyFor(w.Next[0]); key != "" {
		return table.OneLine(key)
	}
	return table.OneLine(tree.Command(w.Next[0], env.Program))
}

// keyFor is the key that does what a command does; empty when none does.
func (m *model) keyFor(command string) string {
	words := strings.Fields(strings.TrimPrefix(command, tree.Program+" "))
	if len(words) > 0 && words[0] == "kubectl" {
		words = words[1:]
	}
	if len(words) < 2 {
		return ""
	}
	kind, name, namespace := "", "", ""
	switch words[0] {
	case "describe":
		if len(words) > 2 {
			kind, name = words[1], words[2]
		}
	case "logs":
		kind, name = "pod", words[1]
	case "why":
		kind, name, _ = strings.Cut(words[1], "/")
	}
	for i, word := range words[:len(words)-1] {
		if word == "-n" {
			namespace = words[i+1]
		}
	}
	ref, known := m.object(kind, namespace, name)
	if !known {
		return ""
	}
	object, way := ref.Kind+"/"+ref.Name, ""
	if !same(m.here().Ref, ref) {
		if m.selected != m.atFault() {
			return "" // it is not in the detail, and where it is, is another matter
		}
		way = shown(keys.Owner, keys.Next) + " to " + object + ", "
		object = "it"
	}
	switch words[0] {
	case "describe":
		return way + shown(keys.Panes, keys.Describe) + " describes " + object
	case "logs":
		// Those of a step are those of all its pods.
		text := shown(keys.Panes, keys.Logs) + " shows its logs"
		if words[len(words)-1] == "--previous" {
			text += ", then " + shown(keys.LogKeys, keys.Earlier) + " those of the instance before"
		}
		return text
	}
	if same(ref, m.root()) {
		return shown(keys.Panes, keys.Why) + " says more"
	}
	return way + shown(keys.Owner, keys.Open) + " opens " + object
}

// shown is the key of an action.
func shown(g keys.Group, action keys.Action) string {
	for _, b := range g.Bindings {
		if b.Action == action {
			return keys.Shown(b.Keys[0])
		}
	}
	return ""
}

// object finds what a command names among what was read. Kinds are written as kubectl takes
// them: pod, taskrun.tekton.dev, taskruns.tekton.dev.
func (m *model) object(kind, namespace, name string) (tree.Ref, bool) {
	plain, _, _ := strings.Cut(strings.ToLower(kind), ".")
	for ref := range m.found {
		is := strings.ToLower(ref.Kind)
		if name != "" && ref.Name == name && ref.Namespace == namespace && (plain == is || plain == is+"s") {
			return ref, true
		}
	}
	return tree.Ref{}, false
}

// same object, whether its resource is known or not.
func same(a, b tree.Ref) bool {
	a.Resource, b.Resource = "", ""
	return a == b
}
