package lint

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/util/json"

	"github.com/carto-run/carto/pkg/manifest"
)

// Read is one place at which a body reads something of its context.
type Read struct {
	// Names that the read begins with: params, registry; or workload, spec, source, git, url.
	Names []string
	// Whole says that the read is exactly these names: no index, no filter, no computed key
	// comes after them.
	Whole bool
	// Expression as it is written.
	Expression string
	Place      Place
	// Field is where in the body the value goes: spec.source.url. Empty in ytt, where it can
	// not be told.
	Field string
	// Into is the field of a ytt body whose value the code makes with what it reads; what it
	// does with it is not known. Empty where that can not be told, and in other bodies.
	Into string
	// InText says that the value becomes a part of a text.
	InText bool
	// Guarded says that the body looks first whether the value is there, so that a missing one
	// does no harm. Only ytt can.
	Guarded bool
	// Key is set for a tag in the key of a mapping, which is never evaluated.
	Key bool
}

// Root is the first name.
func (r *Read) Root() string {
	if len(r.Names) == 0 {
		return ""
	}
	return r.Names[0]
}

// Path joins the names with dots.
func (r *Read) Path() string { return strings.Join(r.Names, ".") }

// bodyPath is where templates hold their bodies.
const (
	bodyPath = "spec.template"
	yttPath  = "spec.ytt"
)

// BodyPath and YttPath are the same for rules.
const (
	BodyPath = bodyPath
	YttPath  = yttPath
)

func (t *Template) readBody() {
	if t.Spec.Template != nil {
		if err := json.Unmarshal(t.Spec.Template.Raw, &t.Body); err != nil {
			t.Body = nil // the engine has said so
		}
	}
	t.readKind()
	t.readPaths()
	for _, tag := range t.Tags() {
		path := manifest.Append(bodyPath, tag.Location)
		t.Reads = append(t.Reads, Read{
			Names: tag.Names, Whole: tag.Whole, Expression: tag.Expression, Field: tag.Location, InText: !tag.Alone,
			Place: t.InText(path, tag.Offset, tag.Offset+len(tag.Expression)+len("$()$")),
		})
	}
	t.readKeys(t.Body, bodyPath)
	t.readYtt()
}

func (t *Template) readKeys(value any, path string) {
	switch v := value.(type) {
	case map[string]any:
		for _, key := range t.Doc.Keys(path) {
			at := manifest.Join(path, key)
			if _, rest, open := strings.Cut(key, "$("); open {
				if expression, _, closed := strings.Cut(rest, ")$"); closed {
					t.Reads = append(t.Reads, Read{Expression: expression, Place: t.Key(at), Key: true})
				}
			}
			t.readKeys(v[key], at)
		}
	case []any:
		for i, item := range v {
			t.readKeys(item, path+"["+strconv.Itoa(i)+"]")
		}
	}
}

// Walk visits a value of JSON and all that is in it, with paths, lists in their order and
// keys of mappings sorted.
func Walk(value any, path string, visit func(path string, value any)) {
	visit(path, value)
	switch v := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			Walk(v[key], manifest.Join(path, key), visit)
		}
	case []any:
		for i, item := range v {
			Walk(item, path+"["+strconv.Itoa(i)+"]", visit)
		}
	}
}
