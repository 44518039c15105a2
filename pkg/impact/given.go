package impact

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/jsonmergepatch"
	"k8s.io/client-go/dynamic"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/collect"
	"github.com/carto-run/carto/pkg/stamped"
)

// Given is an object of a file: a template, a blueprint or an owner, of a kind that New
// knows, with a name and, if it is an owner, a namespace.
type Given struct {
	File   string
	Line   int
	Object *unstructured.Unstructured
	// Errorf makes an error that begins with the place of a field in the file.
	Errorf func(field, format string, args ...any) error
}

func (g *Given) key() key {
	return key{g.Object.GetKind(), g.Object.GetNamespace(), g.Object.GetName()}
}

func (g *Given) String() string {
	return g.Object.GetKind() + " " + qualified(g.Object.GetNamespace(), g.Object.GetName())
}

// tried is what a dry run made of a given object. Live is nil when there is none.
type tried struct {
	live, after *unstructured.Unstructured
	change      Change
}

// try applies the object in a dry run: the API server checks it and fills in defaults.
func (g *Given) try(ctx context.Context, source *Source) (tried, error) {
	api := apiOf(source.Client, g.key())
	live, err := api.Get(ctx, g.Object.GetName(), metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err) && !collect.MissingKind(err):
		live = nil
	case err != nil:
		return tried{}, fmt.Errorf("cannot read %s: %w", g, err)
	}
	after, err := g.apply(ctx, api, live, source.FieldManager)
	if err != nil {
		return tried{}, g.refused(err)
	}
	t := tried{live: live, after: after, change: Changed}
	switch {
	case live == nil:
		t.change = Created
	case equality.Semantic.DeepEqual(written(live), written(after)):
		t.change = Unchanged
	}
	return t, nil
}

func apiOf(client dynamic.Interface, k key) dynamic.ResourceInterface {
	resource := client.Resource(resourceOf(k.kind))
	if k.namespace == "" {
		return resource
	}
	return resource.Namespace(k.namespace)
}

// apply asks for the object as it would be if the file were applied in the way in which it
// was applied before, since that decides what becomes of fields that the file no longer
// has: with kubectl apply, which keeps the last file in an annotation, by what that had;
// with server-side apply by what its field manager owns.
func (g *Given) apply(ctx context.Context, api dynamic.ResourceInterface, live *unstructured.Unstructured, manager string) (*unstructured.Unstructured, error) {
	wanted := g.Object.DeepCopy()
	for _, field := range stamped.ServerOwned {
		unstructured.RemoveNestedField(wanted.Object, "metadata", field)
	}
	unstructured.RemoveNestedField(wanted.Object, "status")
	data, err := json.Marshal(wanted.Object)
	if err != nil {
		return nil, err
	}
	options := metav1.PatchOptions{DryRun: []string{metav1.DryRunAll}, FieldManager: manager, FieldValidation: metav1.FieldValidationStrict}
	if live != nil {
		if last := live.GetAnnotations()[corev1.LastAppliedConfigAnnotation]; last != "" {
			current, err := json.Marshal(live.Object)
			if err != nil {
				return nil, err
			}
			patch, err := jsonmergepatch.CreateThreeWayJSONMergePatch([]byte(last), data, current)
			if err != nil {
				return nil, fmt.Errorf("compare with the annotation %s: %w", corev1.LastAppliedConfigAnnotation, err)
			}
			return api.Patch(ctx, live.GetName(), types.MergePatchType, patch, options)
		}
		options.FieldManager = cmp.Or(applier(live), manager)
	}
	force := true
	options.Force = &force
	return api.Patch(ctx, wanted.GetName(), types.ApplyPatchType, data, options)
}

// applier is the manager that applied an object last by server-side apply; empty when none
// did. Carto itself does, to owners that it stamps.
func applier(live *unstructured.Unstructured) string {
	var last metav1.ManagedFieldsEntry
	for _, entry := range live.GetManagedFields() {
		if entry.Operation != metav1.ManagedFieldsOperationApply || entry.Subresource != "" || entry.Manager == v1alpha1.FieldManager {
			continue
		}
		if last.Manager == "" || last.Time.Before(entry.Time) {
			last = entry
		}
	}
	return last.Manager
}

// written is what people write of an object.
func written(object *unstructured.Unstructured) map[string]any {
	object = trim(object.DeepCopy())
	return map[string]any{"spec": object.Object["spec"], "labels": object.GetLabels(), "annotations": object.GetAnnotations()}
}

// RefusedError are faults of the files, each on a line that begins with its place.
type RefusedError struct{ err error }

func (r *RefusedError) Error() string { return r.err.Error() }
func (r *RefusedError) Unwrap() error { return r.err }

// refused words the API server's answer to the dry run, a line for each cause, with its
// place in the file.
func (g *Given) refused(err error) error {
	var status apierrors.APIStatus
	if !errors.As(err, &status) || !apierrors.IsInvalid(err) && !apierrors.IsBadRequest(err) && !apierrors.IsNotFound(err) || collect.MissingKind(err) {
		return fmt.Errorf("cannot apply %s in a dry run: %w", g, err)
	}
	var causes []metav1.StatusCause
	if details := status.Status().Details; details != nil && apierrors.IsInvalid(err) {
		causes = details.Causes
	}
	var faults []error
	seen := map[string]bool{}
	for _, cause := range causes {
		// Where a rule fails, its neighbours are not evaluated, and say only that.
		if strings.HasPrefix(cause.Message, "Invalid value: null: some validation rules were not checked") {
			continue
		}
		text := strings.TrimSpace(cause.Field + ": " + cause.Message)
		if !seen[text] {
			seen[text] = true
			faults = append(faults, g.Errorf(cause.Field, "the API server refuses %s: %s", g, text))
		}
	}
	if len(faults) == 0 {
		faults = append(faults, g.Errorf("", "the API server refuses %s: %s", g, status.Status().Message))
	}
	return &RefusedError{errors.Join(faults...)}
}
