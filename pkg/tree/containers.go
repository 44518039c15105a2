package tree

import "k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

// Containers is what a pod says of its containers. Those that prepare others count only
// by their restarts, as in kubectl.
type Containers struct {
	Ready    int64 `json:"ready"`
	Total    int64 `json:"total"`
	Restarts int64 `json:"restarts"`
}

// containers counts those of a pod; nil for all other kinds.
func containers(obj *unstructured.Unstructured) *Containers {
	if obj.GetKind() != "Pod" || obj.GetAPIVersion() != "v1" {
		return nil
	}
	c := &Containers{}
	declared, _, _ := unstructured.NestedSlice(obj.Object, "spec", "containers")
	c.Total = int64(len(declared))
	for _, field := range []string{"initContainerStatuses", "containerStatuses"} {
		list, _, _ := unstructured.NestedSlice(obj.Object, "status", field)
		for _, status := range list {
			m, ok := status.(map[string]any)
			if !ok {
				continue
			}
			restarts, _, _ := unstructured.NestedInt64(m, "restartCount")
			c.Restarts += restarts
			if ready, _, _ := unstructured.NestedBool(m, "ready"); ready && field == "containerStatuses" {
				c.Ready++
			}
		}
	}
	return c
}
