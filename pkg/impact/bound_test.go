package impact

import (
	"context"
	"runtime"
	"sync/atomic"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
)

// counting counts the requests in flight.
type counting struct {
	dynamic.Interface
	now, most atomic.Int32
}

func (c *counting) Resource(resource schema.GroupVersionResource) dynamic.NamespaceableResourceInterface {
	return &countingResource{c.Interface.Resource(resource), c}
}

type countingResource struct {
	dynamic.NamespaceableResourceInterface
	c *counting
}

func (r *countingResource) Namespace(namespace string) dynamic.ResourceInterface {
	return &countingNamespace{r.NamespaceableResourceInterface.Namespace(namespace), r.c}
}

type countingNamespace struct {
	dynamic.ResourceInterface
	c *counting
}

func (r *countingNamespace) Patch(ctx context.Context, name string, kind types.PatchType, data []byte, options metav1.PatchOptions, subresources ...string) (*unstructured.Unstructured, error) {
	now := r.c.now.Add(1)
	defer r.c.now.Add(-1)
	for most := r.c.most.Load(); now > most && !r.c.most.CompareAndSwap(most, now); most = r.c.most.Load() {
	}
	runtime.Gosched() // lets others begin
	return r.ResourceInterface.Patch(ctx, name, kind, data, options, subresources...)
}

// TestBound: no more requests are in flight than may be.
func TestBound(t *testing.T) {
	t.Parallel()
	for _, parallel := range []int{0, 1, 4} {
		c := newCluster(t, 100)
		c.settle()
		source := c.source()
		client := &counting{Interface: c}
		source.Client, source.Parallel = client, parallel
		found, err := Of(t.Context(), source, Query{Given: []Given{{Object: parse(t, changedText)[0]}}})
		if err != nil {
			t.Fatal(err)
		}
		if found.Summary.Changed != 200 {
			t.Errorf("got %+v", found.Summary)
		}
		if most := int(client.most.Load()); most > max(1, parallel) {
			t.Errorf("%d requests in flight, where %d may be", most, parallel)
		} else if parallel == 4 && most < 2 {
			t.Errorf("one request at a time, where %d may be in flight", parallel)
		}
	}
}
