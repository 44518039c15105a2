package main

import (
	"github.com/carto-run/carto/pkg/lint/report"
	"github.com/carto-run/carto/pkg/lint/rules"
)

const generatedRules = "<!-- Generated from the rules' records by make generate. Do not edit. -->\n\n"

// rulePages are the pages about the rules of lint, and an index.
func rulePages() map[string][]byte {
	all := map[string][]byte{index: append([]byte(generatedRules), report.Index(rules.Sorted(), rules.NotMade)...)}
	for _, rule := range rules.Sorted() {
		all[rule.ID+".md"] = append([]byte(generatedRules), report.Page(rule)...)
	}
	return all
}
