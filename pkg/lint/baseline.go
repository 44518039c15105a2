package lint

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// BaselineVersion is the form of baseline files.
const BaselineVersion = "carto.run/lint-baseline/v1"

// Baseline are findings that were there when somebody began to use lint: they do not count,
// so that new ones stand out.
type Baseline struct {
	APIVersion string  `json:"apiVersion"`
	Findings   []Known `json:"findings"`
}

// Known is one finding of a baseline. Only the fingerprint decides; the rest is for people.
type Known struct {
	Fingerprint string `json:"fingerprint"`
	Rule        string `json:"rule"`
	File        string `json:"file"`
	Object      string `json:"object,omitempty"`
	Message     string `json:"message"`
}

// lineNumber is what a message says of lines, which move.
var lineNumber = regexp.MustCompile(`\bline \d+`)

func withoutLines(message string) string { return lineNumber.ReplaceAllString(message, "line") }

// Fingerprints tell findings apart in a way that survives when lines move: by rule, file,
// object, field and message, and by their order where all that is equal. name gives the name
// of a file that goes into them; nil takes it as it is.
func Fingerprints(findings []*Finding, name func(string) string) []string {
	if name == nil {
		name = func(file string) string { return file }
	}
	prints := make([]string, len(findings))
	seen := map[string]int{}
	for i, f := range findings {
		key := strings.Join([]string{f.Rule.ID, name(f.At.File), f.Object, f.Field, withoutLines(f.Message)}, "\x00")
		seen[key]++
		sum := sha256.Sum256([]byte(key + "\x00" + strconv.Itoa(seen[key])))
		prints[i] = hex.EncodeToString(sum[:12])
	}
	return prints
}

// NewBaseline takes the findings that count now. name gives the name by which the baseline
// knows a file.
func NewBaseline(findings []*Finding, name func(string) string) *Baseline {
	b := &Baseline{APIVersion: BaselineVersion, Findings: []Known{}}
	for i, print := range Fingerprints(findings, name) {
		if f := findings[i]; f.Suppressed == "" || f.Known {
			b.Findings = append(b.Findings, Known{print, f.Rule.ID, name(f.At.File), f.Object, f.Message})
		}
	}
	return b
}

// ReadBaseline reads a baseline file.
func ReadBaseline(name string, data []byte) (*Baseline, error) {
	b := &Baseline{}
	if err := json.Unmarshal(data, b); err != nil {
		return nil, fmt.Errorf("%s: is no baseline: %w", name, err)
	}
	if b.APIVersion != BaselineVersion {
		return nil, fmt.Errorf("%s: apiVersion is %q, not %s: write the baseline again", name, b.APIVersion, BaselineVersion)
	}
	return b, nil
}

// Apply suppresses the findings that the baseline knows, and returns what it knows that is
// not there any more: only of files that were read, and of rules that ran, can that be said.
func (b *Baseline) Apply(report *Report, files []File, rules []*Rule, name func(string) string) (stale []Known) {
	prints := Fingerprints(report.Findings, name)
	known := map[string]bool{}
	for _, k := range b.Findings {
		known[k.Fingerprint] = true
	}
	met := map[string]bool{}
	for i, f := range report.Findings {
		if met[prints[i]] = true; known[prints[i]] && f.Suppressed == "" {
			f.Suppressed, f.Known = "known in the baseline", true
		}
	}
	read, ran := map[string]bool{}, map[string]bool{}
	for _, f := range files {
		read[name(f.Name)] = !f.Remote
	}
	for _, r := range rules {
		ran[r.ID] = true
	}
	for _, k := range b.Findings {
		if !met[k.Fingerprint] && read[k.File] && ran[k.Rule] {
			stale = append(stale, k)
		}
	}
	return stale
}
