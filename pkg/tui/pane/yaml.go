package pane

import (
	"maps"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/carto-run/carto/pkg/table"
	"github.com/carto-run/carto/pkg/tree"
	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/pkg/tui/screen"
	"github.com/carto-run/carto/pkg/tui/viewer"
)

func newYAML(t Target) (screen.Screen, string) {
	if t.Ref.Name == "" {
		return nil, noObject(t)
	}
	m := &manifest{}
	if t.Object != nil && weight(t.Object.Object, large) < large {
		m.object = t.Object // at once; what the feed delivers keeps it fresh
	}
	return newText("yaml", "YAML of "+named(t.Ref), m, feed.Object{Ref: t.Ref}), ""
}

// named is an object in words.
func named(r tree.Ref) string {
	name := r.Kind + "/" + r.Name
	if r.Namespace != "" {
		name += " in " + r.Namespace
	}
	return table.OneLine(name)
}

func noObject(t Target) string {
	if t.Step != "" {
		return "step " + table.OneLine(t.Step) + " has not stamped an object yet"
	}
	return "no object is selected"
}

// manifest is the YAML of an object.
type manifest struct {
	object *unstructured.Unstructured
	// newest is the object that was delivered last; it may still be written.
	newest *unstructured.Unstructured

	// What was written last, so that ticks do not write it again.
	written *unstructured.Unstructured
	unicode bool
	page    page
}

// written is an object that was written beside the program's loop.
type written struct {
	object  *unstructured.Unstructured
	unicode bool
	page    page
}

// large is how many bytes of an object can be written while a key waits.
const large = 100_000

func (m *manifest) work(env *screen.Env, payload any) func() any {
	is, ok := payload.(feed.Manifest)
	if !ok || is.Object == nil {
		return nil
	}
	m.newest = is.Object
	if weight(is.Object.Object, large) < large {
		return nil
	}
	unicode := env.Theme.Unicode
	return func() any { return written{is.Object, unicode, writeYAML(is.Object, unicode)} }
}

// weight is about how many bytes a value has; it is not counted beyond a limit.
func weight(value any, limit int) int {
	sum := 8
	switch v := value.(type) {
	case string:
		return len(v)
	case map[string]any:
		for key, value := range v {
			if sum += len(key) + weight(value, limit-sum); sum >= limit {
				break
			}
		}
	case []any:
		for _, value := range v {
			if sum += weight(value, limit-sum); sum >= limit {
				break
			}
		}
	}
	return sum
}

func (m *manifest) take(payload any) {
	switch is := payload.(type) {
	case feed.Manifest:
		if is.Object != nil {
			m.object = is.Object
		}
	case written:
		if is.object == m.newest { // else a newer one is being written
			m.object, m.written, m.unicode, m.page = is.object, is.object, is.unicode, is.page
		}
	}
}

func (m *manifest) write(env *screen.Env, _ int) page {
	if m.object != nil && (m.object != m.written || m.unicode != env.Theme.Unicode) {
		m.written, m.unicode, m.page = m.object, env.Theme.Unicode, writeYAML(m.object, env.Theme.Unicode)
	}
	return m.page
}

func writeYAML(object *unstructured.Unstructured, unicode bool) page {
	shown, masked := public(object.Object, maskOf(unicode))
	data, err := yaml.Marshal(shown)
	if err != nil {
		return page{lines: []viewer.Line{viewer.Say(viewer.Bad, "can not be written as YAML: "+err.Error())}}
	}
	is := page{lines: highlight(string(data)), source: string(data)}
	if masked {
		is.notes = []viewer.Line{viewer.Say(viewer.Busy, "The values of a Secret are not shown; kubectl get secret -o yaml does.")}
	}
	return is
}

func maskOf(unicode bool) string {
	if unicode {
		return "•••"
	}
	return "***"
}

// lastApplied is where kubectl keeps the whole object, values of Secrets included.
const lastApplied = "kubectl.kubernetes.io/last-applied-configuration"

// public is an object without what only the API server needs to know, and without the
// values of a Secret: this screen is seen by those who stand behind. The object itself
// stays as it is.
func public(object map[string]any, mask string) (shown map[string]any, masked bool) {
	shown = maps.Clone(object)
	metadata, _ := object["metadata"].(map[string]any)
	metadata = maps.Clone(metadata)
	delete(metadata, "managedFields")
	if metadata != nil {
		shown["metadata"] = metadata
	}
	if object["kind"] != "Secret" || object["apiVersion"] != "v1" {
		return shown, false
	}
	for _, field := range []string{"data", "stringData"} {
		if values, ok := object[field].(map[string]any); ok {
			hidden := make(map[string]any, len(values))
			for key := range values {
				hidden[key] = mask
			}
			shown[field] = hidden
		}
	}
	if annotations, ok := metadata["annotations"].(map[string]any); ok && annotations[lastApplied] != nil {
		annotations = maps.Clone(annotations)
		annotations[lastApplied] = mask
		metadata["annotations"] = annotations
	}
	return shown, true
}
