package install

import (
	"context"
	"fmt"
	"strings"

	"k8s.io/client-go/dynamic"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/install"
)

// migrate stops the original Cartographer, after it has said what that means. Every step
// may be repeated, so that a migration that was interrupted is run again.
func (o *Options) migrate(ctx context.Context, client dynamic.Interface, original *install.Original) error {
	if len(original.InTheWay()) == 0 {
		_, err := fmt.Fprintln(o.Streams.ErrOut, "No original Cartographer is in the way.")
		return err
	}
	if _, err := fmt.Fprint(o.Streams.ErrOut, steps(original)); err != nil || o.dry() {
		return err
	}
	if !o.Yes {
		ok, err := o.Streams.Confirm(ctx, "Take over from the original Cartographer?")
		if err != nil {
			return err
		}
		if !ok {
			return cmdutil.Findingf("declined: nothing was changed")
		}
	}
	return install.StopOriginal(ctx, client, original, func(done string) error {
		_, err := fmt.Fprintln(o.Streams.Out, done)
		return err
	})
}

// steps are what a migration does, for a person to read before.
func steps(original *install.Original) string {
	var steps []string
	if original.Running() {
		steps = append(steps, fmt.Sprintf("scale the controller %s/%s from %d to 0, and wait for the end of its pods", install.OriginalNamespace, install.OriginalName, original.Replicas))
	}
	for _, h := range original.Hooks {
		steps = append(steps, "delete the "+h.String()+", which nobody would answer then")
	}
	steps = append(steps,
		"replace the definitions of the kinds by Carto's, which have the same fields and more rules",
		"install Carto, and wait until its agent is ready")
	var text strings.Builder
	text.WriteString("To take over from the original Cartographer:\n")
	for i, s := range steps {
		_, _ = fmt.Fprintf(&text, "  %d. %s\n", i+1, s)
	}
	text.WriteString("Owners, their status, and what was stamped for them stay; meanwhile nothing is stamped.\n")
	return text.String()
}
