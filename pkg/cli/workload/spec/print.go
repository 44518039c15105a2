package spec

import (
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/carto-run/carto/pkg/cli/noun"
)

// PrintDry prints the workload as YAML unless another format is asked for: a dry run
// that prints nothing shows nothing.
func (o *Options) PrintDry(obj *unstructured.Unstructured) error {
	if o.Output.Format() == "" {
		o.Output.Set("yaml")
	}
	return o.PrintObject(obj)
}

// PrintObject prints the object in the format that was asked for.
func (o *Options) PrintObject(obj *unstructured.Unstructured) error {
	printer, err := o.Output.Printer()
	if err != nil {
		return err
	}
	return printer.PrintObj(obj, o.Streams.Out)
}

// Print says what was done, such as "created", or prints the object where a format is
// asked for.
func (o *Options) Print(obj *unstructured.Unstructured, done string) error {
	if o.Output.Format() != "" {
		return o.PrintObject(obj)
	}
	if o.DryRun == "server" {
		done += " (server dry run)"
	}
	_, err := fmt.Fprintf(o.Streams.Out, "%s %s\n", noun.Workload.Printed(obj.GetName()), done)
	return err
}

// Say writes lines of talk.
func (o *Options) Say(lines ...string) {
	for _, l := range lines {
		_, _ = fmt.Fprintln(o.Streams.ErrOut, l)
	}
}

// Hint names the commands that come next. They are talk, and pointless where a program
// reads the object.
func (o *Options) Hint(obj *unstructured.Unstructured) {
	if o.Output.Format() != "" || o.DryRun != "none" {
		return
	}
	name, where := obj.GetName(), "-n "+obj.GetNamespace()
	o.Say("",
		fmt.Sprintf("To see it on its way: %s tree workload/%s %s --watch", o.Program, name, where),
		fmt.Sprintf("To read its logs:     %s workload tail %s %s", o.Program, name, where),
		fmt.Sprintf("To see it whole:      %s workload get %s %s", o.Program, name, where))
}
