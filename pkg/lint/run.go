package lint

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/carto-run/carto/pkg/manifest"
)

// Options of a run.
type Options struct {
	// KubernetesVersion is MAJOR.MINOR of the cluster that the files are for; empty for the one
	// that Carto is built with.
	KubernetesVersion string
	// TargetVersion is that of the Cartographer release that has to understand the files;
	// empty when none has to.
	TargetVersion string
	// Level says how bad a rule's findings in a file are, and whether it has anything to say;
	// nil leaves all as they are.
	Level func(rule *Rule, file string) (Level, bool)
	// Catalogue are all rules there are, also those that do not run: a comment may name them.
	// Nil when that is not known.
	Catalogue []*Rule
	// Partial says that files are left out that belong to the same set: a suppression may be
	// about what is only found with those.
	Partial bool
	// Stopped says that nobody waits for the report any more: rules that have not begun are left
	// out. Nil never does.
	Stopped func() bool
}

// Report is what a run found.
type Report struct {
	// Findings in the order of files, lines, columns, rules.
	Findings []*Finding
}

// Worst is the highest level among the findings that count; Off when there are none.
func (r *Report) Worst() Level {
	worst := Off
	for _, f := range r.Findings {
		if f.Suppressed == "" {
			worst = max(worst, f.Level)
		}
	}
	return worst
}

// Pass is one rule's look at a set.
type Pass struct {
	*Set
	Options

	rule  *Rule
	found []*Finding
}

// Report adds a finding; the answer is for adding more to it.
func (p *Pass) Report(at Place, format string, args ...any) *Finding {
	f := &Finding{Rule: p.rule, Level: p.rule.Level, At: at.Range, Field: at.Path, Message: fmt.Sprintf(format, args...)}
	if at.Object != nil {
		f.Object = at.Object.String()
		if at.Object.Remote {
			return f // it is not in the files, so nobody could act on it
		}
	}
	p.found = append(p.found, f)
	return f
}

// Diagnosed reports what the engine found by itself under the ID of the rule.
func (p *Pass) Diagnosed() { p.DiagnosedWith(func(*Blueprint, *Finding) {}) }

// DiagnosedWith does the same, and hands on what is found in blueprints, to be completed.
func (p *Pass) DiagnosedWith(complete func(*Blueprint, *Finding)) {
	for _, b := range p.Blueprints {
		for _, d := range b.Diagnostics {
			if d.Rule != p.rule.ID {
				continue
			}
			f := p.Report(b.At(d.Field), "%s", d.Message)
			for _, related := range d.Related {
				f.Because(b.At(related.Field).Range, "%s", related.Message)
			}
			complete(b, f)
		}
	}
	for _, t := range p.Templates {
		for _, problem := range t.Problems() {
			if problem.Rule != p.rule.ID {
				continue
			}
			at := t.Value(problem.Field)
			if problem.Line > 0 {
				at = t.Line(problem.Field, problem.Line)
			}
			p.Report(at, "%s", problem.Message)
		}
	}
}

// Run applies rules to a set.
func Run(set *Set, rules []*Rule, options Options) *Report {
	found := make([][]*Finding, len(rules))
	inParallel(len(rules), func(i int) {
		if rules[i].Check == nil || options.Stopped != nil && options.Stopped() {
			return
		}
		p := &Pass{Set: set, Options: options, rule: rules[i]}
		rules[i].Check(p)
		found[i] = p.found
	})
	report := &Report{}
	order := map[string]int{}
	for i, file := range set.Files {
		if _, seen := order[file.Name]; !seen {
			order[file.Name] = i
		}
	}
	report.Findings = leveled(slices.Concat(found...), options)
	report.Findings = append(report.Findings, leveled(suppress(set, rules, options, report.Findings), options)...)
	slices.SortStableFunc(report.Findings, func(a, b *Finding) int {
		return cmp.Or(
			cmp.Compare(order[a.At.File], order[b.At.File]), compare(a.At.Start, b.At.Start),
			cmp.Compare(a.Rule.ID, b.Rule.ID), cmp.Compare(a.Message, b.Message),
		)
	})
	return report
}

// leveled gives findings the levels that the options ask for, and leaves out what is off.
func leveled(findings []*Finding, options Options) []*Finding {
	return slices.DeleteFunc(findings, func(f *Finding) bool {
		if options.Level != nil {
			if level, ok := options.Level(f.Rule, f.At.File); ok {
				f.Level = level
			}
		}
		return f.Level == Off
	})
}

func compare(a, b manifest.Position) int {
	return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
}
