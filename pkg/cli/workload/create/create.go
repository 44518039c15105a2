// Package create is `kubectl carto workload create`.
package create

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/completion"
	"github.com/carto-run/carto/pkg/cli/noun"
)

// fieldManager is who owns the fields of workloads that this command makes.
const fieldManager = "kubectl-carto"

// Options of the command.
type Options struct {
	cmdutil.Session

	Name           string
	File           string
	Type           string
	Labels         []string
	Params         []string
	ParamsYAML     []string
	Env            []string
	BuildEnv       []string
	GitRepo        string
	GitBranch      string
	GitTag         string
	GitCommit      string
	Image          string
	SubPath        string
	ServiceAccount string
	DryRun         string
	Wait           bool
	WaitTimeout    time.Duration
	Yes            bool
	Output         *cmdutil.OutputFlags

	// changed tells whether a flag was given: an empty value unsets, an absent flag
	// leaves alone.
	changed func(flag string) bool
}

// NewCmdCreate makes the command; runF replaces the work in tests.
func NewCmdCreate(f *cmdutil.Factory, runF func(context.Context, *Options) error) *cobra.Command {
	o := &Options{
		Session: f.Session(),
		Output:  cmdutil.NewOutputFlags("created"),
	}
	cmd := &cobra.Command{
		Use:   "create [NAME]",
		Short: "Create a workload",
		Long: `Create a workload from flags, from a file, or from a file with flags on top of it.

It fails if the workload exists. KEY- removes what the file gives under KEY, and an empty
value of a git flag unsets that field.`,
		Example: fmt.Sprintf(`  # ship a git branch, and watch until it is ready
  %[1]s workload create cart --git-repo https://git.example/shop/cart --git-branch main --wait

  # a file with one change, only shown
  %[1]s workload create -f workload.yaml --env LOG_LEVEL=debug --dry-run -o yaml`, f.Program),
		Args:              cmdutil.UsageArgs(cobra.MaximumNArgs(1)),
		ValidArgsFunction: cobra.NoFileCompletions, // a new name
		RunE:              cmdutil.RunE(o, runF),
	}
	flags := cmd.Flags()
	flags.StringVarP(&o.File, "filename", "f", "", "File that holds exactly one Workload, or - for standard input.")
	flags.StringVar(&o.File, "file", "", "The same as --filename.")
	_ = flags.MarkHidden("file")
	typ := "web"
	if env := f.Streams.Getenv("TANZU_APPS_TYPE"); env != "" {
		typ = env
	}
	flags.StringVarP(&o.Type, "type", "t", typ, "Type of the workload, the label "+noun.TypeLabel+"; the default is used only where nothing else sets that label.")
	flags.StringArrayVarP(&o.Labels, "label", "l", nil, "Label KEY=VALUE, or KEY- to remove it. Repeatable.")
	flags.StringArrayVarP(&o.Params, "param", "p", nil, "Parameter KEY=VALUE with a text, or KEY- to remove it. Repeatable.")
	flags.StringArrayVar(&o.ParamsYAML, "param-yaml", nil, "Parameter KEY=VALUE with a value in YAML or JSON, or KEY- to remove it. Repeatable.")
	flags.StringArrayVarP(&o.Env, "env", "e", nil, "Environment variable KEY=VALUE of the application, or KEY- to remove it. Repeatable.")
	flags.StringArrayVar(&o.BuildEnv, "build-env", nil, "Environment variable KEY=VALUE of the build, or KEY- to remove it. Repeatable.")
	flags.StringVar(&o.GitRepo, "git-repo", "", "URL of the git repository with the source.")
	flags.StringVar(&o.GitBranch, "git-branch", "", "Branch of the git repository.")
	flags.StringVar(&o.GitTag, "git-tag", "", "Tag of the git repository.")
	flags.StringVar(&o.GitCommit, "git-commit", "", "Commit of the git repository.")
	flags.StringVarP(&o.Image, "image", "i", "", "Pre-built image, in place of a source.")
	flags.StringVar(&o.SubPath, "sub-path", "", "Folder within the source to treat as its root.")
	flags.StringVar(&o.ServiceAccount, "service-account", "", "Service account that stamps the objects.")
	flags.StringVar(&o.DryRun, "dry-run", "none", "none, client (print the workload and send nothing) or server (let the API server check it and keep nothing).")
	flags.Lookup("dry-run").NoOptDefVal = "client"
	flags.BoolVar(&o.Wait, "wait", false, "Wait until the workload is ready, and show how it gets there.")
	flags.DurationVar(&o.WaitTimeout, "wait-timeout", 10*time.Minute, "How long --wait waits.")
	flags.BoolVarP(&o.Yes, "yes", "y", false, "Answer every question with yes.")
	o.Output.AddTo(cmd)
	_ = cmd.RegisterFlagCompletionFunc("dry-run", cobra.FixedCompletions([]string{"none", "client", "server"}, cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.MarkFlagFilename("filename", "yaml", "yml", "json")
	completion.RegisterWorkload(f, cmd)
	return cmd
}

func (o *Options) gitChanged() bool {
	return o.changed("git-repo") || o.changed("git-branch") || o.changed("git-tag") || o.changed("git-commit")
}

// Complete takes the arguments.
func (o *Options) Complete(cmd *cobra.Command, args []string) error {
	o.changed = cmd.Flags().Changed
	if len(args) > 0 {
		o.Name = args[0]
	}
	return nil
}

// Validate checks the flags against each other; what depends on the file is checked once
// that is read.
func (o *Options) Validate() error {
	var faults []error
	switch o.DryRun {
	case "none", "client", "server":
	default:
		faults = append(faults, fmt.Errorf("--dry-run is %q; one of: none, client, server", o.DryRun))
	}
	if o.gitChanged() && o.changed("image") {
		faults = append(faults, fmt.Errorf("--image and the --git-… flags exclude each other"))
	}
	if o.Image != "" && o.SubPath != "" {
		faults = append(faults, fmt.Errorf("--sub-path is a folder of a source; it has no meaning with --image"))
	}
	if o.changed("filename") && o.changed("file") {
		faults = append(faults, fmt.Errorf("--filename and --file are the same; give one"))
	}
	if (o.changed("filename") || o.changed("file")) && o.File == "" {
		faults = append(faults, fmt.Errorf("--filename is empty"))
	}
	if o.Name == "" && o.File == "" {
		faults = append(faults, fmt.Errorf("a NAME or a file (-f) is needed"))
	}
	if o.Wait && o.DryRun != "none" {
		faults = append(faults, fmt.Errorf("--wait has nothing to wait for with --dry-run"))
	}
	if o.WaitTimeout <= 0 {
		faults = append(faults, fmt.Errorf("--wait-timeout is %s; it must be positive", o.WaitTimeout))
	}
	for _, p := range []struct {
		flag   string
		values []string
	}{{"label", o.Labels}, {"param", o.Params}, {"param-yaml", o.ParamsYAML}, {"env", o.Env}, {"build-env", o.BuildEnv}} {
		for _, v := range p.values {
			if _, err := parsePair(p.flag, v); err != nil {
				faults = append(faults, err)
			}
		}
	}
	faults = append(faults, o.Output.Validate())
	return cmdutil.Usage(faults)
}

// Run creates the workload.
func (o *Options) Run(ctx context.Context) error {
	obj, err := o.workload(ctx)
	if err != nil {
		return err
	}
	if o.DryRun == "client" {
		return o.printDry(obj)
	}
	client, err := o.Client()
	if err != nil {
		return err
	}
	create := metav1.CreateOptions{FieldManager: fieldManager, FieldValidation: metav1.FieldValidationStrict}
	if o.DryRun == "server" {
		create.DryRun = []string{metav1.DryRunAll}
	}
	made, err := client.Resource(noun.Workload.Resource).Namespace(obj.GetNamespace()).Create(ctx, obj, create)
	if err != nil {
		return o.explain(obj, err)
	}
	if o.Wait && o.Output.Format() != "" {
		return o.waitThenPrint(ctx, client, made)
	}
	if err := o.print(made); err != nil {
		return err
	}
	if o.Wait {
		return o.wait(ctx, client, made)
	}
	if o.DryRun == "none" && o.Output.Format() == "" {
		_, _ = fmt.Fprintf(o.Streams.ErrOut, "\nTo see it on its way: %s tree workload/%s -n %s --watch\n", o.Program, made.GetName(), made.GetNamespace())
	}
	return nil
}

// workload is the file with the flags on top, checked.
func (o *Options) workload(ctx context.Context) (*unstructured.Unstructured, error) {
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
	delete(obj.Object, "status") // the agent's
	faults := append(o.layer(obj), check(obj)...)
	return obj, cmdutil.Usage(faults)
}

func (o *Options) explain(obj *unstructured.Unstructured, err error) error {
	what := fmt.Sprintf("create workload %s/%s", obj.GetNamespace(), obj.GetName())
	switch {
	case apierrors.IsAlreadyExists(err):
		return cmdutil.Findingf("cannot %s: it exists already", what)
	case cmdutil.MissingNamespace(err) != "":
		return cmdutil.Findingf("cannot %s: namespace %q does not exist; run: kubectl create namespace %[2]s", what, cmdutil.MissingNamespace(err))
	}
	return cmdutil.Explain(o.Program, what, err)
}

// printDry prints the workload as YAML unless another format is asked for: a dry run
// that prints nothing shows nothing.
func (o *Options) printDry(obj *unstructured.Unstructured) error {
	if o.Output.Format() == "" {
		o.Output.Set("yaml")
	}
	return o.print(obj)
}

func (o *Options) print(obj *unstructured.Unstructured) error {
	printer, err := o.Output.Printer()
	if err != nil {
		return err
	}
	if o.DryRun == "server" && o.Output.Format() == "" {
		_, err := fmt.Fprintf(o.Streams.Out, "workload.carto.run/%s created (server dry run)\n", obj.GetName())
		return err
	}
	return printer.PrintObj(obj, o.Streams.Out)
}
