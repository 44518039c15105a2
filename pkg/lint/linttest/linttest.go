// Package linttest tries single rules on files in tests of rules: above all on what they must
// not find.
package linttest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/carto-run/carto/pkg/lint"
)

// Case is a text, YAML or txtar, and what a rule finds in it.
type Case struct {
	Reason, Text string
	// Want are the findings in their order, each as LINE LEVEL MESSAGE, in several files as
	// FILE:LINE; one is found when its line begins so. None when the rule is to be silent.
	Want    []string
	Options lint.Options
}

// Try checks the cases.
func Try(t *testing.T, rule *lint.Rule, cases []Case) {
	t.Helper()
	for _, tc := range cases {
		files := lint.Files(tc.Text)
		var got []string
		for _, f := range lint.Run(lint.ReadFiles(files), []*lint.Rule{rule}, tc.Options).Findings {
			at := fmt.Sprint(f.At.Start.Line)
			if len(files) > 1 {
				at = f.At.File + ":" + at
			}
			got = append(got, fmt.Sprintf("%s %s %s", at, f.Level, f.Message))
		}
		fits := len(got) == len(tc.Want)
		for i := range min(len(got), len(tc.Want)) {
			fits = fits && strings.HasPrefix(got[i], tc.Want[i])
		}
		if !fits {
			t.Errorf("%s: %s:\nfound\n  %s\nwant\n  %s", rule.ID, tc.Reason, strings.Join(got, "\n  "), strings.Join(tc.Want, "\n  "))
		}
	}
}
