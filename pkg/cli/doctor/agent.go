package doctor

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/duration"

	"github.com/carto-run/carto/pkg/cli/noun"
	"github.com/carto-run/carto/pkg/cli/version"
	"github.com/carto-run/carto/pkg/install"
)

const (
	agentName  = "carto-agent"
	agentLabel = "app.kubernetes.io/name=" + agentName
	// clockSkew between this machine and the agent's, which writes the lease.
	clockSkew = 30 * time.Second
	// settled is how long an agent may take to look at an object.
	settled = time.Minute
)

// agentState is what the cluster shows of agents.
type agentState struct {
	deployments []appsv1.Deployment
	leases      []coordinationv1.Lease
	members     []coordinationv1.Lease // those of replicas that all work
	err         error
	// verb, resource and namespace of what err refused.
	resource  schema.GroupVersionResource
	namespace string
}

// agents looks for agents everywhere, or where this may not be read in the namespace in
// which install puts one. Several checks need to know.
func (e *examination) agents(ctx context.Context) *agentState {
	e.found.agent.Do(func() {
		s := &e.found.agents
		read := func(resource schema.GroupVersionResource, options metav1.ListOptions) []unstructured.Unstructured {
			list, err := e.client.Resource(resource).List(ctx, options)
			namespace := ""
			if apierrors.IsForbidden(err) {
				namespace = install.DefaultNamespace
				list, err = e.client.Resource(resource).Namespace(namespace).List(ctx, options)
			}
			if err != nil {
				s.err, s.resource, s.namespace = err, resource, namespace
				return nil
			}
			return list.Items
		}
		s.leases = decode[coordinationv1.Lease](read(leases, metav1.ListOptions{FieldSelector: "metadata.name=" + agentName}))
		s.leases = slices.DeleteFunc(s.leases, func(l coordinationv1.Lease) bool { return l.Name != agentName })
		s.members = decode[coordinationv1.Lease](read(leases, metav1.ListOptions{LabelSelector: install.ShardSelector}))
		s.deployments = e.genuine(ctx, decode[appsv1.Deployment](read(deployments, metav1.ListOptions{LabelSelector: agentLabel})))
	})
	return &e.found.agents
}

// genuine leaves out Deployments that only look like agents, which anybody may make: among
// several, those count that an installation has given rights. Where none has any, or
// bindings may not be read, all of them do.
func (e *examination) genuine(ctx context.Context, found []appsv1.Deployment) []appsv1.Deployment {
	if len(found) < 2 {
		return found
	}
	homes, err := install.Homes(ctx, e.client)
	if err != nil {
		return found
	}
	genuine := slices.DeleteFunc(slices.Clone(found), func(d appsv1.Deployment) bool { return !slices.Contains(homes, d.Namespace) })
	if len(genuine) == 0 {
		return found
	}
	return genuine
}

func decode[T any](items []unstructured.Unstructured) []T {
	var all []T
	for i := range items {
		var typed T
		if runtime.DefaultUnstructuredConverter.FromUnstructured(items[i].Object, &typed) == nil {
			all = append(all, typed)
		}
	}
	return all
}

// agent finds out whether one works, and only one.
func agent(ctx context.Context, e *examination, v *verdict) {
	s := e.agents(ctx)
	switch {
	case s.err != nil && len(s.deployments) == 0:
		e.unread(v, "list", s.resource, s.namespace, s.err)
		return
	case len(s.deployments) == 0:
		e.outside(ctx, s, "none in the cluster", e.Program+" install", v)
		return
	case len(s.deployments) > 1:
		where := make([]string, len(s.deployments))
		for i := range s.deployments {
			where[i] = s.deployments[i].Namespace
		}
		v.addf(Failure, "kubectl delete deployment "+s.deployments[1].Name+" -n "+where[1]+", or the other",
			"%d agents work on the same objects: in the namespaces %s", len(where), strings.Join(where, ", "))
	}
	for i := range s.deployments {
		e.deployed(ctx, s, &s.deployments[i], v)
	}
}

// deployed judges an agent that runs in the cluster.
func (e *examination) deployed(ctx context.Context, s *agentState, d *appsv1.Deployment, v *verdict) {
	wanted := int32(1)
	if d.Spec.Replicas != nil {
		wanted = *d.Spec.Replicas
	}
	name := d.Namespace + "/" + d.Name
	ready := d.Status.ReadyReplicas
	switch {
	case wanted == 0:
		e.outside(ctx, s, name+" is scaled to 0", fmt.Sprintf("kubectl scale deployment %s -n %s --replicas=1", d.Name, d.Namespace), v)
		return
	case ready == 0:
		v.addf(Failure, fmt.Sprintf("kubectl describe pods -n %s -l %s", d.Namespace, agentLabel), "%s: none of %d pods is ready%s", name, wanted, e.troubles(ctx, d))
		return
	case ready < wanted:
		v.addf(Warning, fmt.Sprintf("kubectl describe pods -n %s -l %s", d.Namespace, agentLabel), "%s: %d of %d pods ready%s", name, ready, wanted, e.troubles(ctx, d))
	default:
		v.addf(OK, "", "%s: %d of %d pods ready", name, ready, wanted)
	}
	theirs := versionOfAgent(d)
	switch ours := version.Version(); {
	case theirs == "":
		v.addf(Unknown, "", "its image tells no version")
	case theirs != ours:
		v.addf(Warning, e.Program+" install", "it is %s, and the plugin is %s", theirs, ours)
	default:
		v.addf(OK, "", "version %s", theirs)
	}
	e.sharing(s, d, wanted, v)
	i := slices.IndexFunc(s.leases, func(l coordinationv1.Lease) bool { return l.Namespace == d.Namespace })
	if i < 0 {
		if s.err == nil && slices.ContainsFunc(d.Spec.Template.Spec.Containers, func(c corev1.Container) bool {
			return slices.Contains(c.Args, "--leader-elect") || slices.Contains(c.Args, install.ModeShards)
		}) {
			v.addf(Warning, fmt.Sprintf("kubectl logs -n %s deployment/%s", d.Namespace, d.Name), "it is to hold the lease %s, which is not there", name)
		}
		return
	}
	if holder, age, fresh := e.held(&s.leases[i]); fresh {
		v.addf(OK, "", "lease renewed %s ago", age)
	} else {
		v.addf(Failure, fmt.Sprintf("kubectl logs -n %s deployment/%s", d.Namespace, d.Name), "the lease %s is not held (last by %s, %s ago): no replica works", name, holder, age)
	}
}

// sharing judges whether all replicas take part in the work, where they are to.
func (e *examination) sharing(s *agentState, d *appsv1.Deployment, wanted int32, v *verdict) {
	if !slices.ContainsFunc(d.Spec.Template.Spec.Containers, func(c corev1.Container) bool { return slices.Contains(c.Args, install.ModeShards) }) {
		return
	}
	working := int32(0)
	for i := range s.members {
		if _, _, fresh := e.held(&s.members[i]); fresh && s.members[i].Namespace == d.Namespace {
			working++
		}
	}
	if working == wanted {
		v.addf(OK, "", "%d replicas divide the owners among themselves", working)
		return
	}
	v.addf(Warning, fmt.Sprintf("kubectl logs -n %s deployment/%s --all-pods", d.Namespace, d.Name), "%d of %d replicas take part in the work", working, wanted)
}

// outside judges when no agent is to run in the cluster: one may run elsewhere.
func (e *examination) outside(ctx context.Context, s *agentState, inside, remedy string, v *verdict) {
	for i := range s.leases {
		if holder, age, fresh := e.held(&s.leases[i]); fresh {
			v.addf(OK, "", "%s: it runs outside, %s holds the lease %s/%s, renewed %s ago", inside, holder, s.leases[i].Namespace, s.leases[i].Name, age)
			return
		}
	}
	seen, unseen := 0, ""
	for _, n := range []*noun.Noun{noun.SupplyChain, noun.Delivery, noun.Workload, noun.Deliverable} {
		const some = 20 // one object that was never looked at is enough
		list, err := e.client.Resource(n.Resource).List(ctx, metav1.ListOptions{Limit: some})
		if err != nil {
			continue
		}
		for i := range list.Items {
			o := &list.Items[i]
			observed, _, _ := unstructured.NestedInt64(o.Object, "status", "observedGeneration")
			switch {
			case observed == o.GetGeneration():
				seen++
			case unseen == "" && e.Clock().Sub(o.GetCreationTimestamp().Time) > settled:
				unseen = n.Qualified(o.GetNamespace(), o.GetName())
			}
		}
	}
	switch {
	case unseen != "":
		v.addf(Failure, remedy, "%s, and nobody has looked at %s as it is now", inside, unseen)
	case seen > 0:
		// A second agent would be worse than none.
		v.addf(Warning, "only if none runs outside: "+remedy, "%s, and none holds a lease; but statuses are current, so one may run outside of the cluster without --leader-elect", inside)
	default:
		v.addf(Failure, remedy, "%s, and none holds a lease", inside)
	}
}

// held tells who holds a lease, and whether it is held now.
func (e *examination) held(l *coordinationv1.Lease) (holder, age string, fresh bool) {
	if l.Spec.HolderIdentity == nil || *l.Spec.HolderIdentity == "" || l.Spec.RenewTime == nil {
		return "nobody", "unknown time", false
	}
	lasts := 15 * time.Second
	if l.Spec.LeaseDurationSeconds != nil {
		lasts = time.Duration(*l.Spec.LeaseDurationSeconds) * time.Second
	}
	since := max(e.Clock().Sub(l.Spec.RenewTime.Time), 0)
	return *l.Spec.HolderIdentity, duration.HumanDuration(since), since <= lasts+clockSkew
}

// troubles says why pods are not ready, as far as that is known.
func (e *examination) troubles(ctx context.Context, d *appsv1.Deployment) string {
	found, err := install.Troubles(ctx, e.client, d)
	if err != nil || len(found) == 0 {
		return "" // that pods may not be read is no fault of the agent
	}
	return " (" + strings.Join(found, ", ") + ")"
}

// versionOfAgent is what an agent says that it is, or else the tag of its image.
func versionOfAgent(d *appsv1.Deployment) string {
	fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(d)
	if err != nil {
		return ""
	}
	return install.AgentVersion(&unstructured.Unstructured{Object: fields})
}
