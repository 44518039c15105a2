package install

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
)

// Where the original Cartographer lives.
const (
	OriginalNamespace = "cartographer-system"
	OriginalName      = "cartographer-controller"
)

// AdmissionResources are the two kinds of webhook configurations.
var AdmissionResources = []schema.GroupVersionResource{
	{Group: "admissionregistration.k8s.io", Version: "v1", Resource: "validatingwebhookconfigurations"},
	{Group: "admissionregistration.k8s.io", Version: "v1", Resource: "mutatingwebhookconfigurations"},
}

// Hook is a webhook that answers for our kinds. Carto has none.
type Hook struct {
	// Kind and Configuration name it as kubectl takes them.
	Kind, Configuration string
	// Namespace and Service answer; empty for a URL.
	Namespace, Service, URL string
	// Blocks is true when nothing can be written while it is dead.
	Blocks bool
}

// String is KIND NAME.
func (h Hook) String() string { return h.Kind + " " + h.Configuration }

// AdmissionHooks are the webhooks on our kinds among configurations of one of the
// AdmissionResources: one for each configuration and service.
func AdmissionHooks(resource schema.GroupVersionResource, items []unstructured.Unstructured) []Hook {
	var hooks []Hook
	for i := range items {
		// Both kinds of configuration have what is read here in the same places.
		var c admissionv1.ValidatingWebhookConfiguration
		if runtime.DefaultUnstructuredConverter.FromUnstructured(items[i].Object, &c) != nil {
			continue
		}
		for _, w := range c.Webhooks {
			if !slices.ContainsFunc(w.Rules, func(r admissionv1.RuleWithOperations) bool { return slices.Contains(r.APIGroups, v1alpha1.Group) }) {
				continue
			}
			h := Hook{
				Kind: strings.TrimSuffix(resource.Resource, "s"), Configuration: c.Name,
				Blocks: w.FailurePolicy == nil || *w.FailurePolicy == admissionv1.Fail,
			}
			if w.ClientConfig.URL != nil {
				h.URL = *w.ClientConfig.URL
			}
			if s := w.ClientConfig.Service; s != nil {
				h.Namespace, h.Service = s.Namespace, s.Name
			}
			if !slices.Contains(hooks, h) {
				hooks = append(hooks, h)
			}
		}
	}
	return hooks
}

// Original is what a cluster has of the original Cartographer, which serves the same API.
type Original struct {
	// There is true when its controller is in the cluster, and Replicas what it is to have.
	There    bool
	Replicas int32
	// Hooks are its webhooks on our kinds.
	Hooks []Hook
	// Bindings and Roles are what its service accounts may do in all of the cluster.
	Bindings, Roles []string
}

// FindOriginal looks for the original's controller, webhooks and roles.
func FindOriginal(ctx context.Context, client dynamic.Interface) (*Original, error) {
	found := &Original{}
	live, err := client.Resource(deployments).Namespace(OriginalNamespace).Get(ctx, OriginalName, metav1.GetOptions{})
	switch {
	case err == nil:
		found.There, found.Replicas = true, 1
		if n, given, _ := unstructured.NestedInt64(live.Object, "spec", "replicas"); given {
			found.Replicas = int32(n) //nolint:gosec // the API server has checked it
		}
	case !apierrors.IsNotFound(err):
		return nil, fmt.Errorf("cannot look for the original Cartographer: %w", err)
	}
	for _, resource := range AdmissionResources {
		list, err := client.Resource(resource).List(ctx, metav1.ListOptions{})
		if err != nil {
			return nil, fmt.Errorf("cannot look for webhooks of the original Cartographer: %w", err)
		}
		for _, h := range AdmissionHooks(resource, list.Items) {
			if h.Namespace == OriginalNamespace && !slices.ContainsFunc(found.Hooks, func(g Hook) bool { return g.String() == h.String() }) {
				found.Hooks = append(found.Hooks, h)
			}
		}
	}
	return found, found.readRoles(ctx, client)
}

func (o *Original) readRoles(ctx context.Context, client dynamic.Interface) error {
	bindings, err := client.Resource(resources[schema.GroupKind{Group: rbacv1.GroupName, Kind: "ClusterRoleBinding"}]).List(ctx, metav1.ListOptions{})
	if err != nil {
		return fmt.Errorf("cannot look for roles of the original Cartographer: %w", err)
	}
	for i := range bindings.Items {
		var b rbacv1.ClusterRoleBinding
		if runtime.DefaultUnstructuredConverter.FromUnstructured(bindings.Items[i].Object, &b) != nil {
			continue
		}
		if !slices.ContainsFunc(b.Subjects, func(s rbacv1.Subject) bool { return s.Namespace == OriginalNamespace }) {
			continue
		}
		o.Bindings = append(o.Bindings, b.Name)
		// A role of another name, cluster-admin above all, is not its own.
		if strings.HasPrefix(b.RoleRef.Name, "cartographer") && !slices.Contains(o.Roles, b.RoleRef.Name) {
			o.Roles = append(o.Roles, b.RoleRef.Name)
		}
	}
	return nil
}

// Running tells whether its controller works on the same objects.
func (o *Original) Running() bool { return o.There && o.Replicas > 0 }

// InTheWay says what keeps Carto from working beside it; empty when nothing does.
func (o *Original) InTheWay() []string {
	var all []string
	if o.Running() {
		all = append(all, fmt.Sprintf("the controller %s/%s (replicas: %d)", OriginalNamespace, OriginalName, o.Replicas))
	}
	for _, h := range o.Hooks {
		all = append(all, "the "+h.String())
	}
	return all
}

// StopOriginal scales the original's controller to 0, waits until its last pod is gone, and
// removes its webhooks, which nobody would answer then. All else of it stays; so does
// every object. It tells what it does, and may be repeated.
func StopOriginal(ctx context.Context, client dynamic.Interface, o *Original, tell func(string) error) error {
	if o.There {
		if err := scaleDown(ctx, client, o, tell); err != nil {
			return err
		}
	}
	for _, h := range o.Hooks {
		if err := removeHook(ctx, client, h, nil); err != nil && !apierrors.IsNotFound(err) {
			return err
		}
		if err := tell(h.String() + " deleted"); err != nil {
			return err
		}
	}
	return nil
}

// CheckStop has the API server check what StopOriginal would do, and changes nothing: an
// original that is stopped, with webhooks that may not be deleted, would be the worst of all.
func CheckStop(ctx context.Context, client dynamic.Interface, o *Original) error {
	dryRun := []string{metav1.DryRunAll}
	if o.Running() {
		if err := scaleToZero(ctx, client, dryRun); err != nil && !unknowable(err) {
			return err
		}
	}
	for _, h := range o.Hooks {
		if err := removeHook(ctx, client, h, dryRun); err != nil && !unknowable(err) {
			return err
		}
	}
	return nil
}

func removeHook(ctx context.Context, client dynamic.Interface, h Hook, dryRun []string) error {
	resource := AdmissionResources[slices.IndexFunc(AdmissionResources, func(r schema.GroupVersionResource) bool { return r.Resource == h.Kind+"s" })]
	if err := client.Resource(resource).Delete(ctx, h.Configuration, metav1.DeleteOptions{DryRun: dryRun}); err != nil {
		return fmt.Errorf("cannot delete the %s: %w", h, err)
	}
	return nil
}

// originalDeployment names the original's controller as it is reported.
const originalDeployment = "deployment.apps/" + OriginalName

func scaleToZero(ctx context.Context, client dynamic.Interface, dryRun []string) error {
	_, err := client.Resource(deployments).Namespace(OriginalNamespace).Patch(ctx, OriginalName, types.MergePatchType,
		[]byte(`{"spec":{"replicas":0}}`), metav1.PatchOptions{FieldManager: FieldManager, DryRun: dryRun})
	if err != nil {
		return fmt.Errorf("cannot scale %s to 0: %w", originalDeployment, err)
	}
	return nil
}

func scaleDown(ctx context.Context, client dynamic.Interface, o *Original, tell func(string) error) error {
	all := client.Resource(deployments).Namespace(OriginalNamespace)
	const name = originalDeployment
	if o.Running() {
		if err := scaleToZero(ctx, client, nil); err != nil {
			return err
		}
		if err := tell(fmt.Sprintf("%s scaled to 0 (it had %d)", name, o.Replicas)); err != nil {
			return err
		}
	}
	for {
		live, err := all.Get(ctx, OriginalName, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("cannot read %s: %w", name, err)
		}
		var d appsv1.Deployment
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(live.Object, &d); err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
		selector, err := metav1.LabelSelectorAsSelector(d.Spec.Selector)
		if err != nil {
			return fmt.Errorf("read the selector of %s: %w", name, err)
		}
		// The Deployment no longer counts pods that are ending, and those still work.
		left, err := client.Resource(pods).Namespace(OriginalNamespace).List(ctx, metav1.ListOptions{LabelSelector: selector.String()})
		if err != nil {
			return fmt.Errorf("cannot read the pods of %s: %w", name, err)
		}
		if d.Status.ObservedGeneration >= d.Generation && d.Status.Replicas == 0 && len(left.Items) == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%d pods of %s are still there: %w", len(left.Items), name, ctx.Err())
		case <-time.After(pause):
		}
	}
}

// pause between two looks at what is waited for. A watch would see it sooner; these waits
// end within seconds, and a person reads what they wait for.
const pause = 500 * time.Millisecond

// Remains are the commands that remove what is left of the original.
func (o *Original) Remains() []string {
	all := []string{"kubectl delete namespace " + OriginalNamespace}
	if len(o.Bindings) > 0 {
		all = append(all, "kubectl delete clusterrolebinding "+strings.Join(o.Bindings, " "))
	}
	if len(o.Roles) > 0 {
		all = append(all, "kubectl delete clusterrole "+strings.Join(o.Roles, " "))
	}
	return all
}
