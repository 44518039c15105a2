package reference

import (
	"slices"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/lint"
	"github.com/carto-run/carto/pkg/near"
)

var unknownTemplate = &lint.Rule{
	ID: "REF001", Slug: "unknown-template", Level: lint.Error, Needs: lint.NeedsFiles,
	Title: "a step names a template that does not exist",
	Text: `The blueprint is not ready until every template that it names exists, and no owner of it goes anywhere:
their condition says ` + "`TemplatesNotFound`" + `.

Correct the name, or add the template. When the template is in the cluster or in files elsewhere, give those to lint too
(` + "`--from-cluster`" + ` reads the cluster). When none of the templates of a blueprint is among the files, and none has a name
that is nearly right, lint takes it that they are elsewhere, and only informs.`,
	Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: web}
spec:
  selector: {type: web}
  resources:
  - name: build
    templateRef:
      kind: ClusterImageTemplate
      name: kpak # <-
---
apiVersion: carto.run/v1alpha1
kind: ClusterImageTemplate
metadata: {name: kpack}
spec:
  imagePath: .status.latestImage
  template: {apiVersion: kpack.io/v1alpha2, kind: Image, metadata: {name: $(workload.metadata.name)$}}
`,
	Good: `apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: web}
spec:
  selector: {type: web}
  resources:
  - name: build
    templateRef:
      kind: ClusterImageTemplate
      name: kpack
---
apiVersion: carto.run/v1alpha1
kind: ClusterImageTemplate
metadata: {name: kpack}
spec:
  imagePath: .status.latestImage
  template: {apiVersion: kpack.io/v1alpha2, kind: Image, metadata: {name: $(workload.metadata.name)$}}
`,
	Check: func(p *lint.Pass) {
		all := index(p)
		// What was read from a cluster is all there is.
		complete := slices.ContainsFunc(p.Objects, func(o *lint.Object) bool { return o.Remote })
		for _, b := range p.Blueprints {
			certain := complete || slices.ContainsFunc(b.Uses, func(use *lint.Use) bool { return use.Template != nil })
			for _, use := range b.Uses {
				if all.isMissing(use) && all.named[use.Name] == nil {
					f := p.Report(b.At(use.Path+".name"), "step %q names the %s %q, which is not there", use.Step.Name, use.Kind, use.Name)
					near := proposeName(f, use.Name, all.ofKind[use.Kind], "add the template, or give lint the files or the cluster that have it")
					if !certain && !near {
						f.As(lint.Info)
					}
				}
			}
		}
	},
}

var otherTemplateKind = &lint.Rule{
	ID: "REF002", Slug: "template-of-other-kind", Level: lint.Error, Needs: lint.NeedsFiles,
	Title: "a step names a template that exists under another kind only",
	Text: `A template is found by kind and name. A step that says ClusterImageTemplate does not find the
ClusterSourceTemplate of the same name, and the blueprint is not ready.

Name the kind that the template has. If that can not be, because other steps read the output that the kind would have, the
name is wrong.`,
	Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: web}
spec:
  selector: {type: web}
  resources:
  - name: fetch
    templateRef:
      kind: ClusterImageTemplate
      name: git # <-
---
apiVersion: carto.run/v1alpha1
kind: ClusterSourceTemplate
metadata: {name: git}
spec:
  urlPath: .status.url
  revisionPath: .status.revision
  template: {apiVersion: example.com/v1, kind: Repo, metadata: {name: $(workload.metadata.name)$}}
`,
	Good: `apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: web}
spec:
  selector: {type: web}
  resources:
  - name: fetch
    templateRef:
      kind: ClusterSourceTemplate
      name: git
---
apiVersion: carto.run/v1alpha1
kind: ClusterSourceTemplate
metadata: {name: git}
spec:
  urlPath: .status.url
  revisionPath: .status.revision
  template: {apiVersion: example.com/v1, kind: Repo, metadata: {name: $(workload.metadata.name)$}}
`,
	Check: func(p *lint.Pass) {
		all := index(p)
		for _, b := range p.Blueprints {
			for _, use := range b.Uses {
				if !all.isMissing(use) {
					continue
				}
				for _, t := range all.named[use.Name] {
					p.Report(b.At(use.Path+".name"), "step %q names the %s %q, but %q is a %s", use.Step.Name, use.Kind, use.Name, use.Name, t.Template.Kind).
						Because(t.Key("kind").Range, "the template %q", use.Name).
						Because(b.At(kindPath(use)).Range, "the kind that the step asks for").
						Do("write kind: %s, or the name of a %s", t.Template.Kind, use.Kind)
					break
				}
			}
		}
	},
}

// templateIndex finds templates in ways that a set does not.
type templateIndex struct {
	named  map[string][]*lint.Template // by name
	ofKind map[string][]string         // names by kind
	broken map[[2]string]bool          // kind and name of templates that could not be decoded
}

func index(p *lint.Pass) templateIndex {
	i := templateIndex{map[string][]*lint.Template{}, map[string][]string{}, map[[2]string]bool{}}
	for _, t := range p.Templates {
		i.named[t.Template.Name] = append(i.named[t.Template.Name], t)
		i.ofKind[t.Template.Kind] = append(i.ofKind[t.Template.Kind], t.Template.Name)
	}
	for _, o := range p.Objects {
		if o.Broken != nil {
			i.broken[[2]string{o.Doc.Kind(), o.Doc.Name()}] = true
		}
	}
	return i
}

// isMissing says that the template of a use is not there. It is there when it could not be
// decoded, which other rules say; and what is no kind of templates is wrong by itself.
func (i *templateIndex) isMissing(use *lint.Use) bool {
	return use.Template == nil && use.Name != "" && slices.Contains(templateKinds, use.Kind) && !i.broken[[2]string{use.Kind, use.Name}]
}

// templateKinds are those that steps name: all but the last, which is for Runnables.
var templateKinds = func() []string {
	var names []string
	for _, k := range v1alpha1.KindsOf(v1alpha1.RoleTemplate) {
		if k.Name != v1alpha1.KindClusterRunTemplate {
			names = append(names, k.Name)
		}
	}
	return names
}()

func kindPath(use *lint.Use) string { return use.StepPath + ".templateRef.kind" }

var unusedTemplate = &lint.Rule{
	ID: "REF008", Slug: "unused-template", Level: lint.Warning, Needs: lint.NeedsFiles,
	Title: "no blueprint names a template",
	Text: `A template that no step names is never stamped. It is left over, or the name in a step is wrong.

Remove it, or name it in a step. Nothing is said when no blueprint that could use the kind is among the files, or when one of
the blueprints can not be read.`,
	Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: web}
spec:
  selector: {type: web}
  resources:
  - name: run
    templateRef: {kind: ClusterTemplate, name: run}
---
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: run}
spec:
  template: {apiVersion: v1, kind: ConfigMap, metadata: {name: $(workload.metadata.name)$}}
---
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata:
  name: run-old # <-
spec:
  template: {apiVersion: v1, kind: ConfigMap, metadata: {name: $(workload.metadata.name)$-old}}
`,
	Good: `apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: web}
spec:
  selector: {type: web}
  resources:
  - name: run
    templateRef: {kind: ClusterTemplate, name: run}
---
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: run}
spec:
  template: {apiVersion: v1, kind: ConfigMap, metadata: {name: $(workload.metadata.name)$}}
`,
	Check: func(p *lint.Pass) {
		if unreadable(p, v1alpha1.KindClusterSupplyChain, v1alpha1.KindClusterDelivery) {
			return
		}
		chains, deliveries := len(p.BlueprintsOf(v1alpha1.KindWorkload)) > 0, len(p.BlueprintsOf(v1alpha1.KindDeliverable)) > 0
		meant := meantNames(p)
		for _, t := range p.Templates {
			var could bool
			switch t.Template.Kind {
			case v1alpha1.KindClusterRunTemplate:
			case v1alpha1.KindClusterImageTemplate:
				could = chains
			case v1alpha1.KindClusterDeploymentTemplate:
				could = deliveries
			default:
				could = chains || deliveries
			}
			// A template that is found under a name or kind that is nearly right is not left over.
			if could && len(t.Uses) == 0 && !meant[t.Template.Name] {
				p.Report(t.At("metadata.name"), "no blueprint names the %s %q", t.Template.Kind, t.Template.Name).
					Do("remove it, or name it in the templateRef of a step")
			}
		}
	},
}

// meantNames are the names of templates that steps may mean which do not find theirs: REF001
// proposes them.
func meantNames(p *lint.Pass) map[string]bool {
	all := index(p)
	meant := map[string]bool{}
	for _, b := range p.Blueprints {
		for _, use := range b.Uses {
			if all.isMissing(use) {
				meant[use.Name] = true
				for _, name := range near.Names(use.Name, all.ofKind[use.Kind]) {
					meant[name] = true
				}
			}
		}
	}
	return meant
}

// unreadable says that there may be objects of a kind that are not known: files, or such
// objects, that can not be read.
func unreadable(p *lint.Pass, kinds ...string) bool {
	for _, fault := range p.Faults {
		if !fault.Duplicate && !fault.List {
			return true
		}
	}
	for _, kind := range kinds {
		if slices.ContainsFunc(p.OfKind(kind), func(o *lint.Object) bool { return o.Broken != nil }) {
			return true
		}
	}
	return false
}
