package stamp

import (
	"errors"
	"fmt"
	"sort"

	"k8s.io/client-go/util/jsonpath"
)

// budget is what the evaluation of a path, or of all tags of a body, may still cost.
type budget struct{ steps int }

var errTooManySteps = fmt.Errorf("limit exceeded: steps (%d)", maxSteps)

func (b *budget) spend(steps int) error {
	if b.steps -= steps; b.steps < 0 {
		return errTooManySteps
	}
	return nil
}

func (b *budget) evaluate(nodes []jsonpath.Node, at []any) ([]any, error) {
	for _, node := range nodes {
		var next []any
		for _, value := range at {
			if err := b.spend(1); err != nil {
				return nil, err
			}
			results, err := b.step(node, value)
			if err != nil {
				return nil, err
			}
			next = append(next, results...)
			if len(next) > maxResults {
				return nil, fmt.Errorf("more than %d results", maxResults)
			}
		}
		at = next
	}
	return at, nil
}

const (
	// maxResults bounds what wildcards and recursive descent can pile up.
	maxResults = 100_000
	// maxSteps is how many parts of objects one path, or all tags of a body together, may
	// look at: about half a second. A union of many names below a recursive descent finds
	// nothing, and takes hours.
	maxSteps = 5_000_000
)

func (b *budget) step(node jsonpath.Node, at any) ([]any, error) {
	switch n := node.(type) {
	case *jsonpath.FieldNode:
		if value, ok := field(at, n.Value); ok {
			return []any{value}, nil
		}
		return nil, nil
	case *jsonpath.ArrayNode:
		return slice(n, plain(at))
	case *jsonpath.UnionNode:
		var all []any
		for _, part := range n.Nodes {
			results, err := b.evaluate(part.Nodes, []any{at})
			if err != nil {
				return nil, err
			}
			all = append(all, results...)
		}
		return all, nil
	case *jsonpath.WildcardNode:
		all := children(at)
		return all, b.spend(len(all))
	case *jsonpath.RecursiveNode:
		all := descend(at, nil)
		return all, b.spend(len(all))
	case *jsonpath.FilterNode:
		return b.filter(n, plain(at))
	case *jsonpath.ListNode:
		return b.evaluate(n.Nodes, []any{at})
	}
	return nil, fmt.Errorf("%s is not supported", node)
}

// slice implements indexes and slices. An unset or empty list has no index at all; on
// an explicit null an index is missing.
func slice(n *jsonpath.ArrayNode, at any) ([]any, error) {
	if at == nil {
		return nil, nil
	}
	list, ok := at.([]any)
	if !ok {
		return nil, fmt.Errorf("an index needs a list, but found %s", kindOf(at))
	}
	length := len(list)
	from, to, by := 0, length, 1
	if n.Params[0].Known {
		from = n.Params[0].Value
	}
	if from < 0 {
		from += length
	}
	if n.Params[1].Known {
		to = n.Params[1].Value
		if to < 0 || (to == 0 && n.Params[1].Derived) {
			to += length
		}
	}
	if n.Params[2].Known {
		if by = n.Params[2].Value; by <= 0 {
			return nil, fmt.Errorf("the step of a slice must be positive, but is %d", by)
		}
	}
	if from == to {
		return nil, nil
	}
	if from < 0 || from >= length || to < 0 || to > length {
		return nil, fmt.Errorf("index out of range: %s in a list of length %d", describeIndex(n), length)
	}
	if from > to {
		return nil, fmt.Errorf("the slice begins at %d, after its end at %d", from, to)
	}
	by = min(by, length) // a larger step leads nowhere but beyond the largest number
	var results []any
	for i := from; i < to; i += by {
		results = append(results, list[i])
	}
	return results, nil
}

func describeIndex(n *jsonpath.ArrayNode) string {
	if n.Params[1].Derived {
		return fmt.Sprint(n.Params[0].Value)
	}
	return fmt.Sprintf("%d:%d", n.Params[0].Value, n.Params[1].Value)
}

func children(at any) []any {
	switch v := plain(at).(type) {
	case []any:
		return v
	case map[string]any:
		keys := make([]string, 0, len(v))
		for key := range v {
			keys = append(keys, key)
		}
		sort.Strings(keys)
		values := make([]any, 0, len(v))
		for _, key := range keys {
			values = append(values, v[key])
		}
		return values
	}
	return nil
}

func descend(at any, into []any) []any {
	into = append(into, at)
	for _, child := range children(at) {
		if len(into) > maxResults {
			break
		}
		into = descend(child, into)
	}
	return into
}

// filter keeps the items of a list for which the comparison holds.
func (b *budget) filter(n *jsonpath.FilterNode, at any) ([]any, error) {
	list, ok := at.([]any)
	if !ok {
		return nil, fmt.Errorf("a filter needs a list, but found %s", kindOf(at))
	}
	var results []any
	for _, item := range list {
		if err := b.spend(1); err != nil {
			return nil, err
		}
		left, found, err := b.side(n.Left, item)
		if err != nil {
			return nil, err
		}
		if n.Operator == "exists" {
			if found {
				results = append(results, item)
			}
			continue
		}
		right, rightFound, err := b.side(n.Right, item)
		if err != nil {
			return nil, err
		}
		if !found || !rightFound {
			continue
		}
		holds, err := compare(left, n.Operator, right)
		if err != nil {
			return nil, err
		}
		if holds {
			results = append(results, item)
		}
	}
	return results, nil
}

func (b *budget) side(list *jsonpath.ListNode, item any) (any, bool, error) {
	if value, ok := constant(list); ok {
		return value, true, nil
	}
	results, err := b.evaluate(list.Nodes, []any{item})
	switch {
	case err != nil || len(results) == 0:
		return nil, false, err
	case len(results) > 1:
		return nil, false, errors.New("a side of a comparison has several results")
	}
	return plain(results[0]), true, nil
}

func compare(left any, operator string, right any) (bool, error) {
	if l, ok := number(left); ok {
		if r, ok := number(right); ok {
			return ordered(l, operator, r)
		}
	}
	if l, ok := left.(string); ok {
		if r, ok := right.(string); ok {
			return ordered(l, operator, r)
		}
	}
	switch operator {
	case "==":
		return left == nil && right == nil || isScalar(left) && isScalar(right) && left == right, nil
	case "!=":
		return !(left == nil && right == nil || isScalar(left) && isScalar(right) && left == right), nil
	}
	return false, fmt.Errorf("cannot order %s and %s with %s", kindOf(left), kindOf(right), operator)
}

func ordered[T float64 | string](left T, operator string, right T) (bool, error) {
	switch operator {
	case "==":
		return left == right, nil
	case "!=":
		return left != right, nil
	case "<":
		return left < right, nil
	case "<=":
		return left <= right, nil
	case ">":
		return left > right, nil
	case ">=":
		return left >= right, nil
	}
	return false, fmt.Errorf("unknown operator %q", operator)
}

func number(value any) (float64, bool) {
	switch v := value.(type) {
	case int64:
		return float64(v), true
	case float64:
		return v, true
	}
	return 0, false
}

func isScalar(value any) bool {
	switch value.(type) {
	case string, bool, int64, float64:
		return true
	}
	return false
}
