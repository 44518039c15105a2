package collect

import (
	"net/http"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	clienttesting "k8s.io/client-go/testing"

	"github.com/carto-run/carto/pkg/blueprint"
)

// TestUseMissingKind: a cluster without the kind of a template says nothing of the
// template; one that knows the kind says that it is missing.
func TestUseMissingKind(t *testing.T) {
	t.Parallel()
	client := clientOf(t, explained)
	b := newReader(Source{Client: client}, Query{}).compiled(t.Context(), "Workload")[0]
	client.PrependReactor("get", "clustertemplates", func(a clienttesting.Action) (bool, runtime.Object, error) {
		if a.(clienttesting.GetAction).GetName() != "there" {
			return false, nil, nil
		}
		return true, nil, apierrors.NewGenericServerResponse(http.StatusNotFound, "get", a.GetResource().GroupResource(), "", "404 page not found", 0, true)
	})
	use, err := UseOf(t.Context(), client, b)
	if err != nil {
		t.Fatal(err)
	}
	if _, read := use.Templates[blueprint.TemplateUse{Resource: "a", Kind: "ClusterTemplate", Name: "there"}]; read {
		t.Error("a template of a kind that is not served counts as read")
	}
	if template, read := use.Templates[blueprint.TemplateUse{Resource: "b", Kind: "ClusterTemplate", Name: "gone"}]; !read || template != nil {
		t.Error("the other one is missing")
	}
	if len(use.Unread) != 1 || use.Unread[0].Name != "there" {
		t.Errorf("unread: %+v", use.Unread)
	}
}

// TestUseBrokenOwner: one owner that is not as its type says costs only itself.
func TestUseBrokenOwner(t *testing.T) {
	t.Parallel()
	client := clientOf(t, explained+`---
apiVersion: carto.run/v1alpha1
kind: Workload
metadata: {name: broken, namespace: shop}
spec: {params: nothing}
status: {supplyChainRef: {kind: ClusterSupplyChain, name: chain}}
`)
	b := newReader(Source{Client: client}, Query{}).compiled(t.Context(), "Workload")[0]
	use, err := UseOf(t.Context(), client, b)
	if err != nil || use.OwnersUnknown || len(use.Owners) != 1 || use.Owners[0].Name != "cart" {
		t.Errorf("got %+v, %v", use, err)
	}
	if len(use.Unread) != 1 || use.Unread[0].Name != "broken" {
		t.Errorf("unread: %+v", use.Unread)
	}
}
