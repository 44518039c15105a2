package world

import (
	"context"
	"strings"

	"k8s.io/apimachinery/pkg/selection"
	"sigs.k8s.io/yaml"

	"github.com/carto-run/carto/pkg/blueprint"
	"github.com/carto-run/carto/pkg/collect"
	"github.com/carto-run/carto/pkg/stamp"
	"github.com/carto-run/carto/pkg/tree"
	"github.com/carto-run/carto/pkg/tui/feed"
)

// blueprints delivers those of Workloads, once.
func (w *World) blueprints(ctx context.Context, c *Cluster, emit func(any)) error {
	// Templates that may not be read cost the params that they declare.
	chains, _, err := collect.Chains(ctx, c.Client)
	if err != nil {
		return refused(w.o.Program, "list supply chains", err)
	}
	var known feed.BlueprintsKnown
	for _, chain := range chains {
		known.Blueprints = append(known.Blueprints, feed.Blueprint{
			Name: chain.Name, Labels: labelsFor(chain.Selector), Params: paramsOf(chain),
			Ready: tree.ObjectState(chain.Object).Status == "True",
		})
	}
	emit(known)
	return nil
}

// labelsFor are labels that meet what a selector asks of labels; nil where none can: a label
// of any value is up to the person, and so are fields.
func labelsFor(s *blueprint.Selector) map[string]string {
	if s.Broken() != nil {
		return nil
	}
	set := map[string]string{}
	for _, r := range s.Labels() {
		if set[r.Key()] != "" {
			continue
		}
		switch r.Operator() {
		case selection.In, selection.Equals, selection.DoubleEquals:
			if values := r.Values().List(); len(values) > 0 {
				set[r.Key()] = values[0]
			}
		case selection.Exists:
			return nil
		}
	}
	if len(set) == 0 || !s.MatchesLabels(set) {
		return nil
	}
	return set
}

func paramsOf(chain collect.Chain) []feed.Param {
	declared := func(use blueprint.TemplateUse) []stamp.Param {
		if t := chain.Templates[use]; t != nil {
			return t.Params
		}
		return nil
	}
	var params []feed.Param
	for _, s := range chain.Settable(declared) {
		p := feed.Param{Name: s.Name, From: "step " + strings.Join(s.Resources, ", ")}
		if len(s.Resources) > 1 {
			p.From = "steps " + strings.Join(s.Resources, ", ")
		}
		if s.Origin == blueprint.FromBlueprint {
			p.From = "blueprint"
		}
		if s.Value != nil {
			if text, err := yaml.Marshal(s.Value); err == nil {
				p.Default = strings.TrimSuffix(string(text), "\n")
			}
		}
		params = append(params, p)
	}
	return params
}
