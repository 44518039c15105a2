// Package lifecycle holds the rules about the lifecycles of stamped objects (LIF).
package lifecycle

import (
	"slices"
	"strings"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/lint"
	"github.com/carto-run/carto/pkg/schema"
)

// Rules of the family.
var Rules = []*lint.Rule{fixedName, generatedName, unjudged, noRun, frozenSpec, defaultRetention}

var fixedName = &lint.Rule{
	ID: "LIF001", Slug: "fixed-name-of-runs", Level: lint.Error, Needs: lint.NeedsFiles,
	Title: "a template that makes a new object for each change gives all of them one name",
	Text: `With the lifecycle immutable or tekton, and in a run template, each change of what is stamped makes another object. The
second one can not be created: the name is taken.

Use ` + "`generateName`" + `, with a dash at its end.`,
	Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: test}
spec:
  lifecycle: tekton
  template:
    apiVersion: tekton.dev/v1
    kind: TaskRun
    metadata:
      name: $(workload.metadata.name)$-test # <-
    spec:
      params: [{name: revision, value: $(source.revision)$}]
`,
	Good: `apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: test}
spec:
  lifecycle: tekton
  template:
    apiVersion: tekton.dev/v1
    kind: TaskRun
    metadata:
      generateName: $(workload.metadata.name)$-test-
    spec:
      params: [{name: revision, value: $(source.revision)$}]
`,
	Check: func(p *lint.Pass) {
		for _, t := range p.Templates {
			if t.Lifecycle == v1alpha1.LifecycleMutable {
				continue
			}
			name, at := fixed(t)
			if name == "" {
				continue
			}
			f := p.Report(at, "all objects that an owner gets by the template are called %s, so only the first can be created", name)
			if t.IsRun() {
				f.Message = "all runs of a Runnable are called " + name + ", so only the first can be created"
			} else {
				f.Because(t.At("spec.lifecycle").Range, "each change makes another object")
			}
			if !changes(t, func(*lint.Read) bool { return true }) {
				f.As(lint.Warning) // until the template itself is changed
			}
			if t.Body == nil {
				f.Do("use generateName, with a dash at its end")
			} else {
				f.Do("use generateName: %s-", strings.TrimSuffix(name, "-"))
			}
		}
	},
}

// fixed is the name that the body gives to all objects of an owner, as it is written there, and
// its place; empty when the name can change.
func fixed(t *lint.Template) (name string, at lint.Place) {
	if t.Body != nil {
		if changes(t, func(r *lint.Read) bool { return r.Field == "metadata.name" }) {
			return "", at
		}
		return named(t, "name"), t.Key("spec.template.metadata.name")
	}
	written := t.Written()
	if written == nil || !written.Has("metadata.name") || written.Has("metadata.generateName") {
		return "", at
	}
	at = t.WrittenIn(written, "metadata.name")
	if value, certain := t.Certain(written, "metadata", "name"); certain && value != nil {
		name, _ = value.(string)
		return name, at
	}
	line := strings.Split(t.Spec.Ytt, "\n")[written.Key("metadata.name").Start.Line-1]
	_, code, isCode := strings.Cut(line, "name: #@ ")
	if code = strings.TrimSpace(code); !isCode || slices.ContainsFunc(t.Objects(), func(o map[string]any) bool { return isGenerated(o) }) {
		return "", at
	}
	for term := range strings.SplitSeq(code, "+") {
		if term = strings.TrimSpace(term); !isText(term) && !slices.ContainsFunc(t.Reads, func(r lint.Read) bool {
			return r.Into == "metadata.name" && r.Expression == term && r.Whole && slices.Contains(ofOwner, r.Path())
		}) {
			return "", at
		}
	}
	return code, at
}

// isText says that code is a text of letters, digits, dashes and dots.
func isText(code string) bool {
	if len(code) < 2 || code[0] != code[len(code)-1] || code[0] != '"' && code[0] != '\'' {
		return false
	}
	return strings.Trim(code[1:len(code)-1], "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.") == ""
}

// ofOwner is what never changes while an owner lives.
var ofOwner = []string{
	"workload.metadata.name", "deliverable.metadata.name", "runnable.metadata.name",
	"workload.metadata.namespace", "deliverable.metadata.namespace", "runnable.metadata.namespace",
	"workload.metadata.uid", "deliverable.metadata.uid", "runnable.metadata.uid",
}

// named is metadata.name or metadata.generateName of the body.
func named(t *lint.Template, field string) string {
	metadata, _ := t.Body["metadata"].(map[string]any)
	name, _ := metadata[field].(string)
	return name
}

// changes says whether a part of the body reads anything that can change while its owner
// lives: all but the owner's name.
func changes(t *lint.Template, part func(*lint.Read) bool) bool {
	for i := range t.Reads {
		r := &t.Reads[i]
		if r.Key || !part(r) {
			continue
		}
		if !slices.Contains(ofOwner, r.Path()) {
			return true
		}
	}
	return false
}

var generatedName = &lint.Rule{
	ID: "LIF002", Slug: "generated-name-of-mutable", Level: lint.Error, Needs: lint.NeedsFiles,
	Title: "a template that keeps one object up to date lets the API server choose its name",
	Text: `A mutable template writes the same object again for each change, and has to know its name. Carto refuses a body with
` + "`generateName`" + ` alone; Cartographer would make a new object for each change and forget the old ones.

Set ` + "`metadata.name`" + `. When each change shall make another object, set ` + "`lifecycle: immutable`, or `tekton`" + `.`,
	Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: note}
spec:
  template:
    apiVersion: v1
    kind: ConfigMap
    metadata:
      generateName: $(workload.metadata.name)$- # <-
    data: {revision: $(source.revision)$}
`,
	Good: `apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: note}
spec:
  template:
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: $(workload.metadata.name)$
    data: {revision: $(source.revision)$}
`,
	Check: func(p *lint.Pass) {
		for _, t := range p.Templates {
			if t.Lifecycle != v1alpha1.LifecycleMutable || !slices.ContainsFunc(t.Objects(), isGenerated) {
				continue
			}
			at := t.Key("spec.template.metadata.generateName")
			if t.Body == nil {
				at = t.FieldInYtt("generateName")
			}
			p.Report(at, "the template keeps one object up to date, which needs a fixed name").Do("set metadata.name, or lifecycle: immutable")
		}
	},
}

// isGenerated says that the API server is to choose the name of an object.
func isGenerated(object map[string]any) bool {
	metadata, _ := object["metadata"].(map[string]any)
	name, _ := metadata["name"].(string)
	beginning, _ := metadata["generateName"].(string)
	return name == "" && beginning != ""
}

var unjudged = &lint.Rule{
	ID: "LIF003", Slug: "immutable-without-health", Level: lint.Warning, Needs: lint.NeedsFiles,
	Title: "runs are never judged, so each counts as successful at once",
	Text: `Outputs come from the newest healthy object. An immutable template without ` + "`healthRule`" + ` takes every object for healthy as
soon as it exists: the outputs are read from a run that has not finished, or has failed, and retention never counts a failure.

Add a rule, such as ` + "`singleConditionType: Succeeded`" + `, or use ` + "`lifecycle: tekton`" + `, which has that one. ` + "`alwaysHealthy: {}`" + ` says that it is
meant so.`,
	Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: test}
spec:
  lifecycle: immutable # <-
  template:
    apiVersion: batch/v1
    kind: Job
    metadata: {generateName: $(workload.metadata.name)$-}
    spec: $(params.job)$
`,
	Good: `apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: test}
spec:
  lifecycle: immutable
  healthRule:
    multiMatch:
      healthy: {matchConditions: [{type: Complete, status: "True"}]}
      unhealthy: {matchConditions: [{type: Failed, status: "True"}]}
  template:
    apiVersion: batch/v1
    kind: Job
    metadata: {generateName: $(workload.metadata.name)$-}
    spec: $(params.job)$
`,
	Check: func(p *lint.Pass) {
		for _, t := range p.Templates {
			kind, known := t.Stamps()
			if t.Lifecycle != v1alpha1.LifecycleImmutable || t.Spec.HealthRule != nil || known && p.Schemas.HasStatus(kind) == schema.No {
				continue
			}
			p.Report(t.At("spec.lifecycle"), "without a healthRule every object counts as successful as soon as it exists").
				Do("add a healthRule; alwaysHealthy: {} says that it is meant so")
		}
	},
}

var noRun = &lint.Rule{
	ID: "LIF004", Slug: "tekton-lifecycle-of-no-run", Level: lint.Warning, Needs: lint.NeedsFiles,
	Title: "the lifecycle tekton judges a kind that has no condition Succeeded",
	Text: `The lifecycle ` + "`tekton`" + ` is ` + "`immutable`" + ` with the health rule ` + "`singleConditionType: Succeeded`" + `. A kind that never has this condition
is never healthy: the step has no outputs, and its objects are never cleaned up.

Use ` + "`lifecycle: immutable`" + ` with a rule that fits the kind, or ` + "`mutable`" + ` for a kind that is not a run.`,
	Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: test}
spec:
  lifecycle: tekton # <-
  template:
    apiVersion: batch/v1
    kind: Job
    metadata: {generateName: $(workload.metadata.name)$-}
    spec: $(params.job)$
`,
	Good: `apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: test}
spec:
  lifecycle: immutable
  healthRule:
    multiMatch:
      healthy: {matchConditions: [{type: Complete, status: "True"}]}
      unhealthy: {matchConditions: [{type: Failed, status: "True"}]}
  template:
    apiVersion: batch/v1
    kind: Job
    metadata: {generateName: $(workload.metadata.name)$-}
    spec: $(params.job)$
`,
	Check: func(p *lint.Pass) {
		for _, t := range p.Templates {
			kind, known := t.Stamps()
			if !known || t.IsRun() || t.Lifecycle != v1alpha1.LifecycleTekton || t.Spec.HealthRule != nil {
				continue
			}
			if possible, _ := p.Schemas.Publishes(kind, "Succeeded"); possible == schema.No {
				p.Report(t.At("spec.lifecycle"), "the lifecycle tekton waits for the condition Succeeded, which %s never has", kind.Kind).
					Because(t.StampsKind().Range, "%s %s is stamped", kind.GroupVersion(), kind.Kind).
					Do("use lifecycle: immutable with a healthRule for %s, or mutable", kind.Kind)
			}
		}
	},
}

var frozenSpec = &lint.Rule{
	ID: "LIF005", Slug: "mutable-frozen-spec", Level: lint.Warning, Needs: lint.NeedsFiles,
	Title: "a template updates objects whose spec can not be changed",
	Text: `The API server refuses changes of the spec of this kind once the object exists. The first object is stamped, and
the first new input or param after that makes the step fail.

Use ` + "`lifecycle: immutable` (for Tekton: `tekton`) and `generateName`" + `, so that each change makes another object.`,
	Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: test}
spec:
  healthRule: {singleConditionType: Succeeded}
  template:
    apiVersion: tekton.dev/v1
    kind: TaskRun # <-
    metadata: {name: $(workload.metadata.name)$}
    spec:
      params: [{name: revision, value: $(source.revision)$}]
`,
	Good: `apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: test}
spec:
  lifecycle: tekton
  template:
    apiVersion: tekton.dev/v1
    kind: TaskRun
    metadata: {generateName: $(workload.metadata.name)$-}
    spec:
      params: [{name: revision, value: $(source.revision)$}]
`,
	Check: func(p *lint.Pass) {
		inSpec := func(r *lint.Read) bool { return r.Field == "spec" || strings.HasPrefix(r.Field, "spec.") }
		for _, t := range p.Templates {
			kind, known := t.Stamps()
			if !known || t.Body == nil || t.Lifecycle != v1alpha1.LifecycleMutable || !frozen[kind.GroupKind().String()] || !changes(t, inSpec) || changes(t, inName) {
				continue
			}
			p.Report(t.StampsKind(), "the spec of %s can not be changed, but the template updates it", kind.Kind).
				Do("set lifecycle: immutable, or tekton, and use generateName")
		}
	},
}

// inName: an object whose name follows from what changes is another one after each change.
func inName(r *lint.Read) bool { return r.Field == "metadata.name" }

// frozen are kinds whose validation refuses (nearly) every change of the spec. Sources:
// Kubernetes, validation of Pods and Jobs (the template of a Job); Tekton, validation webhook
// of runs; kpack, validation of Builds.
var frozen = map[string]bool{
	"Pod": true, "Job.batch": true, "TaskRun.tekton.dev": true, "PipelineRun.tekton.dev": true, "CustomRun.tekton.dev": true, "Build.kpack.io": true,
}

var defaultRetention = &lint.Rule{
	ID: "LIF006", Slug: "default-retention", Level: lint.Info, Needs: lint.NeedsFiles,
	Title: "how many finished runs are kept is left to the default",
	Text: `Each owner keeps up to ten successful and ten failed objects of a step with the lifecycle immutable or tekton. For
runs with pods that is a lot: their logs, and their place in the API server, are kept as well.

Say how many are worth keeping: ` + "`retentionPolicy: {maxFailedRuns: 3, maxSuccessfulRuns: 2}`" + `.`,
	Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: test}
spec:
  lifecycle: tekton # <-
  template:
    apiVersion: tekton.dev/v1
    kind: TaskRun
    metadata: {generateName: $(workload.metadata.name)$-}
    spec: {taskRef: {name: test}}
`,
	Good: `apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: test}
spec:
  lifecycle: tekton
  retentionPolicy: {maxFailedRuns: 3, maxSuccessfulRuns: 2}
  template:
    apiVersion: tekton.dev/v1
    kind: TaskRun
    metadata: {generateName: $(workload.metadata.name)$-}
    spec: {taskRef: {name: test}}
`,
	Check: func(p *lint.Pass) {
		for _, t := range p.Templates {
			if !t.IsRun() && t.Lifecycle != v1alpha1.LifecycleMutable && t.Spec.RetentionPolicy == nil {
				p.Report(t.At("spec.lifecycle"), "each owner keeps up to %d failed and %d successful objects of this template", t.Retention.MaxFailedRuns, t.Retention.MaxSuccessfulRuns).
					Do("set retentionPolicy")
			}
		}
	},
}
