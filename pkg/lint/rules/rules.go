// Package rules is the catalogue of all rules, put together from the packages below it, one for
// each family.
package rules

import (
	"cmp"
	"slices"
	"strings"

	"github.com/carto-run/carto/pkg/lint"
	"github.com/carto-run/carto/pkg/lint/rules/access"
	"github.com/carto-run/carto/pkg/lint/rules/body"
	"github.com/carto-run/carto/pkg/lint/rules/compat"
	"github.com/carto-run/carto/pkg/lint/rules/file"
	"github.com/carto-run/carto/pkg/lint/rules/graph"
	"github.com/carto-run/carto/pkg/lint/rules/health"
	"github.com/carto-run/carto/pkg/lint/rules/lifecycle"
	"github.com/carto-run/carto/pkg/lint/rules/output"
	"github.com/carto-run/carto/pkg/lint/rules/owner"
	"github.com/carto-run/carto/pkg/lint/rules/param"
	"github.com/carto-run/carto/pkg/lint/rules/reference"
	"github.com/carto-run/carto/pkg/lint/rules/runnable"
	"github.com/carto-run/carto/pkg/lint/rules/security"
	"github.com/carto-run/carto/pkg/lint/rules/selector"
	"github.com/carto-run/carto/pkg/lint/rules/stamped"
	"github.com/carto-run/carto/pkg/lint/rules/style"
	"github.com/carto-run/carto/pkg/lint/rules/yttbody"
)

// All lists every rule, families in the order of the catalogue.
func All() []*lint.Rule { return slices.Clone(all) }

var all = slices.Concat(
	file.Rules,
	reference.Rules,
	graph.Rules,
	selector.Rules,
	param.Rules,
	body.Rules,
	stamped.Rules,
	yttbody.Rules,
	output.Rules,
	health.Rules,
	lifecycle.Rules,
	runnable.Rules,
	access.Rules,
	owner.Rules,
	compat.Rules,
	security.Rules,
	style.Rules,
)

// Find finds a rule by ID or slug; nil when there is none.
func Find(name string) *lint.Rule {
	for _, rule := range all {
		if strings.EqualFold(rule.ID, name) || rule.Slug == name {
			return rule
		}
	}
	return nil
}

// Sorted lists every rule by ID.
func Sorted() []*lint.Rule {
	return slices.SortedFunc(slices.Values(all), func(a, b *lint.Rule) int { return cmp.Compare(a.ID, b.ID) })
}
