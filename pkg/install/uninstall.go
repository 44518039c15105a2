package install

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
)

// Ours are the objects of the installation in a namespace, in the order in which they may
// be removed: without definitions, and with the namespace, last, only where install made it.
func Ours(ctx context.Context, client dynamic.Interface, namespace string) ([]*unstructured.Unstructured, error) {
	found, err := markedObjects(ctx, client, namespace)
	if err != nil {
		return nil, err
	}
	ns, err := client.Resource(namespaces).Get(ctx, namespace, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
	case err != nil:
		return nil, fmt.Errorf("cannot read the namespace %s: %w", namespace, err)
	case Marked(ns):
		found = append(found, ns)
	}
	return found, nil
}

// StopAgent deletes the agents among the objects and waits until their pods are gone: what
// is removed after them, they would miss.
func StopAgent(ctx context.Context, client dynamic.Interface, objects []*unstructured.Unstructured, tell func(string), report func(Result) error) error {
	policy := metav1.DeletePropagationForeground // gone means that its pods are gone
	for _, o := range objects {
		if o.GetKind() != "Deployment" {
			continue
		}
		one := client.Resource(deployments).Namespace(o.GetNamespace())
		uid := o.GetUID()
		err := one.Delete(ctx, o.GetName(), metav1.DeleteOptions{PropagationPolicy: &policy, Preconditions: &metav1.Preconditions{UID: &uid}})
		if err != nil && !apierrors.IsNotFound(err) {
			return fmt.Errorf("cannot delete %s: %w", Name(o), err)
		}
		err = until(ctx, func() (bool, error) {
			live, err := one.Get(ctx, o.GetName(), metav1.GetOptions{})
			if apierrors.IsNotFound(err) || err == nil && live.GetUID() != uid {
				return true, nil
			}
			tell("waiting for the end of the agent's pods")
			return false, err
		})
		if err != nil {
			return fmt.Errorf("wait for the end of %s: %w", Name(o), err)
		}
		if err := report(Result{Object: o, Outcome: Deleted}); err != nil {
			return err
		}
	}
	// Nobody else would remove it, and an agent that comes back would wait for it to expire.
	for _, o := range objects {
		if o.GetKind() == "Deployment" {
			err := client.Resource(leases).Namespace(o.GetNamespace()).Delete(ctx, AgentName, metav1.DeleteOptions{})
			if err != nil && !apierrors.IsNotFound(err) {
				return fmt.Errorf("cannot delete the lease of %s: %w", Name(o), err)
			}
			if err := RemoveShardLeases(ctx, client, o.GetNamespace()); err != nil {
				return err
			}
		}
	}
	return nil
}

// RemoveShardLeases removes what replicas left that ended otherwise than in order.
func RemoveShardLeases(ctx context.Context, client dynamic.Interface, namespace string) error {
	members := client.Resource(leases).Namespace(namespace)
	list, err := members.List(ctx, metav1.ListOptions{LabelSelector: ShardSelector})
	if err != nil {
		return fmt.Errorf("cannot list the leases of the agent's replicas: %w", err)
	}
	for i := range list.Items {
		if err := members.Delete(ctx, list.Items[i].GetName(), metav1.DeleteOptions{}); err != nil && !apierrors.IsNotFound(err) {
			return fmt.Errorf("cannot delete the lease of the agent's replica %s: %w", list.Items[i].GetName(), err)
		}
	}
	return nil
}

// until asks again and again whether something is done.
func until(ctx context.Context, done func() (bool, error)) error {
	for {
		if ok, err := done(); ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}

// everywhere is what every namespace has, made by Kubernetes itself.
var everywhere = []string{"serviceaccounts/default", "configmaps/kube-root-ca.crt", "leases.coordination.k8s.io/" + AgentName}

// Foreign are the objects in a namespace that are not of the installation, as
// resource/name; of each resource a few. What cannot be listed is an error: a namespace of
// which not everything is known must not be deleted.
func Foreign(ctx context.Context, client dynamic.Interface, kinds discovery.DiscoveryInterface, namespace string) ([]string, error) {
	lists, err := kinds.ServerPreferredNamespacedResources()
	if err != nil {
		return nil, fmt.Errorf("cannot find out which kinds there are: %w", err)
	}
	var found []string
	for _, list := range discovery.FilteredBy(discovery.SupportsAllVerbs{Verbs: []string{"list", "delete"}}, lists) {
		version, err := schema.ParseGroupVersion(list.GroupVersion)
		if err != nil {
			return nil, fmt.Errorf("read the kinds of the cluster: %w", err)
		}
		for _, r := range list.APIResources {
			// Events are about others; Endpoints, which warn when they are asked for, have slices.
			if r.Name == "events" || r.Name == "endpoints" {
				continue
			}
			const some = 20
			resource := version.WithResource(r.Name)
			items, err := client.Resource(resource).Namespace(namespace).List(ctx, metav1.ListOptions{Limit: some})
			if err != nil {
				return nil, fmt.Errorf("cannot list %s in the namespace %s: %w", resource.GroupResource(), namespace, err)
			}
			for i := range items.Items {
				name := resource.GroupResource().String() + "/" + items.Items[i].GetName()
				if items.Items[i].GetLabels()[v1alpha1.LabelAgentShard] == AgentName {
					continue // the lease of a replica, which goes with it
				}
				if items.Items[i].GetLabels()[LabelInstalledIn] != namespace && !slices.Contains(everywhere, name) && !slices.Contains(found, name) {
					found = append(found, name)
				}
			}
		}
	}
	return found, nil
}

// Census counts what goes with the definitions.
type Census struct {
	// Objects by resource; only those that there are any of.
	Objects map[string]int
	// Stamped is how many objects the statuses of owners name. The runs of Runnables are in
	// no status, and not among them.
	Stamped int

	// spaces are the namespaces with owners, by resource.
	spaces map[string][]string
}

// owners of stamped objects, in the order in which they are deleted: a Workload may have
// stamped Deliverables and Runnables.
var owners = []string{"workloads", "deliverables", "runnables"}

// Count counts all objects of our kinds.
func Count(ctx context.Context, client dynamic.Interface) (*Census, error) {
	definitions, err := Definitions()
	if err != nil {
		return nil, err
	}
	census := &Census{Objects: map[string]int{}, spaces: map[string][]string{}}
	for _, d := range definitions {
		resource := v1alpha1.GroupVersion.WithResource(d.Spec.Names.Plural)
		err := eachOf(ctx, client, resource, func(o *unstructured.Unstructured) {
			census.Objects[resource.Resource]++
			if space := o.GetNamespace(); space != "" && !slices.Contains(census.spaces[resource.Resource], space) {
				census.spaces[resource.Resource] = append(census.spaces[resource.Resource], space)
			}
			steps, _, _ := unstructured.NestedSlice(o.Object, "status", "resources")
			for _, s := range steps {
				if m, ok := s.(map[string]any); ok && m["stampedRef"] != nil {
					census.Stamped++
				}
			}
		})
		if err != nil {
			return nil, fmt.Errorf("cannot count %s: %w", resource.Resource, err)
		}
	}
	return census, nil
}

// eachOf lists in pages: a cluster may have very many. A kind that is not there has none.
func eachOf(ctx context.Context, client dynamic.Interface, resource schema.GroupVersionResource, do func(*unstructured.Unstructured)) error {
	options := metav1.ListOptions{Limit: 500}
	for {
		list, err := client.Resource(resource).List(ctx, options)
		switch {
		case apierrors.IsNotFound(err), meta.IsNoMatchError(err):
			return nil
		case err != nil:
			return err
		}
		for i := range list.Items {
			do(&list.Items[i])
		}
		if options.Continue = list.GetContinue(); options.Continue == "" {
			return nil
		}
	}
}

// String reads like "clustersupplychains: 1, workloads: 12, stamped objects: 48".
func (c *Census) String() string {
	var all []string
	for _, resource := range slices.Sorted(maps.Keys(c.Objects)) {
		all = append(all, fmt.Sprintf("%s: %d", resource, c.Objects[resource]))
	}
	if len(all) == 0 {
		return "no objects"
	}
	return strings.Join(all, ", ") + fmt.Sprintf(", stamped objects: %d", c.Stamped)
}

// RemoveDefinitions deletes all owners, waits until they and everything that was stamped
// for them are gone, and then deletes the definitions, with which blueprints and templates
// go. In this order, because the garbage collector may not find out whose a stamped object
// was once the kind of its owner is unknown.
func RemoveDefinitions(ctx context.Context, client dynamic.Interface, census *Census, tell func(string), report func(Result) error) error {
	// Owners stay until what was stamped for them is gone.
	policy := metav1.DeletePropagationForeground
	for _, resource := range owners {
		all := client.Resource(v1alpha1.GroupVersion.WithResource(resource))
		for _, space := range census.spaces[resource] {
			err := all.Namespace(space).DeleteCollection(ctx, metav1.DeleteOptions{PropagationPolicy: &policy}, metav1.ListOptions{})
			if err != nil && !apierrors.IsNotFound(err) {
				return fmt.Errorf("cannot delete the %s in the namespace %s: %w", resource, space, err)
			}
		}
	}
	err := until(ctx, func() (bool, error) {
		left, names := 0, ""
		for _, resource := range owners {
			err := eachOf(ctx, client, v1alpha1.GroupVersion.WithResource(resource), func(o *unstructured.Unstructured) {
				if left++; names == "" {
					names = resource + "/" + o.GetName() + " in the namespace " + o.GetNamespace()
				}
			})
			if err != nil {
				return false, err
			}
		}
		if left > 1 {
			names += fmt.Sprintf(", and %d more", left-1)
		}
		if left > 0 {
			tell("waiting for the end of owners, and of what was stamped for them: " + names)
		}
		return left == 0, nil
	})
	if err != nil {
		return fmt.Errorf("wait for the end of the owners: %w", err)
	}
	live, err := ReadDefinitions(ctx, client)
	if err != nil {
		return err
	}
	var faults []error
	for _, name := range slices.Sorted(maps.Keys(live)) {
		err := client.Resource(crdResource).Delete(ctx, name, metav1.DeleteOptions{})
		if err != nil && !apierrors.IsNotFound(err) {
			faults = append(faults, fmt.Errorf("cannot delete the definition %s: %w", name, err))
		}
	}
	if err := errors.Join(faults...); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(live)) {
		if err := untilGone(ctx, client, live[name], crdResource, tell); err != nil {
			return err
		}
		if err := report(Result{Object: live[name], Outcome: Deleted}); err != nil {
			return err
		}
	}
	return nil
}

// RemoveNamespace deletes a namespace and waits until it is gone.
func RemoveNamespace(ctx context.Context, client dynamic.Interface, ns *unstructured.Unstructured, tell func(string), report func(Result) error) error {
	uid := ns.GetUID()
	err := client.Resource(namespaces).Delete(ctx, ns.GetName(), metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &uid}})
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("cannot delete %s: %w", Name(ns), err)
	}
	if err := untilGone(ctx, client, ns, namespaces, tell); err != nil {
		return err
	}
	return report(Result{Object: ns, Outcome: Deleted})
}

func untilGone(ctx context.Context, client dynamic.Interface, o *unstructured.Unstructured, resource schema.GroupVersionResource, tell func(string)) error {
	err := until(ctx, func() (bool, error) {
		live, err := client.Resource(resource).Get(ctx, o.GetName(), metav1.GetOptions{})
		if apierrors.IsNotFound(err) || err == nil && live.GetUID() != o.GetUID() {
			return true, nil
		}
		tell("waiting for the end of " + Name(o))
		return false, err
	})
	if err != nil {
		return fmt.Errorf("wait for the end of %s: %w", Name(o), err)
	}
	return nil
}
