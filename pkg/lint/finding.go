package lint

import (
	"fmt"

	"github.com/carto-run/carto/pkg/manifest"
)

// Finding is one place where a rule does not hold.
type Finding struct {
	Rule  *Rule
	Level Level
	// At is the place; the file as a whole when it has no position.
	At manifest.Range
	// Object is the object that holds the place, as KIND/NAME; empty when there is none.
	Object string
	// Field is the path in the object; empty for the object as a whole.
	Field string
	// Message says what is wrong there, in one sentence that begins small and names the
	// object's part.
	Message string
	// Evidence are other places that prove the finding, and what they show.
	Evidence []Evidence
	// Example is an object, as YAML, that shows what is wrong; empty when there is none.
	Example string
	// Remedy says what to do; empty when the text of the rule says it.
	Remedy string
	// Fix are changes that heal the finding without changing what the files mean otherwise;
	// nil when no safe ones are known.
	Fix []Edit
	// Suppressed is the reason that somebody gave for leaving it as it is; empty when the
	// finding counts.
	Suppressed string
	// Known says that it is suppressed by a baseline, not by a comment.
	Known bool
}

// Evidence is another place.
type Evidence struct {
	At      manifest.Range
	Message string
}

// Edit replaces a part of a file.
type Edit struct {
	At  manifest.Range
	New string
}

// Because adds evidence.
func (f *Finding) Because(at manifest.Range, format string, args ...any) *Finding {
	f.Evidence = append(f.Evidence, Evidence{at, fmt.Sprintf(format, args...)})
	return f
}

// Do sets the remedy.
func (f *Finding) Do(format string, args ...any) *Finding {
	f.Remedy = fmt.Sprintf(format, args...)
	return f
}

// Show sets the example.
func (f *Finding) Show(yaml string) *Finding {
	f.Example = yaml
	return f
}

// FixBy adds a change that heals the finding.
func (f *Finding) FixBy(at manifest.Range, text string) *Finding {
	f.Fix = append(f.Fix, Edit{at, text})
	return f
}

// As sets another level than that of the rule.
func (f *Finding) As(level Level) *Finding {
	f.Level = level
	return f
}
