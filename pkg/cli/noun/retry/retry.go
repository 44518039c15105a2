// Package retry is the verb retry: `kubectl carto workload retry`.
package retry

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/completion"
	"github.com/carto-run/carto/pkg/cli/noun"
	"github.com/carto-run/carto/pkg/collect"
)

// Options of the command.
type Options struct {
	cmdutil.Session
	Noun *noun.Noun

	Name string
	Step string

	namespace string
}

// NewCmdRetry makes the command; runF replaces the work in tests.
func NewCmdRetry(f *cmdutil.Factory, n *noun.Noun, runF func(context.Context, *Options) error) *cobra.Command {
	o := &Options{Session: f.Session(), Noun: n}
	cmd := &cobra.Command{
		Use:               "retry NAME",
		Args:              cmdutil.UsageArgs(cobra.ExactArgs(1)),
		ValidArgsFunction: completion.Names(f, n, false),
		RunE:              cmdutil.RunE(o, runF),
	}
	if n == noun.Runnable {
		cmd.Short = "Repeat the failed run of a runnable"
		cmd.Long = "Ask for one more run, with the same inputs, of a runnable whose newest run has failed."
		cmd.Example = fmt.Sprintf(`  # once more
  %[1]s runnable retry %[2]s

  # and look at it
  %[1]s runnable tree %[2]s --watch`, f.Program, n.Example)
		return cmd
	}
	cmd.Short = "Repeat the failed runs of a " + n.Name
	cmd.Long = `Ask for one more run of every step whose newest run has failed, or of one step.

This is for steps that make a run for each change: those whose templates have the lifecycle
immutable or tekton, and those that stamp a Runnable. A step that keeps one object up to date
needs no retry: repair its inputs instead.`
	cmd.Example = fmt.Sprintf(`  # whatever has failed
  %[1]s %[2]s retry %[3]s

  # only the tests
  %[1]s %[2]s retry %[3]s --step test`, f.Program, n, n.Example)
	cmd.Flags().StringVar(&o.Step, "step", "", "Run only this step.")
	_ = cmd.RegisterFlagCompletionFunc("step", completion.Steps(f, n))
	return cmd
}

// Complete takes the name and finds the namespace.
func (o *Options) Complete(_ *cobra.Command, args []string) error {
	o.Name = o.Noun.NameIn(args[0])
	var err error
	o.namespace, err = o.NamespaceInUse()
	return err
}

// Validate checks the arguments.
func (o *Options) Validate() error {
	return cmdutil.Usage([]error{noun.CheckName(o.Noun, o.Name)})
}

// Run sets the annotation that the agent obeys. It refuses when nothing has failed, because
// nothing would happen then.
func (o *Options) Run(ctx context.Context) error {
	client, err := o.Client()
	if err != nil {
		return err
	}
	object, err := o.Noun.Read(ctx, client, o.Program, o.namespace, o.Name)
	if err != nil {
		return err
	}
	item, err := o.Noun.Decode(object)
	if err != nil {
		return err
	}
	if o.Noun == noun.Runnable {
		if noun.Condition(item.Status.Conditions, v1alpha1.ConditionStampedObject).Status != metav1.ConditionFalse {
			return cmdutil.Findingf("nothing to retry: the newest run of runnable %s has not failed; see: %s tree runnable/%s -n %s", o.Name, o.Program, o.Name, o.namespace)
		}
		return o.ask(ctx, client, noun.Runnable, item.UID, o.Name, v1alpha1.AnnotationRetry)
	}
	failed, err := o.failed(ctx, client, item)
	if err != nil {
		return err
	}
	// A step that stamps a Runnable is run again by that; all others by the owner.
	own := false
	for _, step := range failed {
		if !isRunnable(step.StampedRef) {
			own = true
			continue
		}
		ref := step.StampedRef
		runnable, err := noun.Runnable.Read(ctx, client, o.Program, ref.Namespace, ref.Name)
		if err != nil {
			return err
		}
		if err := o.ask(ctx, client, noun.Runnable, runnable.GetUID(), ref.Name, v1alpha1.AnnotationRetry); err != nil {
			return err
		}
	}
	if !own {
		return nil
	}
	key := v1alpha1.AnnotationRetry
	if o.Step != "" {
		key = v1alpha1.AnnotationRetryStep + o.Step
	}
	return o.ask(ctx, client, o.Noun, item.UID, o.Name, key)
}

func isRunnable(ref *v1alpha1.StampedRef) bool {
	return ref != nil && ref.Kind == v1alpha1.KindRunnable && ref.GroupVersionKind().Group == v1alpha1.Group
}

// makesRuns says whether a step makes a run for each change. Its status does not tell;
// what it stamped does, and counts as a run when it can not be read.
func makesRuns(ctx context.Context, client dynamic.Interface, ref *v1alpha1.StampedRef) bool {
	if ref == nil {
		return false
	}
	if isRunnable(ref) {
		return true
	}
	resource, err := collect.Resource(ref)
	if err != nil {
		return true
	}
	object, err := client.Resource(resource).Namespace(ref.Namespace).Get(ctx, ref.Name, metav1.GetOptions{})
	return err != nil || object.GetLabels()[v1alpha1.LabelTemplateLifecycle] != string(v1alpha1.LifecycleMutable)
}

// ask gives an annotation a value that it never had.
func (o *Options) ask(ctx context.Context, client dynamic.Interface, n *noun.Noun, uid types.UID, name, annotation string) error {
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{
		"uid": uid, "annotations": map[string]string{annotation: o.Clock().UTC().Format(time.RFC3339Nano)},
	}})
	if err != nil {
		return fmt.Errorf("encode the annotation: %w", err)
	}
	if _, err := n.Client(client, o.namespace).Patch(ctx, name, types.MergePatchType, patch, metav1.PatchOptions{FieldManager: cmdutil.FieldManager}); err != nil {
		return n.Explain(ctx, client, o.Program, "retry", o.namespace, name, err)
	}
	_, err = fmt.Fprintf(o.Streams.Out, "%s retried\n", n.Printed(name))
	return err
}

// failed lists the steps to run again; it is a finding when there are none.
func (o *Options) failed(ctx context.Context, client dynamic.Interface, item *noun.Item) ([]*v1alpha1.ResourceStatus, error) {
	var names, others []string
	var failed []*v1alpha1.ResourceStatus
	known := false
	for i := range item.Status.Resources {
		step := &item.Status.Resources[i]
		names = append(names, step.Name)
		known = known || step.Name == o.Step
		if o.Step != "" && o.Step != step.Name {
			continue
		}
		switch {
		case noun.Condition(step.Conditions, v1alpha1.ConditionHealthy).Status == metav1.ConditionFalse && makesRuns(ctx, client, step.StampedRef):
			failed = append(failed, step)
		case noun.Condition(step.Conditions, v1alpha1.ConditionReady).Status == metav1.ConditionFalse:
			others = append(others, step.Name)
		}
	}
	see := fmt.Sprintf("see: %s tree %s/%s -n %s", o.Program, o.Noun, o.Name, o.namespace)
	switch {
	case len(failed) > 0:
		return failed, nil
	case o.Step != "" && !known:
		return nil, cmdutil.Findingf("%s %s has no step %q; it has: %s", o.Noun, o.Name, o.Step, strings.Join(names, ", "))
	case len(others) > 0:
		return nil, cmdutil.Findingf("nothing to retry: no run has failed; what is not ready does not heal by another run (%s); %s", strings.Join(others, ", "), see)
	case o.Step == "":
		return nil, cmdutil.Findingf("nothing to retry: no step of %s %s has failed; %s", o.Noun, o.Name, see)
	}
	return nil, cmdutil.Findingf("nothing to retry: step %s of %s %s has not failed", o.Step, o.Noun, o.Name)
}
