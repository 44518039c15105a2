package lint

import (
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/blueprint"
)

// String says where a template is used: step image of ClusterSupplyChain/web.
func (u *Use) String() string { return fmt.Sprintf("step %s of %s", u.Step.Name, u.Blueprint.Object) }

// InputPath is where the blueprint declares an input of the step, by its place in the
// inputs of the step.
func (u *Use) InputPath(index int) string {
	in := u.Step.Inputs[index]
	if in.Type == blueprint.InputDeployment {
		return u.StepPath + ".deployment"
	}
	n := 0
	for _, other := range u.Step.Inputs[:index] {
		if other.Type == in.Type {
			n++
		}
	}
	return fmt.Sprintf("%s.%ss[%d]", u.StepPath, in.Type, n)
}

// Selectors are what an owner has to meet for the template to be used: those of the
// blueprint, and of the option if it is one.
func (u *Use) Selectors() []v1alpha1.Selector {
	var legacy *v1alpha1.LegacySelector
	var options []v1alpha1.TemplateOption
	at := slices.Index(u.Blueprint.Resources, u.Step)
	if chain := u.Blueprint.Chain; chain != nil {
		legacy, options = &chain.Spec.LegacySelector, chain.Spec.Resources[at].TemplateRef.Options
	} else {
		delivery := u.Blueprint.Delivery
		legacy, options = &delivery.Spec.LegacySelector, delivery.Spec.Resources[at].TemplateRef.Options
	}
	all := []v1alpha1.Selector{{
		LabelSelector: metav1.LabelSelector{MatchLabels: legacy.Selector, MatchExpressions: legacy.SelectorMatchExpressions},
		MatchFields:   legacy.SelectorMatchFields,
	}}
	for i := range u.Step.Options {
		if u.Option == &u.Step.Options[i] {
			all = append(all, options[i].Selector)
		}
	}
	return all
}

// RequiresField says that the owners for which the template is used have the field, because
// a selector asks for it or for something below it.
func (u *Use) RequiresField(names ...string) bool {
	for _, selector := range u.Selectors() {
		for _, r := range selector.MatchFields {
			if r.Operator != v1alpha1.FieldSelectorOpExists && r.Operator != v1alpha1.FieldSelectorOpIn {
				continue
			}
			key := KeyNames(r.Key, u.Blueprint.OwnerKind())
			if len(key) >= len(names) && slices.Equal(key[:len(names)], names) {
				return true
			}
		}
	}
	return false
}

// RequiresLabel says that the owners for which the template is used have the label.
func (u *Use) RequiresLabel(key string) bool {
	for _, selector := range u.Selectors() {
		if _, ok := selector.MatchLabels[key]; ok {
			return true
		}
		for _, r := range selector.MatchExpressions {
			if r.Key == key && (r.Operator == metav1.LabelSelectorOpIn || r.Operator == metav1.LabelSelectorOpExists) {
				return true
			}
		}
	}
	return false
}

// KeyNames are the names of a key of matchFields, up to its first index, without the
// prefixes that it may carry.
func KeyNames(key, ownerKind string) []string {
	key = strings.TrimPrefix(key, ".")
	key = strings.TrimPrefix(key, strings.ToLower(ownerKind)+".")
	key, _, _ = strings.Cut(key, "[")
	return strings.Split(key, ".")
}
