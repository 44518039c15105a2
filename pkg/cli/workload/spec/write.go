package spec

import (
	"context"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/dynamic"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/noun"
)

// Create sends a workload that is new; one that exists is an error.
// Server-side apply could not promise that: it would change what exists.
func (o *Options) Create(ctx context.Context, client dynamic.Interface, obj *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	return create(ctx, client, o.Program, obj, o.FieldManager, o.ServerDryRun())
}

// Create is for those without options: dryRun is that of the request, program how the person
// calls us.
func Create(ctx context.Context, client dynamic.Interface, program string, obj *unstructured.Unstructured, dryRun []string) (*unstructured.Unstructured, error) {
	return create(ctx, client, program, obj, cmdutil.FieldManager, dryRun)
}

func create(ctx context.Context, client dynamic.Interface, program string, obj *unstructured.Unstructured, manager string, dryRun []string) (*unstructured.Unstructured, error) {
	made, err := noun.Workload.Client(client, obj.GetNamespace()).Create(ctx, obj, metav1.CreateOptions{
		FieldManager: manager, FieldValidation: metav1.FieldValidationStrict, DryRun: dryRun,
	})
	if err == nil {
		return made, nil
	}
	what := "create " + noun.Workload.Qualified(obj.GetNamespace(), obj.GetName())
	if apierrors.IsAlreadyExists(err) {
		return nil, cmdutil.Findingf("cannot %s: it exists already; to change it: %s workload apply", what, program)
	}
	return nil, explain(program, what, err)
}

// ServerDryRun is the dryRun of requests.
func (o *Options) ServerDryRun() []string {
	if o.DryRun == "server" {
		return []string{metav1.DryRunAll}
	}
	return nil
}

// Explain says what was attempted and why it failed; a namespace that does not exist is
// named as such, or it would read as a missing workload.
func (o *Options) Explain(what string, err error) error { return explain(o.Program, what, err) }

func explain(program, what string, err error) error {
	if namespace := cmdutil.MissingNamespace(err); namespace != "" {
		return cmdutil.Findingf("cannot %s: namespace %q does not exist; run: kubectl create namespace %[2]s", what, namespace)
	}
	return cmdutil.Explain(program, what, err)
}
