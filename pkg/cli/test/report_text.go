package test

import (
	"fmt"
	"io"
	"strings"

	"github.com/carto-run/carto/pkg/suite"
	"github.com/carto-run/carto/pkg/table"
	"github.com/carto-run/carto/pkg/yamldiff"
)

// words of the statuses, and their colours.
var words = map[suite.Status]struct{ word, colour string }{
	suite.Passed:  {"ok", "32"},
	suite.Failed:  {"FAIL", "31"},
	suite.Broken:  {"BROKEN", "31"},
	suite.Skipped: {"skip", "36"},
	suite.Updated: {"update", "33"},
}

// maxDifferences is how many differences of an object are listed; the diff below has all.
const maxDifferences = 10

func printable(s string) string { return table.Printable(s) }

// writeText is for a person: a line for each test, with all that is wrong below it.
func writeText(w io.Writer, report *suite.Report, colour bool) error {
	out := &strings.Builder{}
	for i := range report.Tests {
		writeTest(out, &report.Tests[i], colour)
	}
	s := report.Summary
	var parts []string
	for _, count := range []struct {
		n    int
		word string
	}{{s.Passed, "passed"}, {s.Failed, "failed"}, {s.Broken, "could not be run"}, {s.Skipped, "skipped"}, {s.Updated, "updated"}} {
		if count.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", count.n, count.word))
		}
	}
	_, _ = fmt.Fprintf(out, "\n%s in %.2fs\n", strings.Join(parts, ", "), s.Seconds)
	_, err := io.WriteString(w, out.String())
	return err
}

func writeTest(out *strings.Builder, t *suite.Result, colour bool) {
	shown := words[t.Status]
	word := fmt.Sprintf("%-6s", shown.word)
	if colour {
		word = "\x1b[" + shown.colour + "m" + word + "\x1b[0m"
	}
	_, _ = fmt.Fprintf(out, "%s  %s", word, table.OneLine(t.Test)) // the name of a folder may have line breaks
	if t.Name != "" {
		_, _ = fmt.Fprintf(out, " (%s)", table.OneLine(t.Name))
	}
	out.WriteString("\n")
	for _, warning := range t.Warnings {
		indented(out, "warning: "+warning)
	}
	if t.Description != "" && t.Status != suite.Passed && t.Status != suite.Skipped {
		indented(out, t.Description)
	}
	for i := range t.Failures {
		writeFailure(out, &t.Failures[i], colour)
	}
}

const indent = "        "

func indented(out *strings.Builder, text string) {
	for line := range strings.SplitSeq(strings.TrimRight(printable(text), "\n"), "\n") {
		out.WriteString(indent + line + "\n")
	}
}

func writeFailure(out *strings.Builder, f *suite.Failure, colour bool) {
	indented(out, f.Message)
	for i, d := range f.Differences {
		if i == maxDifferences {
			indented(out, fmt.Sprintf("  ... and %d more", len(f.Differences)-maxDifferences))
			break
		}
		indented(out, "  "+linePrefix(f.File, d.Line)+d.Path+": "+d.Message)
	}
	if f.Expected == nil && f.Actual == nil {
		return
	}
	diff, err := yamldiff.Of(f.Expected, f.Actual)
	if err != nil {
		indented(out, err.Error())
		return
	}
	indented(out, "- is expected, + is stamped:")
	var lines strings.Builder
	_ = diff.Write(&lines, colour) // a builder takes everything
	for line := range strings.Lines(lines.String()) {
		out.WriteString(indent + line)
	}
}

// linePrefix is FILE:LINE, with what separates it from the rest; empty without a line.
func linePrefix(file string, line int) string {
	if line == 0 {
		return ""
	}
	return fmt.Sprintf("%s:%d: ", file, line)
}
