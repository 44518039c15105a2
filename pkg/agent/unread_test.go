package agent

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/realize"
)

// cartWith is a Workload as the API server could send it.
func cartWith(spec, status string) []byte {
	return []byte(`{"apiVersion":"carto.run/v1alpha1","kind":"Workload","metadata":{"name":"cart","labels":{"a":"b"},"uid":"u","resourceVersion":"7",` +
		`"managedFields":[{"manager":"carto-unread","subresource":"forged"}]},"spec":` + spec + `,"status":` + status + `}`)
}

// TestCartoCodec_unread: an object that does not fit its type does not end a list or a watch.
func TestCartoCodec_unread(t *testing.T) {
	const spec, status = `{"serviceAccountName":"stamper"}`, `{"observedGeneration":3}`
	for name, c := range map[string]struct {
		spec, status string
		account      string
		generation   int64
		why          string
	}{
		"fits":                     {spec, status, "stamper", 3, ""},
		"a quantity":               {`{"serviceAccountName":"stamper","resources":{"limits":{"cpu":"1e1.5"}}}`, status, "", 3, `/spec/resources/limits/cpu`},
		"gigabytes to read":        {`{"resources":{"limits":{"cpu":"1e-999999999"}}}`, status, "", 3, `"1e-999999999" is no quantity`},
		"a divisor":                {`{"env":[{"name":"A","valueFrom":{"resourceFieldRef":{"divisor":"1e1.5"}}}]}`, status, "", 3, `/spec/env/0/valueFrom/resourceFieldRef/divisor`},
		"a time":                   {spec, `{"conditions":[{"lastTransitionTime":"2026-11-22t10:00:00z"}]}`, "stamper", 0, ""},
		"both":                     {`{"resources":{"limits":{"cpu":[]}}}`, `{"observedGeneration":"x"}`, "", 0, `/spec/resources/limits/cpu`},
		"what schemas do not pass": {`7`, status, "", 3, `/spec`},
	} {
		t.Run(name, func(t *testing.T) {
			object, _, err := cartoCodec.Decode(cartWith(c.spec, c.status), nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			w := object.(*v1alpha1.Workload)
			if w.Name != "cart" || w.UID != "u" || w.ResourceVersion != "7" || w.Labels["a"] != "b" {
				t.Errorf("it is %+v", w.ObjectMeta)
			}
			if w.Spec.ServiceAccountName != c.account || realize.StatusOf(w).ObservedGeneration != c.generation {
				t.Errorf("account %q, generation %d; want %q, %d", w.Spec.ServiceAccountName, realize.StatusOf(w).ObservedGeneration, c.account, c.generation)
			}
			why := whyUnread(dropUnread(w).(*v1alpha1.Workload))
			if (why != nil) != (c.why != "") || why != nil && !strings.Contains(why.Error(), c.why) {
				t.Errorf("why: %v, want %q", why, c.why)
			}
		})
	}
}

// FuzzCartoCodec: whatever a tenant gets past a schema, the object comes, with its name.
func FuzzCartoCodec(f *testing.F) {
	f.Add(`{"serviceAccountName":"stamper"}`, `{"observedGeneration":3}`)
	f.Add(`{"resources":{"limits":{"cpu":"1e1.5"}}}`, `{"conditions":[{"lastTransitionTime":"2026-11-22t10:00:00z"}]}`)
	f.Add(`{"params":[{"name":"a","value":[1,2.5,{"b":null}]}],"env":[{"name":"A","value":"x"}]}`, `null`)
	f.Add(`[]`, `"x"`)
	f.Fuzz(func(t *testing.T, spec, status string) {
		if len(spec)+len(status) > 9000 || !json.Valid([]byte(spec)) || !json.Valid([]byte(status)) {
			return // deeper than the API server takes, or no JSON, which it never sends
		}
		object, _, err := cartoCodec.Decode(cartWith(spec, status), nil, nil)
		if err != nil {
			t.Fatalf("%s %s: %v", spec, status, err)
		}
		if w := object.(*v1alpha1.Workload); w.Name != "cart" || w.ResourceVersion != "7" {
			t.Errorf("%s %s: it is %+v", spec, status, w.ObjectMeta)
		}
	})
}

// TestPassBreaksDown: a defect that one owner meets is not one for all others.
func TestPassBreaksDown(t *testing.T) {
	_, err := (&Agent{}).pass(t.Context(), &realize.Owner{Kind: v1alpha1.KindWorkload}, time.Now(), nil) // there is no catalog
	if err == nil || !strings.Contains(err.Error(), "nil pointer") || !strings.Contains(err.Error(), "(*catalog).all") {
		t.Errorf("it is told as %v", err)
	}
}
