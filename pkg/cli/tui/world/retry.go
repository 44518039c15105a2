package world

import (
	"context"
	"strings"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/noun"
	"github.com/carto-run/carto/pkg/cli/noun/retry"
	"github.com/carto-run/carto/pkg/tui/feed"
)

// retry asks for one more run, as the command does.
func (w *World) retry(ctx context.Context, c *Cluster, a feed.Retry) (string, error) {
	n := noun.OfKind(a.Owner.Kind)
	if n == nil || n.Cluster {
		return "", cmdutil.Findingf("nothing to retry: %s %s makes no runs", a.Owner.Kind, a.Owner.Name)
	}
	request := retry.Request{
		Client: c.Client, Noun: n, Namespace: a.Owner.Namespace, Name: a.Owner.Name, Step: a.Step, Program: w.o.Program, Now: w.o.Clock(),
	}
	var asked []string
	err := retry.Ask(ctx, request, func(n *noun.Noun, name string) error {
		asked = append(asked, n.Name+" "+name)
		return nil
	})
	if err != nil {
		return "", err
	}
	return "asked for another run of " + strings.Join(asked, ", "), nil
}
