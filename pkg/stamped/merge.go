package offline

import "k8s.io/apimachinery/pkg/runtime"

// merge lays one value over another, about as server-side apply does: objects field by
// field. Lists of the same length whose items are objects of the same names are merged
// item by item (names are those that API servers tell items by), so that what the API server filled in stays; all other lists are
// replaced. Both values stay as they are.
func merge(under, over any) any {
	switch o := over.(type) {
	case map[string]any:
		u, ok := under.(map[string]any)
		if !ok {
			return runtime.DeepCopyJSONValue(o)
		}
		merged := runtime.DeepCopyJSON(u)
		for key, value := range o {
			merged[key] = merge(u[key], value)
		}
		return merged
	case []any:
		u, ok := under.([]any)
		if !ok || !sameItems(u, o) {
			return runtime.DeepCopyJSONValue(o)
		}
		merged := make([]any, len(o))
		for i := range o {
			merged[i] = merge(u[i], o[i])
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
			if !equal(u[name], o[name]) {
				return false
			}
		}
	}
	return true
}

// drop removes from an object what was applied before and is not applied any more.
func drop(object, before, now map[string]any) {
	for key, old := range before {
		value, kept := now[key]
		if !kept {
			delete(object, key)
			continue
		}
		oldMap, wasMap := old.(map[string]any)
		nowMap, isMap := value.(map[string]any)
		at, there := object[key].(map[string]any)
		if wasMap && isMap && there {
			drop(at, oldMap, nowMap)
		}
	}
}
