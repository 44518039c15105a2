package stamp

import (
	"fmt"
	"regexp"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
)

// Health of a stamped object, in the form of a condition.
type Health struct {
	Status          metav1.ConditionStatus
	Reason, Message string
}

// healthRule is a compiled rule: at most one of its members is set.
type healthRule struct {
	always bool
	mirror string // condition type
	multi  *multiMatch
}

type multiMatch struct{ healthy, unhealthy matchers }

type matchers struct {
	conditions []v1alpha1.ConditionRequirement
	fields     []fieldMatcher
}

type fieldMatcher struct {
	field Field
	// value and message read what the condition shows.
	value, message *Path // message is nil when there is no path
	err            error // why the requirement is invalid; it never matches then
}

func (t *Template) compileHealth(rule *v1alpha1.HealthRule) healthRule {
	switch {
	case rule == nil && t.Lifecycle == v1alpha1.LifecycleTekton:
		return healthRule{mirror: "Succeeded"}
	case rule == nil:
		return healthRule{}
	case rule.AlwaysHealthy != nil:
		return healthRule{always: true}
	case rule.SingleConditionType != "":
		return healthRule{mirror: rule.SingleConditionType}
	case rule.MultiMatch != nil:
		return healthRule{multi: &multiMatch{
			healthy:   t.compileMatchers("spec.healthRule.multiMatch.healthy", rule.MultiMatch.Healthy),
			unhealthy: t.compileMatchers("spec.healthRule.multiMatch.unhealthy", rule.MultiMatch.Unhealthy),
		}}
	}
	return healthRule{}
}

func (t *Template) compileMatchers(at string, rule v1alpha1.HealthMatchRule) matchers {
	m := matchers{conditions: rule.MatchConditions}
	for i, requirement := range rule.MatchFields {
		field := fmt.Sprintf("%s.matchFields[%d]", at, i)
		var f fieldMatcher
		if f.field, f.err = CompileField(requirement.FieldRequirement); f.err != nil {
			at := field + ".operator"
			if _, err := ParsePath(requirement.Key); err != nil {
				at = field + ".key"
			}
			t.problem("HLT008", at, f.err.Error())
		}
		f.value = f.field.path
		if requirement.MessagePath != "" {
			var err error
			if f.message, err = ParsePath(requirement.MessagePath); err != nil {
				t.problem("HLT008", field+".messagePath", err.Error())
			}
		}
		m.fields = append(m.fields, f)
	}
	return m
}

// Health judges the current object of a resource; nil means that there is none (spec:
// reconcile §11.2).
func (t *Template) Health(object map[string]any, hasOutputs bool) Health {
	rule := t.health
	switch {
	case rule.always:
		if object == nil {
			return Health{metav1.ConditionUnknown, v1alpha1.ReasonNoStampedObject, ""}
		}
		return Health{metav1.ConditionTrue, v1alpha1.ReasonAlwaysHealthy, ""}
	case rule.mirror != "":
		return mirror(rule.mirror, object)
	case rule.multi != nil:
		return rule.multi.judge(object)
	case hasOutputs:
		return Health{metav1.ConditionTrue, v1alpha1.ReasonOutputsAvailable, ""}
	case t.Kind != v1alpha1.KindClusterTemplate:
		return Health{metav1.ConditionUnknown, v1alpha1.ReasonOutputNotAvailable, ""}
	case object == nil:
		return Health{metav1.ConditionUnknown, v1alpha1.ReasonNoStampedObject, ""}
	}
	return Health{metav1.ConditionTrue, v1alpha1.ReasonAlwaysHealthy, ""}
}

// RunHealth judges one of several objects of an immutable lifecycle (spec: reconcile
// §11.3).
func (t *Template) RunHealth(object map[string]any) Health {
	if t.health == (healthRule{}) {
		return Health{metav1.ConditionTrue, v1alpha1.ReasonAlwaysHealthy, ""}
	}
	return t.Health(object, false)
}

// mirror copies one condition of the object.
func mirror(conditionType string, object map[string]any) Health {
	if object == nil {
		return Health{metav1.ConditionUnknown, v1alpha1.ReasonUnknown, ""}
	}
	reason := conditionReason(conditionType)
	if status, message, there := Mirror(object, conditionType); there {
		return Health{status, reason, message}
	}
	return Health{metav1.ConditionUnknown, reason, fmt.Sprintf("condition %s is not there yet", conditionType)}
}

// Mirror reads status and message of a condition of an object, and whether it is there.
// What is neither True nor False is Unknown.
func Mirror(object map[string]any, conditionType string) (status metav1.ConditionStatus, message string, there bool) {
	for _, c := range conditions(object) {
		if c.Type != conditionType {
			continue
		}
		if c.Status != metav1.ConditionTrue && c.Status != metav1.ConditionFalse {
			c.Status = metav1.ConditionUnknown
		}
		return c.Status, c.Message, true
	}
	return metav1.ConditionUnknown, "", false
}

var illegalInReason = regexp.MustCompile(`[^A-Za-z0-9_,:]`)

// conditionReason makes a legal reason of a condition type, which may hold dots and
// slashes (spec: status S6).
func conditionReason(conditionType string) string {
	reason := illegalInReason.ReplaceAllString(conditionType, "_") + "Condition"
	if c := reason[0]; (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
		reason = "C" + reason
	}
	return reason
}

// judge tries unhealthy first, then healthy, conditions before fields.
func (m *multiMatch) judge(object map[string]any) Health {
	undecided := Health{metav1.ConditionUnknown, v1alpha1.ReasonNoMatchesFulfilled, ""}
	if object == nil {
		return undecided
	}
	current := conditions(object)
	for _, wanted := range m.unhealthy.conditions {
		if c := find(current, wanted); c != nil {
			return Health{metav1.ConditionFalse, v1alpha1.ReasonMatchedCondition, describeCondition(c)}
		}
	}
	for _, f := range m.unhealthy.fields {
		if f.matches(object) {
			return Health{metav1.ConditionFalse, v1alpha1.ReasonMatchedField, f.describe(object)}
		}
	}
	for _, wanted := range m.healthy.conditions {
		if find(current, wanted) == nil {
			return undecided
		}
	}
	for _, f := range m.healthy.fields {
		if !f.matches(object) {
			return undecided
		}
	}
	switch {
	case len(m.healthy.conditions) > 0:
		return Health{metav1.ConditionTrue, v1alpha1.ReasonMatchedCondition, describeCondition(find(current, m.healthy.conditions[0]))}
	case len(m.healthy.fields) > 0:
		return Health{metav1.ConditionTrue, v1alpha1.ReasonMatchedField, m.healthy.fields[0].describe(object)}
	}
	return undecided
}

func find(current []metav1.Condition, wanted v1alpha1.ConditionRequirement) *metav1.Condition {
	for i := range current {
		if current[i].Type == wanted.Type && current[i].Status == wanted.Status {
			return &current[i]
		}
	}
	return nil
}

func describeCondition(c *metav1.Condition) string {
	text := fmt.Sprintf("condition %s is %s", c.Type, c.Status)
	if c.Message != "" {
		text += ": " + c.Message
	}
	return text
}

func (f *fieldMatcher) matches(object map[string]any) bool {
	if f.err != nil {
		return false
	}
	ok, err := f.field.Matches(object)
	return err == nil && ok
}

func (f *fieldMatcher) describe(object map[string]any) string {
	value, found, err := f.value.Lookup(object)
	text := fmt.Sprintf("field %s is %v", f.value, value)
	if err != nil || found != Present {
		text = fmt.Sprintf("field %s is not set", f.value)
	}
	if f.message == nil {
		return text + " (the rule has no messagePath that would say why)"
	}
	message, found, err := f.message.Lookup(object)
	if err != nil || found != Present {
		return text + fmt.Sprintf(" (nothing is at messagePath %s)", f.message)
	}
	return text + fmt.Sprintf(": %v", message)
}

// conditions reads status.conditions as standard conditions; a list that is none counts
// as empty.
func conditions(object map[string]any) []metav1.Condition {
	status, _ := object["status"].(map[string]any)
	list, _ := status["conditions"].([]any)
	read := make([]metav1.Condition, 0, len(list))
	for _, item := range list {
		m, ok := item.(map[string]any)
		if !ok {
			return nil
		}
		var c metav1.Condition
		var kind string
		for key, into := range map[string]*string{"type": &c.Type, "status": &kind, "reason": &c.Reason, "message": &c.Message} {
			if m[key] == nil {
				continue
			}
			if *into, ok = m[key].(string); !ok {
				return nil
			}
		}
		if at := m["lastTransitionTime"]; at != nil {
			s, ok := at.(string)
			if !ok {
				return nil
			}
			if _, err := time.Parse(time.RFC3339, s); err != nil {
				return nil
			}
		}
		c.Status = metav1.ConditionStatus(kind)
		read = append(read, c)
	}
	return read
}
