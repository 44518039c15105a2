package pane

import (
	"maps"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/carto-run/carto/pkg/tree"
	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/pkg/tui/screen"
	"github.com/carto-run/carto/pkg/tui/viewer"
)

func newYAML(t Target) (screen.Screen, string) {
	if t.Ref.Name == "" {
		return nil, noObject(t)
	}
	return newText("yaml", "YAML of "+named(t.Ref), &manifest{object: t.Object}, feed.Object{Ref: t.Ref}), ""
}

// named is an object in words.
func named(r tree.Ref) string {
	name := r.Kind + "/" + r.Name
	if r.Namespace != "" {
		name += " in " + r.Namespace
	}
	return name
}

func noObject(t Target) string {
	if t.Step != "" {
		return "step " + t.Step + " has not stamped an object yet"
	}
	return "no object is selected"
}

// manifest is the YAML of an object.
type manifest struct {
	object *unstructured.Unstructured

	// What was written last: ticks do not write it again.
	written *unstructured.Unstructured
	unicode bool
	page    page
}

func (m *manifest) take(payload any) {
	if is, ok := payload.(feed.Manifest); ok && is.Object != nil {
		m.object = is.Object
	}
}

func (m *manifest) write(env *screen.Env, _ int) page {
	if m.object == nil || m.object == m.written && m.unicode == env.Theme.Unicode {
		return m.page
	}
	m.written, m.unicode = m.object, env.Theme.Unicode
	shown, masked := public(m.object.Object, maskOf(env.Theme.Unicode))
	data, err := yaml.Marshal(shown)
	if err != nil {
		m.page = page{lines: []viewer.Line{viewer.Say(viewer.Bad, "can not be written as YAML: "+err.Error())}}
		return m.page
	}
	m.page = page{lines: highlight(string(data)), source: string(data)}
	if masked {
		m.page.notes = []viewer.Line{viewer.Say(viewer.Busy, "The values of a Secret are not shown; kubectl get secret -o yaml does.")}
	}
	return m.page
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
