package impact

import (
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/manifest"
	"github.com/carto-run/carto/pkg/stamped"
)

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
	for _, field := range stamped.ServerOwned {
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
	for _, d := range manifest.Differences("", shown(before), shown(after)) {
		paths = append(paths, d.Path)
	}
	return paths
}

// overlaid is a live object with what is rendered for it, as far as can be told without
// the API server.
func overlaid(live, rendered map[string]any) map[string]any {
	merged, _ := stamped.Merge(live, rendered).(map[string]any)
	return merged
}
