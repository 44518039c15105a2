package impact

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic/fake"
	kubetesting "k8s.io/client-go/testing"
)

// TestApply: a file is applied as the object was applied before.
func TestApply(t *testing.T) {
	t.Parallel()
	at := func(minute int) *metav1.Time {
		return &metav1.Time{Time: time.Date(2026, 1, 1, 0, minute, 0, 0, time.UTC)}
	}
	applied := func(manager string, minute int) metav1.ManagedFieldsEntry {
		return metav1.ManagedFieldsEntry{Manager: manager, Operation: metav1.ManagedFieldsOperationApply, Time: at(minute)}
	}
	for _, tc := range []struct {
		reason  string
		managed []metav1.ManagedFieldsEntry
		last    string
		typ     types.PatchType
		manager string
		patch   string
	}{
		{"by nobody", nil, "", types.ApplyPatchType, "person", ""},
		{"by server-side apply: as whoever did it last", []metav1.ManagedFieldsEntry{applied("old", 1), applied("flux", 2), applied("older", 0)}, "", types.ApplyPatchType, "flux", ""},
		{"by Carto, which stamps it: that is not how files get there", []metav1.ManagedFieldsEntry{applied("carto", 1)}, "", types.ApplyPatchType, "person", ""},
		{
			"by kubectl apply: what its annotation has and the file has not goes, what others set stays", nil,
			`{"apiVersion":"carto.run/v1alpha1","kind":"Workload","metadata":{"name":"cart","namespace":"shop","labels":{"gone":"1","stays":"1"}},"spec":{"image":"a"}}`,
			types.MergePatchType, "person", `{"metadata":{"labels":{"gone":null}},"spec":{"image":"b"}}`,
		},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			t.Parallel()
			live := parse(t, `{apiVersion: carto.run/v1alpha1, kind: Workload, metadata: {name: cart, namespace: shop, labels: {gone: "1", stays: "1", theirs: "1"}}, spec: {image: a}}`)[0]
			live.SetManagedFields(tc.managed)
			if tc.last != "" {
				live.SetAnnotations(map[string]string{corev1.LastAppliedConfigAnnotation: tc.last})
			}
			client := fake.NewSimpleDynamicClient(runtime.NewScheme(), live)
			var sent kubetesting.PatchActionImpl
			client.PrependReactor("patch", "*", func(a kubetesting.Action) (bool, runtime.Object, error) {
				sent = a.(kubetesting.PatchActionImpl)
				return true, live.DeepCopy(), nil
			})
			g := &Given{Object: parse(t, `{apiVersion: carto.run/v1alpha1, kind: Workload, metadata: {name: cart, namespace: shop, resourceVersion: "7", managedFields: [], labels: {stays: "1"}}, spec: {image: b}, status: {x: 1}}`)[0]}
			if _, err := g.try(t.Context(), &Source{Client: client, FieldManager: "person"}); err != nil {
				t.Fatal(err)
			}
			if tc.patch == "" {
				tc.patch = `{"apiVersion":"carto.run/v1alpha1","kind":"Workload","metadata":{"labels":{"stays":"1"},"name":"cart","namespace":"shop"},"spec":{"image":"b"}}`
			}
			got := []string{string(sent.PatchType), sent.PatchOptions.FieldManager, string(sent.Patch), fmt.Sprint(sent.PatchOptions.DryRun)}
			if diff := cmp.Diff([]string{string(tc.typ), tc.manager, tc.patch, "[All]"}, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	workloads := resourceOf("Workload").GroupResource()
	invalid := func(causes ...metav1.StatusCause) error {
		return &apierrors.StatusError{ErrStatus: metav1.Status{Reason: metav1.StatusReasonInvalid, Code: 422, Message: "all of it", Details: &metav1.StatusDetails{Causes: causes}}}
	}
	const unevaluated = "Invalid value: null: some validation rules were not checked because the object was invalid"
	for _, tc := range []struct {
		reason string
		err    error
		want   string // empty: the error stays what it is
	}{
		{"each cause once, at its place", invalid(
			metav1.StatusCause{Field: "spec.a", Message: "bad"}, metav1.StatusCause{Field: "spec.a", Message: "bad"},
			metav1.StatusCause{Field: "<nil>", Message: unevaluated}, metav1.StatusCause{Field: "spec.b", Message: "worse"},
		), "spec.a| the API server refuses Workload shop/cart: spec.a: bad\nspec.b| the API server refuses Workload shop/cart: spec.b: worse"},
		{"without causes", invalid(), "| the API server refuses Workload shop/cart: all of it"},
		{"with none that says anything", invalid(metav1.StatusCause{Message: unevaluated}), "| the API server refuses Workload shop/cart: all of it"},
		{"a namespace that is not there", apierrors.NewNotFound(corev1.Resource("namespaces"), "shop"), `| the API server refuses Workload shop/cart: namespaces "shop" not found`},
		{"a kind that is not there", apierrors.NewNotFound(workloads, ""), ""},
		{"no permission", apierrors.NewForbidden(workloads, "cart", errors.New("no")), ""},
	} {
		g := &Given{
			Object: &unstructured.Unstructured{Object: map[string]any{"kind": "Workload", "metadata": map[string]any{"name": "cart", "namespace": "shop"}}},
			Errorf: func(field, format string, args ...any) error { return fmt.Errorf(field+"| "+format, args...) },
		}
		got := g.refused(tc.err)
		var refused *RefusedError
		if isRefused := errors.As(got, &refused); isRefused != (tc.want != "") || !isRefused && !errors.Is(got, tc.err) {
			t.Errorf("%s: got %v", tc.reason, got)
		} else if isRefused && got.Error() != tc.want {
			t.Errorf("%s: got\n%v\nwant\n%s", tc.reason, got, tc.want)
		}
	}
}
