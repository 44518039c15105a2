// Package doctor is `kubectl carto doctor`: it finds out what keeps Carto from working, on
// this machine and in the cluster, and says what to do about it.
//
// Checks are records of a table and run at the same time; each finds out one thing and
// degrades alone: what may not be read is unknown and names the verb that is missing. It
// only reads, and asks the API server who may do what; it repairs nothing.
package doctor

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
)

// Options of the command.
type Options struct {
	cmdutil.Session

	// Executable is how the program was called.
	Executable string
	// ServerVersion asks the API server for its version.
	ServerVersion func(context.Context) (string, error)
	// Server names the API server.
	Server func() string
	// Words are what a person is told about an error.
	Words func(error) string

	Output  *cmdutil.OutputFlags
	Timeout time.Duration

	root *cobra.Command
	// quiet is how long a person waits without being told for what.
	quiet time.Duration
}

// NewCmdDoctor makes the command; runF replaces the work in tests.
func NewCmdDoctor(f *cmdutil.Factory, runF func(context.Context, *Options) error) *cobra.Command {
	o := &Options{
		Session: f.Session(), Executable: f.Executable, Words: f.Words,
		ServerVersion: func(ctx context.Context) (string, error) { return serverVersion(ctx, f) },
		Server:        func() string { return f.Connection().String() },
		quiet:         time.Second,
		Output:        cmdutil.NewOutputFlags("", "wide").Without("name"),
	}
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Find out what keeps Carto from working, and how to repair it",
		Long: `Find out what keeps Carto from working, and how to repair it: the plugin and kubectl on this
machine, the API server, the definitions of the kinds, the agent, permissions, and whatever
else answers for the same kinds.

Nothing is changed. What may not be read is unknown, and the missing permission is named.
The exit code is 0 when no check fails (warnings are no failures), 1 when one does, and 2
when no cluster can be asked; what can be checked without one is checked even then.`,
		Example: fmt.Sprintf(`  # is everything in order?
  %[1]s doctor

  # may I do in this namespace what the plugin needs?
  %[1]s doctor -n shop -o wide`, f.Program),
		Args:              cmdutil.UsageArgs(cobra.NoArgs),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              cmdutil.RunE(o, runF),
	}
	o.Output.AddTo(cmd)
	cmd.Flags().DurationVar(&o.Timeout, "timeout", 15*time.Second, "How long to look for faults.")
	return cmd
}

// Complete takes the command tree, which other plugins may shadow.
func (o *Options) Complete(cmd *cobra.Command, _ []string) error {
	o.root = cmd.Root()
	return nil
}

// Validate checks the flags.
func (o *Options) Validate() error {
	faults := []error{o.Output.Validate()}
	if o.Timeout <= 0 {
		faults = append(faults, fmt.Errorf("--timeout is %s; it must be positive", o.Timeout))
	}
	return cmdutil.Usage(faults)
}

// Run runs all checks and prints what they found.
func (o *Options) Run(ctx context.Context) error {
	report, unreachable := o.report(ctx)
	if err := ctx.Err(); err != nil {
		return err // interrupted: half a report misleads
	}
	if err := o.print(report); err != nil {
		return err
	}
	switch {
	case unreachable != nil:
		return fmt.Errorf("cannot examine the cluster: %w", unreachable)
	case report.Status == Failure:
		return cmdutil.ErrSilent
	}
	return nil
}

// report runs all checks; unreachable is why the cluster could not be asked.
func (o *Options) report(ctx context.Context) (r *Report, unreachable error) {
	e := &examination{Options: o, running: map[string]bool{}}
	// A kubeconfig that cannot be read is what the check of the server tells about.
	e.namespace, _, _ = o.Namespace()
	r = &Report{APIVersion: APIVersion, Kind: "Report", Namespace: e.namespace, Server: o.Server(), Status: OK}
	ctx, cancel := context.WithTimeout(ctx, o.Timeout)
	defer cancel()
	done := o.progress(e)
	r.Checks = e.examine(ctx)
	done()
	for _, c := range r.Checks {
		if severity[c.Status] > severity[r.Status] {
			r.Status = c.Status
		}
	}
	return r, e.unreachable
}

func (o *Options) print(r *Report) error {
	switch {
	case !o.Output.Own():
		return o.Output.PrintData(o.Streams.Out, r)
	case o.Output.Format() == "wide":
		return writeWide(o.Streams.Out, r)
	case o.Streams.OutIsTerminal():
		return writeTable(o.Streams.Out, r, o.Streams.Width(), o.Streams.UseColor())
	}
	return writeLines(o.Streams.Out, r)
}

// progress tells a person who has waited for a while what the wait is for. The function
// that it returns ends that, and takes the line away.
func (o *Options) progress(e *examination) (done func()) {
	if !o.Streams.ErrIsTerminal() {
		return func() {}
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		ticker := time.NewTicker(o.quiet)
		defer ticker.Stop()
		for said := false; ; said = true {
			select {
			case <-ticker.C:
				e.mu.Lock()
				waiting := strings.Join(slices.Sorted(maps.Keys(e.running)), ", ")
				e.mu.Unlock()
				_, _ = fmt.Fprintf(o.Streams.ErrOut, "\r\x1b[Kchecking %s ...", waiting)
			case <-stop:
				if said {
					_, _ = fmt.Fprint(o.Streams.ErrOut, "\r\x1b[K")
				}
				return
			}
		}
	}()
	return func() {
		close(stop)
		<-stopped
	}
}

// serverVersion asks with the context, which the discovery client would not.
func serverVersion(ctx context.Context, f *cmdutil.Factory) (string, error) {
	config, err := f.RESTConfig()
	if err != nil {
		return "", err
	}
	config = rest.CopyConfig(config)
	config.NegotiatedSerializer = scheme.Codecs.WithoutConversion()
	client, err := rest.UnversionedRESTClientFor(config)
	if err != nil {
		return "", err
	}
	data, err := client.Get().AbsPath("/version").Do(ctx).Raw()
	if err != nil {
		return "", err
	}
	var said struct {
		GitVersion string `json:"gitVersion"`
	}
	if err := json.Unmarshal(data, &said); err != nil {
		return "", fmt.Errorf("%s is no API server: its version is %.60q", f.Connection(), data)
	}
	return said.GitVersion, nil
}
