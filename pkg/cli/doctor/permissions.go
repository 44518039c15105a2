package doctor

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/install"
)

// need is a permission, and what does not work without it.
type need struct {
	group, resource, subresource string
	verbs                        []string
	// cluster is for kinds without namespaces, or for all namespaces.
	cluster bool
	// lack is how bad it is.
	lack Status
}

var (
	look  = []string{"get", "list", "watch"}
	write = []string{"create", "patch", "delete"}
)

// personNeeds are what the commands ask for. Who may only look is warned: that may be meant.
var personNeeds = []need{
	{v1alpha1.Group, "workloads", "", look, false, Failure},
	{v1alpha1.Group, "deliverables", "", look, false, Failure},
	{v1alpha1.Group, "runnables", "", look, false, Failure},
	{v1alpha1.Group, "clustersupplychains", "", look, true, Failure},
	{v1alpha1.Group, "clusterdeliveries", "", look, true, Failure},
	{v1alpha1.Group, "clustersourcetemplates", "", look[:1], true, Warning},
	{v1alpha1.Group, "clusterimagetemplates", "", look[:1], true, Warning},
	{v1alpha1.Group, "clusterconfigtemplates", "", look[:1], true, Warning},
	{v1alpha1.Group, "clusterdeploymenttemplates", "", look[:1], true, Warning},
	{v1alpha1.Group, "clustertemplates", "", look[:1], true, Warning},
	{v1alpha1.Group, "clusterruntemplates", "", look[:1], true, Warning},
	{v1alpha1.Group, "workloads", "", write, false, Warning},
	{"", "pods", "", look, false, Warning},
	{"", "pods", "log", look[:1], false, Warning},
	{"", "events", "", look[1:], false, Warning},
}

// agentNeeds are what the agent cannot work without; install grants them.
var agentNeeds = []need{
	{v1alpha1.Group, "workloads", "", look[1:], true, Failure},
	{v1alpha1.Group, "clustersupplychains", "", look[1:], true, Failure},
	{v1alpha1.Group, "workloads", "status", []string{"patch"}, true, Failure},
	{v1alpha1.Group, "clustersupplychains", "status", []string{"patch"}, true, Failure},
	{"", "serviceaccounts", "", []string{"impersonate", "list", "watch"}, true, Failure},
	{"rbac.authorization.k8s.io", "rolebindings", "", look[1:], true, Warning},
	{"apiextensions.k8s.io", "customresourcedefinitions", "", look[1:], true, Warning},
	{"", "events", "", []string{"create", "patch"}, true, Warning},
}

// yourPermissions in the namespace in use.
func yourPermissions(ctx context.Context, e *examination, v *verdict) {
	missing, err := e.review(ctx, selfReview, nil, personNeeds)
	if err != nil {
		e.unread(v, "create", selfReview, "", err)
		return
	}
	if len(missing) == 0 {
		v.addf(OK, "", "all that the plugin needs in namespace %s", e.namespace)
		return
	}
	v.addf(worst(missing), fmt.Sprintf("ask for them; see: kubectl auth can-i --list -n %s", e.namespace),
		"missing in namespace %s: %s", e.namespace, lacking(missing))
}

// agentPermissions are those of the service account under which agents run.
func agentPermissions(ctx context.Context, e *examination, v *verdict) {
	s := e.agents(ctx)
	account := "system:serviceaccount:" + install.DefaultNamespace + ":" + agentName
	switch {
	case len(s.deployments) > 0:
		d := &s.deployments[0]
		account = "system:serviceaccount:" + d.Namespace + ":" + d.Spec.Template.Spec.ServiceAccountName
	case s.err == nil:
		v.addf(OK, "", "no agent in the cluster, so none to check")
		return
	}
	groups := []any{"system:serviceaccounts", "system:serviceaccounts:" + strings.Split(account, ":")[2], "system:authenticated"}
	missing, err := e.review(ctx, othersReview, map[string]any{"user": account, "groups": groups}, agentNeeds)
	switch {
	case err != nil:
		e.unread(v, "create", othersReview, "", err)
	case len(missing) == 0:
		v.addf(OK, "", "%s may impersonate service accounts, and read and write what it needs", account)
	default:
		v.addf(worst(missing), e.Program+" install", "%s may not %s", account, lacking(missing))
	}
}

// lack is a need without some of its verbs.
type lack struct {
	need
	verbs []string
}

// review asks the API server about each verb: it alone knows, whatever authorizes there.
func (e *examination) review(ctx context.Context, kind schema.GroupVersionResource, subject map[string]any, needs []need) ([]lack, error) {
	refused := make([][]bool, len(needs))
	group, gctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for i, n := range needs {
		refused[i] = make([]bool, len(n.verbs))
		for j, verb := range n.verbs {
			group.Go(func() error {
				allowed, err := e.allowed(gctx, kind, subject, n, verb)
				refused[i][j] = !allowed
				return err
			})
		}
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	var missing []lack
	for i, n := range needs {
		l := lack{need: n}
		for j, verb := range n.verbs {
			if refused[i][j] {
				l.verbs = append(l.verbs, verb)
			}
		}
		if len(l.verbs) > 0 {
			missing = append(missing, l)
		}
	}
	return missing, nil
}

func (e *examination) allowed(ctx context.Context, kind schema.GroupVersionResource, subject map[string]any, n need, verb string) (bool, error) {
	attributes := map[string]any{"group": n.group, "resource": n.resource, "verb": verb}
	if n.subresource != "" {
		attributes["subresource"] = n.subresource
	}
	if !n.cluster {
		attributes["namespace"] = e.namespace
	}
	spec := map[string]any{"resourceAttributes": attributes}
	for k, v := range subject {
		spec[k] = v
	}
	review := &unstructured.Unstructured{Object: map[string]any{"spec": spec}}
	review.SetAPIVersion(kind.GroupVersion().String())
	review.SetKind(map[schema.GroupVersionResource]string{selfReview: "SelfSubjectAccessReview", othersReview: "SubjectAccessReview"}[kind])
	answer, err := e.client.Resource(kind).Create(ctx, review, metav1.CreateOptions{})
	if err != nil {
		return false, err
	}
	allowed, _, err := unstructured.NestedBool(answer.Object, "status", "allowed")
	return allowed, err
}

func worst(missing []lack) Status {
	status := OK
	for _, l := range missing {
		if severity[l.lack] > severity[status] {
			status = l.lack
		}
	}
	return status
}

// lacking reads like "list,watch on workloads.carto.run, pods; get on pods/log".
func lacking(missing []lack) string {
	var order []string
	on := map[string][]string{}
	for _, l := range missing {
		verbs := strings.Join(l.verbs, ",")
		resource := schema.GroupResource{Group: l.group, Resource: l.resource}.String()
		if l.subresource != "" {
			resource += "/" + l.subresource
		}
		if !slices.Contains(order, verbs) {
			order = append(order, verbs)
		}
		on[verbs] = append(on[verbs], resource)
	}
	for i, verbs := range order {
		order[i] = verbs + " on " + strings.Join(on[verbs], ", ")
	}
	return strings.Join(order, "; ")
}
