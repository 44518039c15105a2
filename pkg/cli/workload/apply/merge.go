package apply

import (
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// byName are the lists whose entries are told apart by name: a merge changes and adds
// entries, and deletes none.
var byName = map[string]bool{
	"spec.params": true, "spec.env": true, "spec.build.env": true, "spec.serviceClaims": true, "spec.resources.claims": true,
}

// merge puts a file on top of the live workload. Only null deletes: what the file does not
// mention stays (spec: cli §2.9, a file without serviceAccountName).
func merge(live, file *unstructured.Unstructured) *unstructured.Unstructured {
	wanted := live.DeepCopy()
	dropOtherSources(wanted, file)
	mergeMaps(wanted.Object, file.DeepCopy().Object, "")
	return wanted
}

// dropOtherSources: a workload has one source, so a file that gives one replaces whatever
// kind of source was there.
func dropOtherSources(wanted, file *unstructured.Unstructured) {
	sources := [][]string{{"spec", "image"}, {"spec", "source", "git"}, {"spec", "source", "image"}}
	for i, given := range sources {
		if value, found, _ := unstructured.NestedFieldNoCopy(file.Object, given...); !found || value == nil {
			continue
		}
		for j, other := range sources {
			if j != i {
				unstructured.RemoveNestedField(wanted.Object, other...)
			}
		}
		if i == 0 { // a folder within the source goes with it
			unstructured.RemoveNestedField(wanted.Object, "spec", "source")
		}
		return
	}
}

func mergeMaps(live, file map[string]any, path string) {
	for key, value := range file {
		below := strings.TrimPrefix(path+"."+key, ".")
		switch given := value.(type) {
		case nil:
			delete(live, key)
		case map[string]any:
			have, ok := live[key].(map[string]any)
			if !ok {
				have = map[string]any{}
			}
			mergeMaps(have, given, below)
			live[key] = have
		case []any:
			if have, ok := live[key].([]any); ok && byName[below] {
				given = mergeLists(have, given)
			}
			live[key] = given
		default:
			live[key] = value
		}
	}
}

// mergeLists replaces entries in their place and appends those that are new.
func mergeLists(live, file []any) []any {
	merged := append([]any{}, live...)
	for _, entry := range file {
		place := -1
		for i, have := range merged {
			if name := nameOf(entry); name != nil && nameOf(have) == name {
				place = i
			}
		}
		if place < 0 {
			merged = append(merged, entry)
			continue
		}
		merged[place] = entry
	}
	return merged
}

func nameOf(entry any) any {
	m, _ := entry.(map[string]any)
	name, _ := m["name"].(string)
	if name == "" {
		return nil
	}
	return name
}

// replace makes the workload what create would make of the file; what controllers keep in
// the metadata stays, or its deletion would not end and its owner would not be known.
func replace(live, file *unstructured.Unstructured) *unstructured.Unstructured {
	wanted := file.DeepCopy()
	for _, field := range []string{"finalizers", "ownerReferences"} {
		if value, found, _ := unstructured.NestedFieldCopy(live.Object, "metadata", field); found {
			_ = unstructured.SetNestedField(wanted.Object, value, "metadata", field)
		}
	}
	return wanted
}
