package pane

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/carto-run/carto/pkg/tree"
	"github.com/carto-run/carto/pkg/tui/viewer"
)

// Bounds of what is told of an object: its YAML has all.
const (
	maxPairs = 20
	maxValue = 120
	maxState = 40
	maxDepth = 4
)

// object tells of any kind what its metadata and its status say.
func (s *sheet) object(o *unstructured.Unstructured) {
	if len(s.lines) > 0 {
		s.title(o.GetKind() + " " + o.GetName())
	}
	s.state("  ", "State", tree.ObjectState(o))
	s.field("Namespace", o.GetNamespace())
	s.field("API version", o.GetAPIVersion())
	s.field("Created", s.moment(o.GetCreationTimestamp().Time))
	if at := o.GetDeletionTimestamp(); at != nil {
		s.styled("  ", "Deleted", s.moment(at.Time)+"; it waits for its finalizers", viewer.Busy)
	}
	if n := o.GetGeneration(); n > 0 {
		s.field("Generation", fmt.Sprint(n))
	}
	s.field("Finalizers", strings.Join(o.GetFinalizers(), ", "))
	for _, r := range o.GetOwnerReferences() {
		text := r.Kind + "/" + r.Name
		if r.Controller != nil && *r.Controller {
			text += ", its controller"
		}
		s.field("Owned by", text)
	}
	s.labels(o)
	s.conditions(o)
	s.status(o)
}

func (s *sheet) labels(o *unstructured.Unstructured) {
	s.pairs("Labels", o.GetLabels())
	annotations := maps.Clone(o.GetAnnotations())
	delete(annotations, lastApplied) // the whole object once more
	s.pairs("Annotations", annotations)
}

func (s *sheet) pairs(name string, all map[string]string) {
	sorted := slices.Sorted(maps.Keys(all))
	for i, key := range sorted {
		if i == maxPairs {
			s.field("", fmt.Sprintf("and %d more, in its YAML", len(sorted)-i))
			return
		}
		s.field(name, key+" = "+short(all[key]))
		name = ""
	}
}

func short(value string) string {
	if runes := []rune(value); len(runes) > maxValue {
		return string(runes[:maxValue]) + "..."
	}
	return value
}

func (s *sheet) conditions(o *unstructured.Unstructured) {
	list, _, _ := unstructured.NestedSlice(o.Object, "status", "conditions")
	if len(list) == 0 {
		return
	}
	s.title("Conditions")
	for _, c := range list {
		m, _ := c.(map[string]any)
		text := func(key string) string { t, _ := m[key].(string); return t }
		status := text("status")
		if status == "" {
			continue
		}
		name := text("type")
		if len(name) >= s.column() {
			s.say("  ", name, viewer.Faint)
			name = ""
		}
		s.state("  ", name, tree.State{Status: status, Reason: text("reason"), Message: text("message"), Since: tree.ParseTime(text("lastTransitionTime"))})
	}
}

// status tells the fields that are no conditions.
func (s *sheet) status(o *unstructured.Unstructured) {
	status, _ := o.Object["status"].(map[string]any)
	status = maps.Clone(status)
	delete(status, "conditions")
	fields := flatten(nil, "", status, 0)
	if len(fields) == 0 {
		return
	}
	s.title("Status")
	for i, f := range fields {
		if i == maxState {
			s.say("  ", fmt.Sprintf("and %d more, in its YAML", len(fields)-i), viewer.Faint)
			return
		}
		if len(f.path) < s.column() {
			s.field(f.path, f.value)
			continue
		}
		s.styled("  ", f.path+":", f.value, viewer.Plain)
	}
}

type flat struct{ path, value string }

// flatten makes one field of each value, however deep it is.
func flatten(all []flat, path string, value any, depth int) []flat {
	switch v := value.(type) {
	case map[string]any:
		if depth == maxDepth && len(v) > 0 {
			return append(all, flat{path, fmt.Sprintf("{%d fields}", len(v))})
		}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			all = flatten(all, strings.TrimPrefix(path+"."+key, "."), v[key], depth+1)
		}
	case []any:
		if depth == maxDepth && len(v) > 0 {
			return append(all, flat{path, fmt.Sprintf("[%d entries]", len(v))})
		}
		for i := range v {
			all = flatten(all, fmt.Sprintf("%s[%d]", path, i), v[i], depth+1)
		}
	case nil:
	default:
		all = append(all, flat{path, short(fmt.Sprint(v))})
	}
	return all
}
