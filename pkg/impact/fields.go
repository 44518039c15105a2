package impact

import (
	"fmt"
	"maps"
	"regexp"
	"slices"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
)

// serverOwned is the metadata that the API server keeps.
var serverOwned = []string{
	"creationTimestamp", "deletionGracePeriodSeconds", "deletionTimestamp", "generation", "managedFields",
	"resourceVersion", "selfLink", "uid",
}

// ownAnnotations are those of Carto that change with every change.
var ownAnnotations = []string{v1alpha1.AnnotationDigest, v1alpha1.AnnotationSequence}

// shown is a copy of an object without what the API server and Carto keep for themselves:
// the status, most of the metadata, the owner reference.
func shown(object map[string]any) map[string]any {
	copied := runtime.DeepCopyJSON(object)
	delete(copied, "status")
	metadata, ok := copied["metadata"].(map[string]any)
	if !ok {
		return copied
	}
	for _, field := range serverOwned {
		delete(metadata, field)
	}
	delete(metadata, "ownerReferences")
	if annotations, ok := metadata["annotations"].(map[string]any); ok {
		for _, annotation := range ownAnnotations {
			delete(annotations, annotation)
		}
		if len(annotations) == 0 {
			delete(metadata, "annotations")
		}
	}
	return copied
}

// mask hides the values of a Secret, of which before or after may be nil: what is printed
// ends up in the logs of build servers. That a value changes is still to be seen.
func mask(kind schema.GroupVersionKind, before, after map[string]any) {
	if kind.GroupKind() != (schema.GroupKind{Kind: "Secret"}) {
		return
	}
	for _, field := range []string{"data", "stringData"} {
		old, _ := before[field].(map[string]any)
		now, _ := after[field].(map[string]any)
		for name, value := range old {
			other, stays := now[name]
			switch {
			case !stays:
				old[name] = "***"
			case equality.Semantic.DeepEqual(value, other):
				old[name], now[name] = "***", "***"
			default:
				old[name], now[name] = "*** (before)", "*** (after)"
			}
		}
		for name := range now {
			if _, was := old[name]; !was {
				now[name] = "***"
			}
		}
	}
}

// differing are the paths of the fields in which two objects differ, without what is not
// shown.
func differing(before, after map[string]any) []string {
	var paths []string
	compareValues("", shown(before), shown(after), &paths)
	return paths
}

func compareValues(path string, before, after any, paths *[]string) {
	oldMap, isMap := before.(map[string]any)
	newMap, stays := after.(map[string]any)
	if isMap && stays {
		all := maps.Clone(oldMap)
		maps.Copy(all, newMap)
		for _, name := range slices.Sorted(maps.Keys(all)) {
			old, had := oldMap[name]
			now, has := newMap[name]
			if at := join(path, name); had != has {
				*paths = append(*paths, at)
			} else {
				compareValues(at, old, now, paths)
			}
		}
		return
	}
	oldList, isList := before.([]any)
	newList, stays := after.([]any)
	if isList && stays && len(oldList) == len(newList) {
		for i := range oldList {
			compareValues(fmt.Sprintf("%s[%d]", path, i), oldList[i], newList[i], paths)
		}
		return
	}
	if !equality.Semantic.DeepEqual(before, after) {
		*paths = append(*paths, path)
	}
}

var plainName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*$`)

func join(path, name string) string {
	switch {
	case !plainName.MatchString(name):
		return fmt.Sprintf("%s[%q]", path, name)
	case path == "":
		return name
	}
	return path + "." + name
}

// overlaid is a live object with what is rendered for it, as far as can be told without
// the API server: maps are merged, all else is replaced.
func overlaid(live, rendered map[string]any) map[string]any {
	merged := runtime.DeepCopyJSON(live)
	overlay(merged, runtime.DeepCopyJSON(rendered))
	return merged
}

func overlay(under, over map[string]any) {
	for name, value := range over {
		have, isMap := under[name].(map[string]any)
		if below, ok := value.(map[string]any); ok && isMap {
			overlay(have, below)
			continue
		}
		under[name] = value
	}
}
