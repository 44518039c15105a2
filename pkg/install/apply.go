package install

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
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
	Pruned     Outcome = "pruned"
	Deleted    Outcome = "deleted"
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
	{Group: "apps", Kind: "Deployment"}:                               deployments,
	{Group: "policy", Kind: "PodDisruptionBudget"}:                    {Group: "policy", Version: "v1", Resource: "poddisruptionbudgets"},
	{Group: "networking.k8s.io", Kind: "NetworkPolicy"}:               networkPolicies,
	// Not of this version: another may have installed some, and they are to be found.
	{Kind: "Service"}:   {Version: "v1", Resource: "services"},
	{Kind: "ConfigMap"}: {Version: "v1", Resource: "configmaps"},
}

const definitionKind = "CustomResourceDefinition"

var (
	deployments = schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "deployments"}
	pods        = schema.GroupVersionResource{Version: "v1", Resource: "pods"}
	leases      = schema.GroupVersionResource{Group: "coordination.k8s.io", Version: "v1", Resource: "leases"}
	namespaces  = schema.GroupVersionResource{Version: "v1", Resource: "namespaces"}
)

var crdResource = schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"}

// Apply applies the objects one after the other by server-side apply, and reports each
// as it is done.
//
// It takes the fields of the definitions, and of what is marked as ours, over from other
// managers: what is installed is one version of Carto, not a mixture. A namespace without
// the mark was there before and is left as it is; of any other foreign object with one of
// our names, fields that differ are a conflict, and an error.
func Apply(ctx context.Context, client dynamic.Interface, objects []*unstructured.Unstructured, report func(Result) error) error {
	if err := checkForeign(ctx, client, objects); err != nil {
		return err
	}
	return apply(ctx, client, objects, nil, report)
}

// checkForeign finds conflicts with objects that are not ours before anything is written:
// half an installation would be worse than none.
func checkForeign(ctx context.Context, client dynamic.Interface, objects []*unstructured.Unstructured) error {
	for _, obj := range objects {
		if obj.GetKind() == definitionKind || obj.GetKind() == "Namespace" {
			continue // taken over, and left alone
		}
		_, before, err := read(ctx, client, obj)
		if err != nil {
			return err
		}
		if before != nil && !Marked(before) {
			if _, err := applyOne(ctx, client, obj, []string{metav1.DryRunAll}); err != nil {
				return err
			}
		}
	}
	return nil
}

// Check has the API server check all that Apply would do, and changes nothing. It is for
// who stops something else first, and must not hear afterwards that Carto is refused.
//
// What only a dry run cannot know is no refusal: what goes into a namespace, or binds a
// role, that is still to be made, and what a webhook says that answers no dry runs.
func Check(ctx context.Context, client dynamic.Interface, objects []*unstructured.Unstructured) error {
	future := map[string]bool{}
	for _, obj := range objects {
		if future[obj.GetNamespace()] {
			continue
		}
		result, err := applyOne(ctx, client, obj, []string{metav1.DryRunAll})
		if err != nil && !unknowable(err) {
			return err
		}
		if obj.GetKind() == "Namespace" && result.Outcome == Created {
			future[obj.GetName()] = true
		}
	}
	return nil
}

// unknowable tells whether a dry run failed by being one. The API server has no reason of
// its own for webhooks that answer none, only these words.
func unknowable(err error) bool {
	return apierrors.IsNotFound(err) || apierrors.IsBadRequest(err) && strings.Contains(err.Error(), "does not support dry run")
}

// DryRun has the API server check what Apply would do, and changes nothing. What goes into
// a namespace that is still to be made cannot be checked, and counts as created.
func DryRun(ctx context.Context, client dynamic.Interface, objects []*unstructured.Unstructured, report func(Result) error) error {
	return apply(ctx, client, objects, []string{metav1.DryRunAll}, report)
}

// Present reports which objects exist, by reading alone: those that do are Configured,
// whether or not they differ.
func Present(ctx context.Context, client dynamic.Interface, objects []*unstructured.Unstructured, report func(Result) error) error {
	for _, obj := range objects {
		_, before, err := read(ctx, client, obj)
		if err != nil {
			return err
		}
		result := Result{Object: obj, Outcome: Created}
		if before != nil {
			result.Outcome = Configured
		}
		if err := report(result); err != nil {
			return err
		}
	}
	return nil
}

func apply(ctx context.Context, client dynamic.Interface, objects []*unstructured.Unstructured, dryRun []string, report func(Result) error) error {
	future := map[string]bool{} // namespaces that a dry run has not made
	for _, obj := range objects {
		result := Result{Object: obj, Outcome: Created}
		if !future[obj.GetNamespace()] {
			var err error
			if result, err = applyOne(ctx, client, obj, dryRun); err != nil {
				return err
			}
		}
		if dryRun != nil && obj.GetKind() == "Namespace" && result.Outcome == Created {
			future[obj.GetName()] = true
		}
		if err := report(result); err != nil {
			return err
		}
	}
	return nil
}

func applyOne(ctx context.Context, client dynamic.Interface, obj *unstructured.Unstructured, dryRun []string) (Result, error) {
	scoped, before, err := read(ctx, client, obj)
	if err != nil {
		return Result{}, err
	}
	definition := obj.GetKind() == definitionKind
	foreign := before != nil && !definition && !Marked(before)
	if foreign && obj.GetKind() == "Namespace" {
		return Result{Object: before, Outcome: Unchanged}, nil
	}
	if definition && before != nil && dryRun == nil {
		if err := dropConversion(ctx, scoped, before); err != nil {
			return Result{}, fmt.Errorf("cannot take the conversion webhook off %s: %w", Name(obj), err)
		}
	}
	after, err := scoped.Apply(ctx, obj.GetName(), obj, metav1.ApplyOptions{FieldManager: FieldManager, Force: !foreign, DryRun: dryRun})
	switch {
	case foreign && apierrors.IsConflict(err):
		return Result{}, fmt.Errorf("%s is there, and not of Carto (no label %s): rename or delete it, or choose another namespace: %w", Name(obj), LabelInstalledIn, err)
	case err != nil:
		return Result{}, fmt.Errorf("cannot apply %s: %w", Name(obj), err)
	}
	result := Result{Object: after, Outcome: Configured}
	switch {
	case before == nil:
		result.Outcome = Created
	// A no-op apply keeps the resource version. The generation catches what a
	// controller wrote to the status in between.
	case before.GetResourceVersion() == after.GetResourceVersion() && dryRun == nil,
		before.GetGeneration() != 0 && before.GetGeneration() == after.GetGeneration() && sameMeta(before, after),
		dryRun != nil && sameContent(before, after):
		result.Outcome = Unchanged
	}
	return result, nil
}

// read returns the client for an object, and the object as the cluster has it; nil when it
// has none.
func read(ctx context.Context, client dynamic.Interface, obj *unstructured.Unstructured) (dynamic.ResourceInterface, *unstructured.Unstructured, error) {
	resource, known := resources[obj.GroupVersionKind().GroupKind()]
	if !known {
		return nil, nil, fmt.Errorf("embedded manifest of kind %s: no resource is known for it", obj.GetKind())
	}
	scoped := client.Resource(resource).Namespace(obj.GetNamespace())
	before, err := scoped.Get(ctx, obj.GetName(), metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		return scoped, nil, nil
	case err != nil:
		return nil, nil, fmt.Errorf("cannot read %s: %w", Name(obj), err)
	}
	return scoped, before, nil
}

// dropConversion takes a conversion webhook off a definition. Ours have one version and
// none; an apply would leave what another manager wrote beside our strategy, which the API
// server refuses.
func dropConversion(ctx context.Context, client dynamic.ResourceInterface, before *unstructured.Unstructured) error {
	if strategy, _, _ := unstructured.NestedString(before.Object, "spec", "conversion", "strategy"); strategy != "Webhook" {
		return nil
	}
	none := []byte(`{"spec":{"conversion":{"strategy":"None","webhook":null}}}`)
	_, err := client.Patch(ctx, before.GetName(), types.MergePatchType, none, metav1.PatchOptions{FieldManager: FieldManager})
	return err
}

// sameContent compares what a dry run would have made with what is there.
func sameContent(a, b *unstructured.Unstructured) bool {
	first, second := a.DeepCopy(), b.DeepCopy()
	for _, o := range []*unstructured.Unstructured{first, second} {
		o.SetManagedFields(nil)
		o.SetResourceVersion("")
		o.SetGeneration(0)
		unstructured.RemoveNestedField(o.Object, "status")
	}
	return equality.Semantic.DeepEqual(first.Object, second.Object)
}

func sameMeta(a, b *unstructured.Unstructured) bool {
	return fmt.Sprint(a.GetLabels(), a.GetAnnotations()) == fmt.Sprint(b.GetLabels(), b.GetAnnotations())
}

// WaitEstablished waits until the API server serves all definitions among the objects.
func WaitEstablished(ctx context.Context, client dynamic.Interface, objects []*unstructured.Unstructured) error {
	return FollowEstablished(ctx, client, objects, func(int) error { return nil })
}

// FollowEstablished does so, and tells how many are still missing each time it has looked.
func FollowEstablished(ctx context.Context, client dynamic.Interface, objects []*unstructured.Unstructured, tell func(missing int) error) error {
	wanted := map[string]bool{}
	for _, obj := range objects {
		if obj.GetKind() == definitionKind {
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
		if err := tell(len(wanted)); err != nil || len(wanted) == 0 {
			return err
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
			slices.Sort(names)
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
