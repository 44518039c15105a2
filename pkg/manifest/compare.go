package manifest

import (
	"fmt"
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/api/equality"
)

// Difference is one value in which two values differ.
type Difference struct {
	// Path of the value: spec.containers[0].image.
	Path string
	// Before and After are what there is; Nothing where there is no such value.
	Before, After any
}

type nothing struct{}

// Nothing stands for a value that is not there, which null is not.
var Nothing any = nothing{}

// Differences of two values as JSON has them, below a path, in the order of their paths.
// Lists are compared item by item.
func Differences(path string, before, after any) []Difference {
	var found []Difference
	switch b := before.(type) {
	case map[string]any:
		a, ok := after.(map[string]any)
		if !ok {
			break
		}
		keys := maps.Clone(b)
		maps.Copy(keys, a)
		for _, key := range slices.Sorted(maps.Keys(keys)) {
			found = append(found, Differences(Join(path, key), valueOf(b, key), valueOf(a, key))...)
		}
		return found
	case []any:
		a, ok := after.([]any)
		if !ok {
			break
		}
		for i := range max(len(b), len(a)) {
			left, right := Nothing, Nothing
			if i < len(b) {
				left = b[i]
			}
			if i < len(a) {
				right = a[i]
			}
			found = append(found, Differences(fmt.Sprintf("%s[%d]", path, i), left, right)...)
		}
		return found
	}
	if !equality.Semantic.DeepEqual(before, after) {
		found = append(found, Difference{path, before, after})
	}
	return found
}

func valueOf(m map[string]any, key string) any {
	if value, ok := m[key]; ok {
		return value
	}
	return Nothing
}
