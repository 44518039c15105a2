package spec

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/dynamic"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/noun"
)

// Create sends a workload that is new; one that exists is an error of the API server.
// Server-side apply could not promise that: it would change what exists.
func (o *Options) Create(ctx context.Context, client dynamic.Interface, obj *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	return noun.Workload.Client(client, obj.GetNamespace()).Create(ctx, obj, metav1.CreateOptions{
		FieldManager: cmdutil.FieldManager, FieldValidation: metav1.FieldValidationStrict, DryRun: o.ServerDryRun(),
	})
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
func (o *Options) Explain(what string, err error) error {
	if namespace := cmdutil.MissingNamespace(err); namespace != "" {
		return cmdutil.Findingf("cannot %s: namespace %q does not exist; run: kubectl create namespace %[2]s", what, namespace)
	}
	return cmdutil.Explain(o.Program, what, err)
}
