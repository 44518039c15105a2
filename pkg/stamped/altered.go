package stamped

import (
	"maps"
	"slices"
	"time"

	"github.com/carto-run/carto/pkg/quantity"
)

// Altered lists the fields whose value is not the one that was rendered, for an object of
// which Carto still owns all fields: what an admission webhook made of them. The forms that
// API servers give to quantities, times and durations are no difference, and neither is what
// they fill in where the rendering has nothing, an empty value or zero.
//
// It tells people; what has to be written is decided by Owns, which never errs.
func Altered(live, rendered map[string]any) []Field {
	var a alterations
	for _, key := range slices.Sorted(maps.Keys(rendered)) {
		switch key {
		case "apiVersion", "kind", "status", "stringData": // stringData becomes data
		case "metadata":
			l, _ := live[key].(map[string]any)
			r, _ := rendered[key].(map[string]any)
			for _, name := range []string{"annotations", "labels"} {
				a.compare(Field{Path: key + "." + name}, l[name], r[name])
			}
		default:
			a.compare(Field{Path: key}, live[key], rendered[key])
		}
	}
	return a
}

type alterations []Field

func (a *alterations) compare(f Field, live, rendered any) {
	switch r := rendered.(type) {
	case map[string]any:
		l, ok := live.(map[string]any)
		if !ok {
			a.differ(f, rendered)
			return
		}
		for _, key := range slices.Sorted(maps.Keys(r)) {
			a.compare(f.child(key), l[key], r[key])
		}
	case []any:
		l, ok := live.([]any)
		if !ok {
			a.differ(f, rendered)
			return
		}
		a.compareLists(f, l, r)
	default:
		if !sameScalar(live, rendered) {
			a.differ(f, rendered)
		}
	}
}

// compareLists looks for each item by its name, or else by its place if none came in
// between: lists get longer on their way, by containers for example.
func (a *alterations) compareLists(f Field, live, rendered []any) {
	byName := map[string]any{}
	for _, item := range live {
		if name := nameOf(item); name != "" {
			byName[name] = item
		}
	}
	for i, item := range rendered {
		entry := Field{Path: f.Path + "[" + itemName(i, item) + "]"}
		if name := nameOf(item); name != "" {
			a.compare(entry, byName[name], item)
		} else if len(live) == len(rendered) && !slices.ContainsFunc(live, func(l any) bool { return sameScalar(l, item) }) {
			a.compare(entry, live[i], item)
		}
	}
}

func nameOf(item any) string {
	fields, _ := item.(map[string]any)
	name, _ := fields["name"].(string)
	return name
}

func (a *alterations) differ(f Field, rendered any) {
	if !isEmpty(rendered) && rendered != "" && rendered != false && !isZero(rendered) {
		*a = append(*a, f)
	}
}

func isZero(value any) bool {
	n, ok := number(value)
	return ok && n == 0
}

func number(value any) (float64, bool) {
	switch n := value.(type) {
	case int64:
		return float64(n), true
	case int:
		return float64(n), true
	case float64:
		return n, true
	}
	return 0, false
}

func sameScalar(live, rendered any) bool {
	switch rendered.(type) {
	case map[string]any, []any:
		return false
	}
	switch live.(type) {
	case map[string]any, []any:
		return false
	}
	if live == rendered {
		return true
	}
	l, bothNumbers := number(live)
	if r, ok := number(rendered); ok && bothNumbers {
		return l == r
	}
	return sameForm(live, rendered)
}

// sameForm compares texts that API servers write in a form of their own.
func sameForm(live, rendered any) bool {
	l, isText := live.(string)
	if !isText {
		return false
	}
	// A quantity is taken as a number too.
	if r, ok := number(rendered); ok {
		q, err := quantity.Parse(l)
		return err == nil && q.AsApproximateFloat64() == r
	}
	r, isText := rendered.(string)
	if !isText {
		return false
	}
	if a, err := quantity.Parse(l); err == nil {
		b, err := quantity.Parse(r)
		return err == nil && a.Cmp(b) == 0
	}
	if a, err := time.Parse(time.RFC3339, l); err == nil {
		b, err := time.Parse(time.RFC3339, r)
		return err == nil && a.Equal(b)
	}
	if a, err := time.ParseDuration(l); err == nil {
		b, err := time.ParseDuration(r)
		return err == nil && a == b
	}
	return false
}
