package report

import (
	"encoding/xml"
	"fmt"
	"io"

	"github.com/carto-run/carto/pkg/lint"
	"github.com/carto-run/carto/pkg/table"
)

// The form that CI systems read as test results: a suite for each file, a case for each
// finding. A file without findings is a case that passed, or nothing would show that it was
// checked.
type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Skipped  int          `xml:"skipped,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name      string       `xml:"name,attr"`
	Class     string       `xml:"classname,attr"`
	File      string       `xml:"file,attr"`
	Line      int          `xml:"line,attr,omitempty"`
	Failure   *junitDetail `xml:"failure,omitempty"`
	Error     *junitDetail `xml:"error,omitempty"`
	Skipped   *junitDetail `xml:"skipped,omitempty"`
	SystemOut string       `xml:"system-out,omitempty"`
}

type junitDetail struct {
	Type    string `xml:"type,attr,omitempty"`
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// writeJUnit makes a failure of what fails the run, and output of the rest.
func writeJUnit(w io.Writer, r Run) error {
	all := junitSuites{Name: "carto lint"}
	add := func(s junitSuite) {
		for _, c := range s.Cases {
			s.Tests++
			switch {
			case c.Failure != nil:
				s.Failures++
			case c.Error != nil:
				s.Errors++
			case c.Skipped != nil:
				s.Skipped++
			}
		}
		all.Tests, all.Failures, all.Errors, all.Skipped = all.Tests+s.Tests, all.Failures+s.Failures, all.Errors+s.Errors, all.Skipped+s.Skipped
		all.Suites = append(all.Suites, s)
	}
	of := map[string][]*lint.Finding{}
	for _, f := range r.Findings {
		of[f.At.File] = append(of[f.At.File], f)
	}
	seen := map[string]bool{}
	for _, file := range r.Files {
		if file.Remote || seen[file.Name] {
			continue
		}
		seen[file.Name] = true
		suite := junitSuite{Name: table.Printable(file.Name)}
		for _, f := range of[file.Name] {
			suite.Cases = append(suite.Cases, r.junitCase(f))
		}
		if len(suite.Cases) == 0 {
			suite.Cases = []junitCase{{Name: "nothing found", Class: suite.Name, File: suite.Name}}
		}
		add(suite)
	}
	for _, u := range r.Unread {
		name := table.Printable(u.File)
		add(junitSuite{Name: name, Cases: []junitCase{{Name: "read", Class: name, File: name, Error: &junitDetail{Message: table.Printable(u.Message)}}}})
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func (r Run) junitCase(f *lint.Finding) junitCase {
	file := table.Printable(f.At.File)
	c := junitCase{Name: fmt.Sprintf("%s at %d:%d", f.Rule, f.At.Start.Line, f.At.Start.Column), Class: file, File: file, Line: f.At.Start.Line}
	whole := fmt.Sprintf("%s: %s: %s", table.OneLine(f.At.String()), f.Level, sentence(f))
	if f.Remedy != "" {
		whole += "\nremedy: " + table.OneLine(f.Remedy)
	}
	switch {
	case f.Suppressed != "":
		c.Skipped = &junitDetail{Message: table.OneLine(f.Suppressed)}
	case f.Level >= r.FailOn:
		c.Failure = &junitDetail{Type: f.Level.String(), Message: sentence(f), Text: whole}
	default:
		c.SystemOut = whole
	}
	return c
}
