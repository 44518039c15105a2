package noun

import (
	"errors"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic/fake"
	clienttesting "k8s.io/client-go/testing"
)

func item(name, version string) *unstructured.Unstructured {
	obj := &unstructured.Unstructured{}
	obj.SetGroupVersionKind(Workload.Resource.GroupVersion().WithKind(Workload.Kind))
	obj.SetNamespace("shop")
	obj.SetName(name)
	obj.SetUID(types.UID("uid-" + name))
	obj.SetResourceVersion(version)
	return obj
}

func listOf(version string, items ...*unstructured.Unstructured) *unstructured.UnstructuredList {
	list := &unstructured.UnstructuredList{Object: map[string]any{"apiVersion": "carto.run/v1alpha1", "kind": "WorkloadList"}}
	list.SetResourceVersion(version)
	for _, i := range items {
		list.Items = append(list.Items, *i)
	}
	return list
}

func newClient() *fake.FakeDynamicClient {
	return fake.NewSimpleDynamicClientWithCustomListKinds(runtime.NewScheme(), map[schema.GroupVersionResource]string{
		Workload.Resource: "WorkloadList", {Version: "v1", Resource: "namespaces"}: "NamespaceList",
	})
}

// TestWatchResumes: three watches, of which the first is dropped and the second begins at
// a place that the API server has forgotten.
func TestWatchResumes(t *testing.T) {
	t.Parallel()
	client := newClient()
	var versions []string
	client.PrependWatchReactor("workloads", func(a clienttesting.Action) (bool, watch.Interface, error) {
		versions = append(versions, a.(clienttesting.WatchActionImpl).ListOptions.ResourceVersion)
		stream := watch.NewFakeWithChanSize(10, false)
		switch len(versions) {
		case 1:
			stream.Modify(item("a", "11"))
			stream.Action(watch.Bookmark, item("", "15"))
			stream.Stop() // the connection is lost
		case 2:
			gone := apierrors.NewResourceExpired("too old").Status()
			stream.Error(&gone)
		case 3:
			stream.Add(item("d", "31"))
		}
		return true, stream, nil
	})
	client.PrependReactor("list", "workloads", func(clienttesting.Action) (bool, runtime.Object, error) {
		return true, listOf("30", item("a", "11"), item("b", "22"), item("new", "23")), nil
	})
	var got []string
	end := errors.New("enough")
	err := Workload.Watch(t.Context(), client, "carto", "shop", metav1.ListOptions{}, listOf("10", item("a", "5"), item("b", "6"), item("c", "7")), func(e watch.Event) error {
		obj := e.Object.(*unstructured.Unstructured)
		got = append(got, string(e.Type)+" "+obj.GetName())
		if obj.GetName() == "d" {
			return end
		}
		return nil
	})
	if !errors.Is(err, end) {
		t.Errorf("got %v", err)
	}
	if want := "MODIFIED a, MODIFIED b, ADDED new, DELETED c, ADDED d"; strings.Join(got, ", ") != want {
		t.Errorf("got %v, want %s", got, want)
	}
	if want := "10 15 30"; strings.Join(versions, " ") != want {
		t.Errorf("watches began at %v, want %s", versions, want)
	}
}

// TestWatchUnavailable: an API server that restarts may have forgotten the place, and give
// no list for a while.
func TestWatchUnavailable(t *testing.T) {
	t.Parallel()
	client := newClient()
	client.PrependWatchReactor("workloads", func(clienttesting.Action) (bool, watch.Interface, error) {
		return true, nil, apierrors.NewResourceExpired("too old")
	})
	lists := 0
	client.PrependReactor("list", "workloads", func(clienttesting.Action) (bool, runtime.Object, error) {
		if lists++; lists == 1 {
			return true, nil, apierrors.NewServiceUnavailable("starting")
		}
		return true, listOf("30", item("new", "23")), nil
	})
	end := errors.New("enough")
	err := Workload.Watch(t.Context(), client, "carto", "shop", metav1.ListOptions{}, listOf("1"), func(watch.Event) error { return end })
	if !errors.Is(err, end) || lists != 2 {
		t.Errorf("got %v after %d lists", err, lists)
	}
}

// TestWatchForbidden: what no repetition changes ends the watch.
func TestWatchForbidden(t *testing.T) {
	t.Parallel()
	client := newClient()
	client.PrependWatchReactor("workloads", func(a clienttesting.Action) (bool, watch.Interface, error) {
		return true, nil, apierrors.NewForbidden(a.GetResource().GroupResource(), "", errors.New("no"))
	})
	err := Workload.Watch(t.Context(), client, "carto", "shop", metav1.ListOptions{}, listOf("1"), nil)
	if !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), "cannot watch workloads") {
		t.Errorf("got %v", err)
	}
}

// TestSelectExpired: pages that take too long are read again as one.
func TestSelectExpired(t *testing.T) {
	t.Parallel()
	client := newClient()
	calls := 0
	client.PrependReactor("list", "workloads", func(clienttesting.Action) (bool, runtime.Object, error) {
		switch calls++; calls {
		case 1:
			first := listOf("1", item("a", "1"))
			first.SetContinue("more")
			return true, first, nil
		case 2:
			return true, nil, apierrors.NewResourceExpired("too old")
		}
		return true, listOf("2", item("a", "1"), item("b", "2")), nil
	})
	list, err := Workload.Select(t.Context(), client, "carto", "shop", metav1.ListOptions{})
	if err != nil || len(list.Items) != 2 || list.GetResourceVersion() != "2" {
		t.Errorf("got %v, %v", list, err)
	}
}

func TestMissing(t *testing.T) {
	t.Parallel()
	forbidden := func(a clienttesting.Action) (bool, runtime.Object, error) {
		return true, nil, apierrors.NewForbidden(a.GetResource().GroupResource(), "", errors.New("no"))
	}
	for _, tc := range []struct {
		reason, name, namespace string
		prepare                 func(*fake.FakeDynamicClient)
		want                    string
	}{
		{"a slip of the hand", "crat", "shop", nil, `workload "crat" not found in namespace "shop"; did you mean "cart"?`},
		{"in another namespace", "cart", "test", nil, `workload "cart" not found in namespace "test"; there is one in namespace shop`},
		{"no such namespace", "other", "shpo", nil, `namespace "shpo" not found, where workload "other" was looked for`},
		{"no permission to list costs the advice only", "crat", "shop", func(c *fake.FakeDynamicClient) { c.PrependReactor("list", "*", forbidden) }, `workload "crat" not found in namespace "shop"`},
	} {
		client := newClient()
		namespace := func(name string) *unstructured.Unstructured {
			return &unstructured.Unstructured{Object: map[string]any{"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{"name": name}}}
		}
		for _, obj := range []*unstructured.Unstructured{item("cart", "1"), namespace("shop"), namespace("test")} {
			if err := client.Tracker().Add(obj); err != nil {
				t.Fatal(err)
			}
		}
		if tc.prepare != nil {
			tc.prepare(client)
		}
		if err := Workload.Missing(t.Context(), client, tc.namespace, tc.name); err.Error() != tc.want {
			t.Errorf("%s: got %q", tc.reason, err)
		}
		if n := len(client.Actions()); n > 3 {
			t.Errorf("%s: %d requests", tc.reason, n)
		}
	}
}
