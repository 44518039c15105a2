package lint

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/lint/report"
	"github.com/carto-run/carto/pkg/lint/rules"
	"github.com/carto-run/carto/pkg/near"
	"github.com/carto-run/carto/pkg/table"
)

// RulesOptions are those of `lint rules`.
type RulesOptions struct {
	cmdutil.Session
	Output *cmdutil.OutputFlags
}

// NewCmdRules makes the command; runF replaces the work in tests.
func NewCmdRules(f *cmdutil.Factory, runF func(context.Context, *RulesOptions) error) *cobra.Command {
	o := &RulesOptions{Session: f.Session(), Output: cmdutil.NewOutputFlags("", "wide", "name")}
	cmd := &cobra.Command{
		Use:   "rules",
		Short: "List the rules of lint",
		Long: `List the rules of lint: what each finds, at which level, and what it needs beside files with
blueprints and templates.`,
		Example: fmt.Sprintf(`  # all of them
  %[1]s lint rules

  # what each needs too
  %[1]s lint rules -o wide`, f.Program),
		Args:              cmdutil.UsageArgs(cobra.NoArgs),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              cmdutil.RunE(o, runF),
	}
	o.Output.AddTo(cmd)
	return cmd
}

// Complete has nothing to complete.
func (o *RulesOptions) Complete(*cobra.Command, []string) error { return nil }

// Validate checks the format.
func (o *RulesOptions) Validate() error { return o.Output.Validate() }

// listed is a rule as JSON.
type listed struct {
	ID        string `json:"id"`
	Slug      string `json:"slug"`
	Level     string `json:"level"`
	Needs     string `json:"needs"`
	Admission bool   `json:"admission"`
	Title     string `json:"title"`
	URL       string `json:"url"`
}

// Run prints the list.
func (o *RulesOptions) Run(context.Context) error {
	var all []listed
	var rows [][]string
	wide := o.Output.Format() == "wide"
	for _, r := range rules.Sorted() {
		all = append(all, listed{r.ID, r.Slug, r.Level.String(), string(r.Needs), r.Admission, r.Title, r.URL()})
		row := []string{r.ID, r.Slug, r.Level.String(), r.Title}
		if wide {
			refused := "no"
			if r.Admission {
				refused = "yes"
			}
			row = []string{r.ID, r.Slug, r.Level.String(), string(r.Needs), refused, r.Title}
		}
		rows = append(rows, row)
	}
	switch {
	case o.Output.Format() == "name":
		for _, r := range all {
			if _, err := fmt.Fprintln(o.Streams.Out, r.ID); err != nil {
				return err
			}
		}
		return nil
	case !o.Output.Own():
		return o.Output.PrintData(o.Streams.Out, all)
	}
	columns := []table.Column{{Title: "ID"}, {Title: "NAME"}, {Title: "LEVEL"}, {Title: "SAYS", Min: 20}}
	options := table.Options{Width: o.Streams.Width(), Unicode: o.Streams.Unicode(), NoHeaders: o.Output.NoHeaders}
	if wide {
		columns = []table.Column{{Title: "ID"}, {Title: "NAME"}, {Title: "LEVEL"}, {Title: "NEEDS"}, {Title: "REFUSED BY CRD"}, {Title: "SAYS"}}
		options.Width = 0
	}
	return table.New(columns, options).Write(o.Streams.Out, rows)
}

// ExplainOptions are those of `lint explain`.
type ExplainOptions struct {
	cmdutil.Session
	Rules []string
}

// NewCmdExplain makes the command; runF replaces the work in tests.
func NewCmdExplain(f *cmdutil.Factory, runF func(context.Context, *ExplainOptions) error) *cobra.Command {
	o := &ExplainOptions{Session: f.Session()}
	cmd := &cobra.Command{
		Use:   "explain RULE...",
		Short: "Explain a rule of lint, with an example",
		Long: `Explain a rule of lint: why what it finds is wrong, what to do about it, and an example at fault
and healed. RULE is an ID or a name.`,
		Example: fmt.Sprintf(`  # by its ID
  %[1]s lint explain REF003

  # by its name
  %[1]s lint explain unknown-input-step`, f.Program),
		Args: cmdutil.UsageArgs(cobra.MinimumNArgs(1)),
		ValidArgsFunction: func(_ *cobra.Command, _ []string, toComplete string) ([]string, cobra.ShellCompDirective) {
			var words []string
			for _, r := range rules.Sorted() {
				for _, word := range []string{r.ID, r.Slug} {
					if strings.HasPrefix(word, toComplete) {
						words = append(words, word+"\t"+r.Title)
					}
				}
			}
			return words, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: cmdutil.RunE(o, runF),
	}
	return cmd
}

// Complete takes the rules.
func (o *ExplainOptions) Complete(_ *cobra.Command, args []string) error {
	o.Rules = args
	return nil
}

// Validate finds the rules.
func (o *ExplainOptions) Validate() error {
	var faults []error
	for _, name := range o.Rules {
		if rules.Find(name) == nil {
			meant := near.DidYouMean(name, ruleWords())
			if meant == "" {
				meant = "; lint rules lists them"
			}
			faults = append(faults, fmt.Errorf("there is no rule %q%s", name, meant))
		}
	}
	return cmdutil.Usage(faults)
}

// Run explains.
func (o *ExplainOptions) Run(context.Context) error {
	for i, name := range o.Rules {
		if i > 0 {
			if _, err := fmt.Fprintln(o.Streams.Out); err != nil {
				return err
			}
		}
		options := report.Options{Width: o.Streams.Width(), Color: o.Streams.UseColor(), Unicode: o.Streams.Unicode()}
		if err := report.Explain(o.Streams.Out, rules.Find(name), options); err != nil {
			return err
		}
	}
	return nil
}
