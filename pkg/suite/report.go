package suite

import "slices"

// APIVersion of the report as JSON.
const APIVersion = "carto.run/test/v1"

// Report is the outcome of a run. Its JSON form is versioned by APIVersion.
type Report struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	// Focused is true when focused tests kept others from running.
	Focused bool     `json:"focused"`
	Summary Summary  `json:"summary"`
	Tests   []Result `json:"tests"`

	// Edits would make failing tests pass; only with Options.Update.
	Edits []Edit `json:"-"`
}

// Summary counts the tests by their status.
type Summary struct {
	Passed  int `json:"passed"`
	Failed  int `json:"failed"`
	Broken  int `json:"broken"`
	Skipped int `json:"skipped"`
	Updated int `json:"updated"`
	// Seconds that the run took.
	Seconds float64 `json:"seconds"`
}

// Status of a test.
type Status string

// The outcomes of a test.
const (
	Passed Status = "passed"
	// Failed: what is tested is not as expected.
	Failed Status = "failed"
	// Broken: the test could not be run, because of itself.
	Broken Status = "broken"
	// Skipped: other tests are focused.
	Skipped Status = "skipped"
	// Updated: it failed, and Options.Update found what makes it pass.
	Updated Status = "updated"
)

// Kind of a test.
type Kind string

// The kinds of tests.
const (
	KindTemplate Kind = "template"
	KindChain    Kind = "chain"
)

// Result of one test.
type Result struct {
	// Test is its directory.
	Test string `json:"test"`
	Kind Kind   `json:"kind"`
	// Name and Description are those of its info.yaml.
	Name        string  `json:"name,omitempty"`
	Description string  `json:"description,omitempty"`
	Status      Status  `json:"status"`
	Focused     bool    `json:"focused,omitempty"`
	Seconds     float64 `json:"seconds"`
	// Failures are why it is not passed.
	Failures []Failure `json:"failures,omitempty"`
	// Warnings do not change the status.
	Warnings []string `json:"warnings,omitempty"`
}

// Failure is one thing that is not as expected, or that keeps the test from running.
type Failure struct {
	// Message of one line or more; it begins with FILE:LINE where a place is known.
	Message string `json:"message"`
	// File that says what was expected; empty when nothing was compared.
	File string `json:"file,omitempty"`
	// Differences between what is expected and what is there.
	Differences []Difference `json:"differences,omitempty"`
	// Expected and Actual are what was compared, for objects.
	Expected map[string]any `json:"expected,omitempty"`
	Actual   map[string]any `json:"actual,omitempty"`
}

// Edit is a file as it should be.
type Edit struct {
	// Path in the file system.
	Path    string
	Content []byte
	// Tests that ask for it.
	Tests []string
}

// Unwritten takes an edit back that could not be made: its tests fail as before.
func (r *Report) Unwritten(edit *Edit, why string) {
	r.fail(edit, why)
	r.count(r.Summary.Seconds)
}

// fail makes the tests of an edit fail.
func (r *Report) fail(edit *Edit, why string) {
	for i := range r.Tests {
		if t := &r.Tests[i]; slices.Contains(edit.Tests, t.Test) {
			t.Status = Failed
			t.Failures = append(t.Failures, Failure{Message: why})
		}
	}
}

// count fills in the summary.
func (r *Report) count(seconds float64) {
	r.Summary = Summary{Seconds: seconds}
	for i := range r.Tests {
		switch r.Tests[i].Status {
		case Passed:
			r.Summary.Passed++
		case Failed:
			r.Summary.Failed++
		case Broken:
			r.Summary.Broken++
		case Skipped:
			r.Summary.Skipped++
		case Updated:
			r.Summary.Updated++
		}
	}
}
