package test

import (
	"encoding/xml"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/carto-run/carto/pkg/suite"
)

// The form of JUnit reports that build servers read.
type (
	junitSuites struct {
		XMLName xml.Name     `xml:"testsuites"`
		Suites  []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Errors   int         `xml:"errors,attr"`
		Skipped  int         `xml:"skipped,attr"`
		Time     string      `xml:"time,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Name    string        `xml:"name,attr"`
		Class   string        `xml:"classname,attr"`
		Time    string        `xml:"time,attr"`
		Failure *junitMessage `xml:"failure,omitempty"`
		Error   *junitMessage `xml:"error,omitempty"`
		Skipped *junitMessage `xml:"skipped,omitempty"`
		Out     string        `xml:"system-out,omitempty"`
	}
	junitMessage struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",cdata"`
	}
)

// writeJUnit is for build servers. A test that cannot be run is an error there, one that
// was updated has passed.
func writeJUnit(w io.Writer, report *suite.Report) error {
	s := report.Summary
	all := junitSuite{
		Name: "carto", Tests: len(report.Tests), Failures: s.Failed, Errors: s.Broken, Skipped: s.Skipped,
		Time: fmt.Sprintf("%.3f", s.Seconds),
	}
	for i := range report.Tests {
		all.Cases = append(all.Cases, junitOf(&report.Tests[i]))
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(junitSuites{Suites: []junitSuite{all}}); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func junitOf(t *suite.Result) junitCase {
	c := junitCase{Name: filepath.Base(t.Test), Class: filepath.ToSlash(filepath.Dir(t.Test)), Time: fmt.Sprintf("%.3f", t.Seconds)}
	if t.Name != "" {
		c.Name += " (" + t.Name + ")"
	}
	for _, warning := range t.Warnings {
		c.Out += "warning: " + warning + "\n"
	}
	var text strings.Builder
	for i := range t.Failures {
		writeFailure(&text, &t.Failures[i], false)
	}
	switch said := (&junitMessage{Text: "\n" + inXML(text.String())}); t.Status {
	case suite.Failed:
		said.Message = firstLine(t)
		c.Failure = said
	case suite.Broken:
		said.Message = firstLine(t)
		c.Error = said
	case suite.Skipped:
		c.Skipped = &junitMessage{Message: "other tests are focused"}
	case suite.Passed, suite.Updated:
	}
	return c
}

func firstLine(t *suite.Result) string {
	if len(t.Failures) == 0 {
		return ""
	}
	line, _, _ := strings.Cut(t.Failures[0].Message, "\n")
	return line
}

// inXML leaves out what no XML may hold; control characters are gone already.
func inXML(text string) string {
	return strings.Map(func(c rune) rune {
		if c == 0xfffe || c == 0xffff {
			return -1
		}
		return c
	}, text)
}
