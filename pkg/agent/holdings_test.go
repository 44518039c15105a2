package agent

import (
	"encoding/json"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/types"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
)

// mapWith is a ConfigMap with so much data, controlled as given.
func mapWith(t *testing.T, name, size, controller string) *stored {
	t.Helper()
	metadata := map[string]any{"name": name, "namespace": "shop", "uid": "uid-of-" + name, "resourceVersion": "7", "labels": map[string]any{v1alpha1.LabelResourceName: "config"}}
	if controller != "" {
		group, kind, _ := strings.Cut(controller, " ")
		kind, uid, _ := strings.Cut(kind, " ")
		metadata["ownerReferences"] = []any{map[string]any{"apiVersion": group + "/v1alpha1", "kind": kind, "name": "cart", "uid": uid, "controller": true}}
	}
	return storedOf(t, map[string]any{"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": map[string]any{"text": size}})
}

// storedOf is an object as a watch brings it.
func storedOf(t *testing.T, object map[string]any) *stored {
	t.Helper()
	text, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	s, err := readStored(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestHoldings: what tenants label is held whole only for owners that there are, and large objects up to a bound.
func TestHoldings(t *testing.T) {
	t.Parallel()
	small, large := "x", strings.Repeat("x", largeObject)
	w := &kindWatch{key: watchKey{selector: v1alpha1.LabelResourceName}}
	runs := &kindWatch{key: watchKey{selector: v1alpha1.LabelRunnableName}}
	h := newHoldings()
	h.isOwner = func(_ ownerKey, uid types.UID) bool { return uid == "right" }
	for _, tc := range []struct {
		reason     string
		watch      *kindWatch
		size       string
		controller string
		whole      bool
	}{
		{"an owner's", w, small, "carto.run Workload right", true},
		{"an owner's, large", w, large, "carto.run Workload right", true},
		{"nobody's", w, small, "", false},
		{"another controller's", w, small, "apps ReplicaSet right", false},
		{"a kind of Carto's that owns nothing", w, small, "carto.run ClusterSupplyChain right", false},
		{"an owner's that there is not", w, small, "carto.run Workload wrong", false},
		{"an owner's, in the watch of other owners", runs, small, "carto.run Workload right", false},
		{"a Runnable's", runs, small, "carto.run Runnable right", true},
	} {
		if s := h.store(tc.watch, mapWith(t, "a", tc.size, tc.controller)); s.isStub() == tc.whole {
			t.Errorf("%s: whole %v", tc.reason, !s.isStub())
		}
	}

	t.Log("large objects are held up to a bound in each namespace, and the bound is free again when they go")
	var all []*stored
	names := strings.Split("abcdefghijklmnopqrstuvwxyz", "")
	heldOnes := func() (n int) {
		all = all[:0]
		for _, name := range names {
			s := h.store(w, mapWith(t, name, strings.Repeat("x", maxLarge/10), "carto.run Workload right"))
			if all = append(all, s); !s.isStub() {
				n++
			}
		}
		return n
	}
	for range 2 { // what comes again is not counted twice
		if n := heldOnes(); n != 9 {
			t.Errorf("%d are held, not 9", n)
		}
	}
	other := *all[0]
	other.UID = "another of that name"
	h.forget(w, &other)
	if len(h.large) != 9 {
		t.Error("what replaced an object was forgotten with it")
	}
	for _, s := range all {
		h.forget(w, s)
	}
	if len(h.large)+len(h.bytes) != 0 {
		t.Errorf("left in the books: %v %v", h.large, h.bytes)
	}
	heldOnes()
	h.forgetAll(w)
	if len(h.large)+len(h.bytes) != 0 {
		t.Errorf("left in the books of a watch that ended: %v %v", h.large, h.bytes)
	}
}

// TestStubIsSmall: nothing that a tenant may write without end gets into a stub.
func TestStubIsSmall(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 100_000)
	object := storedOf(t, map[string]any{"data": map[string]any{"text": long}, "metadata": map[string]any{
		"name": "a", "namespace": "shop", "uid": "u",
		"annotations":     map[string]any{v1alpha1.AnnotationDigest: long},
		"labels":          map[string]any{v1alpha1.LabelResourceName: "config", v1alpha1.LabelTemplateLifecycle: "immutable", "more": long},
		"ownerReferences": []any{map[string]any{"apiVersion": long, "kind": long, "name": long, "uid": long, "controller": true}},
	}})
	s := newHoldings().store(&kindWatch{}, object)
	ref := s.ref
	size := len(s.text) + len(s.owned) + len(s.digest) + len(ref.Name) + len(ref.Kind) + len(ref.UID) + len(ref.APIVersion)
	for key, value := range s.Labels {
		size += len(key) + len(value)
	}
	if size > 2_000 || s.Labels[v1alpha1.LabelResourceName] != "config" {
		t.Errorf("%d bytes, labels %v", size, s.Labels)
	}
}
