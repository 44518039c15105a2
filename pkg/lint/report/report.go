// Package report writes what lint found, one format a file: for people (text, compact), for
// programs (json), for code scanning (sarif), for GitHub's annotations (github), and for what
// shows test results (junit). Data goes in, bytes come out.
package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/carto-run/carto/pkg/lint"
	"github.com/carto-run/carto/pkg/manifest"
)

// Run is what a report tells of.
type Run struct {
	// Findings in the order in which they are told, suppressed ones too.
	Findings []*lint.Finding
	// Files that were checked. Remote ones are not counted.
	Files []lint.File
	// Rules that ran, by ID.
	Rules []*lint.Rule
	// Faults of files whose text is no YAML: parts of them could not be checked.
	Faults []*manifest.Fault
	// Unread are inputs that could not be opened at all.
	Unread []Unread
	// FailOn is the level from which on the run fails.
	FailOn lint.Level
	// Version of the program.
	Version string
}

// Unread is an input that could not be read, and why.
type Unread struct {
	File    string `json:"file"`
	Message string `json:"message"`
}

// Options of formats for people.
type Options struct {
	// From is the lowest level that they show; the other formats tell everything.
	From lint.Level
	// Width of the terminal; 0 is none.
	Width int
	// Color and Unicode, where the terminal can.
	Color, Unicode bool
}

// Formats by their names, in the order in which help lists them.
var Formats = []string{"text", "compact", "json", "sarif", "github", "junit"}

// Write writes a run in one of the formats.
func Write(w io.Writer, format string, r Run, o Options) error {
	switch format {
	case "text":
		return writeText(w, r, o)
	case "compact":
		return writeCompact(w, r, o)
	case "json":
		return writeJSON(w, r)
	case "sarif":
		return writeSARIF(w, r)
	case "github":
		return writeGitHub(w, r)
	case "junit":
		return writeJUnit(w, r)
	}
	return fmt.Errorf("unknown output format %q; one of: %s", format, strings.Join(Formats, ", "))
}

// Summary counts.
type Summary struct {
	// Files that were checked.
	Files    int `json:"files"`
	Errors   int `json:"errors"`
	Warnings int `json:"warnings"`
	Infos    int `json:"infos"`
	// Suppressed findings are in none of the other numbers.
	Suppressed int `json:"suppressed"`
}

// Summary of the run.
func (r Run) Summary() Summary {
	s := Summary{}
	for _, f := range r.Files {
		if !f.Remote {
			s.Files++
		}
	}
	for _, f := range r.Findings {
		switch {
		case f.Suppressed != "":
			s.Suppressed++
		case f.Level == lint.Error:
			s.Errors++
		case f.Level == lint.Warning:
			s.Warnings++
		default:
			s.Infos++
		}
	}
	return s
}

// String is a line for people: 3 errors, 2 warnings in 12 files.
func (s Summary) String() string {
	var parts []string
	add := func(n int, what string) {
		if n > 0 {
			parts = append(parts, Count(n, what))
		}
	}
	add(s.Errors, "error")
	add(s.Warnings, "warning")
	add(s.Infos, "info")
	if len(parts) == 0 {
		parts = append(parts, "nothing found")
	}
	line := strings.Join(parts, ", ") + " in " + Count(s.Files, "file")
	if s.Suppressed > 0 {
		line += fmt.Sprintf(" (%d suppressed)", s.Suppressed)
	}
	return line
}

// Count says how many there are: 1 file, 2 files.
func Count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// sources gives lines of files.
type sources map[string]manifest.Source

func (r Run) sources() sources {
	s := sources{}
	wanted := map[string]bool{}
	for _, f := range r.Findings {
		wanted[f.At.File] = true
		for _, e := range f.Evidence {
			wanted[e.At.File] = true
		}
	}
	for _, f := range r.Files {
		if wanted[f.Name] && !f.Remote {
			s[f.Name] = manifest.NewSource(f.Data)
		}
	}
	return s
}
