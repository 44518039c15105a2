package cmdutil

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/fvbommel/sortorder"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/util/jsonpath"

	"github.com/carto-run/carto/pkg/quantity"
)

// Sorter puts objects in the order of a field: --sort-by.
type Sorter struct{ path *jsonpath.JSONPath }

// NewSorter reads the path, which may be written without braces; an empty one is no
// sorter.
func NewSorter(text string) (*Sorter, error) {
	if text == "" {
		return nil, nil
	}
	path, err := fieldPath(text)
	if err != nil {
		return nil, fmt.Errorf("--sort-by: %w", err)
	}
	return &Sorter{path}, nil
}

// Sort orders the objects by the first value at the path. Those without one come first,
// and equal ones stay as they were.
func (s *Sorter) Sort(items []unstructured.Unstructured) error {
	if s == nil {
		return nil
	}
	type keyed struct {
		item unstructured.Unstructured
		key  any
	}
	all := make([]keyed, len(items))
	for i := range items {
		values, err := found(s.path, items[i].Object)
		if err != nil {
			return fmt.Errorf("--sort-by: %w", err)
		}
		all[i].item = items[i]
		if len(values) > 0 {
			all[i].key = values[0]
		}
	}
	slices.SortStableFunc(all, func(a, b keyed) int { return compare(a.key, b.key) })
	for i := range all {
		items[i] = all[i].item
	}
	return nil
}

// compare orders what JSON can hold: numbers by value, texts that are both quantities by
// what they amount to, other texts as a person would, where web-10 follows web-9.
func compare(a, b any) int {
	if x, ok := number(a); ok {
		if y, ok := number(b); ok {
			return cmp.Compare(x, y)
		}
	}
	switch x := a.(type) {
	case nil:
		if b == nil {
			return 0
		}
		return -1
	case bool:
		if y, ok := b.(bool); ok && x != y {
			if y {
				return -1
			}
			return 1
		}
	}
	if b == nil {
		return 1
	}
	x, y := fmt.Sprint(a), fmt.Sprint(b)
	if p, err := quantity.Parse(x); err == nil {
		if q, err := quantity.Parse(y); err == nil {
			return p.Cmp(q)
		}
	}
	switch {
	case sortorder.NaturalLess(x, y):
		return -1
	case sortorder.NaturalLess(y, x):
		return 1
	}
	return 0
}

func number(v any) (float64, bool) {
	switch n := v.(type) {
	case int64:
		return float64(n), true
	case float64:
		return n, true
	}
	return 0, false
}
