package completion

import (
	"fmt"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/fake"
	clienttesting "k8s.io/client-go/testing"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/noun"
)

// TestManyNames: of ten thousand workloads the names that begin as typed are found on later
// pages too, and no more pages are read than anybody wants names.
func TestManyNames(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		prefix       string
		found, pages int
	}{
		{"", maxFound, maxFound / pageSize},
		{"w-099", 100, 10_000 / pageSize},
		{"x", 0, 10_000 / pageSize},
	} {
		pages := 0
		client := fake.NewSimpleDynamicClientWithCustomListKinds(runtime.NewScheme(), map[schema.GroupVersionResource]string{noun.Workload.Resource: "WorkloadList"})
		client.PrependReactor("list", "workloads", func(action clienttesting.Action) (bool, runtime.Object, error) {
			options := action.(clienttesting.ListActionImpl).ListOptions
			if options.Limit != pageSize || options.Continue != map[bool]string{true: fmt.Sprint(pages)}[pages > 0] {
				t.Errorf("page %d is asked for by limit %d, continue %q", pages, options.Limit, options.Continue)
			}
			list := &unstructured.UnstructuredList{}
			list.SetAPIVersion("carto.run/v1alpha1")
			list.SetKind("WorkloadList")
			for i := range pageSize {
				obj := unstructured.Unstructured{Object: map[string]any{}}
				obj.SetName(fmt.Sprintf("w-%05d", pages*pageSize+i))
				list.Items = append(list.Items, obj)
			}
			if pages++; pages < 10_000/pageSize {
				list.SetContinue(fmt.Sprint(pages))
			}
			return true, list, nil
		})
		f := &cmdutil.Factory{Dynamic: func() (dynamic.Interface, error) { return client, nil }}
		if found := names(t.Context(), f, noun.Workload.Resource, metav1.NamespaceDefault, nil, tc.prefix); len(found) != tc.found || pages != tc.pages {
			t.Errorf("%q: %d names of %d pages, want %d of %d", tc.prefix, len(found), pages, tc.found, tc.pages)
		}
	}
}
