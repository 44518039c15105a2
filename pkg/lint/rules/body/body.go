// Package body holds the rules about what templates stamp (TPL).
package body

import (
	"slices"
	"strings"

	"github.com/carto-run/carto/pkg/lint"
)

// Rules of the family.
var Rules = slices.Concat(shapeRules, tagRules, inputRules, ownerRules, nameRules, metadataRules)

// at is the place of a field of a tag body.
func at(t *lint.Template, path string) lint.Place { return t.Key(lint.BodyPath + "." + path) }

// metadata of a body; nil when it has none that can be read.
func metadata(body map[string]any) map[string]any {
	m, _ := body["metadata"].(map[string]any)
	return m
}

// hasTag says that stamping changes a text.
func hasTag(text string) bool {
	_, rest, open := strings.Cut(text, "$(")
	return open && strings.Contains(rest, ")$")
}

// stamped are the objects that a template is known to stamp: its body, or what a ytt body
// made of samples.
func stamped(t *lint.Template) []map[string]any {
	if t.Body != nil {
		return []map[string]any{t.Body}
	}
	var objects []map[string]any
	for _, sample := range t.Samples() {
		if len(sample.Documents) == 1 {
			if object, ok := sample.Documents[0].(map[string]any); ok {
				objects = append(objects, object)
			}
		}
	}
	return objects
}

// place is where a body writes a field: of a ytt body, the only line that writes a field of
// that name, or the body as a whole.
func place(t *lint.Template, names ...string) lint.Place {
	if t.Body != nil {
		return at(t, strings.Join(names, "."))
	}
	found := 0
	for i, line := range strings.Split(t.Spec.Ytt, "\n") {
		if strings.HasPrefix(strings.TrimSpace(line), names[len(names)-1]+":") {
			if found > 0 {
				return t.Key(lint.YttPath)
			}
			found = i + 1
		}
	}
	if found == 0 {
		return t.Key(lint.YttPath)
	}
	return t.Line(lint.YttPath, found)
}
