// Package retry is `kubectl carto workload retry`.
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
	"github.com/carto-run/carto/pkg/cli/streams"
	"github.com/carto-run/carto/pkg/cli/workload/shared"
)

// Options of the command.
type Options struct {
	Streams   *streams.Streams
	Program   string
	Client    func() (dynamic.Interface, error)
	Namespace func() (string, bool, error)
	Clock     func() time.Time

	Name string
	Step string

	namespace string
}

// NewCmdRetry makes the command; runF replaces the work in tests.
func NewCmdRetry(f *cmdutil.Factory, runF func(context.Context, *Options) error) *cobra.Command {
	o := &Options{Streams: f.Streams, Program: f.Program, Client: f.Dynamic, Namespace: f.Namespace, Clock: f.Clock}
	cmd := &cobra.Command{
		Use:   "retry NAME",
		Short: "Run the failed steps of a workload once more",
		Long: `Ask for one more run of every step whose newest run has failed, or of one step.

This is for steps that make a run for each change (templates with the lifecycle immutable or
tekton). A step that keeps one object up to date needs no retry: repair its inputs instead.`,
		Example: fmt.Sprintf(`  # whatever has failed
  %[1]s workload retry cart

  # only the tests
  %[1]s workload retry cart --step test`, f.Program),
		Args:              cmdutil.UsageArgs(cobra.ExactArgs(1)),
		ValidArgsFunction: completion.Workloads(f, false),
		RunE:              cmdutil.RunE(o, runF),
	}
	cmd.Flags().StringVar(&o.Step, "step", "", "Run only this step.")
	return cmd
}

// Complete takes the name and finds the namespace.
func (o *Options) Complete(_ *cobra.Command, args []string) error {
	o.Name = args[0]
	var err error
	if o.namespace, _, err = o.Namespace(); err != nil {
		return fmt.Errorf("cannot find out the namespace: %w", err)
	}
	return nil
}

// Validate checks the arguments.
func (o *Options) Validate() error {
	if o.Name == "" || strings.Contains(o.Name, "/") {
		return cmdutil.Usagef("%q is no name of a workload", o.Name)
	}
	return nil
}

// Run sets the annotation that the agent obeys. It refuses when nothing has failed, because
// nothing would happen then.
func (o *Options) Run(ctx context.Context) error {
	dyn, err := o.Client()
	if err != nil {
		return err
	}
	object, err := shared.Read(ctx, dyn, o.Program, o.namespace, o.Name)
	if err != nil {
		return err
	}
	workload, err := shared.Decode(object)
	if err != nil {
		return err
	}
	if err := o.check(workload); err != nil {
		return err
	}
	key := v1alpha1.AnnotationRetry
	if o.Step != "" {
		key = v1alpha1.AnnotationRetryStep + o.Step
	}
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{
		"uid": object.GetUID(), "annotations": map[string]string{key: o.Clock().UTC().Format(time.RFC3339Nano)},
	}})
	if err != nil {
		return fmt.Errorf("encode the annotation: %w", err)
	}
	if _, err := dyn.Resource(shared.Resource).Namespace(o.namespace).Patch(ctx, o.Name, types.MergePatchType, patch, metav1.PatchOptions{FieldManager: "kubectl-carto"}); err != nil {
		return cmdutil.Explain(o.Program, fmt.Sprintf("retry workload %s/%s", o.namespace, o.Name), err)
	}
	_, err = fmt.Fprintf(o.Streams.Out, "workload.carto.run/%s retried\n", o.Name)
	return err
}

// check finds out whether there is anything to retry.
func (o *Options) check(workload *v1alpha1.Workload) error {
	var steps []string
	for i := range workload.Status.Resources {
		step := &workload.Status.Resources[i]
		steps = append(steps, step.Name)
		failed := shared.Condition(step.Conditions, v1alpha1.ConditionHealthy).Status == metav1.ConditionFalse
		switch {
		case o.Step == "" && failed, o.Step == step.Name && failed:
			return nil
		case o.Step == step.Name:
			return cmdutil.Findingf("nothing to retry: step %s of workload %s has not failed", o.Step, o.Name)
		}
	}
	if o.Step != "" {
		return cmdutil.Findingf("workload %s has no step %q; it has: %s", o.Name, o.Step, strings.Join(steps, ", "))
	}
	return cmdutil.Findingf("nothing to retry: no step of workload %s has failed; see: %s tree workload/%s -n %s", o.Name, o.Program, o.Name, o.namespace)
}
