package spec

import (
	"time"

	"github.com/spf13/cobra"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/completion"
	"github.com/carto-run/carto/pkg/cli/noun"
)

// Description is what the flags say about a workload apart from its source.
type Description struct {
	Type           string
	App            string
	Labels         []string
	Annotations    []string
	Params         []string
	ParamsYAML     []string
	Debug          bool
	LiveUpdate     bool
	Env            EnvFlags
	BuildEnv       EnvFlags
	ServiceRefs    []string
	ServiceAccount string
	LimitCPU       string
	LimitMemory    string
	RequestCPU     string
	RequestMemory  string
}

// EnvFlags are the flags of one list of environment variables. References have flags of
// their own: a literal value may look like anything.
type EnvFlags struct {
	Literal, FromSecret, FromConfigMap []string
}

// Source is what the flags say about where the source is.
type Source struct {
	GitRepo, GitBranch, GitTag, GitCommit string
	SubPath                               string
	Image                                 string
	SourceImage                           string
	LocalPath                             string

	MavenGroup, MavenArtifact, MavenVersion, MavenType string

	Registry RegistryFlags
}

// AddTo adds the flags to a command (spec: cli §2.2).
func (o *Options) AddTo(cmd *cobra.Command, f *cmdutil.Factory) {
	flags := cmd.Flags()
	flags.StringVarP(&o.File, "filename", "f", "", "Path or http(s) URL of a file that holds exactly one Workload, or - for standard input.")

	typ := "web"
	for _, name := range []string{"TANZU_APPS_TYPE", "CARTO_TYPE"} {
		if env := f.Streams.Getenv(name); env != "" {
			typ = env
		}
	}
	flags.StringVarP(&o.Type, "type", "t", typ, "Type of the workload, the label "+noun.TypeLabel+"; the default is used only for a new workload, where nothing else sets that label. Environment: CARTO_TYPE.")
	flags.StringVarP(&o.App, "app", "a", "", "Application that the workload is a part of, the label "+partOfLabel+"; empty removes it.")
	flags.StringArrayVarP(&o.Labels, "label", "l", nil, "Label KEY=VALUE, or KEY- to remove it. Repeatable.")
	flags.StringArrayVar(&o.Annotations, "annotation", nil, "Annotation KEY=VALUE for what the supply chain makes, or KEY- to remove it: an entry of the parameter annotations. Repeatable.")
	flags.StringArrayVarP(&o.Params, "param", "p", nil, "Parameter KEY=VALUE with a text, or KEY- to remove it. Repeatable.")
	flags.StringArrayVar(&o.ParamsYAML, "param-yaml", nil, "Parameter KEY=VALUE with a value in YAML or JSON, or KEY- to remove it. Repeatable.")
	flags.BoolVar(&o.Debug, "debug", false, "Set the parameter debug to the text true; --debug=false removes it.")
	flags.BoolVar(&o.LiveUpdate, "live-update", false, "Set the parameter live-update to the text true; --live-update=false removes it.")
	o.Env.addTo(cmd, "env", "e", "of the application")
	o.BuildEnv.addTo(cmd, "build-env", "", "of the build")
	flags.StringArrayVar(&o.ServiceRefs, "service-ref", nil, "Service that the application uses, NAME=APIVERSION:KIND:OBJECT, or NAME- to remove the claim. Repeatable.")
	flags.StringVar(&o.ServiceAccount, "service-account", "", "Name of the service account that stamps the objects; empty unsets it.")
	for _, q := range o.quantities() {
		flags.StringVar(q.value, q.flag, "", "The "+q.flag+" of the application, such as "+q.example+"; empty unsets it.")
	}

	flags.StringVar(&o.GitRepo, "git-repo", "", "URL of the git repository with the source.")
	flags.StringVar(&o.GitBranch, "git-branch", "", "Branch of the git repository.")
	flags.StringVar(&o.GitTag, "git-tag", "", "Tag of the git repository.")
	flags.StringVar(&o.GitCommit, "git-commit", "", "Commit of the git repository.")
	flags.StringVar(&o.SubPath, "sub-path", "", "Folder within the source to treat as its root, a path relative to it.")
	flags.StringVarP(&o.Image, "image", "i", "", "Pre-built image, in place of a source.")
	// -s is --server elsewhere; people who make workloads know it as this one. A flag
	// of the command hides the one of the program, shorthand and all.
	flags.StringVar(f.Config.APIServer, "server", *f.Config.APIServer, "The address and port of the Kubernetes API server; without its shorthand here.")
	flags.StringVarP(&o.SourceImage, "source-image", "s", "", "Image that holds the source; with --local-path the place in a registry to push it to.")
	flags.StringVar(&o.LocalPath, "local-path", "", "Local folder, zip, jar or war: its path. It is pushed to --source-image. Files that .cartoignore (else .tanzuignore) names stay out.")
	flags.StringVar(&o.MavenGroup, "maven-group", "", "Group of a maven artifact that is the source.")
	flags.StringVar(&o.MavenArtifact, "maven-artifact", "", "Name of the maven artifact.")
	flags.StringVar(&o.MavenVersion, "maven-version", "", "Version of the maven artifact.")
	flags.StringVar(&o.MavenType, "maven-type", "", "Type of the maven artifact, such as jar or war.")
	o.Registry.addTo(flags)

	flags.StringVar(&o.DryRun, "dry-run", "none", "none, client (print the workload and write nothing) or server (let the API server check it and keep nothing).")
	flags.Lookup("dry-run").NoOptDefVal = "client"
	flags.StringVar(&o.FieldManager, "field-manager", cmdutil.FieldManager, "Name that owns the fields that are written.")
	flags.BoolVar(&o.Wait, "wait", false, "Wait until the workload is ready, and show how it gets there.")
	flags.DurationVar(&o.WaitTimeout, "wait-timeout", 10*time.Minute, "How long --wait waits.")
	flags.DurationVar(&o.Delay, "delay", 0, "How long the workload must stay ready before --wait believes it. Not needed to skip an old state: --wait minds only what was made of the present inputs; after a change of labels alone, which that does not tell, it is 3s.")
	flags.BoolVar(&o.ShowLogs, "tail", false, "Wait, and tail the logs of all pods of the workload meanwhile.")
	flags.BoolVar(&o.LogTimes, "tail-timestamp", false, "The same, with a timestamp in each line of the logs.")
	flags.BoolVarP(&o.Yes, "yes", "y", false, "Answer every question with yes.")
	o.Output.AddTo(cmd)
	_ = cmd.RegisterFlagCompletionFunc("dry-run", cobra.FixedCompletions([]string{"none", "client", "server"}, cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.RegisterFlagCompletionFunc("maven-type", cobra.FixedCompletions([]string{"jar", "war"}, cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.MarkFlagFilename("filename", "yaml", "yml", "json")
	_ = cmd.MarkFlagFilename("registry-ca-cert", "pem", "crt", "cer")
	_ = cmd.MarkFlagFilename("local-path")
	completion.RegisterWorkload(f, cmd)
}

func (e *EnvFlags) addTo(cmd *cobra.Command, name, short, whose string) {
	flags := cmd.Flags()
	flags.StringArrayVarP(&e.Literal, name, short, nil, "Environment variable KEY=VALUE "+whose+", or KEY- to remove it. VALUE is taken as it is. Repeatable.")
	flags.StringArrayVar(&e.FromSecret, name+"-from-secret", nil, "Environment variable "+whose+" from a secret, KEY=NAME:KEY-IN-SECRET. Repeatable.")
	flags.StringArrayVar(&e.FromConfigMap, name+"-from-config-map", nil, "Environment variable "+whose+" from a config map, KEY=NAME:KEY-IN-CONFIG-MAP. Repeatable.")
}

// amount is one of the four flags of spec.resources.
type amount struct {
	flag, group, resource, example string
	value                          *string
}

func (d *Description) quantities() []amount {
	return []amount{
		{"limit-cpu", "limits", "cpu", "500m", &d.LimitCPU},
		{"limit-memory", "limits", "memory", "1Gi", &d.LimitMemory},
		{"request-cpu", "requests", "cpu", "100m", &d.RequestCPU},
		{"request-memory", "requests", "memory", "256Mi", &d.RequestMemory},
	}
}
