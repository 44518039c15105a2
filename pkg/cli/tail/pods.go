package tail

import (
	"cmp"
	"context"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/tools/cache"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/collect"
)

var pods = schema.GroupVersionResource{Version: "v1", Resource: "pods"}

// podKey tells pods of one name apart: those of a StatefulSet are made again.
type podKey struct {
	namespace, name string
	uid             types.UID
}

type containerKey struct {
	podKey
	container string
}

// pod is what a tail needs of a pod.
type pod struct {
	key       podKey
	step      string
	component string
	// names of all containers, in the order in which they start, with their states.
	names      []string
	containers map[string]containerState
}

// containerState is how a container is, as the kubelet says.
type containerState struct {
	// started is true when there is a log.
	started bool
	// ended is true when the newest instance writes no more.
	ended bool
	// endedAt is when; zero when that is not known.
	endedAt metav1.Time
	// restarts counts the instances before the newest.
	restarts int32
	// over is true when no instance will come.
	over bool
	// gone is true when the pod is.
	gone bool
}

// newPod is nil for what is no pod.
func newPod(step string, obj *unstructured.Unstructured) *pod {
	if obj.GetKind() != "Pod" || obj.GetAPIVersion() != "v1" {
		return nil
	}
	var typed corev1.Pod
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(obj.Object, &typed); err != nil {
		return nil
	}
	if step == "" {
		step = typed.Labels[v1alpha1.LabelResourceName]
	}
	p := &pod{
		key: podKey{typed.Namespace, typed.Name, typed.UID}, step: step,
		component:  typed.Labels["app.kubernetes.io/component"],
		containers: map[string]containerState{},
	}
	over := typed.Status.Phase == corev1.PodSucceeded || typed.Status.Phase == corev1.PodFailed
	for _, list := range [][]corev1.ContainerStatus{typed.Status.InitContainerStatuses, typed.Status.ContainerStatuses, typed.Status.EphemeralContainerStatuses} {
		for _, s := range list {
			p.names = append(p.names, s.Name)
			p.containers[s.Name] = newContainerState(s, over)
		}
	}
	return p
}

func newContainerState(s corev1.ContainerStatus, over bool) containerState {
	state := containerState{restarts: s.RestartCount, over: over}
	ended := s.State.Terminated
	if s.State.Waiting != nil {
		ended = s.LastTerminationState.Terminated // it will be restarted
	}
	if ended != nil {
		state.started, state.ended, state.endedAt = true, true, ended.FinishedAt
	}
	if s.State.Running != nil {
		state.started = true
	}
	return state
}

// inOrder are the pods of both sources in the order of their steps.
func (t *tailer) inOrder() []*pod {
	t.mu.Lock()
	defer t.mu.Unlock()
	var all []*pod
	for _, p := range t.pods() {
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b *pod) int {
		return cmp.Or(cmp.Compare(t.place(a.step), t.place(b.step)), strings.Compare(a.step, b.step), strings.Compare(a.key.name, b.key.name))
	})
	return all
}

// ownerLabel selects the pods that say of which owner they are. A template may hand the
// label down to pods that no owner reference leads to, such as those of what
// kapp-controller deploys.
func ownerLabel(ref collect.OwnerRef) labels.Set {
	key := map[string]string{
		v1alpha1.KindWorkload: v1alpha1.LabelWorkloadName, v1alpha1.KindDeliverable: v1alpha1.LabelDeliverableName, v1alpha1.KindRunnable: v1alpha1.LabelRunnableName,
	}[ref.Kind]
	return labels.Set{key: ref.Name}
}

// watchLabelled keeps t.labelled up to date until ctx is done.
func (t *tailer) watchLabelled(ctx context.Context, selector labels.Set) {
	informer := dynamicinformer.NewFilteredDynamicInformer(t.client(), pods, t.o.Follow.Ref.Namespace, 0, cache.Indexers{},
		func(options *metav1.ListOptions) { options.LabelSelector = selector.String() }).Informer()
	change := func(object any, gone bool) {
		if lost, ok := object.(cache.DeletedFinalStateUnknown); ok {
			object = lost.Obj
		}
		obj, ok := object.(*unstructured.Unstructured)
		if !ok {
			return
		}
		t.mu.Lock()
		defer t.mu.Unlock()
		p := newLabelled(obj, selector)
		switch {
		case p == nil:
			return
		case gone:
			delete(t.labelled, p.key)
		default:
			t.labelled[p.key] = p
		}
		t.settle()
	}
	// Both fail only for an informer that has been started.
	_ = informer.SetWatchErrorHandlerWithContext(func(_ context.Context, _ *cache.Reflector, err error) {
		t.notef("labelled", "cannot watch pods by the label %s: %v", selector, err)
	})
	_, _ = informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc: func(o any) { change(o, false) }, UpdateFunc: func(_, o any) { change(o, false) }, DeleteFunc: func(o any) { change(o, true) },
	})
	informer.RunWithContext(ctx)
}

func (t *tailer) listLabelled(ctx context.Context) error {
	ref := t.o.Follow.Ref
	list, err := t.client().Resource(pods).Namespace(ref.Namespace).List(ctx, metav1.ListOptions{LabelSelector: ownerLabel(ref).String()})
	if err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := range list.Items {
		if p := newLabelled(&list.Items[i], ownerLabel(ref)); p != nil {
			t.labelled[p.key] = p
		}
	}
	return nil
}

// newLabelled is nil for a pod without the label, whatever a server made of the selector.
func newLabelled(obj *unstructured.Unstructured, selector labels.Set) *pod {
	if !selector.AsSelector().Matches(labels.Set(obj.GetLabels())) {
		return nil
	}
	obj = obj.DeepCopy() // it is the informer's
	obj.SetGroupVersionKind(schema.GroupVersionKind{Version: "v1", Kind: "Pod"})
	return newPod("", obj)
}
