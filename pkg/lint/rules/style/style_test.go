package style

import (
	"strings"
	"testing"

	"github.com/carto-run/carto/pkg/lint"
	"github.com/carto-run/carto/pkg/lint/linttest"
)

// steps makes a supply chain of "name" or "name<input" steps.
func steps(all ...string) string {
	var b strings.Builder
	b.WriteString("apiVersion: carto.run/v1alpha1\nkind: ClusterSupplyChain\nmetadata: {name: web}\nspec:\n  selector: {type: web}\n  resources:\n")
	for _, s := range all {
		name, input, reads := strings.Cut(s, "<")
		b.WriteString("  - {name: " + name + ", templateRef: {kind: ClusterSourceTemplate, name: t}")
		if reads {
			b.WriteString(", sources: [{name: code, resource: " + input + "}]")
		}
		b.WriteString("}\n")
	}
	return b.String()
}

func TestNames(t *testing.T) {
	t.Parallel()
	linttest.Try(t, mixedNames, []linttest.Case{
		{Reason: "one word fits all", Text: steps("fetch", "build-image", "run")},
		{Reason: "most of them decide", Text: steps("a_b", "c-d", "e-f"), Want: []string{`7 info step "a_b" is named with underscores, others with dashes`}},
		{Reason: "of equals the first", Text: steps("a_b", "c-d"), Want: []string{`8 info step "c-d"`}},
	})
}

func TestSorted(t *testing.T) {
	t.Parallel()
	linttest.Try(t, unsorted, []linttest.Case{
		{Reason: "the author's order stays where it works", Text: steps("z", "b", "a<z")},
		{Reason: "one finding, and one fix, for all that are too early", Text: steps("run<test", "test<fetch", "fetch"), Want: []string{`7 info step "run" is listed before "test"`}},
		{Reason: "no order heals a cycle", Text: steps("a<b", "b<a", "c<d", "d")},
		{Reason: "for Cartographer it is GRF002", Text: steps("a<b", "b"), Options: lint.Options{TargetVersion: "0.7"}},
	})
	found := lint.Run(lint.ReadFiles(lint.Files(unsorted.Bad)), []*lint.Rule{unsorted}, lint.Options{}).Findings
	if len(found) != 1 || len(found[0].Fix) != 1 {
		t.Fatalf("the bad example has %d findings, the first with the fix %v", len(found), found[0].Fix)
	}
	fix := found[0].Fix[0]
	lines := strings.SplitAfter(unsorted.Bad, "\n")
	healed := strings.Join(lines[:fix.At.Start.Line-1], "") + fix.New + "\n" + strings.Join(lines[fix.At.End.Line:], "")
	if got := strings.ReplaceAll(healed, " # <-", ""); got != unsorted.Good {
		t.Errorf("the fix makes\n%s\nwant\n%s", got, unsorted.Good)
	}
}
