package stamped

import (
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/runtime"
)

// Merge lays one value over another, about as server-side apply does: objects field by
// field. Lists of the same length whose items are objects of the same names (those that API
// servers tell items by) are merged item by item, so that what the API server filled in
// stays; all other lists are replaced. Both values stay as they are.
func Merge(under, over any) any {
	switch o := over.(type) {
	case map[string]any:
		u, ok := under.(map[string]any)
		if !ok {
			return runtime.DeepCopyJSONValue(o)
		}
		merged := runtime.DeepCopyJSON(u)
		for key, value := range o {
			merged[key] = Merge(u[key], value)
		}
		return merged
	case []any:
		u, ok := under.([]any)
		if !ok || !sameItems(u, o) {
			return runtime.DeepCopyJSONValue(o)
		}
		merged := make([]any, len(o))
		for i := range o {
			merged[i] = Merge(u[i], o[i])
		}
		return merged
	}
	return over
}

func sameItems(under, over []any) bool {
	if len(under) != len(over) {
		return false
	}
	for i := range over {
		u, isMap := under[i].(map[string]any)
		o, bothMaps := over[i].(map[string]any)
		if !isMap || !bothMaps {
			return false
		}
		for _, name := range []string{"name", "type", "kind"} {
			if !equality.Semantic.DeepEqual(u[name], o[name]) {
				return false
			}
		}
	}
	return true
}
