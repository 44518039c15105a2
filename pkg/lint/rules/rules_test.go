package rules

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/carto-run/carto/pkg/lint"
)

// TestExamples: each rule finds its bad example, on the lines that have an arrow and nowhere
// else, and nothing in its good one.
func TestExamples(t *testing.T) {
	t.Parallel()
	for _, rule := range All() {
		t.Run(rule.ID, func(t *testing.T) {
			t.Parallel()
			check := func(example string) []*lint.Finding {
				options := rule.With
				options.Catalogue = All()
				if rule.Check != nil {
					return lint.Run(lint.ReadFiles(lint.Files(example)), []*lint.Rule{rule}, options).Findings
				}
				// The engine reports it, from what all rules find.
				findings := lint.Run(lint.ReadFiles(lint.Files(example)), All(), options).Findings
				return slices.DeleteFunc(findings, func(f *lint.Finding) bool { return f.Rule != rule })
			}
			bad := check(rule.Bad)
			if len(bad) == 0 {
				t.Errorf("%s finds nothing in its bad example:\n%s", rule, rule.Bad)
			}
			var got []string
			for _, f := range bad {
				got = append(got, f.At.String()[:strings.LastIndexByte(f.At.String(), ':')])
				if f.Rule != rule || f.Message == "" {
					t.Errorf("%s: %+v", rule, f)
				}
			}
			slices.Sort(got)
			if want := arrows(rule.Bad); len(want) > 0 && !slices.Equal(slices.Compact(got), want) {
				t.Errorf("%s reports at %v, its arrows are at %v", rule, got, want)
			}
			for _, f := range check(rule.Good) {
				t.Errorf("%s: the good example is found at fault: %s: %s", rule, f.At, f.Message)
			}
		})
	}
}

// arrows are the lines that have one, as FILE:LINE.
func arrows(example string) []string {
	var at []string
	for _, f := range lint.Files(example) {
		for i, line := range strings.Split(string(f.Data), "\n") {
			if arrow.MatchString(line) {
				at = append(at, f.Name+":"+strconv.Itoa(i+1))
			}
		}
	}
	slices.Sort(at)
	return at
}

var arrow = regexp.MustCompile(`#!? <-`)

// TestRecords: a rule says everything that people and reports need.
func TestRecords(t *testing.T) {
	t.Parallel()
	id, slug := regexp.MustCompile(`^[A-Z]{3}[0-9]{3}$`), regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)+$`)
	ids, slugs := map[string]bool{}, map[string]bool{}
	for _, rule := range All() {
		switch {
		case !id.MatchString(rule.ID), ids[rule.ID]:
			t.Errorf("%s: the ID is no good, or not the only one", rule)
		case !slug.MatchString(rule.Slug), slugs[rule.Slug]:
			t.Errorf("%s: the slug is no good, or not the only one", rule)
		case rule.Level < lint.Info || rule.Level > lint.Error:
			t.Errorf("%s has no level", rule)
		case rule.Needs == "":
			t.Errorf("%s does not say what it needs", rule)
		case rule.Check == nil && rule.ID != lint.SuppressionRule:
			t.Errorf("%s checks nothing", rule)
		case rule.Title == "" || strings.HasSuffix(rule.Title, ".") || strings.ToLower(rule.Title[:1]) != rule.Title[:1]:
			t.Errorf("%s: a title begins small and has no full stop: %q", rule, rule.Title)
		case len(rule.Text) < 60:
			t.Errorf("%s explains too little: %q", rule, rule.Text)
		case rule.Bad == "" || rule.Good == "":
			t.Errorf("%s has no examples", rule)
		}
		ids[rule.ID], slugs[rule.Slug] = true, true
	}
}

// TestCatalogue: every rule of the catalogue is there, or it is said why not (spec: lint §3.3).
func TestCatalogue(t *testing.T) {
	t.Parallel()
	total := 0
	for family, count := range map[string]int{
		"SYN": 8, "REF": 13, "GRF": 8, "SEL": 13, "PAR": 11, "TPL": 22, "YTT": 8, "OUT": 8, "HLT": 8, "LIF": 6, "RUN": 6, "ACC": 6, "OWN": 9, "CMP": 4, "SEC": 5, "STY": 4,
	} {
		for n := range count {
			id := fmt.Sprintf("%s%03d", family, n+1)
			if made := Find(id) != nil; made == (NotMade[id] != "") {
				t.Errorf("%s: made is %v, and the reason why not is %q", id, made, NotMade[id])
			}
			total++
		}
	}
	if want := len(All()) + len(NotMade); total != want || total != 139 {
		t.Errorf("the catalogue has %d rules, made or not made are %d", total, want)
	}
}
