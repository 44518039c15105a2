package pane

import (
	"slices"
	"strings"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/pkg/tui/screen"
	"github.com/carto-run/carto/pkg/tui/viewer"
	"github.com/carto-run/carto/pkg/why"
)

func newParams(t Target) (screen.Screen, string) {
	switch t.Owner.Kind {
	case v1alpha1.KindWorkload, v1alpha1.KindDeliverable:
	case v1alpha1.KindClusterSupplyChain, v1alpha1.KindClusterDelivery:
		return nil, "params get their values for an owner; open one that goes through the blueprint"
	case "":
		return nil, named(t.Ref) + " belongs to no owner, so it has no params"
	default:
		return nil, "a " + t.Owner.Kind + " has no params of a blueprint; its YAML has all there is"
	}
	of := named(t.Owner)
	if t.Step != "" {
		of = "step " + t.Step + " of " + of
	}
	return newText("params", "Params of "+of, &params{step: t.Step}, feed.Explained{Owner: t.Owner}), ""
}

// params are those of a step, or of all steps.
type params struct {
	step string
	why  *why.Why
}

func (p *params) take(payload any) {
	if is, ok := payload.(feed.Explanation); ok {
		p.why = is.Why
	}
}

func (p *params) write(env *screen.Env, width int) page {
	if p.why == nil {
		return page{}
	}
	var is page
	for _, u := range p.why.Unread {
		is.notes = append(is.notes, viewer.Say(viewer.Busy, "Not everything could be read: "+strings.Join(strings.Fields(u.Verb+" "+u.Resource+" "+u.Name), " ")+": "+u.Message))
	}
	has := func(s why.StepParams) bool { return p.step == "" || s.Step == p.step }
	if !slices.ContainsFunc(p.why.Params, has) {
		none := "No template of its blueprint has params, and none are set."
		switch {
		case p.why.Params == nil && p.why.Selection != nil && p.why.Selection.Selected == "":
			none = "No blueprint is selected, so there are no params."
		case p.step != "":
			none = "The template of the step has no params, or the step passes an input through."
		}
		is.lines = viewer.Lines(viewer.Faint, none)
		return is
	}
	var out strings.Builder
	o := options(env, width)
	o.Params, o.ParamsOf = p.step == "", p.step
	_ = why.WriteParams(&out, p.why, o) // a builder takes everything
	is.lines, is.source = sections(out.String()), out.String()
	for i, l := range is.lines {
		// "  name = value: where from"
		if name, rest, ok := strings.Cut(l.Text, " = "); ok && strings.HasPrefix(name, "  ") && name[2] != ' ' && !strings.Contains(strings.TrimSpace(name), " ") {
			is.lines[i] = viewer.Say(viewer.Plain, "  ").Say(viewer.Key, name[2:]).Say(viewer.Plain, " = "+rest)
		}
	}
	return is
}
