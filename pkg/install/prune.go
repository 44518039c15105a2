package install

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
)

// Leftovers are what carries the mark of the installation in a namespace, and is not among
// the wanted objects: what an earlier version installed and this one does not. Definitions
// and the namespace itself are never among them.
func Leftovers(ctx context.Context, client dynamic.Interface, namespace string, wanted []*unstructured.Unstructured) ([]*unstructured.Unstructured, error) {
	keep := map[string]bool{}
	for _, o := range wanted {
		keep[o.GetNamespace()+" "+Name(o)] = true
	}
	marked, err := markedObjects(ctx, client, namespace)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(marked, func(o *unstructured.Unstructured) bool { return keep[o.GetNamespace()+" "+Name(o)] }), nil
}

// removal is the order in which kinds go: first what works, then what it may do.
var removal = []string{"Deployment", "PodDisruptionBudget", "Service", "ConfigMap", "NetworkPolicy", "ClusterRoleBinding", "RoleBinding", "ClusterRole", "Role", "ServiceAccount"}

// markedObjects are all of an installation but definitions and namespace, in the order in
// which they may be removed.
func markedObjects(ctx context.Context, client dynamic.Interface, namespace string) ([]*unstructured.Unstructured, error) {
	var found []*unstructured.Unstructured
	for kind, resource := range resources {
		if kind.Kind == definitionKind || kind.Kind == "Namespace" {
			continue
		}
		// Objects of other namespaces are not of this installation, whatever their label says.
		in := namespace
		if clusterScoped(kind) {
			in = metav1.NamespaceAll
		}
		list, err := client.Resource(resource).Namespace(in).List(ctx, metav1.ListOptions{LabelSelector: LabelInstalledIn + "=" + namespace})
		if err != nil {
			return nil, fmt.Errorf("cannot look for what was installed: %w", err)
		}
		for i := range list.Items {
			o := &list.Items[i]
			// Lists of some servers leave the kind out of their items.
			o.SetGroupVersionKind(resource.GroupVersion().WithKind(kind.Kind))
			found = append(found, o)
		}
	}
	slices.SortFunc(found, func(a, b *unstructured.Unstructured) int {
		return cmp.Or(slices.Index(removal, a.GetKind())-slices.Index(removal, b.GetKind()), cmp.Compare(a.GetName(), b.GetName()))
	})
	return found, nil
}

func clusterScoped(kind schema.GroupKind) bool {
	return kind.Kind == "ClusterRole" || kind.Kind == "ClusterRoleBinding"
}

// Remove deletes objects that were found, and reports each with the outcome. One that was
// made anew since is another, and stays.
func Remove(ctx context.Context, client dynamic.Interface, objects []*unstructured.Unstructured, outcome Outcome, report func(Result) error) error {
	for _, o := range objects {
		uid := o.GetUID()
		policy := metav1.DeletePropagationBackground
		options := metav1.DeleteOptions{PropagationPolicy: &policy, Preconditions: &metav1.Preconditions{UID: &uid}}
		err := client.Resource(resources[o.GroupVersionKind().GroupKind()]).Namespace(o.GetNamespace()).Delete(ctx, o.GetName(), options)
		switch {
		case apierrors.IsNotFound(err):
			continue
		case err != nil:
			return fmt.Errorf("cannot delete %s: %w", Name(o), err)
		}
		if err := report(Result{Object: o, Outcome: outcome}); err != nil {
			return err
		}
	}
	return nil
}

// ForShards says whether an object is what replicas need that all work. It must not go before they do.
func ForShards(o *unstructured.Unstructured) bool {
	return o.GetName() == AgentName+"-shards" && (o.GetKind() == "Role" || o.GetKind() == "RoleBinding")
}

// ShardsLeft says whether pods of such replicas are still in a namespace, also those that are about to end.
func ShardsLeft(ctx context.Context, client dynamic.Interface, namespace string) (bool, error) {
	list, err := client.Resource(pods).Namespace(namespace).List(ctx, metav1.ListOptions{LabelSelector: AgentSelector})
	if err != nil {
		return false, fmt.Errorf("cannot read the agent's pods: %w", err)
	}
	return slices.ContainsFunc(list.Items, func(pod unstructured.Unstructured) bool {
		containers, _, _ := unstructured.NestedSlice(pod.Object, "spec", "containers")
		return slices.ContainsFunc(containers, func(container any) bool {
			fields, _ := container.(map[string]any)
			args, _, _ := unstructured.NestedStringSlice(fields, "args")
			return slices.Contains(args, ModeShards)
		})
	}), nil
}
