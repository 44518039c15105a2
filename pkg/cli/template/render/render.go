// Package render is `kubectl carto template render`.
package render

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"sigs.k8s.io/yaml"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/completion"
	"github.com/carto-run/carto/pkg/cli/manifest"
	"github.com/carto-run/carto/pkg/cli/noun"
	"github.com/carto-run/carto/pkg/stamp"
	"github.com/carto-run/carto/pkg/ytt"
)

// Options of the command.
type Options struct {
	cmdutil.Session

	// Ytt and Template say that the file is a body; else Kind and Name say which
	// template to render.
	Ytt, Template bool
	Kind          *noun.TemplateKind
	Name          string

	Files                   []string
	ValuesFiles             []string
	Values                  []string
	IgnoreUnknownComments   bool
	ImplicitMapKeyOverrides bool
	Workload                string
	Deliverable             string
	Runnable                string
	Output                  string

	// textStarts is where the ytt text of the template begins: FILE:LINE.
	textStarts string
}

// NewCmdRender makes the command; runF replaces the work in tests.
func NewCmdRender(f *cmdutil.Factory, runF func(context.Context, *Options) error) *cobra.Command {
	o := &Options{Session: f.Session()}
	cmd := &cobra.Command{
		Use:   "render [KIND/NAME]",
		Short: "Render one template, and print what it makes",
		Long: `Render one template with values from files, and print what it makes.

With --ytt or --template the file (-f) is a body: a ytt template, or an object with $(…)$
tags. The values are those of --values-file and --value. Nothing else is read, neither the
environment nor a cluster.

With KIND/NAME a template is taken from the files (-f), or from the cluster when none is
given. It sees the owner in --workload, --deliverable or --runnable, and the params of the
owner over its own defaults. What a blueprint would add is given as values:

  sources: {code: {url: …, revision: …}}    images: {app: {image: …}}
  configs: {conf: {config: …}}              deployment: {url: …, revision: …}
  params: {name: value}                     selected: the object that a Runnable selects

source, image and config are there for the only one of sources, images and configs.

Values have the types of YAML 1.1. KEY may be a path with dots; \. is a dot in a name.`,
		Example: fmt.Sprintf(`  # a ytt template, while it is being written
  %[1]s template render --ytt -f config.ytt.yaml --values-file values.yaml --value params.replicas=3

  # a template of the cluster, for a workload that is not there yet
  %[1]s template render ClusterConfigTemplate/web --workload workload.yaml --value image=nginx`, f.Program),
		Args:              cmdutil.UsageArgs(cobra.MaximumNArgs(1)),
		ValidArgsFunction: completion.Templates(f),
		RunE:              cmdutil.RunE(o, runF),
	}
	flags := cmd.Flags()
	flags.BoolVar(&o.Ytt, "ytt", false, "The file is a ytt template.")
	flags.BoolVar(&o.Template, "template", false, "The file is an object with $(…)$ tags.")
	flags.StringArrayVarP(&o.Files, "filename", "f", nil, "File to read, or - for standard input. Repeatable with KIND/NAME.")
	flags.StringArrayVar(&o.ValuesFiles, "values-file", nil, "File with values: one YAML map, or - for standard input. Repeatable: later files win.")
	flags.StringArrayVar(&o.Values, "value", nil, "Value KEY=VALUE in YAML; it replaces what the file gives under KEY. Repeatable.")
	flags.BoolVar(&o.IgnoreUnknownComments, "ignore-unknown-comments", false, "With --ytt: drop comments that are neither #@ nor #!, instead of refusing them.")
	flags.BoolVar(&o.ImplicitMapKeyOverrides, "implicit-map-key-overrides", false, "With --ytt: a later item of a map replaces an earlier one of the same key.")
	flags.StringVar(&o.Workload, "workload", "", "File with the Workload that the template is for, or - for standard input.")
	flags.StringVar(&o.Deliverable, "deliverable", "", "File with the Deliverable that the template is for, or - for standard input.")
	flags.StringVar(&o.Runnable, "runnable", "", "File with the Runnable that a ClusterRunTemplate is for, or - for standard input.")
	flags.StringVarP(&o.Output, "output", "o", "yaml", "Output format. One of: yaml, json.")
	_ = cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions([]string{"yaml", "json"}, cobra.ShellCompDirectiveNoFileComp))
	for _, flag := range []string{"filename", "values-file", "workload", "deliverable", "runnable"} {
		_ = cmd.MarkFlagFilename(flag, "yaml", "yml", "json")
	}
	return cmd
}

// Complete takes KIND/NAME.
func (o *Options) Complete(_ *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	kind, name, ok := strings.Cut(args[0], "/")
	if o.Kind = noun.TemplateKindOf(kind); o.Kind == nil || !ok || name == "" {
		kinds := make([]string, len(noun.TemplateKinds))
		for i, k := range noun.TemplateKinds {
			kinds[i] = k.Kind
		}
		return cmdutil.Usagef("%q names no template: give KIND/NAME, where KIND is one of: %s", args[0], strings.Join(kinds, ", "))
	}
	o.Name = name
	return nil
}

// Validate checks the flags against each other.
func (o *Options) Validate() error {
	var faults []error
	modes := 0
	for _, mode := range []bool{o.Ytt, o.Template, o.Name != ""} {
		if mode {
			modes++
		}
	}
	if modes != 1 {
		faults = append(faults, errors.New("give one of --ytt, --template and KIND/NAME"))
	}
	if modes == 1 && o.Name == "" && len(o.Files) != 1 {
		faults = append(faults, fmt.Errorf("one file (-f) is needed, not %d", len(o.Files)))
	}
	owners := 0
	inputs := slices.Concat(o.ValuesFiles, o.Files)
	for _, owner := range []string{o.Workload, o.Deliverable, o.Runnable} {
		inputs = append(inputs, owner)
		if owner != "" {
			owners++
		}
	}
	if o.Name != "" {
		faults = append(faults, o.ownerFault(owners))
	} else if owners > 0 {
		faults = append(faults, errors.New("--workload, --deliverable and --runnable are for KIND/NAME; give workload: as a value"))
	}
	if !o.Ytt && (o.IgnoreUnknownComments || o.ImplicitMapKeyOverrides) {
		faults = append(faults, errors.New("--ignore-unknown-comments and --implicit-map-key-overrides are for --ytt"))
	}
	stdin := 0
	for _, input := range inputs {
		if input == "-" {
			stdin++
		}
	}
	if stdin > 1 {
		faults = append(faults, fmt.Errorf("standard input (-) can be read once, not %d times", stdin))
	}
	for _, v := range o.Values {
		if key, _, ok := strings.Cut(v, "="); !ok || key == "" {
			faults = append(faults, fmt.Errorf("--value %q is not KEY=VALUE", v))
		}
	}
	if o.Output != "yaml" && o.Output != "json" {
		faults = append(faults, fmt.Errorf("unknown output format %q; one of: yaml, json", o.Output))
	}
	return cmdutil.Usage(faults)
}

func (o *Options) ownerFault(owners int) error {
	switch isRun := o.isRunTemplate(); {
	case owners != 1 && isRun:
		return errors.New("give the Runnable that the template is for: --runnable FILE")
	case owners != 1:
		return errors.New("give the owner that the template is for: --workload FILE or --deliverable FILE")
	case isRun != (o.Runnable != ""):
		return errors.New("--runnable is for a ClusterRunTemplate, --workload and --deliverable are for all others")
	}
	return nil
}

// Run renders and prints.
func (o *Options) Run(ctx context.Context) error {
	values, err := o.readValues(ctx)
	if err != nil {
		return err
	}
	switch {
	case o.Ytt:
		return o.renderYtt(ctx, values)
	case o.Template:
		return o.renderBody(ctx, values)
	}
	return o.renderTemplate(ctx, values)
}

// readValues reads the values file, and the values that replace parts of it.
func (o *Options) readValues(ctx context.Context) (*ytt.Values, error) {
	values := &ytt.Values{}
	for _, file := range o.ValuesFiles {
		name, data, err := manifest.Read(ctx, o.Streams, file)
		if err != nil {
			return nil, err
		}
		more, err := ytt.ReadValues(name, data)
		if err != nil {
			return nil, positioned(err)
		}
		values.Merge(more)
	}
	for _, v := range o.Values {
		key, value, _ := strings.Cut(v, "=")
		if err := values.Set(key, value); err != nil {
			return nil, cmdutil.Usagef("--value %s: %w", v, firstProblem(err))
		}
	}
	return values, nil
}

// positioned shows a fault of a values file as those of other files: FILE:LINE.
func positioned(err error) error {
	var failed *ytt.Error
	if !errors.As(err, &failed) {
		return err
	}
	p := failed.Problems[0]
	return fmt.Errorf("%s:%d: %s", p.Frames[0].File, p.Frames[0].Line, p.Message)
}

func firstProblem(err error) error {
	var failed *ytt.Error
	if errors.As(err, &failed) {
		return errors.New(failed.Problems[0].Message)
	}
	return err
}

func (o *Options) renderYtt(ctx context.Context, values *ytt.Values) error {
	name, data, err := manifest.Read(ctx, o.Streams, o.Files[0])
	if err != nil {
		return err
	}
	if o.Files[0] == "-" {
		name = "stdin.yml"
	}
	template, err := ytt.Compile(data, ytt.Options{
		Name: name, IgnoreUnknownComments: o.IgnoreUnknownComments, ImplicitMapKeyOverrides: o.ImplicitMapKeyOverrides,
		Print: func(text string) { _, _ = fmt.Fprintln(o.Streams.ErrOut, text) },
	})
	if err != nil {
		return finding(err, "")
	}
	ctx, cancel := context.WithTimeout(ctx, stamp.DefaultYttTime)
	defer cancel()
	result, err := template.Render(ctx, values)
	if err != nil {
		return finding(err, "")
	}
	if o.Output == "json" {
		documents, err := result.Documents()
		if err != nil {
			return cmdutil.Findingf("%s: the result has no JSON form: %w", name, err)
		}
		for _, d := range documents {
			if err := o.print(d); err != nil {
				return err
			}
		}
		return nil
	}
	printed, err := result.YAML()
	if err != nil {
		return cmdutil.Findingf("%s: cannot print the result: %w", name, err)
	}
	_, err = o.Streams.Out.Write(printed)
	return err
}

// finding says that the template is at fault. The text of ytt ends with a line break of
// its own.
// starts says where the text stands in a file, if it is known: the lines of errors count
// from there.
func finding(err error, starts string) error {
	var failed *ytt.Error
	if starts != "" && errors.As(err, &failed) {
		return &cmdutil.FindingError{Err: fmt.Errorf("%w\nThe first line of stdin.yml is %s.", trimmed{err}, starts)}
	}
	return &cmdutil.FindingError{Err: trimmed{err}}
}

type trimmed struct{ error }

func (t trimmed) Error() string { return strings.TrimRight(t.error.Error(), "\n") }
func (t trimmed) Unwrap() error { return t.error }

// print prints a value; several make a stream.
func (o *Options) print(value any) error {
	if o.Output == "json" {
		encoder := json.NewEncoder(o.Streams.Out)
		encoder.SetIndent("", "  ")
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(value); err != nil {
			return cmdutil.Findingf("the result has no JSON form: %w", err)
		}
		return nil
	}
	data, err := yaml.Marshal(value)
	if err != nil {
		return err
	}
	_, err = o.Streams.Out.Write(data)
	return err
}
