// Package crds holds the CustomResourceDefinitions of group carto.run. They are generated
// from package v1alpha1 in two steps, of which `make generate` is the owner: controller-gen
// reads the markers on the types, and hack/crdgen adds what markers cannot say.
package crds

import (
	"embed"
	"fmt"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"
)

//go:embed *.yaml
var files embed.FS

// Raw returns the YAML of each definition, sorted by the definitions' names.
func Raw() ([][]byte, error) {
	// The folder is sorted, and all files share the prefix of the group.
	entries, err := files.ReadDir(".")
	if err != nil {
		return nil, fmt.Errorf("list the definitions: %w", err)
	}
	texts := make([][]byte, 0, len(entries))
	for _, entry := range entries {
		text, err := files.ReadFile(entry.Name())
		if err != nil {
			return nil, fmt.Errorf("read a definition: %w", err)
		}
		texts = append(texts, text)
	}
	return texts, nil
}

// Of returns the YAML of the definition of a resource, such as workloads.
func Of(plural string) ([]byte, error) {
	text, err := files.ReadFile("carto.run_" + plural + ".yaml")
	if err != nil {
		return nil, fmt.Errorf("read the definition of %s: %w", plural, err)
	}
	return text, nil
}

// All returns the definitions, sorted by name. The caller owns them.
func All() ([]*apiextensionsv1.CustomResourceDefinition, error) {
	texts, err := Raw()
	if err != nil {
		return nil, err
	}
	definitions := make([]*apiextensionsv1.CustomResourceDefinition, 0, len(texts))
	for _, text := range texts {
		definition := &apiextensionsv1.CustomResourceDefinition{}
		if err := yaml.UnmarshalStrict(text, definition); err != nil {
			return nil, fmt.Errorf("parse a definition: %w", err)
		}
		definitions = append(definitions, definition)
	}
	return definitions, nil
}
