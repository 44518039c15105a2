package tree

import (
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func TestContainers(t *testing.T) {
	t.Parallel()
	pod := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "Pod",
		"spec": map[string]any{"containers": []any{map[string]any{"name": "a"}, map[string]any{"name": "b"}}},
		"status": map[string]any{
			"initContainerStatuses": []any{map[string]any{"ready": true, "restartCount": int64(1)}},
			"containerStatuses":     []any{map[string]any{"ready": true, "restartCount": int64(2)}, map[string]any{"ready": false}, "nonsense"},
		},
	}}
	if got := containers(pod); got == nil || *got != (Containers{Ready: 1, Total: 2, Restarts: 3}) {
		t.Errorf("got %+v", got)
	}
	pod.SetAPIVersion("example.dev/v1")
	if got := containers(pod); got != nil {
		t.Errorf("a pod of another group is none: %+v", got)
	}
}
