package doctor

import (
	"context"
	"fmt"
	"slices"
	"strings"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
)

// Where the original Cartographer lives.
const (
	originalNamespace = "cartographer-system"
	originalName      = "cartographer-controller"
)

// otherController looks for the original Cartographer, which serves the same API: two
// controllers would stamp the same objects, one against the other.
func otherController(ctx context.Context, e *examination, v *verdict) {
	obj, err := e.client.Resource(deployments).Namespace(originalNamespace).Get(ctx, originalName, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
	case err != nil:
		e.unread(v, "get", deployments, originalNamespace, err)
		return
	default:
		for _, d := range decode[appsv1.Deployment]([]unstructured.Unstructured{*obj}) {
			if d.Spec.Replicas != nil && *d.Spec.Replicas == 0 {
				v.addf(OK, "", "the original Cartographer is there, scaled to 0")
				break
			}
			v.addf(Failure, fmt.Sprintf("kubectl scale deployment %s -n %s --replicas=0", originalName, originalNamespace),
				"the original Cartographer (%s/%s) works on the same objects", originalNamespace, originalName)
		}
		return
	}
	// It may run elsewhere, and still hold a lease.
	list, err := e.client.Resource(leases).Namespace(originalNamespace).List(ctx, metav1.ListOptions{})
	if err != nil && !apierrors.IsForbidden(err) {
		e.unread(v, "list", leases, originalNamespace, err)
		return
	}
	if list != nil {
		for _, l := range decode[coordinationv1.Lease](list.Items) {
			if holder, age, fresh := e.held(&l); fresh {
				v.addf(Warning, "stop "+holder, "%s holds the lease %s/%s, renewed %s ago: a controller of the same API may run", holder, l.Namespace, l.Name, age)
			}
		}
	}
	if len(v.found) == 0 {
		v.addf(OK, "", "none")
	}
}

// hook is a webhook that stands in the way of our kinds.
type hook struct {
	// kind and name of the configuration, as kubectl takes them.
	kind, configuration string
	// service that answers; empty for a URL.
	namespace, service string
	url                string
	// blocks is true when nothing can be written, or read, while it is dead.
	blocks bool
	remedy string
}

// webhooks finds those that answer for our kinds. Carto has none: they are of the original,
// and may be left behind.
func webhooks(ctx context.Context, e *examination, v *verdict) {
	var hooks []hook
	for _, resource := range []schema.GroupVersionResource{validating, mutating} {
		list, err := e.client.Resource(resource).List(ctx, metav1.ListOptions{})
		if err != nil {
			e.unread(v, "list", resource, "", err)
			continue
		}
		hooks = append(hooks, admissionHooks(resource, list.Items)...)
	}
	for _, d := range e.readDefinitions(ctx) {
		if d.live != nil {
			hooks = append(hooks, conversionHooks(d.live)...)
		}
	}
	for _, h := range hooks {
		e.judge(ctx, h, v)
	}
	if len(v.found) == 0 {
		v.addf(OK, "", "none on %s, as it should be", v1alpha1.Group)
	}
}

func admissionHooks(resource schema.GroupVersionResource, items []unstructured.Unstructured) []hook {
	var hooks []hook
	kind := strings.TrimSuffix(resource.Resource, "s")
	// Both kinds of configuration have what is read here in the same places.
	for _, c := range decode[admissionv1.ValidatingWebhookConfiguration](items) {
		for _, w := range c.Webhooks {
			if !slices.ContainsFunc(w.Rules, func(r admissionv1.RuleWithOperations) bool { return slices.Contains(r.APIGroups, v1alpha1.Group) }) {
				continue
			}
			h := hook{
				kind: kind, configuration: c.Name, blocks: w.FailurePolicy == nil || *w.FailurePolicy == admissionv1.Fail,
				remedy: "kubectl delete " + kind + " " + c.Name,
			}
			h.at(w.ClientConfig.URL, w.ClientConfig.Service)
			// One line for a configuration with a hook for each kind.
			if !slices.Contains(hooks, h) {
				hooks = append(hooks, h)
			}
		}
	}
	return hooks
}

func (h *hook) at(url *string, service *admissionv1.ServiceReference) {
	if url != nil {
		h.url = *url
	}
	if service != nil {
		h.namespace, h.service = service.Namespace, service.Name
	}
}

func conversionHooks(live *unstructured.Unstructured) []hook {
	var hooks []hook
	for _, d := range decode[apiextensionsv1.CustomResourceDefinition]([]unstructured.Unstructured{*live}) {
		c := d.Spec.Conversion
		if c == nil || c.Strategy != apiextensionsv1.WebhookConverter || c.Webhook == nil || c.Webhook.ClientConfig == nil {
			continue
		}
		h := hook{kind: "conversion of", configuration: d.Name, blocks: true, remedy: ""}
		if s := c.Webhook.ClientConfig.Service; s != nil {
			h.namespace, h.service = s.Namespace, s.Name
		} else if c.Webhook.ClientConfig.URL != nil {
			h.url = *c.Webhook.ClientConfig.URL
		}
		hooks = append(hooks, h)
	}
	return hooks
}

func (e *examination) judge(ctx context.Context, h hook, v *verdict) {
	if h.remedy == "" {
		h.remedy = e.Program + " install --crds-only"
	}
	name := h.kind + " " + h.configuration
	if h.service == "" {
		v.addf(Warning, h.remedy, "%s is answered at %s: it may refuse what Carto allows", name, h.url)
		return
	}
	alive, err := e.answers(ctx, h)
	at := h.namespace + "/" + h.service
	switch {
	case err != nil:
		v.addf(Warning, h.remedy, "%s is answered by the service %s: it may refuse what Carto allows; whether it is alive cannot be read", name, at)
	case alive:
		v.addf(Warning, h.remedy, "%s is answered by the service %s: it may refuse what Carto allows", name, at)
	case h.blocks:
		v.addf(Failure, h.remedy, "%s is to be answered by the service %s, which is dead: nothing of %s can be written", name, at, v1alpha1.Group)
	default:
		v.addf(Warning, h.remedy, "%s is to be answered by the service %s, which is dead: each write waits for it", name, at)
	}
}

// answers tells whether something stands behind the service of a webhook.
func (e *examination) answers(ctx context.Context, h hook) (bool, error) {
	_, err := e.client.Resource(services).Namespace(h.namespace).Get(ctx, h.service, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	list, err := e.client.Resource(endpointSlices).Namespace(h.namespace).List(ctx, metav1.ListOptions{LabelSelector: discoveryv1.LabelServiceName + "=" + h.service})
	if err != nil {
		return false, err
	}
	for _, slice := range decode[discoveryv1.EndpointSlice](list.Items) {
		for _, endpoint := range slice.Endpoints {
			if endpoint.Conditions.Ready == nil || *endpoint.Conditions.Ready {
				return true, nil
			}
		}
	}
	return false, nil
}
