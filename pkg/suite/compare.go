package suite

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/carto-run/carto/pkg/manifest"
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
	object, _ = withoutNulls(runtime.DeepCopyJSON(object)).(map[string]any)
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

func withoutNulls(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for key, item := range v {
			if item == nil {
				delete(v, key)
				continue
			}
			v[key] = withoutNulls(item)
		}
	case []any:
		for i := range v {
			v[i] = withoutNulls(v[i])
		}
	}
	return value
}

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

// differences of two values, in the order of their paths.
func differences(expected, actual any) []Difference {
	d := &differ{}
	d.compare("", expected, actual)
	return d.found
}

type differ struct{ found []Difference }

// nothing stands for a value that is not there.
type nothing struct{}

func (d *differ) compare(path string, expected, actual any) {
	switch e := expected.(type) {
	case map[string]any:
		a, ok := actual.(map[string]any)
		if !ok {
			break
		}
		keys := maps.Clone(e)
		maps.Copy(keys, a)
		for _, key := range slices.Sorted(maps.Keys(keys)) {
			d.compare(manifest.Join(path, key), get(e, key), get(a, key))
		}
		return
	case []any:
		a, ok := actual.([]any)
		if !ok {
			break
		}
		for i := range max(len(e), len(a)) {
			var left, right any = nothing{}, nothing{}
			if i < len(e) {
				left = e[i]
			}
			if i < len(a) {
				right = a[i]
			}
			d.compare(fmt.Sprintf("%s[%d]", path, i), left, right)
		}
		return
	}
	if e, a, line := firstLine(expected, actual); line > 0 {
		d.found = append(d.found, Difference{Path: path, Message: fmt.Sprintf("line %d is %s, expected %s", line, brief(a), brief(e))})
		return
	}
	if !equality.Semantic.DeepEqual(expected, actual) {
		d.found = append(d.found, Difference{Path: path, Message: fmt.Sprintf("%s, expected %s", brief(actual), brief(expected))})
	}
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
	e, a = nothing{}, nothing{}
	if line < len(lefts) {
		e = lefts[line]
	}
	if line < len(rights) {
		a = rights[line]
	}
	return e, a, line + 1
}

func get(m map[string]any, key string) any {
	if value, ok := m[key]; ok {
		return value
	}
	return nothing{}
}

// maxBrief is how much of a value is shown, in bytes.
const maxBrief = 100

func brief(value any) string {
	if value == (nothing{}) {
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
