package world

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/carto-run/carto/pkg/cli/noun"
	"github.com/carto-run/carto/pkg/cli/workload/spec"
	"github.com/carto-run/carto/pkg/tui/feed"
)

// create creates a Workload, or has the API server check it.
func (w *World) create(ctx context.Context, c *Cluster, a feed.Create) (string, error) {
	obj, err := spec.FromText("the workload", []byte(a.YAML), c.Namespace)
	if err != nil {
		return "", err
	}
	var dryRun []string
	if a.Check {
		dryRun = []string{metav1.DryRunAll}
	}
	made, err := spec.Create(ctx, c.Client, w.o.Program, obj, dryRun)
	if err != nil {
		return "", err
	}
	what := noun.Workload.Qualified(made.GetNamespace(), made.GetName())
	if a.Check {
		return what + " can be created", nil
	}
	return "created " + what, nil
}
