package install

import (
	"context"
	"fmt"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/dynamic"

	"github.com/carto-run/carto/pkg/tree"
)

// Rollout is how far the agent's Deployment is.
type Rollout struct {
	// Done is true when all replicas are of the current template, and ready.
	Done bool
	// Said counts them: "1 of 2 pods ready".
	Said string
	// Causes are why it goes no further, without repetition; empty while nothing is wrong.
	Causes []string
}

// String is one line.
func (r Rollout) String() string {
	if len(r.Causes) == 0 {
		return r.Said
	}
	return r.Said + ": " + strings.Join(r.Causes, "; ")
}

// ReadRollout reads how far the agent in a namespace is.
func ReadRollout(ctx context.Context, client dynamic.Interface, namespace string) (Rollout, error) {
	live, err := client.Resource(deployments).Namespace(namespace).Get(ctx, AgentName, metav1.GetOptions{})
	if err != nil {
		return Rollout{}, fmt.Errorf("cannot read the agent's Deployment: %w", err)
	}
	var d appsv1.Deployment
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(live.Object, &d); err != nil {
		return Rollout{}, fmt.Errorf("read the agent's Deployment: %w", err)
	}
	wanted := int32(1)
	if d.Spec.Replicas != nil {
		wanted = *d.Spec.Replicas
	}
	current := d.Status.ObservedGeneration >= d.Generation
	r := Rollout{
		Done: current && d.Status.UpdatedReplicas == wanted && d.Status.Replicas == wanted && d.Status.AvailableReplicas == wanted,
		Said: fmt.Sprintf("%d of %d pods ready", min(d.Status.ReadyReplicas, d.Status.UpdatedReplicas), wanted),
	}
	switch {
	case r.Done:
		return r, nil
	case !current:
		r.Said = "the cluster has not looked at it yet"
		return r, nil
	}
	r.Causes, err = Troubles(ctx, client, &d)
	return r, err
}

// Troubles are why pods of the agent's Deployment are missing or not ready, each once, as
// far as the cluster tells: a quota, a policy, no node, an image that cannot be pulled.
func Troubles(ctx context.Context, client dynamic.Interface, d *appsv1.Deployment) ([]string, error) {
	var found []string
	add := func(reason, message string) {
		text := reason
		if message != "" {
			text += ": " + strings.TrimSuffix(message, ": ")
		}
		if text != "" && !slices.Contains(found, text) {
			found = append(found, text)
		}
	}
	for _, c := range d.Status.Conditions {
		// The one says that pods cannot be made at all, and the API server's reason; the other
		// that time is over, which is a cause only where nothing better is known.
		if c.Type == appsv1.DeploymentReplicaFailure && c.Status == corev1.ConditionTrue {
			add(c.Reason, c.Message)
		}
	}
	list, err := client.Resource(pods).Namespace(d.Namespace).List(ctx, metav1.ListOptions{LabelSelector: AgentSelector})
	if err != nil {
		return found, fmt.Errorf("cannot read the agent's pods: %w", err)
	}
	for i := range list.Items {
		pod := &list.Items[i]
		pod.SetAPIVersion("v1")
		pod.SetKind("Pod")
		if pod.GetDeletionTimestamp() != nil || oldPod(pod, d) {
			continue
		}
		if s := tree.ContainerState(pod); s.Status == "False" {
			add(s.Reason, s.Message)
		}
	}
	return found, nil
}

// oldPod tells whether a pod runs an image that the Deployment no longer asks for: how such
// pods end is not why the new ones do not begin.
func oldPod(pod *unstructured.Unstructured, d *appsv1.Deployment) bool {
	containers, _, _ := unstructured.NestedSlice(pod.Object, "spec", "containers")
	if len(containers) == 0 || len(d.Spec.Template.Spec.Containers) == 0 {
		return false
	}
	c, _ := containers[0].(map[string]any)
	return c["image"] != d.Spec.Template.Spec.Containers[0].Image
}
