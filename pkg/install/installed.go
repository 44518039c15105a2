package install

import (
	"context"
	"fmt"
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
)

// The agent's Deployment, and what selects its pods.
const (
	AgentName     = "carto-agent"
	AgentSelector = "app.kubernetes.io/name=" + AgentName
)

// Installed is what a cluster has of Carto.
type Installed struct {
	// Agents are the Deployments of agents, in all namespaces that Homes names.
	Agents []unstructured.Unstructured
	// Pretenders are the other namespaces with a Deployment that looks like an agent. It has
	// no rights, so it can do no work that another agent does.
	Pretenders []string
	// Definitions of our kinds, by name.
	Definitions map[string]*unstructured.Unstructured
	// WatchKinds are those that were named when it was installed.
	WatchKinds []schema.GroupResource
	// policies are the namespaces whose agent has a NetworkPolicy of ours.
	policies []string
}

// Read finds out what is installed.
func Read(ctx context.Context, client dynamic.Interface) (*Installed, error) {
	found := &Installed{}
	agents, err := client.Resource(deployments).List(ctx, metav1.ListOptions{LabelSelector: AgentSelector})
	if err != nil {
		return nil, fmt.Errorf("cannot look for agents: %w", err)
	}
	homes, err := Homes(ctx, client)
	if err != nil {
		return nil, err
	}
	for _, a := range agents.Items {
		switch space := a.GetNamespace(); {
		case slices.Contains(homes, space):
			found.Agents = append(found.Agents, a)
		case !slices.Contains(found.Pretenders, space):
			found.Pretenders = append(found.Pretenders, space)
		}
	}
	if found.Definitions, err = ReadDefinitions(ctx, client); err != nil {
		return nil, err
	}
	roles, err := client.Resource(resources[schema.GroupKind{Group: "rbac.authorization.k8s.io", Kind: "ClusterRole"}]).
		List(ctx, metav1.ListOptions{LabelSelector: LabelInstalledIn})
	if err != nil {
		return nil, fmt.Errorf("cannot look for roles: %w", err)
	}
	for i := range roles.Items {
		if kind, ok := kindOfRole(&roles.Items[i]); ok {
			found.WatchKinds = append(found.WatchKinds, kind)
		}
	}
	policies, err := client.Resource(networkPolicies).List(ctx, metav1.ListOptions{LabelSelector: LabelInstalledIn})
	if err != nil {
		return nil, fmt.Errorf("cannot look for network policies: %w", err)
	}
	for i := range policies.Items {
		if p := &policies.Items[i]; p.GetLabels()[LabelInstalledIn] == p.GetNamespace() {
			found.policies = append(found.policies, p.GetNamespace())
		}
	}
	return found, nil
}

// Homes are the namespaces whose accounts an installation has given the agent's rights: the
// subjects of its ClusterRoleBindings. The names and labels of a Deployment are for everybody
// to choose who may make one anywhere; who could forge these bindings has all rights already.
func Homes(ctx context.Context, client dynamic.Interface) ([]string, error) {
	// All of them: an early version wrote no label to select by.
	list, err := client.Resource(resources[schema.GroupKind{Group: rbacv1.GroupName, Kind: "ClusterRoleBinding"}]).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, fmt.Errorf("cannot look for the rights of agents: %w", err)
	}
	var homes []string
	for i := range list.Items {
		if !Marked(&list.Items[i]) {
			continue
		}
		var b rbacv1.ClusterRoleBinding
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(list.Items[i].Object, &b); err != nil {
			return nil, fmt.Errorf("read %s: %w", Name(&list.Items[i]), err)
		}
		for _, s := range b.Subjects {
			if s.Kind == rbacv1.ServiceAccountKind && !slices.Contains(homes, s.Namespace) {
				homes = append(homes, s.Namespace)
			}
		}
	}
	return homes, nil
}

// ReadDefinitions reads those of our kinds that the cluster has.
func ReadDefinitions(ctx context.Context, client dynamic.Interface) (map[string]*unstructured.Unstructured, error) {
	found := map[string]*unstructured.Unstructured{}
	wanted, err := Definitions()
	if err != nil {
		return nil, err
	}
	for _, d := range wanted {
		live, err := client.Resource(crdResource).Get(ctx, d.Name, metav1.GetOptions{})
		switch {
		case err == nil:
			found[d.Name] = live
		case !apierrors.IsNotFound(err):
			return nil, fmt.Errorf("cannot read the definition %s: %w", d.Name, err)
		}
	}
	return found, nil
}

// Agent is the Deployment in a namespace; nil when there is none.
func (i *Installed) Agent(namespace string) *unstructured.Unstructured {
	at := slices.IndexFunc(i.Agents, func(a unstructured.Unstructured) bool {
		return a.GetNamespace() == namespace && a.GetName() == AgentName
	})
	if at < 0 {
		return nil
	}
	return &i.Agents[at]
}

// Elsewhere are the namespaces other than this one that have an agent.
func (i *Installed) Elsewhere(namespace string) []string {
	var others []string
	for _, a := range i.Agents {
		if a.GetNamespace() != namespace {
			others = append(others, a.GetNamespace())
		}
	}
	return others
}

// Warning tells of Deployments that look like agents and have no rights; empty when there
// are none. Anybody may make some, so it names a few at most.
func (i *Installed) Warning() string {
	const some = 3
	if len(i.Pretenders) == 0 {
		return ""
	}
	names, more := i.Pretenders, ""
	if len(names) > some {
		names, more = names[:some], fmt.Sprintf(" and %d more", len(names)-some)
	}
	return fmt.Sprintf("warning: ignored what is labelled %s in the namespace %s%s: no ClusterRoleBinding of Carto gives it the rights of an agent",
		AgentSelector, strings.Join(names, ", "), more)
}

// NewerDefinitions are those that a version newer than the one given has installed, and
// that differ from ours: applying ours may take fields away that objects use.
func (i *Installed) NewerDefinitions(version string) (names []string, newest string, err error) {
	ours, err := Definitions()
	if err != nil {
		return nil, "", err
	}
	for _, d := range ours {
		live, there := i.Definitions[d.Name]
		if !there || !Newer(VersionOf(live), version) {
			continue
		}
		if matches, _, err := MatchDefinition(d, live); err != nil || matches {
			if err != nil {
				return nil, "", err
			}
			continue
		}
		names = append(names, d.Name)
		if newest == "" || Newer(VersionOf(live), newest) {
			newest = VersionOf(live)
		}
	}
	return names, newest, nil
}

// AgentVersion is what the Deployment of an agent says that it is, or else the tag of its
// image; empty when neither tells.
func AgentVersion(deployment *unstructured.Unstructured) string {
	if version := VersionOf(deployment); version != "" && version != Unversioned {
		return version
	}
	return ImageVersion(AgentImage(deployment))
}

// AgentImage is the image of an agent.
func AgentImage(deployment *unstructured.Unstructured) string {
	image, _ := agentContainer(deployment)["image"].(string)
	return image
}

// agentContainer is the agent's among the containers of its pods: the one of that name, for
// others may have been put beside it, or else the first.
func agentContainer(deployment *unstructured.Unstructured) map[string]any {
	var first map[string]any
	containers, _, _ := unstructured.NestedSlice(deployment.Object, "spec", "template", "spec", "containers")
	for _, c := range containers {
		m, ok := c.(map[string]any)
		switch {
		case ok && m["name"] == "agent":
			return m
		case ok && first == nil:
			first = m
		}
	}
	return first
}

// ImageVersion is the tag of an image.
func ImageVersion(image string) string {
	_, tag, _ := splitImage(image)
	return tag
}

// splitImage takes an image reference apart; what it does not have is empty.
func splitImage(image string) (repository, tag, digest string) {
	repository, digest, _ = strings.Cut(image, "@")
	if i := strings.LastIndexByte(repository, ':'); i > strings.LastIndexByte(repository, '/') {
		repository, tag = repository[:i], repository[i+1:]
	}
	return repository, tag, digest
}
