// Command crdgen finishes the CustomResourceDefinitions that controller-gen wrote:
//
//	go run ./hack/crdgen pkg/api/v1alpha1/crds
//
// Everything that a marker can say is a marker on the Go types. This program adds what no
// marker can say, because the Go type is foreign (the label selector), shared between
// blueprints that differ (kinds, selectable fields), or without a schema (params,
// template bodies). The table in patches.go is all it does. A path that is not found is
// an error, so that a renamed field cannot lose its validation; running it twice changes
// nothing.
package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"sigs.k8s.io/yaml"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: crdgen FOLDER")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "crdgen:", err)
		os.Exit(1)
	}
}

func run(folder string) error {
	for plural, patches := range patchesByPlural() {
		path := filepath.Join(folder, "carto.run_"+plural+".yaml")
		if err := patchFile(path, patches); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	return nil
}

// object is a JSON object as package yaml decodes it.
type object = map[string]any

// patch changes the schema at a path such as spec.resources[].templateRef.kind.
type patch struct {
	path   string
	change object
}

func patchFile(path string, patches []patch) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var crd object
	if err := yaml.Unmarshal(text, &crd); err != nil {
		return err
	}
	for _, version := range crd["spec"].(object)["versions"].([]any) {
		root := version.(object)["schema"].(object)["openAPIV3Schema"].(object)
		for _, p := range patches {
			schema, err := find(root, p.path)
			if err != nil {
				return err
			}
			merge(schema, p.change)
		}
	}
	patched, err := yaml.Marshal(crd)
	if err != nil {
		return err
	}
	// controller-gen begins each file with a document separator.
	return os.WriteFile(path, append([]byte("---\n"), bytes.TrimPrefix(patched, []byte("---\n"))...), 0o644)
}

// find walks down properties, items ("[]") and values of maps ("{}").
func find(schema object, path string) (object, error) {
	for name := range strings.SplitSeq(path, ".") {
		field := strings.TrimRight(name, "[]{}")
		keys := []string{"properties", field}
		switch strings.TrimPrefix(name, field) {
		case "[]":
			keys = append(keys, "items")
		case "{}":
			keys = append(keys, "additionalProperties")
		}
		for _, key := range keys {
			next, ok := schema[key].(object)
			if !ok {
				return nil, fmt.Errorf("no schema for %s: there is no %s at %s", path, key, name)
			}
			schema = next
		}
	}
	return schema, nil
}

// merge adds to a schema. Objects are merged; rules are added unless they are there
// already; everything else is replaced.
func merge(into, change object) {
	for key, value := range change {
		switch value := value.(type) {
		case object:
			// Never the patch's own map: others share it.
			nested, ok := into[key].(object)
			if !ok {
				nested = object{}
			}
			merge(nested, value)
			into[key] = nested
		default:
			if key == "x-kubernetes-validations" {
				into[key] = addRules(into[key], value.([]any))
			} else {
				into[key] = value
			}
		}
	}
}

func addRules(existing any, added []any) []any {
	rules, _ := existing.([]any)
	for _, rule := range added {
		known := false
		for _, r := range rules {
			known = known || r.(object)["rule"] == rule.(object)["rule"]
		}
		if !known {
			rules = append(rules, rule)
		}
	}
	return rules
}
