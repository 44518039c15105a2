package harness

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// kwokStages say what kwok makes of nodes and pods; it has nothing built in.
//
//go:embed kwok.yaml
var kwokStages []byte

// Kwok is a running bin/kwok: it plays every node of a control plane and the pods on them, so that Deployments become
// available and Jobs complete without a container anywhere.
type Kwok struct{ program *program }

// StartKwok starts kwok for the control plane of a kubeconfig. Pods only run once they are on a node: CreateNode makes one,
// and the scheduler has to run (StartNodes does all of it). It lives until Stop, or until this process ends; its
// configuration lies beside the kubeconfig.
func StartKwok(ctx context.Context, kubeconfig string) (*Kwok, error) {
	path, err := findBinary("kwok", "CARTO_KWOK")
	if err != nil {
		return nil, fmt.Errorf("start kwok: %w", err)
	}
	config := filepath.Join(filepath.Dir(kubeconfig), "kwok.yaml")
	if err := os.WriteFile(config, kwokStages, 0o600); err != nil {
		return nil, fmt.Errorf("start kwok: %w", err)
	}
	p, err := startProgram(filepath.Join(filepath.Dir(kubeconfig), "kwok.log"), path,
		"--kubeconfig="+kubeconfig, "--config="+config, "--manage-all-nodes", "--cidr=10.244.0.0/16", "--node-lease-duration-seconds=40")
	if err != nil {
		return nil, fmt.Errorf("start kwok: %w", err)
	}
	// What it cannot work with, it says at once.
	select {
	case <-p.ended:
		return nil, fmt.Errorf("start kwok: %s: %s", p.state, p.lastLine())
	case <-ctx.Done():
		p.kill()
		return nil, ctx.Err()
	case <-time.After(200 * time.Millisecond):
		return &Kwok{program: p}, nil
	}
}

// Stop ends kwok. The nodes stay, and count as lost after a while.
func (k *Kwok) Stop() error {
	if err := k.program.stop(5 * time.Second); err != nil {
		return fmt.Errorf("stop kwok: %w", err)
	}
	return nil
}

// StartNodes makes pods run on this control plane: it starts the scheduler unless it runs already, makes one node, and starts
// kwok to play it.
func (cp *ControlPlane) StartNodes(ctx context.Context) (*Kwok, error) {
	if _, running := cp.PIDs()[Scheduler]; !running {
		if err := cp.StartComponent(ctx, Scheduler); err != nil {
			return nil, err
		}
	}
	if err := CreateNode(ctx, cp.Config, "kwok-0"); err != nil {
		return nil, err
	}
	return StartKwok(ctx, cp.Kubeconfig)
}

// CreateNode makes a node, large enough for any test, for kwok to play.
func CreateNode(ctx context.Context, config *rest.Config, name string) error {
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return fmt.Errorf("make node %s: %w", name, err)
	}
	room := corev1.ResourceList{
		corev1.ResourceCPU:    resource.MustParse("1000"),
		corev1.ResourceMemory: resource.MustParse("1Ti"),
		corev1.ResourcePods:   resource.MustParse("10000"),
	}
	node := &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{
			Name:        name,
			Labels:      map[string]string{corev1.LabelHostname: name, corev1.LabelOSStable: "linux", corev1.LabelArchStable: "amd64"},
			Annotations: map[string]string{"kwok.x-k8s.io/node": "fake"},
		},
		Status: corev1.NodeStatus{Capacity: room, Allocatable: room},
	}
	if _, err := client.CoreV1().Nodes().Create(ctx, node, metav1.CreateOptions{}); err != nil {
		return fmt.Errorf("make node %s: %w", name, err)
	}
	return nil
}
