package stamped

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strings"

	"github.com/carto-run/carto/pkg/jsonread"
)

// Owns says whether Carto still owns every field that the rendering sets, going by the
// field set that the API server tracks for Carto's applies. That is how drift is found
// (spec: reconcile M4): when somebody changes or removes such a field, the API server
// takes it out of the set. Comparing values instead would see drift wherever the server
// writes a value in another form (quantities, defaults inside lists), and loop.
//
// The walk needs no schema: where the field set ends, the field is a leaf or atomic; in
// lists the set names the keys by which items are told apart.
func Owns(owned []byte, rendered map[string]any) bool {
	var set map[string]any
	if len(owned) == 0 || jsonread.Into(owned, &set) != nil {
		return false
	}
	for key, value := range rendered {
		switch key {
		case "apiVersion", "kind", "status": // never tracked, or not ours to apply
		case "metadata":
			if !ownsMetadata(set, value) {
				return false
			}
		default:
			if !ownsField(set, key, value) {
				return false
			}
		}
	}
	return true
}

func ownsMetadata(set map[string]any, metadata any) bool {
	fields, ok := metadata.(map[string]any)
	if !ok {
		return false
	}
	tracked, _ := set["f:metadata"].(map[string]any)
	for _, key := range []string{"labels", "annotations"} { // name and namespace are never tracked
		values, _ := fields[key].(map[string]any)
		if len(values) > 0 && !ownsField(tracked, key, values) {
			return false
		}
	}
	return true
}

func ownsField(set map[string]any, key string, value any) bool {
	tracked, ok := set["f:"+key]
	if !ok {
		// An empty map or list may leave no trace in the set.
		return isEmpty(value)
	}
	return ownsValue(tracked, value)
}

func ownsValue(tracked, value any) bool {
	set, _ := tracked.(map[string]any)
	if len(set) == 0 {
		return true // a leaf, or atomic: owned as a whole
	}
	switch v := value.(type) {
	case map[string]any:
		for key, child := range v {
			if !ownsField(set, key, child) {
				return false
			}
		}
	case []any:
		items := itemsOf(set)
		for i, item := range v {
			if !items.owns(i, item) {
				return false
			}
		}
	}
	return true
}

// items are the entries of a list in a field set, decoded once: a list can have ten thousand
// items, and each is looked for among all entries.
type items struct {
	set map[string]any
	// names of the keys of all entries; one schema makes them all.
	names []string
	keyed []keyedItem
}

type keyedItem struct {
	name    string // in the field set
	keys    map[string]json.RawMessage
	tracked any
}

func itemsOf(set map[string]any) *items {
	l := &items{set: set}
	for name, tracked := range set {
		text, ok := strings.CutPrefix(name, "k:")
		var keys map[string]json.RawMessage
		if ok && json.Unmarshal([]byte(text), &keys) == nil {
			l.keyed = append(l.keyed, keyedItem{name, keys, tracked})
		}
	}
	if len(l.keyed) > 0 {
		l.names = slices.Collect(maps.Keys(l.keyed[0].keys))
	}
	return l
}

// owns finds the entry of a list item: by its index, by its value, or by its keys.
func (l *items) owns(index int, item any) bool {
	if tracked, ok := l.set[fmt.Sprintf("i:%d", index)]; ok {
		return ownsValue(tracked, item)
	}
	if text, err := json.Marshal(item); err == nil {
		if _, ok := l.set["v:"+string(text)]; ok {
			return true
		}
	}
	fields, ok := item.(map[string]any)
	if !ok {
		return false
	}
	if tracked, ok := l.set["k:"+keysOf(fields, l.names)]; ok && ownsValue(tracked, item) {
		return true
	}
	// An item without a key that has a default may be each of several.
	return slices.ContainsFunc(l.keyed, func(entry keyedItem) bool { return entry.matches(fields) && ownsValue(entry.tracked, item) })
}

// keysOf are the keys of an item as a field set has them.
func keysOf(fields map[string]any, names []string) string {
	keys := make(map[string]any, len(names))
	for _, name := range names {
		if value, ok := fields[name]; ok {
			keys[name] = value
		}
	}
	text, err := json.Marshal(keys)
	if err != nil {
		return ""
	}
	return string(text)
}

// matches compares an item with the keys of an entry. A key that the rendering leaves to a
// default of the schema (the protocol of a port) is no difference.
func (k keyedItem) matches(fields map[string]any) bool {
	for key, text := range k.keys {
		if value, set := fields[key]; set && !sameJSON(value, string(text)) {
			return false
		}
	}
	return true
}

func sameJSON(value any, text string) bool {
	encoded, err := json.Marshal(value)
	return err == nil && string(encoded) == text
}

func isEmpty(value any) bool {
	switch v := value.(type) {
	case nil:
		return true
	case map[string]any:
		return len(v) == 0
	case []any:
		return len(v) == 0
	}
	return false
}

// Fingerprint of a field set, to notice that it has changed.
func Fingerprint(owned []byte) uint64 {
	h := fnv.New64a()
	h.Write(owned)
	return h.Sum64()
}
