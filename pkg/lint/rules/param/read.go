package param

import (
	"slices"
	"strings"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/blueprint"
	"github.com/carto-run/carto/pkg/lint"
	"github.com/carto-run/carto/pkg/near"
)

// The chain and the template of the examples.
const (
	chainHead = `apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata:
  name: web
spec:
  selector: {type: web}
`
	chainSteps = `  resources:
  - name: image
    templateRef: {kind: ClusterImageTemplate, name: kpack}
`
	templateHead = `---
apiVersion: carto.run/v1alpha1
kind: ClusterImageTemplate
metadata:
  name: kpack
spec:
  imagePath: .status.latestImage
`
	templateBody = `  template:
    apiVersion: kpack.io/v1alpha2
    kind: Image
    metadata:
      name: $(workload.metadata.name)$
    spec:
      tag: $(params.registry)$/$(workload.metadata.name)$
`
	workload = `---
apiVersion: carto.run/v1alpha1
kind: Workload
metadata:
  name: cart
  labels: {type: web}
`
	registry = `  params:
  - {name: registry, value: registry.example}
`
)

var undeclared = &lint.Rule{
	ID: "PAR001", Slug: "undeclared-param", Level: lint.Error, Needs: lint.NeedsFiles,
	Title: "a template reads a param that nobody declares",
	Text: `Neither the template has a default for the param, nor does the blueprint or the step give it a value, so that every owner
has to bring it. Where one does not, the step is never stamped.

Declare it in the template with a default, or give it a value in the blueprint. When an owner among the files supplies the
param, this is an information.`,
	Bad: chainHead + chainSteps + templateHead + strings.Replace(templateBody, "tag: $(params.registry)$/$(workload.metadata.name)$",
		"tag: $(params.registry)$/$(workload.metadata.name)$ # <-", 1),
	Good: chainHead + registry + chainSteps + templateHead + templateBody,
	Check: func(p *lint.Pass) {
		for _, t := range p.Templates {
			seen := map[string]bool{}
			for i := range t.Reads {
				r := &t.Reads[i]
				name, ok := paramOf(r)
				if !ok || r.Guarded || seen[name] {
					continue
				}
				seen[name] = true
				checkDeclared(p, t, r, name)
			}
		}
	},
}

// maxEvidence bounds how many other places one finding lists.
const maxEvidence = 5

func checkDeclared(p *lint.Pass, t *lint.Template, r *lint.Read, name string) {
	without, known := undeclaredBy(t, name)
	if len(without) == 0 {
		return
	}
	first := without[0]
	at := r.Place
	if t.Remote {
		at = first.Blueprint.Key(first.StepPath)
	}
	f := p.Report(at, "param %q is read, but neither %s nor step %s nor %s declares it", name, t, first.Step.Name, first.Blueprint)
	for _, use := range without[:min(len(without), maxEvidence)] {
		f.Because(use.Blueprint.Key(use.StepPath).Range, "step %s of %s uses the template", use.Step.Name, use.Blueprint)
	}
	f.Do("declare it in %s with a default, or give it a value in %s", t, first.Blueprint)
	if m := meant(name, known); m != "" {
		f.Do("%s", m)
	}
	if supplied(p, without, name) {
		f.As(lint.Info)
	}
}

// undeclaredBy are the uses of a template in which a param has no value without the owner, and
// the params that have one there.
func undeclaredBy(t *lint.Template, name string) (without []*lint.Use, known []string) {
	for _, use := range t.Uses {
		if declares(use, name) {
			continue
		}
		names := declared(use)
		if slices.ContainsFunc(names, func(n string) bool { return strings.HasPrefix(n, name+".") }) {
			return nil, nil // a name with a dot in it, which is another fault
		}
		known = append(known, names...)
		without = append(without, use)
	}
	return without, known
}

// proposed are the names that PAR001 proposes for a param that a body reads; none where it
// is silent, or only informs.
func proposed(p *lint.Pass, t *lint.Template, name string) []string {
	if !slices.ContainsFunc(t.Reads, func(r lint.Read) bool {
		of, ok := paramOf(&r)
		return ok && of == name && !r.Guarded
	}) {
		return nil
	}
	without, known := undeclaredBy(t, name)
	names := near.Names(name, known)
	if len(names) == 0 || supplied(p, without, name) {
		return nil
	}
	return names
}

// declared lists the params that have a value without the owner.
func declared(use *lint.Use) []string {
	var names []string
	for _, p := range use.Template.Params {
		names = append(names, p.Name)
	}
	for _, p := range slices.Concat(use.Blueprint.Params, use.Step.Params) {
		names = append(names, p.Name)
	}
	return names
}

// supplied says that an owner of one of the blueprints brings the param.
func supplied(p *lint.Pass, uses []*lint.Use, name string) bool {
	for _, route := range p.Routes() {
		b := route.Blueprint()
		if b != nil && slices.ContainsFunc(uses, func(u *lint.Use) bool { return u.Blueprint == b }) &&
			slices.ContainsFunc(route.Owner.Params, func(o blueprint.OwnerParam) bool { return o.Name == name }) {
			return true
		}
	}
	return false
}

var unreadOfBlueprint = &lint.Rule{
	ID: "PAR002", Slug: "unread-param", Level: lint.Warning, Needs: lint.NeedsFiles,
	Title: "a blueprint supplies a param that no template of its reads",
	Text: `None of the templates that the blueprint, or the step, can use reads the param. Often there is a slip in the name, and the
template gets its default instead of what was meant.

Correct the name, or remove the entry. The rule is silent unless all templates are among the files.`,
	Bad: chainHead + registry + `  - {name: registrie, value: other.example} # <-
` + chainSteps + templateHead + templateBody,
	Good: chainHead + registry + chainSteps + templateHead + templateBody,
	Check: func(p *lint.Pass) {
		for _, b := range p.Blueprints {
			if b.Remote || !b.Complete() || len(b.Uses) == 0 {
				continue
			}
			checkRead(p, ofBlueprint(b), b.Uses, b.String())
			for i, step := range b.Resources {
				if uses := usesOf(b, step); len(uses) > 0 {
					checkRead(p, ofStep(b, i), uses, "step "+step.Name)
				}
			}
		}
	},
}

func usesOf(b *lint.Blueprint, step *blueprint.Resource) []*lint.Use {
	var uses []*lint.Use
	for _, use := range b.Uses {
		if use.Step == step {
			uses = append(uses, use)
		}
	}
	return uses
}

func checkRead(p *lint.Pass, l list, uses []*lint.Use, by string) {
	for i, e := range l.entries {
		if isAddressable(e.name) && unread(uses, e.name) {
			p.Report(l.name(i), "%s supplies the param %q, which none of its templates reads", by, e.name).Do("%s", orRemove(meant(e.name, readBy(uses))))
		}
	}
}

func orRemove(meant string) string {
	if meant == "" {
		return "remove it"
	}
	return meant
}

// readOrRemove is for a param that nothing reads: what the body reads in its place may be it.
func readOrRemove(name string, undeclared []string) string {
	if names := near.Names(name, undeclared); len(names) > 0 {
		return "the body reads " + strings.Join(names, " and ") + ": write one name in both places"
	}
	return "remove it"
}

var unreadDefault = &lint.Rule{
	ID: "PAR003", Slug: "unread-default", Level: lint.Warning, Needs: lint.NeedsFiles,
	Title: "a template declares a param that its body does not read",
	Text: `Whatever blueprints and owners supply under this name makes no difference. Often there is a slip in the name, here or in
the body.

Read it, correct the name, or remove it.`,
	Bad: strings.TrimPrefix(templateHead, "---\n") + `  params:
  - {name: registry, default: registry.example}
  - {name: builder, default: default} # <-
` + templateBody,
	Good: strings.TrimPrefix(templateHead, "---\n") + `  params:
  - {name: registry, default: registry.example}
` + templateBody,
	Check: func(p *lint.Pass) {
		for _, t := range p.Templates {
			if t.IsRun() {
				continue
			}
			l := ofTemplate(t)
			for i, e := range l.entries {
				if isAddressable(e.name) && !t.CanRead("params", e.name) && !isProposed(p, t, e.name) {
					p.Report(l.name(i), "%s declares the param %q, but its body does not read it", t, e.name).Do("%s", readOrRemove(e.name, undeclaredReads(t)))
				}
			}
		}
	},
}

// isProposed says that PAR001 proposes a param for one that the body reads: the two are one slip.
func isProposed(p *lint.Pass, t *lint.Template, name string) bool {
	return slices.ContainsFunc(undeclaredReads(t), func(read string) bool { return slices.Contains(proposed(p, t, read), name) })
}

// undeclaredReads are what the body reads and the template does not declare.
func undeclaredReads(t *lint.Template) []string {
	return slices.DeleteFunc(read(t), func(name string) bool {
		return slices.ContainsFunc(t.Spec.Params, func(p v1alpha1.TemplateParam) bool { return p.Name == name })
	})
}

var unreadOfOwner = &lint.Rule{
	ID: "PAR005", Slug: "unread-owner-param", Level: lint.Warning, Needs: lint.NeedsOwner,
	Title: "an owner supplies a param that nobody reads",
	Text: `No template of the blueprint that the owner goes through reads the param. It has no effect; often there is a slip in the
name.

Correct the name, or remove the param. The rule is silent unless the blueprint and all its templates are among the
files.`,
	Bad: chainHead + registry + chainSteps + templateHead + templateBody + workload + `spec:
  params:
  - {name: sub-path, value: app} # <-
`,
	Good: chainHead + strings.Replace(registry, "value", "default", 1) + chainSteps + templateHead + templateBody + workload + `spec:
  params:
  - {name: registry, value: other.example}
`,
	Check: func(p *lint.Pass) {
		for _, route := range p.Routes() {
			b := route.Blueprint()
			if b == nil || !b.Complete() {
				continue
			}
			l := ofOwner(route.Owner)
			for i, e := range l.entries {
				if unread(b.Uses, e.name) {
					p.Report(l.name(i), "the param %q has no effect: no template of %s reads it", e.name, b).Do("%s", orRemove(meant(e.name, readBy(b.Uses))))
				}
			}
		}
	},
}

var required = &lint.Rule{
	ID: "PAR011", Slug: "required-params", Level: lint.Info, Needs: lint.NeedsFiles,
	Title: "a blueprint has params that its owners have to supply",
	Text: `Templates of the blueprint read these params, and nobody declares them, so that every owner has to bring them. The list is for
those who write owners. A name that looks like a slip is left out: PAR001 says so.`,
	Bad:  chainHead + chainSteps + templateHead + templateBody,
	Good: chainHead + registry + chainSteps + templateHead + templateBody,
	Check: func(p *lint.Pass) {
		for _, b := range p.Blueprints {
			var names []string
			for _, use := range b.Uses {
				if use.Template == nil {
					continue
				}
				for i := range use.Template.Reads {
					r := &use.Template.Reads[i]
					if name, ok := paramOf(r); ok && !r.Guarded && !declares(use, name) && !slices.Contains(names, name) && len(proposed(p, use.Template, name)) == 0 {
						names = append(names, name)
					}
				}
			}
			if len(names) > 0 {
				p.Report(b.Value("metadata.name"), "owners of %s have to supply the params %s", b, strings.Join(names, ", "))
			}
		}
	},
}
