package agent

import (
	"log/slog"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic/fake"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/realize"
)

// TestForgetVanished: an object that was made and deleted while the watch was interrupted is
// not believed to be there for ever, and its owner is woken.
func TestForgetVanished(t *testing.T) {
	configMaps := schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}
	client := fake.NewSimpleDynamicClientWithCustomListKinds(runtime.NewScheme(), map[schema.GroupVersionResource]string{configMaps: "ConfigMapList"})
	var woken []ownerKey
	s := newWatchSet(client, nil, slog.New(slog.DiscardHandler), newMetrics(), func(key ownerKey) { woken = append(woken, key) }, nil)
	ctx := t.Context()
	w := s.watch(ctx, stampedFor(v1alpha1.KindWorkload, realize.Resource{GroupVersionResource: configMaps, Namespaced: true}))
	for !w.informer.HasSynced() {
		if ctx.Err() != nil {
			t.Fatal(ctx.Err())
		}
		time.Sleep(time.Millisecond) // until the first list is there
	}
	isController := true
	made := func(name, version string) *stored {
		u := &unstructured.Unstructured{}
		u.SetNamespace("shop")
		u.SetName(name)
		u.SetResourceVersion(version)
		u.SetOwnerReferences([]metav1.OwnerReference{{APIVersion: v1alpha1.GroupVersion.String(), Kind: v1alpha1.KindWorkload, Name: "owner-of-" + name, UID: "1", Controller: &isController}})
		stored, err := store(u)
		if err != nil {
			t.Fatal(err)
		}
		return stored
	}
	gone, coming := objectKey{"shop", "gone"}, objectKey{"shop", "coming"}
	w.wrote(gone, made("gone", "0"), reverts{}, "")
	w.wrote(coming, made("coming", "999999"), reverts{}, "")
	w.setMark(objectKey{"shop", "old"}, mark{digest: "x"})

	s.forgetVanished()
	if w.live(gone) == nil {
		t.Error("what the watch has received may not be in the cache yet: the first time nothing goes")
	}
	s.forgetVanished()
	if w.live(gone) != nil {
		t.Error("the object is still believed to be there")
	}
	if w.live(coming) == nil {
		t.Error("an object that the watch can not have shown yet is forgotten")
	}
	if want := (ownerKey{v1alpha1.KindWorkload, "shop", "owner-of-gone"}); len(woken) != 1 || woken[0] != want {
		t.Errorf("woken: %v, want %v", woken, want)
	}
	s.forgetVanished()
	if len(w.marks) != 1 {
		t.Errorf("%d marks are left, want that of the object that is to come", len(w.marks))
	}
}
