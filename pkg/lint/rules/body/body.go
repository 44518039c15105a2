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

// place is where a body writes a field: of a ytt body, the only line that writes a field of
// that name, or the body as a whole.
func place(t *lint.Template, names ...string) lint.Place {
	if t.Body != nil {
		return at(t, strings.Join(names, "."))
	}
	return t.FieldInYtt(names[len(names)-1])
}
