package cmdutil

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/printers"
	"sigs.k8s.io/yaml"
	"sigs.k8s.io/yaml/kyaml"
)

// OutputFlags are -o and its companions: the formats of kubectl, and those that a
// command adds.
type OutputFlags struct {
	// NoHeaders leaves the titles out of tables.
	NoHeaders bool

	flags   *genericclioptions.PrintFlags
	extra   []string
	without []string
}

// NewOutputFlags makes output flags; operation is the verb that `-o name` leaves out
// and the default output shows, and extra are formats that the command prints itself.
func NewOutputFlags(operation string, extra ...string) *OutputFlags {
	return &OutputFlags{flags: genericclioptions.NewPrintFlags(operation), extra: extra}
}

// Without leaves formats out that mean nothing for what a command prints.
func (o *OutputFlags) Without(formats ...string) *OutputFlags {
	o.without = formats
	return o
}

// AddTo adds the flags to a command, with completion of the formats.
func (o *OutputFlags) AddTo(cmd *cobra.Command) {
	o.flags.AddFlags(cmd)
	cmd.Flags().BoolVar(&o.NoHeaders, "no-headers", false, "Print tables without their header.")
	flag := cmd.Flags().Lookup("output")
	flag.Usage = "Output format. One of: " + strings.Join(o.formats(), ", ") + "."
	_ = cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(o.formats(), cobra.ShellCompDirectiveNoFileComp))
}

// Format is the format that was asked for, with its argument: custom-columns=NAME:.x;
// empty for the default.
func (o *OutputFlags) Format() string {
	if format := *o.flags.OutputFormat; format != "" {
		return format
	}
	// kubectl takes --template without -o for a go-template.
	if t := o.flags.TemplatePrinterFlags.TemplateArgument; t != nil && *t != "" {
		return "go-template"
	}
	return ""
}

// Set the format; for tests.
func (o *OutputFlags) Set(format string) { *o.flags.OutputFormat = format }

// Own tells whether the command prints the format itself.
func (o *OutputFlags) Own() bool {
	f := o.Format()
	return f == "" || slices.Contains(o.extra, f)
}

// Printer prints objects in a format of kubectl; with no format it prints
// "kind.group/name operation". A printer of columns remembers them, so that what is
// printed later stands below.
func (o *OutputFlags) Printer() (printers.ResourcePrinter, error) {
	if format, argument, _ := strings.Cut(o.Format(), "="); format == formatColumns || format == formatColumnsFile {
		p, err := newColumnPrinter(format, argument, o.NoHeaders)
		if err != nil {
			return nil, &UsageError{fmt.Errorf("-o %s: %w", o.Format(), err)}
		}
		return p, nil
	}
	p, err := o.flags.ToPrinter()
	if genericclioptions.IsNoCompatiblePrinterError(err) || slices.Contains(o.without, o.Format()) {
		return nil, Usagef("unknown output format %q; one of: %s", o.Format(), strings.Join(o.formats(), ", "))
	}
	if err != nil {
		return nil, &UsageError{fmt.Errorf("-o %s: %w", o.Format(), err)}
	}
	return p, nil
}

// PrintData prints data that is no object of Kubernetes, such as a tree, in a format of
// kubectl: whatever encoding/json makes of it is what paths and templates see. A list is
// wrapped into a v1 List first. The format name needs objects.
func (o *OutputFlags) PrintData(w io.Writer, data any) error {
	encoded, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("cannot print as JSON: %w", err)
	}
	// Not encoding/json, which would make 1000000 a float that prints as 1e+06.
	var fields map[string]any
	if strings.HasPrefix(string(encoded), "[") {
		fields = List(nil)
		var items []any
		err = utiljson.Unmarshal(encoded, &items)
		fields["items"] = items
	} else if o.Format() == "json" {
		return writeJSON(w, data) // with the fields in the order in which they are told
	} else {
		err = utiljson.Unmarshal(encoded, &fields)
	}
	if err != nil {
		return fmt.Errorf("cannot print as JSON: %w", err)
	}
	p, err := o.Printer()
	if err != nil {
		return err
	}
	return o.printFields(w, p, fields)
}

// writeJSON indents as kubectl does.
func writeJSON(w io.Writer, data any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "    ")
	return e.Encode(data)
}

func (o *OutputFlags) printFields(w io.Writer, p printers.ResourcePrinter, fields map[string]any) error {
	switch o.Format() { // the printers of these insist on a kind
	case "json":
		return writeJSON(w, fields)
	case "yaml":
		text, err := yaml.Marshal(fields)
		if err != nil {
			return err
		}
		_, err = w.Write(text)
		return err
	case "kyaml":
		return (&kyaml.Encoder{}).FromObject(fields, w)
	}
	return p.PrintObj(document{&unstructured.Unstructured{Object: fields}}, w)
}

// document may lack the kind that the encoder of unstructured objects insists on.
type document struct{ *unstructured.Unstructured }

func (d document) MarshalJSON() ([]byte, error) { return json.Marshal(d.Object) }

// DeepCopyObject keeps the type.
func (d document) DeepCopyObject() runtime.Object { return document{d.DeepCopy()} }

// List is what kubectl makes of several objects: a v1 List, also when there are none.
func List(items []unstructured.Unstructured) map[string]any {
	all := make([]any, len(items))
	for i := range items {
		all[i] = items[i].Object
	}
	return map[string]any{"apiVersion": "v1", "kind": "List", "metadata": map[string]any{"resourceVersion": ""}, "items": all}
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
	standard := append(o.flags.AllowedFormats(), formatColumns, formatColumnsFile)
	slices.Sort(standard)
	own := slices.Clone(o.extra) // a command may print a standard format in its own way
	return append(own, slices.DeleteFunc(standard, func(f string) bool { return slices.Contains(own, f) || slices.Contains(o.without, f) })...)
}

// WatchPrinter prints what a watch tells in a format of kubectl: one object after the
// other, with what happened to it when withEvents is set.
func (o *OutputFlags) WatchPrinter(withEvents bool) (func(watch.Event, io.Writer) error, error) {
	p, err := o.Printer()
	if err != nil {
		return nil, err
	}
	return func(e watch.Event, w io.Writer) error {
		obj, ok := e.Object.(*unstructured.Unstructured)
		if !ok {
			return nil
		}
		if !withEvents {
			return p.PrintObj(obj, w)
		}
		if !o.flags.JSONYamlPrintFlags.ShowManagedFields {
			obj = obj.DeepCopy()
			obj.SetManagedFields(nil)
		}
		return o.printFields(w, p, map[string]any{"type": string(e.Type), "object": obj.Object})
	}, nil
}
