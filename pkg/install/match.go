package install

import (
	"fmt"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/api/v1alpha1/crds"
)

// Definitions are the kinds that this version installs, with what an API server fills in.
func Definitions() ([]*apiextensionsv1.CustomResourceDefinition, error) {
	all, err := crds.All()
	if err != nil {
		return nil, err
	}
	for _, d := range all {
		apiextensionsv1.SetObjectDefaults_CustomResourceDefinition(d)
	}
	return all, nil
}

// MatchDefinition compares a definition of the cluster with ours: names, versions, schemas
// with their rules, columns. serves is false when the cluster does not serve our version of
// the kind.
func MatchDefinition(ours *apiextensionsv1.CustomResourceDefinition, live *unstructured.Unstructured) (matches, serves bool, err error) {
	theirs := &apiextensionsv1.CustomResourceDefinition{}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(live.Object, theirs); err != nil {
		return false, false, fmt.Errorf("read the definition %s: %w", live.GetName(), err)
	}
	apiextensionsv1.SetObjectDefaults_CustomResourceDefinition(theirs)
	for _, version := range theirs.Spec.Versions {
		serves = serves || version.Name == v1alpha1.GroupVersion.Version && version.Served
	}
	return equality.Semantic.DeepEqual(ours.Spec, theirs.Spec), serves, nil
}
