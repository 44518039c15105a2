package agent

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest/fake"
	"k8s.io/client-go/tools/cache"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/realize"
)

// TestForgetVanished: an object that was made and deleted while the watch was interrupted is
// not believed to be there for ever, and its owner is woken.
func TestForgetVanished(t *testing.T) {
	configMaps := schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}
	// Nothing is listed, and a watch brings nothing.
	client := &fake.RESTClient{NegotiatedSerializer: storedCodec, Client: fake.CreateHTTPClient(func(r *http.Request) (*http.Response, error) {
		body := io.NopCloser(strings.NewReader(`{"kind":"ConfigMapList","apiVersion":"v1","metadata":{"resourceVersion":"1"},"items":[]}`))
		if r.URL.Query().Get("watch") == "true" {
			silence, end := io.Pipe()
			context.AfterFunc(r.Context(), func() { _ = end.Close() })
			body = silence
		}
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: body}, nil
	})}
	var woken []ownerKey
	s := newWatchSet(reader{client: client, codec: storedCodec, pageSize: pageSize}, nil, slog.New(slog.DiscardHandler), newMetrics(), func(key ownerKey) { woken = append(woken, key) }, nil)
	ctx := t.Context()
	w := s.watch(ctx, stampedFor(v1alpha1.KindWorkload, realize.Resource{GroupVersionResource: configMaps, Namespaced: true}))
	if !cache.WaitForCacheSync(ctx.Done(), w.informer.HasSynced) {
		t.Fatal(ctx.Err())
	}
	made := func(name, version string) *stored {
		return storedOf(t, map[string]any{"metadata": map[string]any{
			"namespace": "shop", "name": name, "resourceVersion": version,
			"ownerReferences": []any{map[string]any{"apiVersion": v1alpha1.GroupVersion.String(), "kind": v1alpha1.KindWorkload, "name": "owner-of-" + name, "uid": "1", "controller": true}},
		}})
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
