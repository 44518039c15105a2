package install

import (
	"context"
	"fmt"
	"strings"

	"k8s.io/client-go/dynamic"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/install"
)

// checkMigration finds what would be refused, while the original still works: once it is
// stopped and Carto cannot be installed, nothing stamps any more.
func (o *Options) checkMigration(ctx context.Context, client dynamic.Interface, p *plan) error {
	if len(p.original.InTheWay()) == 0 || o.dry() {
		return nil // there is nothing to stop
	}
	err := install.CheckStop(ctx, client, p.original)
	if err == nil {
		err = install.Check(ctx, client, p.objects)
	}
	if err != nil {
		return fmt.Errorf("the original Cartographer is left as it is, because Carto could not take over from it: %w", err)
	}
	return nil
}

// confirm says what taking over from the original means, and asks whether to go on.
func (o *Options) confirm(ctx context.Context, original *install.Original) error {
	if len(original.InTheWay()) == 0 {
		_, err := fmt.Fprintln(o.Streams.ErrOut, "No original Cartographer is in the way.")
		return err
	}
	if _, err := fmt.Fprint(o.Streams.ErrOut, steps(original)); err != nil || o.dry() || o.Yes {
		return err
	}
	ok, err := o.Streams.Confirm(ctx, "Take over from the original Cartographer?")
	if err == nil && !ok {
		err = cmdutil.Findingf("declined: nothing was changed")
	}
	return err
}

// stopOriginal stops the original Cartographer. Every step may be repeated, so that a
// migration that was interrupted is run again.
func (o *Options) stopOriginal(ctx context.Context, client dynamic.Interface, original *install.Original) error {
	if len(original.InTheWay()) == 0 || o.dry() {
		return nil
	}
	return install.StopOriginal(ctx, client, original, func(done string) error {
		_, err := fmt.Fprintln(o.Streams.Out, done)
		return err
	})
}

// stoppedInVain adds to an error what it leaves behind, once the original is stopped.
func (o *Options) stoppedInVain(original *install.Original, err error) error {
	if !o.Migrate || o.dry() || !original.Running() {
		return err
	}
	return fmt.Errorf("%w; the original Cartographer is stopped, so nothing is stamped: run this again, or go back: kubectl scale deployment %s -n %s --replicas=%d",
		err, install.OriginalName, install.OriginalNamespace, original.Replicas)
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
