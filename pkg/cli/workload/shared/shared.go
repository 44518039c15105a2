// Package shared is what the verbs of workload have in common.
package shared

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/dynamic"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/cli/cmdutil"
)

// Resource of workloads. It is fixed, so no command needs discovery for it.
var Resource = v1alpha1.GroupVersion.WithResource("workloads")

// TypeLabel says what kind of application a workload is; blueprints in use select by it.
const TypeLabel = "apps.tanzu.vmware.com/workload-type"

// Decode turns what the API server returned into the type.
func Decode(obj *unstructured.Unstructured) (*v1alpha1.Workload, error) {
	w := &v1alpha1.Workload{}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(obj.Object, w); err != nil {
		return nil, fmt.Errorf("workload %s/%s is not as carto.run/v1alpha1 says: %w", obj.GetNamespace(), obj.GetName(), err)
	}
	return w, nil
}

// Condition finds a condition by type; the zero value, whose status reads Unknown, when
// there is none.
func Condition(conditions []metav1.Condition, kind string) metav1.Condition {
	for _, c := range conditions {
		if c.Type == kind {
			return c
		}
	}
	return metav1.Condition{Type: kind, Status: metav1.ConditionUnknown}
}

// Read fetches a workload; one that is not there is a finding.
func Read(ctx context.Context, client dynamic.Interface, program, namespace, name string) (*unstructured.Unstructured, error) {
	object, err := client.Resource(Resource).Namespace(namespace).Get(ctx, name, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err) && !cmdutil.MissingKind(err):
		return nil, NotFound(namespace, name)
	case err != nil:
		return nil, cmdutil.Explain(program, fmt.Sprintf("read workload %s/%s", namespace, name), err)
	}
	return object, nil
}

// NotFound is the finding for a workload that is not there.
func NotFound(namespace, name string) error {
	return cmdutil.Findingf("workload %q not found in namespace %q", name, namespace)
}

// Source is one line that says where the code comes from; empty when nothing says so.
func Source(w *v1alpha1.Workload) string {
	deref := func(s *string) string {
		if s == nil {
			return ""
		}
		return *s
	}
	if src := w.Spec.Source; src != nil {
		if src.Git != nil && deref(src.Git.URL) != "" {
			line := deref(src.Git.URL)
			if ref := src.Git.Ref; ref != nil {
				for _, r := range []string{deref(ref.Commit), deref(ref.Tag), deref(ref.Branch)} {
					if r != "" {
						return line + "@" + r
					}
				}
			}
			return line
		}
		if deref(src.Image) != "" {
			return deref(src.Image)
		}
	}
	return deref(w.Spec.Image)
}
