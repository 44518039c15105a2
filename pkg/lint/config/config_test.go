package config

import (
	"strings"
	"testing"

	"github.com/carto-run/carto/pkg/lint"
)

var (
	ref3 = &lint.Rule{ID: "REF003", Slug: "unknown-input-step", Level: lint.Error}
	ref8 = &lint.Rule{ID: "REF008", Slug: "unreached-template", Level: lint.Warning}
	sty1 = &lint.Rule{ID: "STY001", Slug: "no-description", Level: lint.Info}
	all  = []*lint.Rule{ref3, ref8, sty1}
)

func TestLevel(t *testing.T) {
	t.Parallel()
	c, err := Parse(".carto-lint.yaml", []byte(`
kubernetesVersion: "1.34"
failOn: warning
rules:
  REF: info
  REF003: error
  no-description: off
paths:
- path: teams/**/*.yaml
  rules: {ref008: warning}
- path: teams/web/**
  rules: {REF: off}
exclude:
- {path: charts/**, reason: they are made by helm}
`), all)
	if err != nil {
		t.Fatal(err)
	}
	if c.FailOn != (Level{lint.Warning, true}) || c.KubernetesVersion != "1.34" {
		t.Errorf("got %+v", c)
	}
	for _, tc := range []struct {
		reason string
		rule   *lint.Rule
		file   string
		want   lint.Level
		said   bool
	}{
		{"of the family", ref8, "a.yaml", lint.Info, true},
		{"the rule wins over its family", ref3, "a.yaml", lint.Error, true},
		{"by name; YAML takes off for false", sty1, "a.yaml", lint.Off, true},
		{"of the path", ref8, "teams/a.yaml", lint.Warning, true},
		{"a path that says nothing of the rule", ref3, "teams/a.yaml", lint.Error, true},
		{"the last path wins", ref8, "teams/web/deep/a.yaml", lint.Off, true},
		{"a file elsewhere", ref8, "../teams/a.yaml", lint.Info, true},
	} {
		if level, said := c.Level(tc.rule, tc.file); level != tc.want || said != tc.said {
			t.Errorf("%s: got %s, %t", tc.reason, level, said)
		}
	}
	if c.Excluded("charts/a/b.yaml") != "they are made by helm" || c.Excluded("chart/a.yaml") != "" {
		t.Error("excluded")
	}
	if _, said := (&Config{}).Level(ref3, "a.yaml"); said {
		t.Error("an empty configuration says nothing")
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ reason, text, want string }{
		{"nothing at all is fine", "", ""},
		{"comments are fine", "# nothing\n", ""},
		{"no YAML", "rules: [", "c:1: "},
		{"an unknown field", "rule: {}\n", `c:1: unknown field "rule"`},
		{"an unknown rule", "rules:\n  REF003: off\n  REF999: off\n", `c:3: rules: there is no rule and no family "REF999"; lint rules lists them`},
		{"an unknown level", "rules:\n  REF003: of\n", `c:2: rules.REF003: "of" is no level; one of: off, info, warning, error`},
		{"on is no level", "rules:\n  REF003: on\n", "c:2: rules.REF003: true is no level; one of: off, info, warning, error"},
		{"a level of a path", "paths:\n- path: a\n  rules:\n    REF: fatal\n", `c:4: paths[0].rules.REF: "fatal" is no level`},
		{"no failure ever", "failOn: off\n", "c:1: failOn: off would hide every fault"},
		{"a number for a version", "kubernetesVersion: 1.30\n", "c:1: kubernetesVersion: type number where it must be string"},
		{"no version", "targetVersion: latest\n", `c:1: targetVersion: "latest" is no version`},
		{"no pattern", "paths:\n- path: a[\n  rules: {}\n", `c:2: paths[0].path: "a[" is no pattern`},
		{"a path of the machine", "exclude:\n- {path: /etc, reason: x}\n", `c:2: exclude[0].path: "/etc" is no pattern`},
		{"no reason", "exclude:\n- path: a\n", "c:2: exclude[0]: the reason is missing"},
		{"a list", "- a\n", "c:1: is no object"},
		{"two documents", "{}\n---\n{}\n", "c:3: a second document"},
		{"all at once", "rules: {X: off}\nexclude: [{path: a}]\n", "c:1: rules: there is no rule and no family \"X\"; lint rules lists them\nc:2: exclude[0]: the reason is missing"},
	} {
		_, err := Parse("c", []byte(tc.text), all)
		if (err == nil) != (tc.want == "") || err != nil && !strings.HasPrefix(err.Error(), tc.want) {
			t.Errorf("%s: got %v", tc.reason, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("rules: {REF: off}\npaths: [{path: '**', rules: {REF003: error}}]\nexclude: [{path: a/*, reason: b}]\n")
	f.Add("paths: 1\nrules: [a]\nexclude: {}\n")
	f.Fuzz(func(_ *testing.T, text string) {
		if c, err := Parse("c", []byte(text), all); err == nil {
			for _, rule := range all {
				c.Level(rule, "a/b.yaml")
			}
			c.Excluded("a/b.yaml")
		}
	})
}
