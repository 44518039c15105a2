// Package spec is what `workload create` and `workload apply` share: the flags that
// describe a workload, the file below them, the checks, the upload of its source, the
// question, and what comes after the write.
//
// The order is always the same. The file is read, the flags are layered on top of it, or
// on top of the workload in the cluster; the result is checked as a whole; the source is
// packed, which gives its digest; the difference is shown and confirmed. Only then is
// anything sent, the source before the workload that points at it.
package spec

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/noun"
)

// Options are the flags of both commands.
type Options struct {
	cmdutil.Session

	Name string
	File string

	Description
	Source

	// FieldManager owns what is written: kubectl-carto, or what a pipeline calls itself.
	FieldManager string

	DryRun      string
	Wait        bool
	WaitTimeout time.Duration
	Delay       time.Duration
	// ShowLogs shows logs while waiting, LogTimes with a time in each line.
	ShowLogs bool
	LogTimes bool
	Yes      bool
	Output   *cmdutil.OutputFlags

	// Tail shows logs while Wait waits, until ctx is done; nil shows none. What it returns
	// before that ends nothing: logs are an extra.
	Tail func(ctx context.Context, client dynamic.Interface, namespace, name string) error

	restConfig func() (*rest.Config, error)
	// changed tells whether a flag was given: an empty value unsets, an absent flag
	// leaves alone.
	changed func(flag string) bool
}

// New makes options whose default output says "KIND/NAME verb".
func New(f *cmdutil.Factory, verb string) Options {
	return Options{Session: f.Session(), Output: cmdutil.NewOutputFlags(verb), restConfig: f.RESTConfig}
}

// Complete takes the arguments and the environment.
func (o *Options) Complete(cmd *cobra.Command, args []string) error {
	o.changed = cmd.Flags().Changed
	if len(args) > 0 {
		o.Name = noun.Workload.NameIn(args[0])
	}
	o.Registry.fromEnvironment(o.Streams.Getenv)
	if o.ShowLogs || o.LogTimes {
		o.Wait, o.Tail = true, o.logs
	}
	return nil
}

// Given is the file, with the name and the namespace that are in force; an object with
// nothing else when there is no file.
func (o *Options) Given(ctx context.Context) (*unstructured.Unstructured, error) {
	obj := &unstructured.Unstructured{Object: map[string]any{}}
	if o.File != "" {
		var err error
		if obj, err = o.load(ctx); err != nil {
			return nil, err
		}
	}
	obj.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind(v1alpha1.KindWorkload))
	if o.Name != "" {
		obj.SetName(o.Name)
	}
	namespace, explicit, err := o.Namespace()
	if err != nil {
		return nil, fmt.Errorf("cannot find out the namespace: %w", err)
	}
	if explicit || obj.GetNamespace() == "" {
		obj.SetNamespace(namespace)
	}
	obj.Object = Written(obj) // a file may be what was exported
	return obj, cmdutil.Usage(checkName(obj))
}

// Layer puts the flags on top of a workload and checks the result. A default fills a gap
// only in a workload that is new.
func (o *Options) Layer(obj *unstructured.Unstructured, isNew bool) error {
	return cmdutil.Usage(append(o.layer(obj, isNew), check(obj)...))
}
