package health

import (
	"slices"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/lint"
)

var bothSides = &lint.Rule{
	ID: "HLT006", Slug: "healthy-and-unhealthy", Level: lint.Warning, Needs: lint.NeedsFiles,
	Title: "what makes an object healthy makes it unhealthy too",
	Text: `The unhealthy side is looked at first, and one entry of it is enough. Where an entry of the healthy side brings one
of the unhealthy side with it, or both name the same value of a field, the object is unhealthy when it should be healthy.

Remove the entry, or the value, from one of the sides. That two different conditions or fields can hold at once is usual, and not
reported: the unhealthy one counts then.`,
	Bad: head + `  healthRule:
    multiMatch:
      healthy:
        matchFields: [{key: status.phase, operator: In, values: [Ready, Idle], messagePath: .status.message}]
      unhealthy:
        matchFields:
        - {key: status.phase, operator: In, values: [Idle, Failed], messagePath: .status.message} # <-
  template: {apiVersion: db.example.com/v1, kind: Database, metadata: {name: $(workload.metadata.name)$}}
`,
	Good: head + `  healthRule:
    multiMatch:
      healthy:
        matchFields: [{key: status.phase, operator: In, values: [Ready, Idle], messagePath: .status.message}]
      unhealthy:
        matchFields:
        - {key: status.phase, operator: In, values: [Failed], messagePath: .status.message}
  template: {apiVersion: db.example.com/v1, kind: Database, metadata: {name: $(workload.metadata.name)$}}
`,
	Check: func(p *lint.Pass) {
		for _, t := range p.Templates {
			if sides := t.HealthSides(); len(sides) == 2 {
				compareSides(p, t, sides[0], sides[1])
			}
		}
	},
}

func compareSides(p *lint.Pass, t *lint.Template, healthy, unhealthy lint.HealthSide) {
	for i, bad := range unhealthy.Rule.MatchConditions {
		if j := slices.Index(healthy.Rule.MatchConditions, bad); j >= 0 {
			p.Report(t.Key(item(unhealthy.Field+".matchConditions", i)), "condition %s %s makes the object unhealthy, but it needs it to be healthy", bad.Type, bad.Status).
				Because(t.Key(item(healthy.Field+".matchConditions", j)).Range, "the same on the healthy side").
				Do("remove it from one of the sides")
		}
	}
	times := map[string]int{}
	for _, good := range healthy.Rule.MatchFields {
		times[good.Key]++
	}
	for i, bad := range unhealthy.Rule.MatchFields {
		for j, good := range healthy.Rule.MatchFields {
			if good.Key != bad.Key || times[good.Key] > 1 { // one may exclude what the other asks for
				continue
			}
			if how := clash(good.FieldRequirement, bad.FieldRequirement); how != "" {
				p.Report(t.Key(item(unhealthy.Field+".matchFields", i)), "%s makes the object unhealthy %s", bad.Key, how).
					Because(t.Key(item(healthy.Field+".matchFields", j)).Range, "on the healthy side").
					Do("remove it from one of the sides")
				break
			}
		}
	}
}

// clash says how two requirements on one field make an object healthy and unhealthy at once;
// empty when they do not, or when that can be meant: unhealthy is looked at first, so
// "exists" and "is not Failed" go together.
func clash(good, bad v1alpha1.FieldRequirement) string {
	const in, notIn, exists, gone = v1alpha1.FieldSelectorOpIn, v1alpha1.FieldSelectorOpNotIn, v1alpha1.FieldSelectorOpExists, v1alpha1.FieldSelectorOpDoesNotExist
	switch {
	case good.Operator == in && bad.Operator == in:
		for _, value := range good.Values {
			if slices.Contains(bad.Values, value) {
				return "by the value " + value + ", which the healthy side asks for"
			}
		}
	case good.Operator == in && bad.Operator == notIn:
		for _, value := range good.Values {
			if !slices.Contains(bad.Values, value) {
				return "by the value " + value + ", which the healthy side asks for"
			}
		}
	case (good.Operator == in || good.Operator == exists) && bad.Operator == exists:
		return "whenever it exists, which the healthy side asks for"
	case good.Operator == gone && bad.Operator == gone:
		return "whenever it does not exist, which the healthy side asks for"
	case good.Operator == notIn && bad.Operator == notIn && subset(bad.Values, good.Values):
		return "by each value that the healthy side lets pass"
	}
	return ""
}

// subset says whether all of a are among b.
func subset(a, b []string) bool {
	return !slices.ContainsFunc(a, func(s string) bool { return !slices.Contains(b, s) })
}
