package collect

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
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

// TestFollowUse: what a person watches of a blueprint is how its owners are.
func TestFollowUse(t *testing.T) {
	t.Parallel()
	client := clientOf(t, explained)
	enough := errors.New("enough")
	changed := false
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	err := FollowUse(ctx, client, supplyChains, "chain", func(obj *unstructured.Unstructured, use *Use) error {
		if obj.GetName() != "chain" || len(use.Owners) != 1 {
			t.Errorf("got %+v", use)
		}
		if use.Owners[0].Ready.Status == "True" {
			return enough
		}
		if changed {
			return nil
		}
		changed = true
		workloads := client.Resource(cart.Resource()).Namespace("shop")
		owner, err := workloads.Get(ctx, "cart", metav1.GetOptions{})
		if err != nil {
			return err
		}
		ready := []any{map[string]any{"type": "Ready", "status": "True", "reason": "Ready", "lastTransitionTime": "2026-01-01T00:00:00Z"}}
		if err := unstructured.SetNestedSlice(owner.Object, ready, "status", "conditions"); err != nil {
			return err
		}
		_, err = workloads.Update(ctx, owner, metav1.UpdateOptions{})
		return err
	})
	if !errors.Is(err, enough) {
		t.Errorf("got %v", err)
	}
}
