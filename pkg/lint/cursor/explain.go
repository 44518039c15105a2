package cursor

import (
	"fmt"
	"strings"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/lint"
	"github.com/carto-run/carto/pkg/manifest"
)

// Explain says in Markdown what stands at the cursor: the findings there, with the text of
// their rules, and the thing itself. Empty when nothing is known.
func (c *Cursor) Explain(findings []*lint.Finding) string {
	var sections []string
	if text := c.describe(); text != "" {
		sections = append(sections, text)
	}
	for _, f := range findings {
		if !f.At.Contains(c.at) {
			continue
		}
		sections = append(sections, fmt.Sprintf("**%s** %s: %s\n\n%s", f.Rule.ID, f.Rule.Slug, f.Message, f.Rule.Text))
	}
	return strings.Join(sections, "\n\n---\n\n")
}

func (c *Cursor) describe() string {
	if t := c.template(); t != nil {
		if e, ok := c.expression(); ok {
			v, found := lookup(scope(c.set, t), append(e.names, e.word))
			if !found {
				return ""
			}
			return strings.TrimSpace(fmt.Sprintf("`%s` %s\n\n%s", strings.Join(append(e.names, e.word), "."), v.kind, v.about))
		}
	}
	if t := c.referred(); t != nil {
		return describeTemplate(t)
	}
	if b := c.blueprint(); b != nil {
		if use := c.readFrom(b); use != nil {
			text := fmt.Sprintf("Step `%s`, %s", use.Step.Name, use.Step.TemplateKind)
			if use.Template != nil {
				text += "\n\n" + describeTemplate(use.Template)
			}
			return text
		}
	}
	return ""
}

// referred is the template that the reference at the cursor names.
func (c *Cursor) referred() *lint.Template {
	if b := c.blueprint(); b != nil {
		for _, use := range b.Uses {
			if use.Template != nil && (c.path == use.Path+".name" || c.path == use.Path+".kind" || c.path == use.Path) {
				return use.Template
			}
		}
	}
	if o := c.owner(); o != nil && o.Runnable != nil && strings.HasPrefix(c.path, "spec.runTemplateRef") {
		return c.set.Template(v1alpha1.KindClusterRunTemplate, o.Runnable.Spec.RunTemplateRef.Name)
	}
	return nil
}

// readFrom is the step that the input at the cursor reads from.
func (c *Cursor) readFrom(b *lint.Blueprint) *lint.Use {
	for _, use := range b.Uses {
		for i, in := range use.Step.Inputs {
			if c.path != use.InputPath(i)+".resource" {
				continue
			}
			for _, from := range b.Uses {
				if from.Step.Name == in.From {
					return from
				}
			}
		}
	}
	return nil
}

func describeTemplate(t *lint.Template) string {
	lines := []string{fmt.Sprintf("**%s** %s, lifecycle %s", t.Template.Name, t.Template.Kind, t.Lifecycle)}
	for _, output := range t.OutputPaths() {
		lines = append(lines, fmt.Sprintf("- output %s: `%s`", output.Name, output.Text))
	}
	for _, p := range t.Params {
		lines = append(lines, fmt.Sprintf("- param %s: `%s`", p.Name, short(p.Default)))
	}
	return strings.Join(lines, "\n")
}

// Definitions are the places that define what stands at the cursor: the template that is
// referred to, the step that an input reads from, the declaration of a param or an input.
func (c *Cursor) Definitions() []manifest.Range {
	if t := c.template(); t != nil {
		if e, ok := c.expression(); ok {
			names := append(e.names, e.word)
			for ; len(names) > 0; names = names[:len(names)-1] {
				if v, found := lookup(scope(c.set, t), names); found && len(v.defined) > 0 {
					return v.defined
				}
			}
			return nil
		}
	}
	if t := c.referred(); t != nil {
		return []manifest.Range{t.Doc.Value("metadata.name")}
	}
	if b := c.blueprint(); b != nil {
		if use := c.readFrom(b); use != nil {
			return []manifest.Range{b.Doc.Value(use.StepPath + ".name")}
		}
		if path := generic(c.path); path == "spec.params[].name" || path == "spec.resources[].params[].name" {
			return c.readers(b)
		}
	}
	return nil
}

// readers are where templates declare the param at the cursor.
func (c *Cursor) readers(b *lint.Blueprint) []manifest.Range {
	name := b.Doc.Scalar(c.path)
	var places []manifest.Range
	step := c.step(b)
	for _, use := range b.Uses {
		if use.Template == nil || step != nil && use.Step != step {
			continue
		}
		if at := use.Template.Doc.Item(paramsPath, name); at != paramsPath {
			places = append(places, use.Template.Doc.Key(at))
		}
	}
	return places
}
