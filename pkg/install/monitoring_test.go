package install

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"
)

// TestPodMonitor: config/monitoring finds the pods that install makes, and their port.
func TestPodMonitor(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "..", "config", "monitoring", "podmonitor.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var monitor struct {
		metav1.ObjectMeta `json:"metadata"`
		Spec              struct {
			Selector            metav1.LabelSelector
			PodMetricsEndpoints []struct{ Port string }
		}
	}
	if err := yaml.Unmarshal(text, &monitor); err != nil {
		t.Fatal(err)
	}
	selector, err := metav1.LabelSelectorAsSelector(&monitor.Spec.Selector)
	if err != nil {
		t.Fatal(err)
	}
	config := testConfig()
	config.Namespace = monitor.Namespace
	objects, err := Objects(config)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range objects {
		if o.GetKind() != "Deployment" {
			continue
		}
		var agent appsv1.Deployment
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(o.Object, &agent); err != nil {
			t.Fatal(err)
		}
		if agent.Namespace != monitor.Namespace || !selector.Matches(labels.Set(agent.Spec.Template.Labels)) {
			t.Errorf("the monitor does not select the pods of %s/%s", agent.Namespace, agent.Name)
		}
		for _, endpoint := range monitor.Spec.PodMetricsEndpoints {
			if !slices.ContainsFunc(agent.Spec.Template.Spec.Containers[0].Ports, func(p corev1.ContainerPort) bool { return p.Name == endpoint.Port }) {
				t.Errorf("the agent has no port %s", endpoint.Port)
			}
		}
		return
	}
	t.Error("install makes no Deployment")
}

// TestSecureMonitor: what config/monitoring/metrics-secure binds is what --metrics-secure installs, and it is scraped by what it makes.
func TestSecureMonitor(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "..", "config", "monitoring", "metrics-secure", "reader.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	config := testConfig()
	config.MetricsSecure = true
	objects, err := Objects(config)
	if err != nil {
		t.Fatal(err)
	}
	roles := map[string]bool{}
	for _, o := range objects {
		roles[o.GetName()] = roles[o.GetName()] || o.GetKind() == "ClusterRole"
	}
	bound := false
	for _, doc := range bytes.Split(text, []byte("\n---\n")) {
		var o struct {
			RoleRef  struct{ Name string }
			Subjects []struct{ Namespace string }
		}
		if err := yaml.Unmarshal(doc, &o); err != nil {
			t.Fatal(err)
		}
		if o.RoleRef.Name != "" {
			bound = roles[o.RoleRef.Name] && o.Subjects[0].Namespace == DefaultNamespace
		}
	}
	if !bound {
		t.Error("no role of --metrics-secure is bound")
	}
}
