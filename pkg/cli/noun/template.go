package noun

import (
	"context"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/dynamic"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/cli/cmdutil"
)

// TemplateKind is a kind of templates.
type TemplateKind struct {
	Kind string
	// Resource is the plural, and what kubectl calls it.
	Resource string
	// New makes an empty object.
	New func() any
}

// TemplateKinds are all of them; the last is the one of Runnables.
var TemplateKinds = []TemplateKind{
	{v1alpha1.KindClusterSourceTemplate, "clustersourcetemplates", func() any { return &v1alpha1.ClusterSourceTemplate{} }},
	{v1alpha1.KindClusterImageTemplate, "clusterimagetemplates", func() any { return &v1alpha1.ClusterImageTemplate{} }},
	{v1alpha1.KindClusterConfigTemplate, "clusterconfigtemplates", func() any { return &v1alpha1.ClusterConfigTemplate{} }},
	{v1alpha1.KindClusterDeploymentTemplate, "clusterdeploymenttemplates", func() any { return &v1alpha1.ClusterDeploymentTemplate{} }},
	{v1alpha1.KindClusterTemplate, "clustertemplates", func() any { return &v1alpha1.ClusterTemplate{} }},
	{v1alpha1.KindClusterRunTemplate, "clusterruntemplates", func() any { return &v1alpha1.ClusterRunTemplate{} }},
}

// TemplateKindOf finds a kind by how a person may write it: as the kind or the resource,
// in any case; nil when there is none.
func TemplateKindOf(name string) *TemplateKind {
	for i := range TemplateKinds {
		k := &TemplateKinds[i]
		if strings.EqualFold(name, k.Kind) || strings.EqualFold(name, k.Resource) {
			return k
		}
	}
	return nil
}

// Read reads a template; nil when it does not exist.
func (k *TemplateKind) Read(ctx context.Context, client dynamic.Interface, name string) (any, error) {
	obj, err := client.Resource(v1alpha1.GroupVersion.WithResource(k.Resource)).Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) && !cmdutil.MissingKind(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	typed := k.New()
	return typed, runtime.DefaultUnstructuredConverter.FromUnstructured(obj.Object, typed)
}
