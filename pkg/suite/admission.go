package suite

import (
	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/blueprint"
	"github.com/carto-run/carto/pkg/manifest"
	"github.com/carto-run/carto/pkg/stamp"
)

// refusals are why a template would not be admitted to a cluster, or could never work:
// what the engine says of it, and those rules of the definitions (spec: api V-TPL, V-DT)
// that the engine does without. What only an API server knows, such as the schemas of
// other kinds, is not among them.
func refusals(doc *manifest.Document, template any, compiled *stamp.Template) []error {
	a := &admission{doc: doc}
	for _, p := range compiled.Problems() {
		if p.Line > 0 {
			a.found = append(a.found, doc.ErrorInText(p.Field, p.Line, p.Message))
			continue
		}
		a.refuse(true, p.Field, p.Message)
	}
	a.refuse(doc.Name() == "", "metadata.name", "the template needs a name")
	switch of := template.(type) {
	case *v1alpha1.ClusterSourceTemplate:
		a.spec(&of.Spec.TemplateSpec)
	case *v1alpha1.ClusterImageTemplate:
		a.spec(&of.Spec.TemplateSpec)
	case *v1alpha1.ClusterConfigTemplate:
		a.spec(&of.Spec.TemplateSpec)
	case *v1alpha1.ClusterTemplate:
		a.spec(&of.Spec)
	case *v1alpha1.ClusterDeploymentTemplate:
		a.spec(&of.Spec.TemplateSpec)
		a.refuse((len(of.Spec.ObservedMatches) > 0) == (of.Spec.ObservedCompletion != nil), "spec", "exactly one of observedMatches and observedCompletion must be set")
	case *v1alpha1.ClusterRunTemplate:
		a.body()
	}
	return a.found
}

// admission collects what is wrong.
type admission struct {
	doc   *manifest.Document
	found []error
}

func (a *admission) refuse(broken bool, field, message string) {
	if broken {
		a.found = append(a.found, a.doc.Errorf(field, "%s: %s", field, message))
	}
}

func (a *admission) spec(s *v1alpha1.TemplateSpec) {
	if s.Template != nil {
		a.body()
	}
	switch s.Lifecycle {
	case "", v1alpha1.LifecycleMutable:
		a.refuse(s.RetentionPolicy != nil, "spec.retentionPolicy", "it needs lifecycle immutable or tekton: a mutable template keeps one object")
	case v1alpha1.LifecycleImmutable, v1alpha1.LifecycleTekton:
	default:
		a.refuse(true, "spec.lifecycle", "it must be one of: mutable, immutable, tekton")
	}
	if p := s.RetentionPolicy; p != nil {
		a.refuse(p.MaxFailedRuns < 1 || p.MaxSuccessfulRuns < 1, "spec.retentionPolicy", "maxFailedRuns and maxSuccessfulRuns must be 1 or more")
	}
	a.health(s.HealthRule)
}

func (a *admission) health(rule *v1alpha1.HealthRule) {
	if rule == nil {
		return
	}
	set := 0
	for _, is := range []bool{rule.AlwaysHealthy != nil, rule.SingleConditionType != "", rule.MultiMatch != nil} {
		if is {
			set++
		}
	}
	a.refuse(set != 1, "spec.healthRule", "it must set exactly one of alwaysHealthy, singleConditionType, multiMatch")
	if m := rule.MultiMatch; m != nil {
		for _, side := range []struct {
			field string
			rule  v1alpha1.HealthMatchRule
		}{{"healthy", m.Healthy}, {"unhealthy", m.Unhealthy}} {
			a.refuse(len(side.rule.MatchConditions)+len(side.rule.MatchFields) == 0, "spec.healthRule.multiMatch."+side.field, "at least one entry in matchConditions or matchFields is needed")
		}
	}
}

// body checks the skeleton of an object.
func (a *admission) body() {
	spec, _ := a.doc.Object["spec"].(map[string]any)
	body, ok := spec["template"].(map[string]any)
	if !ok {
		return // the engine says so
	}
	kind, _ := body["kind"].(string)
	a.refuse(kind == "", "spec.template.kind", "it is missing: a template must be a Kubernetes object")
	metadata, _ := body["metadata"].(map[string]any)
	namespace := metadata["namespace"]
	a.refuse(namespace != nil && namespace != "", "spec.template.metadata.namespace", "objects are stamped into the namespace of their owner; leave it out")
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
