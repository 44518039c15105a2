package cmdutil

import (
	"fmt"
	"sort"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/printers"
)

// OutputFlags are -o and its companions: the formats of kubectl, and those that a
// command adds.
type OutputFlags struct {
	flags *genericclioptions.PrintFlags
	extra []string
}

// NewOutputFlags makes output flags; operation is the verb that `-o name` leaves out
// and the default output shows, and extra are formats that the command prints itself.
func NewOutputFlags(operation string, extra ...string) *OutputFlags {
	return &OutputFlags{flags: genericclioptions.NewPrintFlags(operation), extra: extra}
}

// AddTo adds the flags to a command, with completion of the formats.
func (o *OutputFlags) AddTo(cmd *cobra.Command) {
	o.flags.AddFlags(cmd)
	flag := cmd.Flags().Lookup("output")
	flag.Usage = "Output format. One of: " + strings.Join(o.formats(), ", ") + "."
	_ = cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(o.formats(), cobra.ShellCompDirectiveNoFileComp))
}

// Format is the format that was asked for; empty for the default.
func (o *OutputFlags) Format() string {
	if o.flags.OutputFormat == nil {
		return ""
	}
	return *o.flags.OutputFormat
}

// Set the format; for tests.
func (o *OutputFlags) Set(format string) { *o.flags.OutputFormat = format }

// Own tells whether the command prints the format itself.
func (o *OutputFlags) Own() bool {
	f := o.Format()
	if f == "" {
		return true
	}
	for _, e := range o.extra {
		if e == f {
			return true
		}
	}
	return false
}

// Printer prints objects in a format of kubectl; with no format it prints
// "kind.group/name operation".
func (o *OutputFlags) Printer() (printers.ResourcePrinter, error) {
	p, err := o.flags.ToPrinter()
	if genericclioptions.IsNoCompatiblePrinterError(err) {
		return nil, Usagef("unknown output format %q; one of: %s", o.Format(), strings.Join(o.formats(), ", "))
	}
	if err != nil {
		return nil, &UsageError{fmt.Errorf("-o %s: %w", o.Format(), err)}
	}
	return p, nil
}

// Validate checks the format before anything else happens.
func (o *OutputFlags) Validate() error {
	if o.Own() {
		return nil
	}
	_, err := o.Printer()
	return err
}

func (o *OutputFlags) formats() []string {
	all := append([]string{}, o.extra...)
	standard := o.flags.AllowedFormats()
	sort.Strings(standard)
	return append(all, standard...)
}
