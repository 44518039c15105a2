package completion

import (
	"context"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
)

const (
	// patience: a person waits for the key press to do something, and an unreachable
	// cluster must not hang the shell.
	patience = 3 * time.Second
	// maxFound is more than anybody reads; the next letter narrows it down.
	maxFound = 1000
	// pageSize of lists: the first page answers in tens of milliseconds.
	pageSize = 500
)

// each visits objects until visit returns false, all are visited, or patience ends. What
// cannot be read is as good as absent: there is no place for an error on a half-typed line.
func each(ctx context.Context, f *cmdutil.Factory, resource schema.GroupVersionResource, namespace string, visit func(*unstructured.Unstructured) bool) {
	client, err := f.Dynamic()
	if err != nil {
		return
	}
	ctx, cancel := patiently(ctx)
	defer cancel()
	for options := (metav1.ListOptions{Limit: pageSize}); ; {
		page, err := client.Resource(resource).Namespace(namespace).List(ctx, options)
		if err != nil {
			return
		}
		for i := range page.Items {
			if !visit(&page.Items[i]) {
				return
			}
		}
		if options.Continue = page.GetContinue(); options.Continue == "" {
			return
		}
	}
}

func patiently(ctx context.Context) (context.Context, context.CancelFunc) {
	if ctx == nil {
		ctx = context.Background()
	}
	return context.WithTimeout(ctx, patience)
}
