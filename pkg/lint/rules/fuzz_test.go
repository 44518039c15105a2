package rules

import (
	"strings"
	"testing"

	"github.com/carto-run/carto/pkg/lint"
)

// FuzzRules: whatever a file holds, no rule panics, and findings point into the file.
func FuzzRules(f *testing.F) {
	for _, rule := range All() {
		f.Add(rule.Bad)
		f.Add(rule.Good)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 8<<10 {
			return
		}
		lines := strings.Count(text, "\n") + strings.Count(text, "\r") + 1
		for _, f := range lint.Run(lint.ReadFiles([]lint.File{{Name: "f.yaml", Data: []byte(text)}}), All(), lint.Options{TargetVersion: "0.7.0"}).Findings {
			if f.At.Start.Line > lines || f.At.End.Before(f.At.Start) || f.Message == "" {
				t.Errorf("%s at %s to %v in %d lines: %s", f.Rule, f.At, f.At.End, lines, f.Message)
			}
		}
	})
}
