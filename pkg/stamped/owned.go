package stamped

import (
	"encoding/json"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/jsonread"
)

// Owned is the field set that Carto applied, as the API server tracks it; nil when Carto
// never applied the object.
//
// When others take or remove the last field that Carto had in a map, the API server leaves
// the map itself in the set, where it looks like one that is owned as a whole. Such remains
// are taken out here, where others' sets and the values are at hand that tell both apart.
func Owned(object *unstructured.Unstructured) []byte {
	return OwnedFields(object.GetManagedFields(), hasEmptyMap(object.Object), func() map[string]any { return object.Object })
}

// OwnedFields is Owned of an object that is not decoded: values is called for it when it
// has to be looked at, which is rare. emptyMaps says whether there can be an empty map in it.
func OwnedFields(managed []metav1.ManagedFieldsEntry, emptyMaps bool, values func() map[string]any) []byte {
	var owned []byte
	var others [][]byte
	for _, entry := range managed {
		switch {
		case entry.Subresource != "" || entry.FieldsV1 == nil:
		case entry.Manager == v1alpha1.FieldManager && entry.Operation == metav1.ManagedFieldsOperationApply:
			owned = entry.FieldsV1.GetRawBytes()
		default:
			others = append(others, entry.FieldsV1.GetRawBytes())
		}
	}
	if len(owned) == 0 || len(others) == 0 && !emptyMaps {
		return owned
	}
	var set map[string]any
	if jsonread.Into(owned, &set) != nil {
		return owned
	}
	changed := dropRemoved(set, values())
	for _, raw := range others {
		var other map[string]any
		if jsonread.Into(raw, &other) == nil && dropTaken(set, other) {
			changed = true
		}
	}
	if !changed {
		return owned
	}
	kept, err := json.Marshal(set)
	if err != nil {
		return owned // what was decoded can be encoded
	}
	return kept
}

// dropTaken takes out what is whole in the set while another owns something inside of it.
func dropTaken(set, other map[string]any) bool {
	changed := false
	for key, tracked := range set {
		mine, ok := tracked.(map[string]any)
		theirs, both := other[key].(map[string]any)
		switch {
		case !ok || !both || len(theirs) == 0:
		case len(mine) > 0:
			changed = dropTaken(mine, theirs) || changed
		case key != ".":
			delete(set, key)
			changed = true
		}
	}
	return changed
}

// dropRemoved takes out what is whole in the set and has nothing left in it.
func dropRemoved(set, values map[string]any) bool {
	changed := false
	for key, tracked := range set {
		name, isField := strings.CutPrefix(key, "f:")
		mine, ok := tracked.(map[string]any)
		value, isMap := values[name].(map[string]any)
		switch {
		case !isField || !ok || !isMap:
		case len(mine) > 0:
			changed = dropRemoved(mine, value) || changed
		case len(value) == 0:
			delete(set, key)
			changed = true
		}
	}
	return changed
}

// hasEmptyMap looks into maps only, as dropRemoved does.
func hasEmptyMap(values map[string]any) bool {
	for _, value := range values {
		if m, ok := value.(map[string]any); ok && (len(m) == 0 || hasEmptyMap(m)) {
			return true
		}
	}
	return false
}
