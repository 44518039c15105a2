package blueprint

import (
	"fmt"
	"maps"
	"slices"
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

// Broken is why the selector could not be compiled, so that it never matches; nil otherwise.
func (s *Selector) Broken() error { return s.broken }

// Labels are the requirements on labels.
func (s *Selector) Labels() []labels.Requirement {
	requirements, _ := s.labels.Requirements()
	return requirements
}

// Fields are the requirements on fields, in the author's order. Those that could not be
// compiled are not among them.
func (s *Selector) Fields() []stamp.Field { return s.fields }

// WithoutField is the same selector without one of its Fields.
func (s *Selector) WithoutField(i int) *Selector {
	without := *s
	without.score--
	without.fields = slices.Concat(s.fields[:i], s.fields[i+1:])
	return &without
}

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
	fail := func(path string, err error) {
		report.errorf("SEL002", path, "the requirement is invalid, so the selector never matches: %v", err)
		if s.broken == nil {
			s.broken = fmt.Errorf("invalid selector at %s: %w", path, err)
		}
	}
	s.labels = labels.NewSelector()
	for _, key := range slices.Sorted(maps.Keys(selector.MatchLabels)) {
		requirement, err := labels.NewRequirement(key, selection.Equals, []string{selector.MatchLabels[key]})
		if err != nil {
			fail(at.labels+"['"+key+"']", err)
			continue
		}
		s.labels = s.labels.Add(*requirement)
	}
	for i, expression := range selector.MatchExpressions {
		requirement, err := compileExpression(expression)
		if err != nil {
			fail(faulty(fmt.Sprintf("%s[%d]", at.expressions, i), string(expression.Operator)), err)
			continue
		}
		s.labels = s.labels.Add(*requirement)
	}
	for i, requirement := range selector.MatchFields {
		path := fmt.Sprintf("%s[%d]", at.fields, i)
		requirement.Key = OwnerPath(requirement.Key, ownerKind)
		field, err := stamp.CompileField(requirement)
		if err != nil {
			fail(faulty(path, string(requirement.Operator)), err)
			continue
		}
		s.fields = append(s.fields, field)
		switch takes := field.Operator() == v1alpha1.FieldSelectorOpIn || field.Operator() == v1alpha1.FieldSelectorOpNotIn; {
		case takes && len(requirement.Values) == 0:
			report.warnf("SEL002", path, "operator %s of key %s compares with values, but there are none", requirement.Operator, requirement.Key)
		case !takes && len(requirement.Values) > 0:
			report.warnf("SEL002", path, "operator %s of key %s takes no values, so these mean nothing", requirement.Operator, requirement.Key)
		}
	}
	return s
}

// faulty is the path of a requirement that is invalid: that of its operator when there is no
// such operator.
func faulty(path, operator string) string {
	switch v1alpha1.FieldSelectorOperator(operator) {
	case v1alpha1.FieldSelectorOpIn, v1alpha1.FieldSelectorOpNotIn, v1alpha1.FieldSelectorOpExists, v1alpha1.FieldSelectorOpDoesNotExist, "":
		return path
	}
	return path + ".operator"
}

func compileExpression(expression metav1.LabelSelectorRequirement) (*labels.Requirement, error) {
	operators := map[metav1.LabelSelectorOperator]selection.Operator{
		metav1.LabelSelectorOpIn: selection.In, metav1.LabelSelectorOpNotIn: selection.NotIn,
		metav1.LabelSelectorOpExists: selection.Exists, metav1.LabelSelectorOpDoesNotExist: selection.DoesNotExist,
	}
	operator, known := operators[expression.Operator]
	if !known {
		return nil, fmt.Errorf("operator of %s: %q is none of In, NotIn, Exists, DoesNotExist", expression.Key, expression.Operator)
	}
	return labels.NewRequirement(expression.Key, operator, expression.Values)
}

// OwnerPath strips the prefixes that keys may carry: one dot, and the owner's name
// (spec: api §11.2, Carto extension).
func OwnerPath(key, ownerKind string) string {
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
