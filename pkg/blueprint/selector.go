package blueprint

import (
	"fmt"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/stamp"
)

// Subject is the owner as selectors see it.
type Subject struct {
	Labels map[string]string
	// View is the typed view of the owner (stamp.View).
	View map[string]any
}

// Selector is a compiled selector over owners.
type Selector struct {
	labels labels.Selector
	fields []stamp.Field
	score  int
	// broken is why the selector could not be compiled; such a selector never matches.
	broken error
}

// Score is the specificity: the number of label entries, label expressions and field
// requirements. A selector with score 0 never matches (spec: reconcile §3.2).
func (s *Selector) Score() int { return s.score }

// String shows the requirements: a=b,c in (d,e),spec.source.git Exists. A selector that
// never matches says why.
func (s *Selector) String() string {
	switch {
	case s.broken != nil:
		return "invalid: " + s.broken.Error()
	case s.score == 0:
		return "nothing: the selector is empty"
	}
	var parts []string
	if text := s.labels.String(); text != "" {
		parts = append(parts, text)
	}
	for _, field := range s.fields {
		parts = append(parts, field.String())
	}
	return strings.Join(parts, ",")
}

// MatchesLabels says whether the label part matches; a necessary condition for
// Matches that costs little.
func (s *Selector) MatchesLabels(set map[string]string) bool {
	return s.score > 0 && s.broken == nil && s.labels.Matches(labels.Set(set))
}

// Matches says whether all requirements hold. The error of a field that can not be
// evaluated on this owner means "does not match"; callers report it (spec: reconcile
// Q3).
func (s *Selector) Matches(subject Subject) (bool, error) {
	if s.broken != nil {
		return false, s.broken
	}
	if !s.MatchesLabels(subject.Labels) {
		return false, nil
	}
	for _, field := range s.fields {
		ok, err := field.Matches(subject.View)
		if err != nil {
			return false, fmt.Errorf("evaluate %s: %w", field, err)
		}
		if !ok {
			return false, nil
		}
	}
	return true, nil
}

// Unmet names the first requirement that the owner does not meet; empty when all hold.
func (s *Selector) Unmet(subject Subject) string {
	if all := s.AllUnmet(subject); len(all) > 0 {
		return all[0].String()
	}
	return ""
}

// Requirement is one part of a selector.
type Requirement struct {
	// Label is the key of the label; empty when it is not about one.
	Label string
	// Wants are the values of the label that would do; empty when any would, or none.
	Wants []string
	text  string
}

func (r Requirement) String() string { return r.text }

// AllUnmet lists the requirements that the owner does not meet, labels first. A selector
// that never matches has one that says why.
func (s *Selector) AllUnmet(subject Subject) []Requirement {
	switch {
	case s.broken != nil:
		return []Requirement{{text: s.broken.Error()}}
	case s.score == 0:
		return []Requirement{{text: "the selector is empty"}}
	}
	var unmet []Requirement
	if requirements, ok := s.labels.Requirements(); ok {
		for _, r := range requirements {
			if r.Matches(labels.Set(subject.Labels)) {
				continue
			}
			missing := Requirement{Label: r.Key(), text: "label " + r.String()}
			if op := r.Operator(); op == selection.In || op == selection.Equals || op == selection.DoubleEquals {
				missing.Wants = r.Values().List()
			}
			unmet = append(unmet, missing)
		}
	}
	for _, field := range s.fields {
		if ok, err := field.Matches(subject.View); err != nil {
			unmet = append(unmet, Requirement{text: fmt.Sprintf("field %s: %v", field, err)})
		} else if !ok {
			unmet = append(unmet, Requirement{text: "field " + field.String()})
		}
	}
	return unmet
}

// selectorFields are the paths of the three parts of a selector, for diagnostics.
type selectorFields struct{ labels, expressions, fields string }

func compileSelector(selector v1alpha1.Selector, ownerKind string, report *reporter, at selectorFields) *Selector {
	s := &Selector{score: len(selector.MatchLabels) + len(selector.MatchExpressions) + len(selector.MatchFields)}
	compiled, err := metav1.LabelSelectorAsSelector(&metav1.LabelSelector{MatchLabels: selector.MatchLabels, MatchExpressions: selector.MatchExpressions})
	if err != nil {
		field := at.labels
		if len(selector.MatchExpressions) > 0 {
			field = at.expressions
		}
		report.errorf("SEL002", field, "the selector is invalid, so it never matches: %v", err)
		s.broken = fmt.Errorf("invalid selector at %s: %w", field, err)
		return s
	}
	s.labels = compiled
	for i, requirement := range selector.MatchFields {
		requirement.Key = ownerPath(requirement.Key, ownerKind)
		field, err := stamp.CompileField(requirement)
		if err != nil {
			path := fmt.Sprintf("%s[%d]", at.fields, i)
			report.errorf("SEL002", path, "the requirement is invalid, so the selector never matches: %v", err)
			s.broken = fmt.Errorf("invalid selector at %s: %w", path, err)
			return s
		}
		s.fields = append(s.fields, field)
	}
	return s
}

// ownerPath strips the prefixes that keys may carry: one dot, and the owner's name
// (spec: api §11.2, Carto extension).
func ownerPath(key, ownerKind string) string {
	key = strings.TrimPrefix(key, ".")
	return strings.TrimPrefix(key, strings.ToLower(ownerKind)+".")
}

// Option is one candidate template of a resource.
type Option struct {
	// Name of the template; empty for a pass-through.
	Name string
	// PassThrough names the input that becomes the output.
	PassThrough string
	Selector    *Selector
}

// String names the option for messages.
func (o Option) String() string {
	if o.Name != "" {
		return o.Name
	}
	return "passThrough " + o.PassThrough
}

// BrokenSelector is a selector that could not be evaluated on an owner.
type BrokenSelector struct {
	// Blueprint whose selector it is; nil for an option.
	Blueprint *Blueprint
	Err       error
}

// Select returns the blueprints that match with the highest score: none, one, or
// several in a tie. Selectors that can not be evaluated on this owner do not match and
// are returned, so that they can be reported (spec: reconcile §3.2, Q3).
func Select(blueprints []*Blueprint, subject Subject) ([]*Blueprint, []BrokenSelector) {
	var best []*Blueprint
	var broken []BrokenSelector
	for _, b := range blueprints {
		ok, err := b.Selector.Matches(subject)
		if err != nil && b.Selector.broken == nil {
			broken = append(broken, BrokenSelector{b, err})
		}
		if !ok {
			continue
		}
		if len(best) > 0 && b.Selector.score < best[0].Selector.score {
			continue
		}
		if len(best) > 0 && b.Selector.score > best[0].Selector.score {
			best = best[:0]
		}
		best = append(best, b)
	}
	return best, broken
}

// SelectOption returns the options of a resource that match with the highest score.
// The error is that of the first selector that can not be evaluated; options have no
// owner to fall back on, so it is not ignored (spec: status §6 row 12).
func (r *Resource) SelectOption(subject Subject) ([]Option, error) {
	var best []Option
	for _, o := range r.Options {
		ok, err := o.Selector.Matches(subject)
		if err != nil {
			return nil, fmt.Errorf("option %s: %w", o, err)
		}
		if !ok {
			continue
		}
		if len(best) > 0 && o.Selector.score < best[0].Selector.score {
			continue
		}
		if len(best) > 0 && o.Selector.score > best[0].Selector.score {
			best = best[:0]
		}
		best = append(best, o)
	}
	return best, nil
}
