package cursor

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/blueprint"
	"github.com/carto-run/carto/pkg/lint"
)

// Candidate is something that can stand at the cursor.
type Candidate struct {
	// Text replaces the word at the cursor.
	Text string
	// Detail says in a word or two what it is, About more in Markdown.
	Detail, About string
}

// Complete lists what can stand at the cursor; nothing where nothing is known.
func (c *Cursor) Complete() []Candidate {
	if t := c.template(); t != nil {
		if e, ok := c.expression(); ok {
			return c.completeExpression(t, e)
		}
	}
	switch path := generic(c.path); {
	case c.object == nil || c.object.Doc.APIVersion() != v1alpha1.GroupVersion.String():
		return nil
	case c.blueprint() != nil:
		return c.completeBlueprint(c.blueprint(), path)
	case c.owner() != nil && path == "spec.params[].name":
		return c.completeParams(c.owner())
	case path == "spec.runTemplateRef.name":
		return c.templates(v1alpha1.KindClusterRunTemplate)
	}
	return nil
}

func (c *Cursor) completeExpression(t *lint.Template, e expression) []Candidate {
	values := scope(c.set, t)
	if len(e.names) > 0 {
		at, ok := lookup(values, e.names)
		if !ok || at.below == nil {
			return nil
		}
		values = at.below()
	}
	candidates := make([]Candidate, 0, len(values))
	for _, v := range values {
		candidates = append(candidates, Candidate{Text: v.name, Detail: v.kind, About: strings.TrimSpace(v.about)})
	}
	return candidates
}

var index = regexp.MustCompile(`\[\d+\]`)

// generic is a path without the numbers of items.
func generic(path string) string { return index.ReplaceAllString(path, "[]") }

// templateKinds are those that the steps of a blueprint can use, by its CRD.
func (c *Cursor) templateKinds(b *lint.Blueprint) []string {
	at := c.set.Schemas.Kind(v1alpha1.GroupVersion.WithKind(b.Kind)).Schema
	for _, name := range []string{"spec", "resources", "templateRef", "kind"} {
		if at = at.Properties[name]; at.Items != nil {
			at = at.Items
		}
	}
	kinds := make([]string, 0, len(at.Enum))
	for _, kind := range at.Enum {
		kinds = append(kinds, fmt.Sprint(kind))
	}
	return kinds
}

func (c *Cursor) completeBlueprint(b *lint.Blueprint, path string) []Candidate {
	step := c.step(b)
	switch path {
	case "spec.resources[].templateRef.kind":
		return words("kind of template", c.templateKinds(b)...)
	case "spec.resources[].templateRef.name", "spec.resources[].templateRef.options[].name":
		if step != nil && step.TemplateKind != "" {
			return c.templates(step.TemplateKind)
		}
		return c.templates(c.templateKinds(b)...)
	case "spec.resources[].templateRef.options[].passThrough":
		var names []string
		if step != nil {
			for _, in := range step.Inputs {
				if in.Type == blueprint.PassThroughType(step.TemplateKind) {
					names = append(names, in.Name)
				}
			}
		}
		return words("input", names...)
	case "spec.resources[].sources[].resource":
		return c.steps(b, step, blueprint.InputSource)
	case "spec.resources[].images[].resource":
		return c.steps(b, step, blueprint.InputImage)
	case "spec.resources[].configs[].resource":
		return c.steps(b, step, blueprint.InputConfig)
	case "spec.resources[].deployment.resource":
		return c.steps(b, step, blueprint.InputDeployment)
	case "spec.params[].name", "spec.resources[].params[].name":
		var candidates []Candidate
		for _, use := range b.Uses {
			if use.Template != nil && (path == "spec.params[].name" || use.Step == step) {
				candidates = append(candidates, declared(use.Template)...)
			}
		}
		return distinct(candidates)
	}
	return nil
}

// step of the blueprint at the cursor; nil outside of its steps.
func (c *Cursor) step(b *lint.Blueprint) *blueprint.Resource {
	for _, use := range b.Uses {
		if c.path == use.StepPath || strings.HasPrefix(c.path, use.StepPath+".") {
			return use.Step
		}
	}
	return nil
}

// steps that have an output of a type, but for the one at the cursor.
func (c *Cursor) steps(b *lint.Blueprint, at *blueprint.Resource, of blueprint.InputType) []Candidate {
	var candidates []Candidate
	for _, r := range b.Resources {
		if r != at && blueprint.Provides(r.TemplateKind, of) {
			candidates = append(candidates, Candidate{Text: r.Name, Detail: r.TemplateKind})
		}
	}
	return candidates
}

func (c *Cursor) templates(kinds ...string) []Candidate {
	var candidates []Candidate
	for _, t := range c.set.Templates {
		if slices.Contains(kinds, t.Template.Kind) {
			candidates = append(candidates, Candidate{Text: t.Template.Name, Detail: t.Template.Kind, About: describeTemplate(t)})
		}
	}
	return distinct(candidates)
}

// completeParams lists the params that the templates of an owner's blueprint read by
// declaration.
func (c *Cursor) completeParams(o *lint.Owner) []Candidate {
	var candidates []Candidate
	for _, b := range c.set.BlueprintsOf(o.Doc.Kind()) {
		if ok, err := b.Selector.Matches(o.Subject); err != nil || !ok {
			continue
		}
		for _, use := range b.Uses {
			if use.Template != nil {
				candidates = append(candidates, declared(use.Template)...)
			}
		}
	}
	return distinct(candidates)
}

func declared(t *lint.Template) []Candidate {
	var candidates []Candidate
	for _, p := range t.Params {
		candidates = append(candidates, Candidate{Text: p.Name, Detail: "param", About: "Default in " + t.Object.String() + ": `" + short(p.Default) + "`"})
	}
	return candidates
}

func words(detail string, texts ...string) []Candidate {
	candidates := make([]Candidate, len(texts))
	for i, text := range texts {
		candidates[i] = Candidate{Text: text, Detail: detail}
	}
	return candidates
}

// distinct keeps the first of equal texts.
func distinct(candidates []Candidate) []Candidate {
	seen := map[string]bool{}
	kept := candidates[:0]
	for _, candidate := range candidates {
		if !seen[candidate.Text] {
			seen[candidate.Text] = true
			kept = append(kept, candidate)
		}
	}
	return kept
}
