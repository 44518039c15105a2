package quantity

import (
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"
)

func TestParse(t *testing.T) {
	for _, c := range []struct{ text, want, why string }{
		{"500m", "500m", "a thousandth"},
		{"2Gi", "2Gi", "binary"},
		{"1.5", "1500m", "a fraction"},
		{".5", "500m", "without a digit before the point"},
		{"1.", "1.", "without one after it"},
		{"+3k", "+3k", "a sign"},
		{"1e3", "1e3", "an exponent"},
		{"1E", "1E", "exa, no exponent"},
		{"1e-9", "1e-9", "the smallest there is"},
		{"1e-999", "1e-9", "an exponent as long as it may be"},
		{strings.Repeat("9", 64), strings.Repeat("9", 64), "as long as it may be"},
		{"1e1.5", "", "the CRDs of Cartographer let it pass, and no client library reads it"},
		{"1e99999999999999999999", "", "an exponent that is no number of 64 bits"},
		{"1e-999999999", "", "would take gigabytes and minutes"},
		{"1e-9999", "", "an exponent of four digits"},
		{strings.Repeat("9", 65), "", "too long"},
		{"", "", "nothing"},
		{"1 Gi", "", "a space"},
		{"1gi", "", "no unit"},
		{"1Ki2", "", "a unit in the middle"},
		{"e3", "", "no digit"},
		{".", "", "no digit"},
		{"1\n", "", "a line end"},
	} {
		q, err := Parse(c.text)
		switch {
		case c.want == "" && err == nil:
			t.Errorf("%.30q (%s): is %s", c.text, c.why, q.String())
		case c.want != "" && (err != nil || q.String() != c.want):
			t.Errorf("%.30q (%s): %s, %v; want %s", c.text, c.why, q.String(), err, c.want)
		}
	}
}

func TestCheck(t *testing.T) {
	type m = map[string]any
	workload := func(spec m) m { return m{"apiVersion": "carto.run/v1alpha1", "kind": "Workload", "spec": spec} }
	divisor := func(text any) []any {
		return []any{m{"name": "A", "value": "1e-999999999"}, m{"name": "B", "valueFrom": m{"resourceFieldRef": m{"divisor": text}}}}
	}
	const bad = "1e-999999999"
	for path, object := range map[string]m{
		"spec.resources.limits.cpu":                            workload(m{"resources": m{"limits": m{"cpu": bad}}}),
		"spec.resources.requests.memory":                       workload(m{"resources": m{"limits": m{"cpu": "1"}, "requests": m{"memory": bad}}}),
		"spec.env[1].valueFrom.resourceFieldRef.divisor":       workload(m{"env": divisor(bad)}),
		"spec.build.env[1].valueFrom.resourceFieldRef.divisor": workload(m{"build": m{"env": divisor(bad)}}),
		"": workload(m{"env": divisor("1"), "resources": m{"limits": m{"cpu": int64(2), "memory": nil, "x": []any{}}}, "params": []any{m{"value": bad}}}),
	} {
		got, err := Check(object)
		if got != path || (err != nil) != (path != "") {
			t.Errorf("found %q, %v; want %q", got, err, path)
		}
	}
	if path, err := Check(m{"kind": "Deliverable", "spec": m{"resources": m{"limits": m{"cpu": bad}}}}); err != nil {
		t.Errorf("a kind without quantities: %s: %v", path, err)
	}
}

// FuzzParse: whatever the pattern lets pass is a quantity, soon and of bounded length.
func FuzzParse(f *testing.F) {
	for _, text := range []string{"500m", "2Gi", "1.5", "-.5E+999", "1e-999", "0e0", "1E", "9999999999999999999999Ei", "1e1.5", "1e-999999999"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > MaxLength || !pattern.MatchString(text) {
			if _, err := Parse(text); err == nil {
				t.Errorf("%q is read", text)
			}
			return
		}
		done := make(chan error, 1)
		go func() {
			q, err := Parse(text)
			_ = q.String()
			_ = q.Cmp(resource.Quantity{})
			done <- err
		}()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("%q fits the pattern: %v", text, err)
			}
		case <-time.After(time.Minute):
			t.Errorf("%q takes longer than a minute", text)
		}
	})
}
