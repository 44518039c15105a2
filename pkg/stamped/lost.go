package stamped

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/jsonread"
)

// Lost lists the fields that the rendering sets and Carto does not own any more, going by
// the field set that the API server tracks: nothing exactly when Owns.
func Lost(owned []byte, rendered map[string]any) []Field {
	var set map[string]any
	if jsonread.Into(owned, &set) != nil {
		set = nil
	}
	var l losses
	for _, key := range slices.Sorted(maps.Keys(rendered)) {
		switch key {
		case "apiVersion", "kind", "status": // as in Owns
		case "metadata":
			metadata, _ := rendered[key].(map[string]any)
			tracked, _ := set["f:metadata"].(map[string]any)
			for _, name := range []string{"annotations", "labels"} {
				if values, ok := metadata[name].(map[string]any); ok && len(values) > 0 {
					l.field(Field{Path: "metadata", keys: []string{"f:metadata"}}, tracked, name, values)
				}
			}
		default:
			l.field(Field{}, set, key, rendered[key])
		}
	}
	return l
}

// Field names a field of an object.
type Field struct {
	// Path as a person writes it, such as spec.containers[app].image.
	Path string
	// keys lead to it in a field set, as far as they are known.
	keys []string
}

func (f Field) String() string { return f.Path }

func (f Field) child(key string) Field {
	path := key
	if strings.ContainsAny(key, "./") {
		path = "[" + key + "]"
	} else if f.Path != "" {
		path = "." + key
	}
	return Field{Path: f.Path + path, keys: append(slices.Clone(f.keys), "f:"+key)}
}

type losses []Field

func (l *losses) field(parent Field, set map[string]any, key string, value any) {
	if ownsField(set, key, value) {
		return
	}
	f := parent.child(key)
	tracked, ok := set["f:"+key]
	if values, isMap := value.(map[string]any); !ok && isMap && len(values) > 0 {
		tracked = map[string]any{".": nil} // nothing of it is left: each field is named
	} else if !ok {
		*l = append(*l, f)
		return
	}
	l.value(f, tracked, value)
}

func (l *losses) value(f Field, tracked, value any) {
	set, _ := tracked.(map[string]any)
	switch v := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			l.field(f, set, key, v[key])
		}
	case []any:
		items := itemsOf(set)
		for i, item := range v {
			if items.owns(i, item) {
				continue
			}
			entry := Field{Path: f.Path + "[" + itemName(i, item) + "]", keys: f.keys}
			fields, _ := item.(map[string]any)
			if at := slices.IndexFunc(items.keyed, func(k keyedItem) bool { return fields != nil && k.matches(fields) }); at >= 0 {
				entry.keys = append(slices.Clone(f.keys), items.keyed[at].name)
				l.value(entry, items.keyed[at].tracked, item)
			} else {
				*l = append(*l, entry)
			}
		}
	default:
		*l = append(*l, f)
	}
}

// itemName is how a person tells an item of a list from the others.
func itemName(index int, item any) string {
	if fields, ok := item.(map[string]any); ok {
		if name, ok := fields["name"].(string); ok {
			return name
		}
	}
	return fmt.Sprint(index)
}

// Managers names those besides Carto that own any of the fields, going by what the API
// server tracks; none when the fields were removed, and belong to nobody.
func Managers(object *unstructured.Unstructured, fields []Field) []string {
	var names []string
	for _, entry := range object.GetManagedFields() {
		var set map[string]any
		if entry.FieldsV1 == nil || jsonread.Into(entry.FieldsV1.GetRawBytes(), &set) != nil {
			continue
		}
		name := entry.Manager
		if entry.Subresource != "" {
			name += " (by the subresource " + entry.Subresource + ")"
		} else if entry.Manager == v1alpha1.FieldManager && entry.Operation == "Apply" {
			continue // Carto itself
		}
		if !slices.Contains(names, name) && slices.ContainsFunc(fields, func(f Field) bool { return holds(set, f.keys) }) {
			names = append(names, name)
		}
	}
	return names
}

// holds says whether a field set leads to a field, or owns what it is in as a whole.
func holds(set map[string]any, keys []string) bool {
	for _, key := range keys {
		tracked, ok := set[key].(map[string]any)
		if !ok {
			return false
		}
		if len(tracked) == 0 {
			return true
		}
		set = tracked
	}
	return len(keys) > 0
}
