package scene

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/carto-run/carto/test/harness"
)

// node is the one that pods run on. kwok plays it, and the kubelet here has its logs.
const node = "shop-1"

// serveLogs makes a node whose pods have logs, and writes them while the scene goes on.
func (s *Scene) serveLogs(ctx context.Context) error {
	kubelet := harness.NewKubelet()
	host, port, stop, err := kubelet.Listen()
	if err != nil {
		return err
	}
	room := corev1.ResourceList{
		corev1.ResourceCPU: resource.MustParse("64"), corev1.ResourceMemory: resource.MustParse("256Gi"), corev1.ResourcePods: resource.MustParse("500"),
	}
	n := &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: node, Labels: map[string]string{corev1.LabelHostname: node, corev1.LabelOSStable: "linux"}},
		Status: corev1.NodeStatus{
			Capacity: room, Allocatable: room,
			// kwok leaves a node alone that is ready, and its address with it.
			Conditions:      []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionTrue, Reason: "KubeletReady"}},
			Addresses:       []corev1.NodeAddress{{Type: corev1.NodeInternalIP, Address: host}},
			DaemonEndpoints: corev1.NodeDaemonEndpoints{KubeletEndpoint: corev1.DaemonEndpoint{Port: port}},
		},
	}
	if _, err := s.Client.CoreV1().Nodes().Create(ctx, n, metav1.CreateOptions{}); err != nil {
		stop()
		return fmt.Errorf("make node %s: %w", node, err)
	}
	cordon := []byte(`{"spec":{"unschedulable":true}}`)
	if _, err := s.Client.CoreV1().Nodes().Patch(ctx, "kwok-0", types.MergePatchType, cordon, metav1.PatchOptions{}); err != nil {
		stop()
		return fmt.Errorf("keep pods from kwok-0: %w", err)
	}
	s.group.Go(func() {
		defer stop()
		s.talk(kubelet)
	})
	return nil
}

// requests are what the shop's customers ask for, one after the other.
var requests = []string{
	`GET /cart 200 12ms`, `POST /cart/items 201 31ms sku=4711`, `GET /healthz 200 0ms`, `GET /cart 200 9ms`,
	`PUT /cart/items/4711 200 18ms quantity=2`, `cache: 118 entries, 96% hits`, `POST /checkout 202 87ms order=20931`, `GET /cart 404 3ms session expired`,
}

// talk writes lines for each pod until the scene ends.
func (s *Scene) talk(kubelet *harness.Kubelet) {
	begun := map[types.UID]bool{}
	ticker := time.NewTicker(700 * time.Millisecond)
	defer ticker.Stop()
	for turn := 0; ; turn++ {
		pods, err := s.Client.CoreV1().Pods(Namespace).List(s.ctx, metav1.ListOptions{})
		if err == nil {
			for i := range pods.Items {
				p := &pods.Items[i]
				key := p.Name + "/" + p.Spec.Containers[0].Name
				if !begun[p.UID] {
					begun[p.UID] = true
					kubelet.Write(key, "starting, version "+p.Spec.Containers[0].Image, "listening on :8080")
				}
				kubelet.Write(key, requests[(turn+i*3)%len(requests)])
			}
		}
		select {
		case <-s.ctx.Done():
			return
		case <-ticker.C:
		}
	}
}
