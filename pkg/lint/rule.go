package lint

import (
	"fmt"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"
)

// Level says how bad a finding is.
type Level int

// Levels in rising order. Off is for configuration only.
const (
	Off Level = iota
	Info
	Warning
	Error
)

var levelNames = []string{"off", "info", "warning", "error"}

// String is the word for the level in reports and flags.
func (l Level) String() string {
	if l < Off || l > Error {
		return fmt.Sprintf("level %d", int(l))
	}
	return levelNames[l]
}

// ParseLevel reads the word for a level.
func ParseLevel(s string) (Level, error) {
	for i, name := range levelNames {
		if s == name {
			return Level(i), nil
		}
	}
	return Off, fmt.Errorf("%q is no level; one of: %s", s, strings.Join(levelNames, ", "))
}

// Needs says what a rule needs beside the files with blueprints and templates.
type Needs string

// What rules need. Without it, they find nothing.
const (
	NeedsFiles   Needs = "files"
	NeedsSchema  Needs = "schemas" // of stamped kinds: built-in kinds, CRDs in the set, --crds, the cluster
	NeedsOwner   Needs = "owners"  // Workloads, Deliverables, Runnables in the set
	NeedsCluster Needs = "roles"   // Roles and accounts in the set, or the cluster
)

// Rule is one check.
type Rule struct {
	// ID is stable: three letters of the family and a number.
	ID string
	// Slug is the name for people: unknown-template.
	Slug string
	// Level of its findings, unless one says otherwise.
	Level Level
	Needs Needs
	// Admission says whether the API server refuses the same (CEL in Carto's CRDs).
	Admission bool
	// Title says in one sentence what is wrong: "a step names a template that does not exist".
	Title string
	// Text explains in Markdown why it is wrong, and what to do.
	Text string
	// Bad and Good are files that show the fault, and the same without it: YAML documents, or
	// several files in the form of txtar. A line of Bad on which the rule reports ends in a
	// comment that begins with an arrow: # <- or #! <-.
	Bad, Good string
	// With are the options under which the examples are checked.
	With Options
	// Check reports every finding to the pass. Nil for rules that the engine of lint itself
	// reports.
	Check func(*Pass)
}

// Family is the part of the ID that rules of one kind share.
func (r *Rule) Family() string { return strings.TrimRight(r.ID, "0123456789") }

// String is ID and slug.
func (r *Rule) String() string { return r.ID + " " + r.Slug }

// Files are the files of an example: one, or those of a txtar archive.
func Files(example string) []File {
	archive := txtar.Parse([]byte(example))
	if len(archive.Files) == 0 {
		return []File{{Name: "example.yaml", Data: []byte(example)}}
	}
	files := make([]File, len(archive.Files))
	for i, f := range archive.Files {
		files[i] = File{Name: f.Name, Data: f.Data}
	}
	return files
}

// Pages is where the pages about rules are published, one for each ID.
const Pages = "https://github.com/carto-run/carto/blob/main/docs/lint/"

// URL of the page about the rule.
func (r *Rule) URL() string { return Pages + r.ID + ".md" }
