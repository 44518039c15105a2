package health

import (
	"slices"
	"strconv"
	"strings"

	kubeschema "k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/lint"
	"github.com/carto-run/carto/pkg/near"
	"github.com/carto-run/carto/pkg/schema"
)

var oneForm = &lint.Rule{
	ID: "HLT001", Slug: "health-rule-form", Level: lint.Error, Needs: lint.NeedsFiles, Admission: true,
	Title: "a health rule has none or several of its three forms",
	Text: `A health rule is one of ` + "`alwaysHealthy: {}`, `singleConditionType` and `multiMatch`" + `. With several, only the first of these
would count; with none, the rule says nothing. The API server refuses both.

Keep one. To have no rule, leave out ` + "`healthRule`" + `.`,
	Bad: head + `  healthRule: # <-
    alwaysHealthy: {}
    singleConditionType: Available
` + deployment,
	Good: head + `  healthRule:
    singleConditionType: Available
` + deployment,
	Check: func(p *lint.Pass) {
		for _, t := range p.Templates {
			rule := t.Spec.HealthRule
			if rule == nil {
				continue
			}
			var forms []string
			if rule.AlwaysHealthy != nil {
				forms = append(forms, "alwaysHealthy")
			}
			if rule.SingleConditionType != "" {
				forms = append(forms, "singleConditionType")
			}
			if rule.MultiMatch != nil {
				forms = append(forms, "multiMatch")
			}
			switch {
			case len(forms) == 0 && isMisspelt(t):
			case len(forms) == 0:
				p.Report(t.Key("spec.healthRule"), "the health rule has none of alwaysHealthy, singleConditionType and multiMatch").
					Do("give it one of them, or leave the rule out")
			case len(forms) > 1:
				p.Report(t.Key("spec.healthRule"), "the health rule has %s at once", strings.Join(forms, " and ")).
					Do("keep one of them")
			}
		}
	},
}

// isMisspelt says that a health rule has one of the forms, with a slip in its name: SYN003
// tells.
func isMisspelt(t *lint.Template) bool {
	spec, _ := t.Doc.Object["spec"].(map[string]any)
	rule, _ := spec["healthRule"].(map[string]any)
	forms := []string{"alwaysHealthy", "singleConditionType", "multiMatch"}
	for name := range rule {
		if !slices.Contains(forms, name) && len(near.Names(name, forms)) > 0 {
			return true
		}
	}
	return false
}

var emptySide = &lint.Rule{
	ID: "HLT002", Slug: "empty-health-side", Level: lint.Error, Needs: lint.NeedsFiles, Admission: true,
	Title: "a side of a multiMatch has nothing to match",
	Text: `Both sides of a ` + "`multiMatch`" + ` need at least one entry in ` + "`matchConditions` or `matchFields`" + `: without one the object is never
healthy, or never unhealthy. The API server refuses such a rule.

Say by which condition or field the other side shows. When the object has no such sign, ` + "`singleConditionType`" + ` may be enough.`,
	Bad: head + `  healthRule:
    multiMatch:
      healthy:
        matchConditions: [{type: Available, status: "True"}]
      unhealthy: {} # <-
` + deployment,
	Good: head + `  healthRule:
    multiMatch:
      healthy:
        matchConditions: [{type: Available, status: "True"}]
      unhealthy:
        matchConditions: [{type: Progressing, status: "False"}]
` + deployment,
	Check: func(p *lint.Pass) {
		for _, t := range p.Templates {
			for _, side := range t.HealthSides() {
				if len(side.Rule.MatchConditions)+len(side.Rule.MatchFields) == 0 {
					p.Report(t.Key(side.Field), "%s has neither matchConditions nor matchFields, so no object is ever %[1]s", side.Name)
				}
			}
		}
	},
}

var uselessRetention = &lint.Rule{
	ID: "HLT003", Slug: "retention-of-mutable", Level: lint.Error, Needs: lint.NeedsFiles, Admission: true,
	Title: "a template that keeps one object up to date says how many old ones to keep",
	Text: `` + "`retentionPolicy`" + ` counts finished runs, which only the lifecycles immutable and tekton make. The API server refuses it
on a mutable template.

Remove it, or set ` + "`lifecycle`" + `.`,
	Bad: head + `  retentionPolicy: {maxFailedRuns: 2, maxSuccessfulRuns: 2} # <-
` + deployment,
	Good: head + strings.Replace(deployment, "{name: $(workload.metadata.name)$}", "{generateName: $(workload.metadata.name)$-}", 1) +
		`  lifecycle: immutable
  healthRule: {singleConditionType: Available}
  retentionPolicy: {maxFailedRuns: 2, maxSuccessfulRuns: 2}
`,
	Check: func(p *lint.Pass) {
		for _, t := range p.Templates {
			if !t.IsRun() && t.Lifecycle == v1alpha1.LifecycleMutable && t.Spec.RetentionPolicy != nil {
				p.Report(t.Key("spec.retentionPolicy"), "retentionPolicy needs the lifecycle immutable or tekton, but this template is mutable").
					Do("remove it, or set lifecycle")
			}
		}
	},
}

var noMessagePath = &lint.Rule{
	ID: "HLT005", Slug: "health-without-message", Level: lint.Warning, Needs: lint.NeedsFiles,
	Title: "a field decides about health, but nothing says why it has its value",
	Text: `When ` + "`matchFields`" + ` decides, the owner's condition shows the field and its value, and the text at ` + "`messagePath`" + `. Without
that path the person who waits sees what is wrong, but not why; Cartographer then even claims that a path is missing.

Add the path of a text that a controller writes to explain itself.`,
	Bad: head + `  healthRule:
    multiMatch:
      healthy:
        matchFields: [{key: status.phase, operator: In, values: [Ready], messagePath: .status.message}]
      unhealthy:
        matchFields: [{key: status.phase, operator: In, values: [Failed]}] # <-
  template: {apiVersion: db.example.com/v1, kind: Database, metadata: {name: $(workload.metadata.name)$}}
`,
	Good: head + `  healthRule:
    multiMatch:
      healthy:
        matchFields: [{key: status.phase, operator: In, values: [Ready], messagePath: .status.message}]
      unhealthy:
        matchFields: [{key: status.phase, operator: In, values: [Failed], messagePath: .status.message}]
  template: {apiVersion: db.example.com/v1, kind: Database, metadata: {name: $(workload.metadata.name)$}}
`,
	Check: func(p *lint.Pass) {
		for _, t := range p.Templates {
			for _, side := range t.HealthSides() {
				for i, field := range side.Rule.MatchFields {
					if field.MessagePath == "" {
						p.Report(t.Key(item(side.Field+".matchFields", i)), "%s decides about health, but no messagePath says why it is so", field.Key).
							Do("add messagePath, the path of a text that explains it")
					}
				}
			}
		}
	},
}

var noRule = &lint.Rule{
	ID: "HLT007", Slug: "no-health-rule", Level: lint.Warning, Needs: lint.NeedsFiles,
	Title: "a template without outputs and health rule is healthy as soon as its object exists",
	Text: `A ClusterTemplate has no output to wait for. Without ` + "`healthRule`" + `, its step is healthy once the object is written, even
if what it deploys never starts, and the owner says that it is ready.

Add a rule: ` + "`singleConditionType`, or `multiMatch`" + `. When nothing can go wrong with the object, say so by ` + "`alwaysHealthy: {}`" + `.
Objects that are only data, such as a ConfigMap, need no rule; of kinds that lint does not know it only informs.`,
	Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: deploy}
spec:
  template:
    apiVersion: kappctrl.k14s.io/v1alpha1
    kind: App # <-
    metadata: {name: $(workload.metadata.name)$}
    spec: $(params.app)$
`,
	Good: `apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: deploy}
spec:
  healthRule:
    multiMatch:
      healthy: {matchConditions: [{type: ReconcileSucceeded, status: "True"}]}
      unhealthy: {matchConditions: [{type: ReconcileFailed, status: "True"}]}
  template:
    apiVersion: kappctrl.k14s.io/v1alpha1
    kind: App
    metadata: {name: $(workload.metadata.name)$}
    spec: $(params.app)$
`,
	Check: func(p *lint.Pass) {
		for _, t := range p.Templates {
			kind, known := t.Stamps()
			if !known || t.Template.Kind != v1alpha1.KindClusterTemplate || t.Lifecycle != v1alpha1.LifecycleMutable || t.Spec.HealthRule != nil {
				continue
			}
			canFail := canFail(p.Schemas, kind)
			if canFail == schema.No {
				continue
			}
			f := p.Report(t.StampsKind(), "the step is healthy as soon as %s exists, whatever becomes of it", kind.Kind).
				Do("add a healthRule; alwaysHealthy: {} says that it is meant so")
			if canFail == schema.Perhaps {
				f.As(lint.Info)
			}
		}
	},
}

// canFail says whether an object of a kind can turn out bad after it was written.
func canFail(catalog *schema.Catalog, kind kubeschema.GroupVersionKind) schema.Possible {
	_, conditions := catalog.Publishes(kind, "Ready")
	switch {
	case schema.IsNative(kind.Group):
		switch kind.Kind {
		case "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job", "Pod":
			return schema.Yes
		}
		return schema.No
	case len(conditions) > 0:
		return schema.Yes
	case catalog.HasStatus(kind) == schema.No:
		return schema.No
	}
	return schema.Perhaps
}

func item(list string, i int) string { return list + "[" + strconv.Itoa(i) + "]" }
