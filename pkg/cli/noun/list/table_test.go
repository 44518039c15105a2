package list

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/cli/noun"
)

func TestState(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		reason               string
		generation, observed int64
		deleted              bool
		status               metav1.ConditionStatus
		want                 string
	}{
		{"ready", 2, 2, false, metav1.ConditionTrue, "True Said"},
		{"ready before it was changed", 3, 2, false, metav1.ConditionTrue, "Unknown Outdated"},
		{"why it was not ready may still hold", 3, 2, false, metav1.ConditionFalse, "False Said"},
		{"on its way out", 3, 3, true, metav1.ConditionTrue, "True Terminating"},
	} {
		i := &noun.Item{ObjectMeta: metav1.ObjectMeta{Generation: tc.generation}, Status: v1alpha1.OwnerStatus{
			ObservedGeneration: tc.observed, Conditions: []metav1.Condition{{Type: v1alpha1.ConditionReady, Status: tc.status, Reason: "Said"}},
		}}
		if tc.deleted {
			i.DeletionTimestamp = &metav1.Time{Time: time.Unix(1, 0)}
		}
		if s := state(i); string(s.Status)+" "+s.Reason != tc.want {
			t.Errorf("%s: got %s %s", tc.reason, s.Status, s.Reason)
		}
	}
}
