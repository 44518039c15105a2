package report

import (
	"io"
	"net/url"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"github.com/carto-run/carto/pkg/lint"
	"github.com/carto-run/carto/pkg/manifest"
)

// Home of the tool, and the key of its fingerprints.
const (
	home           = "https://github.com/carto-run/carto"
	fingerprintKey = "cartoLint/v1"
)

var sarifLevels = map[lint.Level]string{lint.Error: "error", lint.Warning: "warning", lint.Info: "note"}

// writeSARIF writes SARIF 2.1.0, which code scanning of GitHub and others reads. Files that
// could not be read are told as notifications of the tool: as nothing at all they would look
// like files without findings.
func writeSARIF(w io.Writer, r Run) error {
	run := sarif.NewRunWithInformationURI("carto-lint", home)
	// Columns count code points, as everywhere in lint; the default counts UTF-16.
	run.WithColumnKind("unicodeCodePoints")
	if r.Version != "" {
		run.Tool.Driver.WithVersion(r.Version)
	}
	index := map[*lint.Rule]int{}
	for i, rule := range r.Rules {
		index[rule] = i
		run.Tool.Driver.AddRule(sarif.NewReportingDescriptor().WithID(rule.ID).WithName(rule.Slug).
			WithShortDescription(sarif.NewMultiformatMessageString().WithText(rule.Title)).
			WithHelp(sarif.NewMultiformatMessageString().WithText(rule.Text).WithMarkdown(string(Page(rule)))).
			WithHelpURI(rule.URL()).
			WithDefaultConfiguration(sarif.NewReportingConfiguration().WithLevel(sarifLevels[rule.Level])))
	}
	prints := lint.Fingerprints(r.Findings, nil)
	for i, f := range r.Findings {
		result := sarif.NewRuleResult(f.Rule.ID).WithLevel(sarifLevels[f.Level]).WithMessage(sarif.NewTextMessage(told(f))).
			WithLocations([]*sarif.Location{location(f.At, "")}).WithPartialFingerprints(map[string]string{fingerprintKey: prints[i]})
		if n, ok := index[f.Rule]; ok {
			result.WithRuleIndex(n)
		}
		for _, e := range f.Evidence {
			result.AddRelatedLocation(location(e.At, e.Message))
		}
		if fix := fixOf(f); fix != nil {
			result.AddFixe(fix)
		}
		switch {
		case f.Known:
			result.AddSuppression(sarif.NewSuppression().WithKind("external").WithJustification(f.Suppressed))
		case f.Suppressed != "":
			result.AddSuppression(sarif.NewSuppression().WithKind("inSource").WithJustification(f.Suppressed))
		}
		run.AddResult(result)
	}
	run.AddInvocation(invocation(r))
	report := sarif.NewReport()
	report.AddRun(run)
	if err := report.PrettyWrite(w); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func told(f *lint.Finding) string {
	if f.Remedy == "" {
		return f.Message
	}
	return f.Message + "\nRemedy: " + f.Remedy
}

func location(at manifest.Range, message string) *sarif.Location {
	place := sarif.NewPhysicalLocation().WithArtifactLocation(artifact(at.File))
	if r := region(at); r != nil {
		place.WithRegion(r)
	}
	l := sarif.NewLocationWithPhysicalLocation(place)
	if message != "" {
		l.WithMessage(sarif.NewTextMessage(message))
	}
	return l
}

// artifact names a file by a URI. Names are relative to where lint was run.
func artifact(file string) *sarif.ArtifactLocation {
	return sarif.NewSimpleArtifactLocation((&url.URL{Path: file}).String())
}

func region(at manifest.Range) *sarif.Region {
	r := rangeOf(at)
	if r == nil {
		return nil
	}
	return sarif.NewRegion().WithStartLine(r.Start.Line).WithStartColumn(r.Start.Column).WithEndLine(r.End.Line).WithEndColumn(r.End.Column)
}

func fixOf(f *lint.Finding) *sarif.Fix {
	if len(f.Fix) == 0 {
		return nil
	}
	fix := sarif.NewFix()
	changes := map[string]*sarif.ArtifactChange{}
	for _, e := range f.Fix {
		r := region(e.At)
		if r == nil {
			return nil
		}
		change := changes[e.At.File]
		if change == nil {
			change = sarif.NewArtifactChange().WithArtifactLocation(artifact(e.At.File))
			changes[e.At.File] = change
			fix.AddArtifactChange(change)
		}
		change.AddReplacement(sarif.NewReplacement().WithDeletedRegion(r).WithInsertedContent(sarif.NewArtifactContent().WithText(e.New)))
	}
	return fix
}

func invocation(r Run) *sarif.Invocation {
	i := sarif.NewInvocation().WithExecutionSuccessful(len(r.Unread) == 0)
	for _, u := range r.Unread {
		i.AddToolExecutionNotification(sarif.NewNotification().WithLevel("error").
			WithMessage(sarif.NewTextMessage("cannot be read: " + u.Message)).WithLocations([]*sarif.Location{location(manifest.Range{File: u.File}, "")}))
	}
	for _, fault := range r.Faults {
		if !fault.Duplicate && !fault.List {
			i.AddToolExecutionNotification(sarif.NewNotification().WithLevel("error").
				WithMessage(sarif.NewTextMessage("cannot be checked: " + fault.Message)).WithLocations([]*sarif.Location{location(fault.Range, "")}))
		}
	}
	return i
}
