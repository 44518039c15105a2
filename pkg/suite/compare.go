package suite

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"

	"github.com/carto-run/carto/pkg/manifest"
	"github.com/carto-run/carto/pkg/stamp"
)

// Difference is one value that is not as expected.
type Difference struct {
	// Path of the value: spec.containers[0].image.
	Path string `json:"path"`
	// Line in the file that says what is expected, or of what is nearest; 0 when unknown.
	Line int `json:"line,omitempty"`
	// Message says what is there, and what was expected.
	Message string `json:"message"`
}

// comparable is an object as it is compared: a copy without what the options leave out,
// and without what says nothing. The API server drops nulls; an owner in a file has no
// uid, and may have no namespace.
func (o *compareOptions) comparable(object map[string]any) map[string]any {
	object, _ = stamp.WithoutNulls(runtime.DeepCopyJSON(object)).(map[string]any)
	if isTrue(o.IgnoreMetadata) {
		delete(object, "metadata")
	}
	if metadata, ok := object["metadata"].(map[string]any); ok {
		for _, field := range o.IgnoreMetadataFields {
			delete(metadata, field)
		}
		if isTrue(o.IgnoreLabels) {
			delete(metadata, "labels")
		}
		if isTrue(o.IgnoreOwnerRefs) {
			delete(metadata, "ownerReferences")
		}
		if metadata["namespace"] == "" {
			delete(metadata, "namespace")
		}
		if refs, ok := metadata["ownerReferences"].([]any); ok {
			for _, ref := range refs {
				if m, ok := ref.(map[string]any); ok && m["uid"] == "" {
					delete(m, "uid")
				}
			}
		}
		if len(metadata) == 0 {
			delete(object, "metadata")
		}
	}
	if slices.Contains(o.NamedCMPOptionFuncs, numbersAsFloats) {
		object, _ = asFloats(object).(map[string]any)
	}
	return object
}

func isTrue(b *bool) bool { return b != nil && *b }

func asFloats(value any) any {
	switch v := value.(type) {
	case int64:
		return float64(v)
	case map[string]any:
		for key := range v {
			v[key] = asFloats(v[key])
		}
	case []any:
		for i := range v {
			v[i] = asFloats(v[i])
		}
	}
	return value
}

// differences of two values below a path, in words.
func differences(path string, expected, actual any) []Difference {
	var found []Difference
	for _, d := range manifest.Differences(path, expected, actual) {
		message := fmt.Sprintf("%s, expected %s", brief(d.After), brief(d.Before))
		if e, a, line := firstLine(d.Before, d.After); line > 0 {
			message = fmt.Sprintf("line %d is %s, expected %s", line, brief(a), brief(e))
		}
		found = append(found, Difference{Path: d.Path, Message: message})
	}
	return found
}

// firstLine is the first line, from 1, in which two texts differ of which one has several; 0
// for anything else.
func firstLine(expected, actual any) (e, a any, line int) {
	left, isText := expected.(string)
	right, too := actual.(string)
	if !isText || !too || left == right || !strings.Contains(left+right, "\n") {
		return nil, nil, 0
	}
	lefts, rights := strings.Split(left, "\n"), strings.Split(right, "\n")
	for line < len(lefts) && line < len(rights) && lefts[line] == rights[line] {
		line++
	}
	e, a = manifest.Nothing, manifest.Nothing
	if line < len(lefts) {
		e = lefts[line]
	}
	if line < len(rights) {
		a = rights[line]
	}
	return e, a, line + 1
}

// maxBrief is how much of a value is shown, in bytes.
const maxBrief = 100

func brief(value any) string {
	if value == manifest.Nothing {
		return "nothing"
	}
	encoded, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprintf("%v", value)
	}
	if len(encoded) > maxBrief {
		return strings.ToValidUTF8(string(encoded[:maxBrief]), "") + "..."
	}
	return string(encoded)
}
