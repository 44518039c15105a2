package health

import (
	"slices"
	"strings"

	"github.com/carto-run/carto/pkg/lint"
	"github.com/carto-run/carto/pkg/near"
	"github.com/carto-run/carto/pkg/schema"
)

var unknownCondition = &lint.Rule{
	ID: "HLT004", Slug: "unpublished-condition", Level: lint.Warning, Needs: lint.NeedsFiles,
	Title: "a health rule, or a completion, looks at a condition that the stamped kind does not have",
	Text: `The condition never appears, so the step's health stays unknown, and the owner never becomes ready. Kinds differ
in the words that they use: a Deployment is Available, a Job is Complete, a kpack Image is Ready, a TaskRun has Succeeded, a kapp App
has ReconcileSucceeded.

Name a condition that the kind has. Lint knows those of built-in kinds, of Carto, and of some widely used controllers; about other
kinds, and other conditions of these controllers, it says nothing.`,
	Bad: head + `  healthRule:
    singleConditionType: Ready # <-
` + deployment,
	Good: head + `  healthRule:
    singleConditionType: Available
` + deployment,
	Check: func(p *lint.Pass) {
		for _, t := range p.Templates {
			if rule := t.Spec.HealthRule; rule != nil && rule.SingleConditionType != "" {
				condition(p, t, "spec.healthRule.singleConditionType", rule.SingleConditionType)
			}
			for _, side := range t.HealthSides() {
				for i, c := range side.Rule.MatchConditions {
					condition(p, t, item(side.Field+".matchConditions", i)+".type", c.Type)
				}
			}
			for _, path := range slices.Concat(t.Health(), t.Completion()) {
				condition(p, t, path.Field, path.Condition())
			}
		}
	},
}

func condition(p *lint.Pass, t *lint.Template, field, conditionType string) {
	kind, known := t.Stamps()
	if !known || conditionType == "" {
		return
	}
	possible, types := p.Schemas.Publishes(kind, conditionType)
	if possible != schema.No {
		return
	}
	f := p.Report(t.At(field), "%s never has a condition %s", kind.Kind, conditionType).
		Because(t.StampsKind().Range, "%s %s is stamped", kind.GroupVersion(), kind.Kind)
	switch meant := near.Names(conditionType, types); {
	case len(types) == 0:
		f.Do("use another form of health rule: the kind has no conditions")
	case len(meant) > 0:
		f.Do("write %s, if that is what was meant", meant[0])
	default:
		f.Do("it has %s", strings.Join(types, ", "))
	}
}

var unknownField = &lint.Rule{
	ID: "HLT008", Slug: "impossible-health-field", Level: lint.Error, Needs: lint.NeedsSchema,
	Title: "a health rule reads a field that the stamped kind can not have",
	Text: `A path that can not be parsed, or that leads to what the kind can not have, never matches. The step is then
never healthy, or never unhealthy, whatever the object does.

Correct the path: ` + "`kubectl explain KIND.status --recursive`" + ` lists what there is.`,
	Bad: head + `  healthRule:
    multiMatch:
      healthy:
        matchFields: [{key: status.availableReplica, operator: Exists, messagePath: '.status.conditions[0].message'}] # <-
      unhealthy:
        matchConditions: [{type: Progressing, status: "False"}]
` + deployment,
	Good: head + `  healthRule:
    multiMatch:
      healthy:
        matchFields: [{key: status.availableReplicas, operator: Exists, messagePath: '.status.conditions[0].message'}]
      unhealthy:
        matchConditions: [{type: Progressing, status: "False"}]
` + deployment,
	Check: func(p *lint.Pass) {
		for _, t := range p.Templates {
			kind, _ := t.Stamps()
			for _, path := range t.Health() {
				if path.Err != nil {
					p.Report(t.At(path.Field), "%v", path.Err)
				}
				answer := p.LeadsTo(t, path)
				if answer.Possible != schema.No {
					continue
				}
				before := "the object"
				if answer.Known != "" {
					before = "." + answer.Known
				}
				f := p.Report(t.InPath(path, answer.Name), "health is read at %s, which %s never has: %s %s", path.Text, kind.Kind, before, answer.Why).
					Because(t.StampsKind().Range, "%s %s is stamped", kind.GroupVersion(), kind.Kind)
				if answer.Name != "" && len(answer.Meant) > 0 {
					f.Do("write %s, if that is what was meant", strings.Replace(path.Text, answer.Name, answer.Meant[0], 1))
				}
			}
		}
	},
}
