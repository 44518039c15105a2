// Package compat holds the rules about what Carto and Cartographer understand differently
// (CMP).
package compat

import (
	"fmt"
	"strings"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/lint"
	"github.com/carto-run/carto/pkg/manifest"
)

// Rules of the family.
var Rules = []*lint.Rule{
	{
		ID: "CMP001", Slug: "deprecated-annotation", Level: lint.Warning, Needs: lint.NeedsFiles,
		Title: "an owner uses what is deprecated",
		Text: `Service claims in other namespaces were asked for with an annotation, which Cartographer gave up: a Workload
claims services of its own namespace. Carto does not look at the annotation.

Remove it, and claim a service in the namespace of the Workload with ` + "`spec.serviceClaims`" + `.`,
		Bad: `apiVersion: carto.run/v1alpha1
kind: Workload
metadata:
  name: cart
  annotations:
    serviceclaims.supplychain.apps.x-tanzu.vmware.com/extensions: '{"spec":{"serviceClaims":{"db":{"namespace":"data"}}}}' # <-
spec:
  serviceClaims:
  - {name: db, ref: {apiVersion: v1, kind: Secret, name: db}}
`,
		Good: `apiVersion: carto.run/v1alpha1
kind: Workload
metadata:
  name: cart
spec:
  serviceClaims:
  - {name: db, ref: {apiVersion: v1, kind: Secret, name: db}}
`,
		Check: func(p *lint.Pass) {
			const annotation = "serviceclaims.supplychain.apps.x-tanzu.vmware.com/extensions"
			for _, o := range p.Owners {
				if path := manifest.Join("metadata.annotations", annotation); o.Doc.Has(path) {
					p.Report(o.Key(path), "claims of services in other namespaces, by the annotation %s, are deprecated, and Carto does not look at them", annotation)
				}
			}
		},
	},
	{
		ID: "CMP002", Slug: "differs-from-cartographer", Level: lint.Warning, Needs: lint.NeedsFiles,
		Title: "a file means something else to Cartographer",
		Text: `These files have to be understood by Cartographer, too (` + "`--target-version`" + `), and here it does something else than
Carto:

- A tag can not lead into the value of a param or of a Runnable's input: Cartographer finds nothing there. In ytt it can.
- Keys of ` + "`matchFields`" + ` that begin with ` + "`workload.` or `deliverable.`" + ` are refused.
- With options, the label ` + "`carto.run/cluster-template-name`" + ` is empty.

What only fails in Cartographer for other reasons has rules of its own: GRF002 for the order of steps, TPL002 for the
namespace, YTT002 for documents.`,
		With: lint.Options{TargetVersion: "0.7.0"},
		Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: note}
spec:
  params: [{name: scaling, default: {min: 1}}]
  template:
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: $(workload.metadata.name)$}
    data:
      min: $(params.scaling.min)$ # <-
`,
		Good: `apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: note}
spec:
  params: [{name: min, default: 1}]
  template:
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: $(workload.metadata.name)$}
    data:
      min: $(params.min)$
`,
		Check: differs,
	},
	{
		ID: "CMP004", Slug: "needless-runnable", Level: lint.Info, Needs: lint.NeedsFiles,
		Title: "a template stamps a Runnable where a lifecycle would do",
		Text: `A Runnable makes a new run for each change of its inputs. A template with ` + "`lifecycle: tekton`" + ` (or ` + "`immutable`" + `) does the
same by itself, with one object and one status less to look at. Only a Runnable can select another object for its run.

Put the body of the ClusterRunTemplate into the template, with ` + "`generateName`" + `, and read outputs from the run.`,
		Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: test}
spec:
  template:
    apiVersion: carto.run/v1alpha1
    kind: Runnable # <-
    metadata: {name: $(workload.metadata.name)$}
    spec:
      runTemplateRef: {name: test}
---
apiVersion: carto.run/v1alpha1
kind: ClusterRunTemplate
metadata: {name: test}
spec:
  template:
    apiVersion: tekton.dev/v1
    kind: TaskRun
    metadata: {generateName: $(runnable.metadata.name)$-}
    spec: {taskRef: {name: test}}
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
    spec: {taskRef: {name: test}}
`,
		Check: needlessRunnable,
	},
}

func differs(p *lint.Pass) {
	if p.TargetVersion == "" {
		return
	}
	for _, t := range p.Templates {
		if t.Spec.Ytt == "" {
			tags(p, t)
		}
	}
	for _, b := range p.Blueprints {
		for i, use := range b.Uses {
			selectors := use.Selectors()
			if i == 0 {
				keys(p, b, "spec.selectorMatchFields", selectors[0])
			}
			if len(selectors) > 1 {
				keys(p, b, use.Path+".selector.matchFields", selectors[1])
			}
		}
	}
}

func tags(p *lint.Pass, t *lint.Template) {
	options := false
	for _, use := range t.Uses {
		options = options || use.Option != nil
	}
	for _, r := range t.Reads {
		switch {
		case r.Key:
		case r.Root() == "params" && (len(r.Names) > 2 || len(r.Names) == 2 && !r.Whole):
			p.Report(r.Place, "the tag $(%s)$ leads into the value of a param, where Cartographer finds nothing", r.Expression).Do("write the body in ytt, or make the part a param of its own")
		case strings.HasPrefix(r.Path(), "runnable.spec.inputs.") && (len(r.Names) > 4 || len(r.Names) == 4 && !r.Whole):
			p.Report(r.Place, "the tag $(%s)$ leads into the value of an input, where Cartographer finds nothing", r.Expression).Do("make the part an input of its own")
		case options && len(r.Names) == 2 && r.Names[0] == "labels" && r.Names[1] == v1alpha1.LabelTemplateName:
			p.Report(r.Place, "the label %s is empty in Cartographer where a step has options", v1alpha1.LabelTemplateName)
		}
	}
}

func keys(p *lint.Pass, b *lint.Blueprint, path string, selector v1alpha1.Selector) {
	owner := strings.ToLower(b.OwnerKind()) + "."
	for i, r := range selector.MatchFields {
		if rest, ok := strings.CutPrefix(strings.TrimPrefix(r.Key, "."), owner); ok {
			at := b.Value(fmt.Sprintf("%s[%d].key", path, i))
			p.Report(at, "the key %s begins with %s, which Cartographer refuses", r.Key, owner).
				Do("write %s", rest).FixBy(at.Range, rest)
		}
	}
}

func needlessRunnable(p *lint.Pass) {
	for _, t := range p.Templates {
		spec, _ := t.Body["spec"].(map[string]any)
		ref, _ := spec["runTemplateRef"].(map[string]any)
		name, _ := ref["name"].(string)
		if t.Body["kind"] != v1alpha1.KindRunnable || t.Body["apiVersion"] != v1alpha1.GroupVersion.String() || spec["selector"] != nil {
			continue
		}
		run := p.Template(v1alpha1.KindClusterRunTemplate, name)
		if run == nil || run.CanRead("selected") {
			continue // it may select, or is not known
		}
		if t.Template.Kind == v1alpha1.KindClusterDeploymentTemplate {
			continue // which is complete by fields of the Runnable
		}
		p.Report(t.Key(lint.BodyPath+".kind"), "the Runnable selects nothing, so a template with a lifecycle can stamp its runs by itself").
			Because(run.Doc.Key(lint.BodyPath), "%s is what it runs", run)
	}
}
