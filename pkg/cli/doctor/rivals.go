package doctor

import (
	"context"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/install"
)

// otherController looks for the original Cartographer, which serves the same API: two
// controllers would stamp the same objects, one against the other.
func otherController(ctx context.Context, e *examination, v *verdict) {
	obj, err := e.client.Resource(deployments).Namespace(install.OriginalNamespace).Get(ctx, install.OriginalName, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
	case err != nil:
		e.unread(v, "get", deployments, install.OriginalNamespace, err)
		return
	default:
		for _, d := range decode[appsv1.Deployment]([]unstructured.Unstructured{*obj}) {
			if d.Spec.Replicas != nil && *d.Spec.Replicas == 0 {
				v.addf(OK, "", "the original Cartographer is there, scaled to 0")
				break
			}
			v.addf(Failure, fmt.Sprintf("kubectl scale deployment %s -n %s --replicas=0", install.OriginalName, install.OriginalNamespace),
				"the original Cartographer (%s/%s) works on the same objects", install.OriginalNamespace, install.OriginalName)
		}
		return
	}
	// It may run elsewhere, and still hold a lease.
	list, err := e.client.Resource(leases).Namespace(install.OriginalNamespace).List(ctx, metav1.ListOptions{})
	if err != nil && !apierrors.IsForbidden(err) {
		e.unread(v, "list", leases, install.OriginalNamespace, err)
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

// hook is a webhook that stands in the way of our kinds, and what to do about it.
type hook struct {
	install.Hook
	remedy string
}

// webhooks finds those that answer for our kinds. Carto has none: they are of the original,
// and may be left behind.
func webhooks(ctx context.Context, e *examination, v *verdict) {
	var hooks []hook
	for _, resource := range install.AdmissionResources {
		list, err := e.client.Resource(resource).List(ctx, metav1.ListOptions{})
		if err != nil {
			e.unread(v, "list", resource, "", err)
			continue
		}
		for _, h := range install.AdmissionHooks(resource, list.Items) {
			hooks = append(hooks, hook{Hook: h, remedy: "kubectl delete " + h.String()})
		}
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

func conversionHooks(live *unstructured.Unstructured) []hook {
	var hooks []hook
	for _, d := range decode[apiextensionsv1.CustomResourceDefinition]([]unstructured.Unstructured{*live}) {
		c := d.Spec.Conversion
		if c == nil || c.Strategy != apiextensionsv1.WebhookConverter || c.Webhook == nil || c.Webhook.ClientConfig == nil {
			continue
		}
		h := install.Hook{Kind: "conversion of", Configuration: d.Name, Blocks: true}
		if s := c.Webhook.ClientConfig.Service; s != nil {
			h.Namespace, h.Service = s.Namespace, s.Name
		} else if c.Webhook.ClientConfig.URL != nil {
			h.URL = *c.Webhook.ClientConfig.URL
		}
		hooks = append(hooks, hook{Hook: h})
	}
	return hooks
}

func (e *examination) judge(ctx context.Context, h hook, v *verdict) {
	if h.remedy == "" {
		h.remedy = e.Program + " install --crds-only"
	}
	name := h.String()
	if h.Service == "" {
		v.addf(Warning, h.remedy, "%s is answered at %s: it may refuse what Carto allows", name, h.URL)
		return
	}
	alive, err := e.answers(ctx, h)
	at := h.Namespace + "/" + h.Service
	switch {
	case err != nil:
		v.addf(Warning, h.remedy, "%s is answered by the service %s: it may refuse what Carto allows; whether it is alive cannot be read", name, at)
	case alive:
		v.addf(Warning, h.remedy, "%s is answered by the service %s: it may refuse what Carto allows", name, at)
	case h.Blocks:
		v.addf(Failure, h.remedy, "%s is to be answered by the service %s, which is dead: nothing of %s can be written", name, at, v1alpha1.Group)
	default:
		v.addf(Warning, h.remedy, "%s is to be answered by the service %s, which is dead: each write waits for it", name, at)
	}
}

// answers tells whether something stands behind the service of a webhook.
func (e *examination) answers(ctx context.Context, h hook) (bool, error) {
	_, err := e.client.Resource(services).Namespace(h.Namespace).Get(ctx, h.Service, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	list, err := e.client.Resource(endpointSlices).Namespace(h.Namespace).List(ctx, metav1.ListOptions{LabelSelector: discoveryv1.LabelServiceName + "=" + h.Service})
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
