package impact

import (
	"slices"
	"strings"
	"time"

	apimeta "k8s.io/apimachinery/pkg/api/meta"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/blueprint"
	"github.com/carto-run/carto/pkg/realize"
	"github.com/carto-run/carto/pkg/stamp"
)

// basis is what decides about an owner: what selects it, and what it uses. Two are equal
// when nothing of it changes.
type basis struct {
	blueprints []*blueprint.Blueprint
	// ready is the blueprint's condition, which depends on templates of other options too.
	ready string
	// templates by step; of a step that passes an input through, or has no option, nil.
	templates []*stamp.Template
	// choices are the options of the steps, in words: also which input is passed through,
	// and that none or several fit.
	choices []string
}

func (s *set) basis(owner *realize.Owner) basis {
	if owner.Runnable != nil {
		return basis{templates: []*stamp.Template{s.template(v1alpha1.KindClusterRunTemplate, owner.Runnable.RunTemplateRef.Name)}}
	}
	subject := blueprint.Subject{Labels: owner.Labels, View: owner.View}
	selected, _ := blueprint.Select(s.all(owner.Kind), subject)
	slices.SortFunc(selected, func(a, b *blueprint.Blueprint) int { return strings.Compare(a.Name, b.Name) })
	b := basis{blueprints: selected}
	if len(selected) != 1 {
		return b
	}
	b.ready = s.ready(selected[0])
	for _, r := range selected[0].Resources {
		name := r.TemplateName
		if name == "" {
			options, err := r.SelectOption(subject)
			choice := ""
			for _, o := range options {
				choice += o.String() + " "
			}
			if err != nil {
				choice = err.Error()
			}
			b.choices = append(b.choices, choice)
			if len(options) == 1 {
				name = options[0].Name
			}
		}
		b.templates = append(b.templates, s.template(r.TemplateKind, name))
	}
	return b
}

func (s *set) ready(b *blueprint.Blueprint) string {
	status := realize.BlueprintStatus(b, s.template, "", v1alpha1.BlueprintStatus{}, time.Time{})
	c := apimeta.FindStatusCondition(status.Conditions, v1alpha1.ConditionReady)
	return string(c.Status) + c.Reason + c.Message
}

func (b basis) equal(other basis) bool {
	return slices.Equal(b.blueprints, other.blueprints) && b.ready == other.ready &&
		slices.Equal(b.templates, other.templates) && slices.Equal(b.choices, other.choices)
}

// blueprint is the name of the one that selects the owner; empty when there is none or
// when several do.
func (b basis) blueprint() string {
	if len(b.blueprints) != 1 {
		return ""
	}
	return b.blueprints[0].Name
}
