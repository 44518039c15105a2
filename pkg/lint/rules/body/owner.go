package body

import (
	"slices"
	"strings"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/lint"
	"github.com/carto-run/carto/pkg/schema"
)

var ownerRules = []*lint.Rule{
	{
		ID: "TPL009", Slug: "unknown-owner-field", Level: lint.Error, Needs: lint.NeedsFiles,
		Title: "a body reads a field that its owners can not have",
		Text: `The fields of Workloads, Deliverables and Runnables are fixed. A path that is not among them leads to nothing,
so the step that reads it is never stamped.

Correct the path. A Deliverable has only ` + "`params`, `source` and `serviceAccountName`" + ` in its spec.`,
		Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: note}
spec:
  template:
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: $(workload.metadata.name)$}
    data:
      url: $(workload.spec.sourc.git.url)$ # <-
`,
		Good: `apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: note}
spec:
  template:
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: $(workload.metadata.name)$}
    data:
      url: $(workload.spec.source.git.url)$
`,
		Check: unknownOwnerField,
	},
	{
		ID: "TPL010", Slug: "optional-owner-field", Level: lint.Warning, Needs: lint.NeedsFiles,
		Title: "a tag reads a field that not every selected owner has",
		Text: `A Workload may have its code in Git, in an image, or be built already. A tag that reads a field of one of these
fails for owners that have another one, and what they see is a step that can not be stamped.

Ask for the field in the selector of the blueprint or option, so that only owners that have it are served:
` + "`matchFields: [{key: spec.source.git.url, operator: Exists}]`" + `. The finding is only for information where nothing in the
blueprint shows that it is for other owners, too: there a label may tell them apart.`,
		Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: web}
spec:
  selector: {type: web}
  resources:
  - name: source
    templateRef:
      kind: ClusterSourceTemplate
      options:
      - name: git
        selector: {matchLabels: {from: git}}
      - name: image
        selector: {matchFields: [{key: spec.source.image, operator: Exists}]}
---
apiVersion: carto.run/v1alpha1
kind: ClusterSourceTemplate
metadata: {name: git}
spec:
  urlPath: .status.url
  revisionPath: .status.revision
  template:
    apiVersion: source.toolkit.fluxcd.io/v1
    kind: GitRepository
    metadata: {name: $(workload.metadata.name)$}
    spec:
      url: $(workload.spec.source.git.url)$ # <-
`,
		Good: `apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: web}
spec:
  selector: {type: web}
  resources:
  - name: source
    templateRef:
      kind: ClusterSourceTemplate
      options:
      - name: git
        selector: {matchFields: [{key: spec.source.git.url, operator: Exists}]}
      - name: image
        selector: {matchFields: [{key: spec.source.image, operator: Exists}]}
---
apiVersion: carto.run/v1alpha1
kind: ClusterSourceTemplate
metadata: {name: git}
spec:
  urlPath: .status.url
  revisionPath: .status.revision
  template:
    apiVersion: source.toolkit.fluxcd.io/v1
    kind: GitRepository
    metadata: {name: $(workload.metadata.name)$}
    spec:
      url: $(workload.spec.source.git.url)$
`,
		Check: optionalField,
	},
}

// ownerKinds are the kinds of the owners that a template is used for; by the root when
// nothing uses it.
func ownerKinds(t *lint.Template, root string) []string {
	switch {
	case t.IsRun():
		return []string{v1alpha1.KindRunnable}
	case len(t.Uses) == 0 && root == "deliverable":
		return []string{v1alpha1.KindDeliverable}
	case len(t.Uses) == 0:
		return []string{v1alpha1.KindWorkload}
	}
	var kinds []string
	for _, use := range t.Uses {
		if kind := use.Blueprint.OwnerKind(); !slices.Contains(kinds, kind) {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

func isOwner(root string) bool {
	return root == "workload" || root == "deliverable" || root == "runnable"
}

func unknownOwnerField(p *lint.Pass) {
	for _, t := range p.Templates {
		misnamed := false
		for i := range t.Reads {
			r := &t.Reads[i]
			if !isOwner(r.Root()) || r.Key || r.Guarded || t.IsRun() != (r.Root() == "runnable") {
				continue
			}
			kinds := ownerKinds(t, r.Root())
			for _, kind := range kinds {
				answer, impossible := impossibleIn(p, kind, r)
				if !impossible {
					continue
				}
				f := p.Report(r.Place, "the body reads %s, which a %s can not have: %s", r.Path(), kind, why(r.Root(), answer))
				if len(answer.Meant) > 0 {
					f.Do("write %s", strings.TrimPrefix(strings.Join([]string{r.Root(), answer.Known, answer.Meant[0]}, "."), "."))
					f.Remedy = strings.ReplaceAll(f.Remedy, "..", ".")
				}
				for _, use := range t.Uses {
					if use.Blueprint.OwnerKind() == kind {
						f.Because(use.Blueprint.Doc.Key(use.StepPath), "%s uses the template", use)
						break
					}
				}
				break
			}
			if len(t.Uses) > 0 && len(kinds) == 1 && !misnamed && r.Root() != strings.ToLower(kinds[0]) {
				misnamed = true // one cause
				p.Report(r.Place, "the body calls its owner %s, but it is only used for a %s", r.Root(), kinds[0]).
					Do("write %s; both names work", strings.ToLower(kinds[0])).
					As(lint.Info)
			}
		}
	}
}

// impossibleIn says that owners of a kind can not have what is read.
func impossibleIn(p *lint.Pass, kind string, r *lint.Read) (schema.Answer, bool) {
	known := p.Schemas.Kind(v1alpha1.GroupVersion.WithKind(kind))
	if known == nil {
		return schema.Answer{}, false
	}
	answer := known.Schema.Field(r.Names[1:]...)
	return answer, answer.Possible == schema.No
}

// why says what is wrong with the path, from the first name on.
func why(root string, answer schema.Answer) string {
	at := root
	if answer.Known != "" {
		at += "." + answer.Known
	}
	return at + " " + answer.Why
}

// choices are the fields of which an owner has one or another.
var choices = [][]string{{"spec", "source", "git"}, {"spec", "source", "image"}, {"spec", "image"}}

// Needed is the part of an owner's field that has to be there for a read to work; nil when
// nothing has to. A tag finds null in a field whose parent is there, and null is nothing in
// a value of its own, but an error in a text (spec: reconcile §6.4).
func Needed(r *lint.Read, isYtt bool) []string {
	names := r.Names[1:]
	if len(names) < 2 || names[0] != "spec" {
		return nil
	}
	optional := [][]string{
		{"spec", "source"}, {"spec", "source", "git"}, {"spec", "source", "git", "url"}, {"spec", "source", "git", "ref"},
		{"spec", "source", "git", "ref", "branch"}, {"spec", "source", "git", "ref", "tag"}, {"spec", "source", "git", "ref", "commit"},
		{"spec", "source", "image"}, {"spec", "source", "subPath"}, {"spec", "image"}, {"spec", "resources"},
	}
	var needed []string
	for _, field := range optional {
		if len(field) > len(names) || !slices.Equal(field, names[:len(field)]) {
			continue
		}
		if len(field) < len(names) || isYtt || r.InText {
			needed = field
		}
	}
	return needed
}

// AdmitsOthers says that the blueprint shows to be for owners, too, that do not have the
// field: another of its templates reads, or an option asks for, what they have instead.
func AdmitsOthers(use *lint.Use, needed []string) bool {
	alternative := func(names []string) bool {
		for _, choice := range choices {
			if len(names) >= len(choice) && slices.Equal(names[:len(choice)], choice) {
				n := min(len(choice), len(needed))
				return !slices.Equal(needed[:n], choice[:n])
			}
		}
		return false
	}
	for _, other := range use.Blueprint.Uses {
		if other.Option != nil && slices.ContainsFunc(other.Selectors()[1:], func(s v1alpha1.Selector) bool {
			return slices.ContainsFunc(s.MatchFields, func(r v1alpha1.FieldRequirement) bool {
				names := lint.KeyNames(r.Key, use.Blueprint.OwnerKind())
				absent := r.Operator == v1alpha1.FieldSelectorOpDoesNotExist && len(names) <= len(needed) && slices.Equal(names, needed[:len(names)])
				return absent || r.Operator != v1alpha1.FieldSelectorOpDoesNotExist && alternative(names)
			})
		}) {
			return true
		}
	}
	return false
}

func optionalField(p *lint.Pass) {
	for _, t := range p.Templates {
		if t.Spec.Ytt != "" || t.IsRun() {
			continue // YTT007 is about the one, and a Runnable has what its step gives it
		}
		said := map[string]bool{}
		for i := range t.Reads {
			r := &t.Reads[i]
			impossible := func(kind string) bool { _, is := impossibleIn(p, kind, r); return is }
			if isOwner(r.Root()) && !r.Key && !slices.ContainsFunc(ownerKinds(t, r.Root()), impossible) {
				ReportNeeded(p, t, r, Needed(r, false), said, true)
			}
		}
	}
}

// ReportNeeded reports, once, a part of an owner that a read needs, unless the selectors of
// all uses ask for it. choice says that owners have it or something else instead.
func ReportNeeded(p *lint.Pass, t *lint.Template, r *lint.Read, needed []string, said map[string]bool, choice bool) {
	key := strings.Join(needed, ".")
	if needed == nil || said[key] {
		return
	}
	said[key] = true
	var of *lint.Use
	admits := false
	for _, use := range t.Uses {
		if requires(use, needed) {
			continue
		}
		if others := AdmitsOthers(use, needed); of == nil || others && !admits {
			of, admits = use, others
		}
	}
	if of == nil {
		return
	}
	f := report(p, of, r, "%s needs %s, which no selector of %s asks for", r.Expression, key, of)
	path := "matchFields"
	if of.Option == nil {
		path = "selectorMatchFields"
	}
	if needed[0] != "metadata" {
		f.Do("ask for it in the selector, %s: [{key: %s, operator: Exists}]", path, key)
	}
	if t.Spec.Ytt != "" {
		f.Do("look first, with hasattr, or read it with getattr and a default")
	}
	if choice && !admits {
		f.As(lint.Info)
	}
}

// requires says that all owners of a use have a field. A label that is asked for is there,
// and so are the labels as such.
func requires(use *lint.Use, needed []string) bool {
	if use.RequiresField(needed...) {
		return true
	}
	if needed[0] != "metadata" || needed[1] != "labels" {
		return false
	}
	for _, selector := range use.Selectors() {
		for key := range selector.MatchLabels {
			if len(needed) == 2 || needed[2] == key {
				return true
			}
		}
		for _, r := range selector.MatchExpressions {
			if (len(needed) == 2 || needed[2] == r.Key) && use.RequiresLabel(r.Key) {
				return true
			}
		}
	}
	return false
}
