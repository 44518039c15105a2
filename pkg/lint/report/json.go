package report

import (
	"encoding/json"
	"io"

	"github.com/carto-run/carto/pkg/lint"
	"github.com/carto-run/carto/pkg/manifest"
)

// APIVersion and Kind of the report as JSON. Fields are only ever added within one version.
const (
	APIVersion = "carto.run/lint/v1"
	Kind       = "Report"
)

// Document is the report as JSON.
type Document struct {
	APIVersion string  `json:"apiVersion"`
	Kind       string  `json:"kind"`
	Summary    Summary `json:"summary"`
	// Findings in the order of files, lines, columns and rules; suppressed ones too.
	Findings []Finding `json:"findings"`
	// Unread are inputs that could not be opened; the report says nothing about them.
	Unread []Unread `json:"unread,omitempty"`
}

// Finding is one place where a rule does not hold.
type Finding struct {
	// Rule is the ID of the rule, Slug its name for people.
	Rule string `json:"rule"`
	Slug string `json:"slug"`
	// Level is error, warning or info.
	Level string `json:"level"`
	File  string `json:"file"`
	// Range is missing when the finding is about the file as a whole.
	Range *Range `json:"range,omitempty"`
	// Object is KIND/NAME of the object that holds the place.
	Object string `json:"object,omitempty"`
	// Field is the path in the object.
	Field   string `json:"field,omitempty"`
	Message string `json:"message"`
	// Evidence are other places that prove the finding.
	Evidence []Evidence `json:"evidence,omitempty"`
	// Remedy says what to do.
	Remedy string `json:"remedy,omitempty"`
	// Fix are the changes that --fix makes.
	Fix []Edit `json:"fix,omitempty"`
	// Suppressed says why the finding does not count; missing when it does.
	Suppressed *Suppressed `json:"suppressed,omitempty"`
	// Fingerprint stays the same when lines move.
	Fingerprint string `json:"fingerprint"`
	// URL of the page about the rule.
	URL string `json:"url"`
}

// Range is a part of a file. End is the place behind the last character.
type Range struct {
	Start Position `json:"start"`
	End   Position `json:"end"`
}

// Position counts from 1; columns count characters (code points).
type Position struct {
	Line   int `json:"line"`
	Column int `json:"column"`
}

// Evidence is another place, and what it shows.
type Evidence struct {
	File    string `json:"file"`
	Range   *Range `json:"range,omitempty"`
	Message string `json:"message"`
}

// Edit replaces a part of a file.
type Edit struct {
	File  string `json:"file"`
	Range Range  `json:"range"`
	New   string `json:"new"`
}

// Suppressed says by what, comment or baseline, and why.
type Suppressed struct {
	By     string `json:"by"`
	Reason string `json:"reason"`
}

// NewDocument makes the report as data.
func NewDocument(r Run) Document {
	d := Document{APIVersion: APIVersion, Kind: Kind, Summary: r.Summary(), Findings: make([]Finding, len(r.Findings)), Unread: r.Unread}
	prints := lint.Fingerprints(r.Findings, nil)
	for i, f := range r.Findings {
		one := Finding{
			Rule: f.Rule.ID, Slug: f.Rule.Slug, Level: f.Level.String(), File: f.At.File, Range: rangeOf(f.At), Object: f.Object,
			Field: f.Field, Message: f.Message, Remedy: f.Remedy, Fingerprint: prints[i], URL: f.Rule.URL(),
		}
		for _, e := range f.Evidence {
			one.Evidence = append(one.Evidence, Evidence{e.At.File, rangeOf(e.At), e.Message})
		}
		for _, e := range f.Fix {
			if at := rangeOf(e.At); at != nil {
				one.Fix = append(one.Fix, Edit{e.At.File, *at, e.New})
			}
		}
		switch {
		case f.Known:
			one.Suppressed = &Suppressed{"baseline", f.Suppressed}
		case f.Suppressed != "":
			one.Suppressed = &Suppressed{"comment", f.Suppressed}
		}
		d.Findings[i] = one
	}
	return d
}

func rangeOf(at manifest.Range) *Range {
	if at.Start.IsZero() {
		return nil
	}
	end := at.End
	if end.Before(at.Start) {
		end = at.Start
	}
	return &Range{Position(at.Start), Position(end)}
}

func writeJSON(w io.Writer, r Run) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(NewDocument(r))
}
