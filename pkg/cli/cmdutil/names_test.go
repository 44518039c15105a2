package cmdutil

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// TestNamesOnly: whoever wants names asks for metadata, and reads it by the client that
// all commands have; whoever does not gets whole objects.
func TestNamesOnly(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		kind, spec := "Workload", `, "spec": {"image": "x"}`
		version := "carto.run/v1alpha1"
		if strings.HasPrefix(r.Header.Get("Accept"), "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,") {
			kind, version, spec = "PartialObjectMetadata", "meta.k8s.io/v1", ""
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"apiVersion": "` + version + `", "kind": "` + kind + `List", "metadata": {"continue": "next"}, "items": [
			{"apiVersion": "` + version + `", "kind": "` + kind + `", "metadata": {"name": "cart"}` + spec + `}]}`))
	}))
	t.Cleanup(server.Close)
	client, err := newTestFactory(t, "{server: '"+server.URL+"'}").Dynamic()
	if err != nil {
		t.Fatal(err)
	}
	for reason, tc := range map[string]struct {
		ctx   context.Context
		whole bool
	}{
		"names alone":   {NamesOnly(t.Context()), false},
		"whole objects": {t.Context(), true},
	} {
		list, err := client.Resource(schema.GroupVersionResource{Group: "carto.run", Version: "v1alpha1", Resource: "workloads"}).List(tc.ctx, metav1.ListOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if _, whole := list.Items[0].Object["spec"]; whole != tc.whole || list.Items[0].GetName() != "cart" || list.GetContinue() != "next" {
			t.Errorf("%s: %v", reason, list)
		}
	}
}
