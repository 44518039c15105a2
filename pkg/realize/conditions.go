package realize

import (
	"unicode/utf8"

	apimeta "k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
)

// maxMessage is the limit that the API server sets for messages of conditions, in
// bytes.
const maxMessage = 32768

// conditionSet builds a list of conditions that ends with their aggregate, Ready
// (spec: status §1).
type conditionSet struct {
	previous []metav1.Condition
	now      metav1.Time
	list     []metav1.Condition
	top      metav1.Condition
	// remark is added to the message of Ready, whatever that is.
	remark string
}

func newConditionSet(previous []metav1.Condition, now metav1.Time) *conditionSet {
	return &conditionSet{previous: previous, now: now}
}

// add appends a sub-condition. Among Unknowns the first decides about Ready, among
// Falses the last, and False beats Unknown.
func (s *conditionSet) add(conditionType string, status metav1.ConditionStatus, reason, message string) {
	s.append(conditionType, status, reason, message)
	switch {
	case status == metav1.ConditionFalse,
		status != metav1.ConditionTrue && s.top.Status != metav1.ConditionFalse && s.top.Status != metav1.ConditionUnknown:
		s.top = metav1.Condition{Status: status, Reason: reason, Message: message}
	case s.top.Status == "":
		s.top = metav1.Condition{Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonReady}
	}
}

// finish appends Ready and returns the list.
func (s *conditionSet) finish() []metav1.Condition {
	if s.top.Status == "" {
		s.top = metav1.Condition{Status: metav1.ConditionUnknown, Reason: v1alpha1.ReasonUnknown}
	}
	message := s.top.Message
	if message != "" && s.remark != "" {
		message += "; "
	}
	s.append(v1alpha1.ConditionReady, s.top.Status, s.top.Reason, message+s.remark)
	return s.list
}

func (s *conditionSet) append(conditionType string, status metav1.ConditionStatus, reason, message string) {
	c := metav1.Condition{Type: conditionType, Status: status, Reason: reason, Message: truncate(message, maxMessage), LastTransitionTime: s.now}
	// The time moves with the message too, unlike the Kubernetes convention: tools rely
	// on it (spec: status §1).
	if old := apimeta.FindStatusCondition(s.previous, conditionType); old != nil && old.Status == c.Status && old.Reason == c.Reason && old.Message == c.Message {
		c.LastTransitionTime = old.LastTransitionTime
	}
	s.list = append(s.list, c)
}

// truncate cuts a text at a rune boundary, with a mark.
func truncate(text string, limit int) string {
	const mark = "… (truncated)"
	if len(text) <= limit {
		return text
	}
	cut := limit - len(mark)
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + mark
}
