// Package crds holds the CustomResourceDefinitions of carto.run, generated from the
// types of package v1alpha1.
package crds

import (
	"embed"
	"fmt"
	"io/fs"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"
)

//go:embed *.yaml
var files embed.FS

// Raw returns the manifests as generated, in the order of their names.
func Raw() ([][]byte, error) {
	names, err := fs.Glob(files, "*.yaml")
	if err != nil {
		return nil, err
	}
	manifests := make([][]byte, 0, len(names))
	for _, name := range names {
		text, err := files.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read the embedded %s: %w", name, err)
		}
		manifests = append(manifests, text)
	}
	return manifests, nil
}

// All returns the decoded CRDs in the order of their names.
func All() ([]*apiextensionsv1.CustomResourceDefinition, error) {
	manifests, err := Raw()
	if err != nil {
		return nil, err
	}
	all := make([]*apiextensionsv1.CustomResourceDefinition, 0, len(manifests))
	for i, text := range manifests {
		crd := &apiextensionsv1.CustomResourceDefinition{}
		if err := yaml.UnmarshalStrict(text, crd); err != nil {
			return nil, fmt.Errorf("decode the embedded CRD number %d: %w", i, err)
		}
		all = append(all, crd)
	}
	return all, nil
}
