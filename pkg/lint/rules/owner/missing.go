package owner

import (
	"slices"
	"strings"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/blueprint"
	"github.com/carto-run/carto/pkg/blueprint/reason"
	"github.com/carto-run/carto/pkg/lint"
	"github.com/carto-run/carto/pkg/stamp"
)

var missingField = &lint.Rule{
	ID: "OWN003", Slug: "missing-field", Level: lint.Error, Needs: lint.NeedsOwner,
	Title: "an owner lacks a field or a param that a template on its way reads",
	Text: `A tag of a template that the owner goes through leads to nothing in it, so that the step is never stamped. The tags are
evaluated on the owner, as the agent does; bodies in ytt are not looked at, because they may read the field only under a
condition.

Set the field, or choose the template by an option that asks for it. Of a Runnable the rule says what other Runnables of
the same run template have.`,
	Bad: chain + workload + labels + `spec:
  source: # <-
    image: registry.example/cart-source
`,
	Good: chain + workload + labels + gitSource,
	Check: func(p *lint.Pass) {
		c := &checker{Pass: p, paths: map[*lint.Read]*stamp.Path{}}
		for _, route := range p.Routes() {
			if route.Blueprint() != nil {
				c.route(route)
			}
		}
		c.runnables()
	},
}

// checker evaluates the reads of templates. Paths are compiled once for all owners.
type checker struct {
	*lint.Pass
	paths map[*lint.Read]*stamp.Path
}

// gap is something that is missing, and who reads it.
type gap struct {
	path, why string
	readers   []lint.Place
}

func (c *checker) route(route *lint.Route) {
	o := route.Owner
	var gaps []*gap
	for _, step := range route.Steps {
		if len(step.Uses) != 1 || step.Uses[0].Template == nil {
			continue
		}
		use := step.Uses[0]
		resolved := blueprint.ResolveParams(use.Template.Params, use.Blueprint.Blueprint, use.Step, o.Params)
		params := make(map[string]any, len(resolved))
		for name, p := range resolved {
			params[name] = p.Value
		}
		roots := map[string]any{"workload": o.Subject.View, "deliverable": o.Subject.View, "params": params}
		for i := range use.Template.Reads {
			r := &use.Template.Reads[i]
			switch r.Root() {
			case "workload", "deliverable":
				if strings.EqualFold(r.Root(), o.Doc.Kind()) && isOwners(o, r) {
					gaps = c.look(gaps, r, roots, strings.Join(r.Names[1:], "."))
				}
			case "params":
				if len(r.Names) > 1 && c.isOwnersParam(route, resolved, r.Names[1]) {
					gaps = c.look(gaps, r, roots, r.Path())
				}
			}
		}
	}
	for _, g := range gaps {
		at := o.Key(g.path)
		if strings.HasPrefix(g.path, "params") {
			at = o.Key("spec.params")
		}
		f := c.Report(at, "%s lacks %s, which the templates on its way read: %s", o, g.path, g.why)
		for _, reader := range g.readers {
			f.Because(reader.Range, "read by %s", reader.Object)
		}
		f.Do("set it, or ask for it in the selector of the blueprint or option")
	}
}

// isOwners says that the owner's author is to set what is read: the rest comes from the API
// server, or can not be there at all, which is a fault of the template.
func isOwners(o *lint.Owner, r *lint.Read) bool {
	if len(r.Names) < 3 || !reason.CanBe(o.Doc.Kind(), r.Names[1:]) {
		return false
	}
	if r.Names[1] == "metadata" {
		return r.Names[2] == "labels" || r.Names[2] == "annotations"
	}
	return r.Names[1] == "spec" && !halfGit(o, r.Names[1:])
}

// isOwnersParam says that the owner is to blame when the param, or a part of it, is missing:
// its value is the owner's, or it has none though another owner supplies one.
func (c *checker) isOwnersParam(route *lint.Route, resolved map[string]blueprint.ResolvedParam, name string) bool {
	if p, ok := resolved[name]; ok {
		return p.Origin == blueprint.FromOwner
	}
	return slices.ContainsFunc(c.Routes(), func(other *lint.Route) bool {
		return other.Blueprint() == route.Blueprint() &&
			slices.ContainsFunc(other.Owner.Params, func(p blueprint.OwnerParam) bool { return p.Name == name })
	})
}

// look evaluates a read, and notes what is missing.
func (c *checker) look(gaps []*gap, r *lint.Read, roots map[string]any, path string) []*gap {
	why := c.why(r, roots)
	if why == "" {
		return gaps
	}
	i := slices.IndexFunc(gaps, func(g *gap) bool { return g.path == path })
	if i < 0 {
		i = len(gaps)
		gaps = append(gaps, &gap{path: path, why: why})
	}
	if len(gaps[i].readers) < maxReaders {
		gaps[i].readers = append(gaps[i].readers, r.Place)
	}
	return gaps
}

// maxReaders bounds how many places of templates one finding lists.
const maxReaders = 5

// why says why a tag can not be stamped; empty when it can, and for what is no tag.
func (c *checker) why(r *lint.Read, roots map[string]any) string {
	if r.Guarded || r.Key || r.Field == "" {
		return ""
	}
	path, seen := c.paths[r]
	if !seen {
		path, _ = stamp.ParsePath(r.Expression)
		c.paths[r] = path
	}
	if path == nil {
		return ""
	}
	_, found, err := path.Lookup(roots)
	switch {
	case err != nil:
		return err.Error()
	case found == stamp.Missing:
		return "$(" + r.Expression + ")$ leads to nothing"
	case found == stamp.Null && r.InText:
		return "$(" + r.Expression + ")$ is null, which can not be put into a text"
	}
	return ""
}

// runnables compares those of one run template with each other: what none of them has is a
// fault of the template.
func (c *checker) runnables() {
	of := map[*lint.Template][]*lint.Owner{}
	for _, o := range c.Owners {
		if o.Runnable != nil {
			if t := c.Template(v1alpha1.KindClusterRunTemplate, o.Runnable.Spec.RunTemplateRef.Name); t != nil {
				of[t] = append(of[t], o)
			}
		}
	}
	for t, owners := range of {
		for i := range t.Reads {
			r := &t.Reads[i]
			if r.Root() != "runnable" || len(r.Names) < 3 || r.Names[1] != "spec" {
				continue
			}
			var without []*lint.Owner
			var why string
			for _, o := range owners {
				if reason := c.why(r, map[string]any{"runnable": o.Subject.View}); reason != "" {
					without, why = append(without, o), reason
				}
			}
			if len(without) == len(owners) {
				continue
			}
			for _, o := range without {
				path := strings.Join(r.Names[1:], ".")
				c.Report(o.Key(path), "%s lacks %s, which its run template reads: %s", o, path, why).
					Because(r.Place.Range, "read by %s", t)
			}
		}
	}
}
