package crds_test

import (
	"slices"
	"testing"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"

	"github.com/carto-run/carto/pkg/api/v1alpha1/crds"
)

func TestAll(t *testing.T) {
	definitions, err := crds.All()
	if err != nil {
		t.Fatal(err)
	}
	if len(definitions) != 11 {
		t.Errorf("there are %d definitions, want 11", len(definitions))
	}
	if !slices.IsSortedFunc(definitions, func(a, b *apiextensionsv1.CustomResourceDefinition) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	}) {
		t.Error("they are not sorted by name")
	}
	for _, definition := range definitions {
		root := definition.Spec.Versions[0].Schema.OpenAPIV3Schema
		if !slices.Contains(root.Required, "metadata") || !slices.Contains(root.Required, "spec") {
			t.Errorf("%s requires %v, want metadata and spec", definition.Name, root.Required)
		}
	}
}

func TestRaw_isAsLongAsAll(t *testing.T) {
	texts, err := crds.Raw()
	if err != nil {
		t.Fatal(err)
	}
	definitions, err := crds.All()
	if err != nil {
		t.Fatal(err)
	}
	if len(texts) != len(definitions) {
		t.Errorf("%d texts, %d definitions", len(texts), len(definitions))
	}
}
