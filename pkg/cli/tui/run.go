package tui

import (
	"context"
	"errors"
	"fmt"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/streams"
	"github.com/carto-run/carto/pkg/tree"
	"github.com/carto-run/carto/pkg/tui"
	"github.com/carto-run/carto/pkg/tui/overview"
	"github.com/carto-run/carto/pkg/tui/owner"
	"github.com/carto-run/carto/pkg/tui/screen"
	"github.com/carto-run/carto/pkg/tui/theme"
)

// framesPerSecond is how often the screen is drawn at most, however much changes.
const framesPerSecond = 30

// Run takes the screen until the person quits, or a signal comes.
func (o *Options) Run(ctx context.Context) error {
	if err := o.needTerminal(); err != nil {
		return err
	}
	if err := o.look(ctx); err != nil {
		return err
	}
	world, err := o.NewWorld()
	if err != nil {
		return err
	}
	defer world.Close()
	if o.Streams.ErrIsTerminal() {
		o.Quiet()
	}
	program := tea.NewProgram(tui.New(o.options(world)), o.terminal(ctx)...)
	o.OnCrash(program.Kill)
	world.Bind(program.Send)
	defer context.AfterFunc(ctx, world.End)()
	return ended(ctx, program)
}

func ended(ctx context.Context, program *tea.Program) error {
	_, err := program.Run()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, tea.ErrProgramPanic):
		return errors.New("the full-screen view broke down; what is above says where: please report it")
	case err != nil:
		return fmt.Errorf("cannot show the full-screen view: %w", err)
	}
	return nil
}

// needTerminal says what to use where there is none.
func (o *Options) needTerminal() error {
	var fault string
	switch s := o.Streams; {
	case !s.InIsTerminal():
		fault = "standard input is no terminal"
	case !s.OutIsTerminal():
		fault = "standard output is no terminal"
	case !s.CanRepaint():
		fault = "the terminal can not be drawn over (TERM=dumb)"
	default:
		return nil
	}
	return fmt.Errorf("the full-screen view needs a terminal: %s; use: %s", fault, o.instead())
}

// instead is the command that shows the same in lines.
func (o *Options) instead() string {
	n, name := o.noun(), o.name()
	all := ""
	if o.AllNamespaces {
		all = " --all-namespaces"
	}
	switch {
	case name != "":
		return fmt.Sprintf("%s tree %s/%s --watch", o.Program, n, name)
	case n.Cluster:
		return fmt.Sprintf("%s %s list --watch", o.Program, n)
	}
	return fmt.Sprintf("%s tree %s%s --watch", o.Program, n, all)
}

// look asks for a little of what will be shown first: what is wrong with the cluster, the
// context or the name is said here, as other commands say it, and not on the screen.
func (o *Options) look(ctx context.Context) error {
	client, err := o.Client()
	if err != nil {
		return err
	}
	n, namespace := o.noun(), o.where()
	if n.Cluster {
		namespace = ""
	}
	if o.name() != "" {
		_, err := n.Read(ctx, client, o.Program, namespace, o.name())
		return err
	}
	_, err = n.Client(client, namespace).List(ctx, metav1.ListOptions{Limit: 1})
	return cmdutil.Explain(o.Program, "list "+n.Plural, err)
}

func (o *Options) options(world screen.World) tui.Options {
	name := theme.Name(o.Theme)
	if !o.Streams.UseColor() {
		name = theme.None
	}
	return tui.Options{
		Program: o.Program, World: world, Kind: o.noun().Kind, Open: o.open(), Theme: name, Unicode: o.Streams.Unicode(),
		Write: o.Write, Mouse: o.Mouse, Namespace: o.where(), Context: o.Context(), Now: o.Clock(),
	}
}

// open is the screen of what was named; nil for the table alone.
func (o *Options) open() screen.Screen {
	n := o.noun()
	if o.name() == "" {
		return nil
	}
	ref := tree.Ref{APIVersion: v1alpha1.GroupVersion.String(), Kind: n.Kind, Resource: n.Resource.GroupResource().String(), Name: o.name()}
	if n.Cluster {
		return overview.NewOf(ref)
	}
	ref.Namespace = o.namespace
	return owner.New(ref)
}

// terminal says what to draw on. Signals end ctx, which restores the terminal.
func (o *Options) terminal(ctx context.Context) []tea.ProgramOption {
	in, out := o.Streams.Terminal()
	options := []tea.ProgramOption{
		tea.WithContext(ctx), tea.WithFPS(framesPerSecond), tea.WithoutSignalHandler(), tea.WithInput(in), tea.WithOutput(out),
	}
	switch {
	case !o.Streams.UseColor():
		options = append(options, tea.WithColorProfile(colorprofile.Ascii)) // bold and reverse stay
	case o.Streams.Color == streams.ColorAlways:
		options = append(options, tea.WithColorProfile(colorprofile.ANSI256)) // which the themes need
	}
	return options
}
