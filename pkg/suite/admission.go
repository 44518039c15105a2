package suite

import (
	"slices"
	"sync"

	"github.com/carto-run/carto/pkg/blueprint"
	"github.com/carto-run/carto/pkg/lint"
	"github.com/carto-run/carto/pkg/lint/rules"
	"github.com/carto-run/carto/pkg/manifest"
	"github.com/carto-run/carto/pkg/stamp"
)

// incomplete is the rule on bodies that are no object: the API server asks for their kind.
const incomplete = "TPL003"

// admission are the rules of lint by which the API server refuses objects, too.
var admission = sync.OnceValue(func() []*lint.Rule {
	return slices.DeleteFunc(slices.Clone(rules.All()), func(r *lint.Rule) bool { return !r.Admission && r.ID != incomplete || r.Level != lint.Error })
})

// refusals are why a template would not be admitted to a cluster, or could never work:
// what the engine says of it, and what lint knows of the API server. What only an API server
// knows, such as the schemas of other kinds, is not among them.
func refusals(doc *manifest.Document, compiled *stamp.Template) []error {
	var found []error
	type key struct{ rule, field string }
	said := map[key]bool{}
	for _, p := range compiled.Problems() {
		said[key{p.Rule, p.Field}] = true
		if p.Line > 0 {
			found = append(found, doc.ErrorInText(p.Field, p.Line, p.Message))
			continue
		}
		found = append(found, doc.Errorf(p.Field, "%s: %s", p.Field, p.Message))
	}
	for _, f := range lint.Run(lint.ReadDocument(doc), admission(), lint.Options{}).Findings {
		// What ytt makes is seen when it is made.
		if !said[key{f.Rule.ID, f.Field}] && f.Field != "spec.ytt" {
			found = append(found, doc.Errorf(f.Field, "%s: %s", f.Field, f.Message))
		}
	}
	return found
}

// blueprintFaults are those that keep a blueprint from being used at all; warnings are the
// others.
func (o *objects) blueprintFaults(b *blueprint.Blueprint) (faults []error, warnings []string) {
	doc := o.places[b.Kind+"/"+b.Name]
	for _, d := range b.Diagnostics {
		err := doc.Errorf(d.Field, "%s", d)
		if d.Severity == blueprint.Error {
			faults = append(faults, err)
			continue
		}
		warnings = append(warnings, err.Error())
	}
	return faults, warnings
}
