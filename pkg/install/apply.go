package install

import (
	"context"
	"fmt"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
)

// FieldManager owns the fields that install applies.
const FieldManager = "carto-install"

// Outcome of one apply.
type Outcome string

// Outcomes.
const (
	Created    Outcome = "created"
	Configured Outcome = "configured"
	Unchanged  Outcome = "unchanged"
)

// Result of applying one object.
type Result struct {
	Object  *unstructured.Unstructured
	Outcome Outcome
}

// String reads like kubectl: kind.group/name outcome.
func (r Result) String() string { return Name(r.Object) + " " + string(r.Outcome) }

// Name is kind.group/name, or kind/name in the core group.
func Name(obj *unstructured.Unstructured) string {
	kind := obj.GroupVersionKind().GroupKind()
	name := strings.ToLower(kind.Kind)
	if kind.Group != "" {
		name += "." + kind.Group
	}
	return name + "/" + obj.GetName()
}

// resources maps the kinds of the manifests. A closed table needs no discovery, and a
// cluster whose discovery is half broken can still be installed to.
var resources = map[schema.GroupKind]schema.GroupVersionResource{
	{Kind: "Namespace"}:      {Version: "v1", Resource: "namespaces"},
	{Kind: "ServiceAccount"}: {Version: "v1", Resource: "serviceaccounts"},
	{Group: "apiextensions.k8s.io", Kind: "CustomResourceDefinition"}: crdResource,
	{Group: "rbac.authorization.k8s.io", Kind: "ClusterRole"}:         {Group: "rbac.authorization.k8s.io", Version: "v1", Resource: "clusterroles"},
	{Group: "rbac.authorization.k8s.io", Kind: "ClusterRoleBinding"}:  {Group: "rbac.authorization.k8s.io", Version: "v1", Resource: "clusterrolebindings"},
	{Group: "rbac.authorization.k8s.io", Kind: "Role"}:                {Group: "rbac.authorization.k8s.io", Version: "v1", Resource: "roles"},
	{Group: "rbac.authorization.k8s.io", Kind: "RoleBinding"}:         {Group: "rbac.authorization.k8s.io", Version: "v1", Resource: "rolebindings"},
	{Group: "apps", Kind: "Deployment"}:                               {Group: "apps", Version: "v1", Resource: "deployments"},
}

var crdResource = schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"}

// Apply applies the objects one after the other by server-side apply, and reports each
// as it is done. It takes fields over from other managers: what is installed is one
// version of Carto, not a mixture.
func Apply(ctx context.Context, client dynamic.Interface, objects []*unstructured.Unstructured, report func(Result) error) error {
	for _, obj := range objects {
		resource, known := resources[obj.GroupVersionKind().GroupKind()]
		if !known {
			return fmt.Errorf("embedded manifest of kind %s: no resource is known for it", obj.GetKind())
		}
		scoped := client.Resource(resource).Namespace(obj.GetNamespace())
		before, err := scoped.Get(ctx, obj.GetName(), metav1.GetOptions{})
		if err != nil && !apierrors.IsNotFound(err) {
			return fmt.Errorf("cannot read %s: %w", Name(obj), err)
		}
		existed := err == nil
		after, err := scoped.Apply(ctx, obj.GetName(), obj, metav1.ApplyOptions{FieldManager: FieldManager, Force: true})
		if err != nil {
			return fmt.Errorf("cannot apply %s: %w", Name(obj), err)
		}
		result := Result{Object: after, Outcome: Configured}
		switch {
		case !existed:
			result.Outcome = Created
		// A no-op apply keeps the resource version. The generation catches what a
		// controller wrote to the status in between.
		case before.GetResourceVersion() == after.GetResourceVersion(),
			before.GetGeneration() != 0 && before.GetGeneration() == after.GetGeneration() && sameMeta(before, after):
			result.Outcome = Unchanged
		}
		if err := report(result); err != nil {
			return err
		}
	}
	return nil
}

func sameMeta(a, b *unstructured.Unstructured) bool {
	return fmt.Sprint(a.GetLabels(), a.GetAnnotations()) == fmt.Sprint(b.GetLabels(), b.GetAnnotations())
}

// WaitEstablished waits until the API server serves all definitions among the objects.
func WaitEstablished(ctx context.Context, client dynamic.Interface, objects []*unstructured.Unstructured) error {
	wanted := map[string]bool{}
	for _, obj := range objects {
		if obj.GetKind() == "CustomResourceDefinition" {
			wanted[obj.GetName()] = true
		}
	}
	var last error
	for len(wanted) > 0 {
		// One list for all: a handful of rounds at most, over in a second.
		list, err := client.Resource(crdResource).List(ctx, metav1.ListOptions{})
		if last = err; err == nil {
			for i := range list.Items {
				if wanted[list.Items[i].GetName()] && established(&list.Items[i]) {
					delete(wanted, list.Items[i].GetName())
				}
			}
		}
		if len(wanted) == 0 {
			break
		}
		select {
		case <-ctx.Done():
			if last == nil {
				last = ctx.Err()
			}
			names := make([]string, 0, len(wanted))
			for n := range wanted {
				names = append(names, n)
			}
			return fmt.Errorf("definitions are not established: %s: %w", strings.Join(names, ", "), last)
		case <-time.After(100 * time.Millisecond):
		}
	}
	return nil
}

func established(crd *unstructured.Unstructured) bool {
	conditions, _, _ := unstructured.NestedSlice(crd.Object, "status", "conditions")
	for _, c := range conditions {
		if m, ok := c.(map[string]any); ok && m["type"] == "Established" {
			return m["status"] == "True"
		}
	}
	return false
}
