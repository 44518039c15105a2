package stamp

import (
	"errors"
	"fmt"

	"k8s.io/client-go/util/jsonpath"
)

// maxAssignedIndex bounds the lists that a path with an index can make.
const maxAssignedIndex = 100

var errManyPlaces = errors.New("the path could lead to several values")

// assign makes the path lead to a value in an object, and adds what is missing on the
// way: objects, items of lists, and for a filter an item for which it holds.
func (p *Path) assign(object map[string]any, value any) error {
	changed, err := assign(p.nodes, object, value)
	if err != nil {
		return fmt.Errorf("write to path %q: %w", p.text, err)
	}
	if _, same := changed.(map[string]any); !same {
		return fmt.Errorf("write to path %q: it is the object itself", p.text)
	}
	return nil
}

// assign returns what then is at the place; maps that are there are changed.
func assign(nodes []jsonpath.Node, at, value any) (any, error) {
	if len(nodes) == 0 {
		return value, nil
	}
	switch n := nodes[0].(type) {
	case *jsonpath.FieldNode:
		if n.Value == "" {
			return assign(nodes[1:], at, value)
		}
		if at == nil {
			at = map[string]any{}
		}
		m, ok := at.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("found %s where an object is needed", kindOf(at))
		}
		child, err := assign(nodes[1:], m[n.Value], value)
		if err == nil {
			m[n.Value] = child
		}
		return m, err
	case *jsonpath.ArrayNode:
		list, err := listAt(at)
		if err != nil {
			return nil, err
		}
		return assignItem(n, nodes[1:], list, value)
	case *jsonpath.FilterNode:
		list, err := listAt(at)
		if err != nil {
			return nil, err
		}
		return assignFiltered(n, nodes[1:], list, value)
	}
	return nil, errManyPlaces
}

func listAt(at any) ([]any, error) {
	list, ok := at.([]any)
	if !ok && at != nil {
		return nil, fmt.Errorf("found %s where a list is needed", kindOf(at))
	}
	return list, nil
}

// assignItem writes to the one item that an index names.
func assignItem(n *jsonpath.ArrayNode, rest []jsonpath.Node, list []any, value any) (any, error) {
	if !n.Params[0].Known || !n.Params[1].Derived {
		return nil, errManyPlaces
	}
	index := n.Params[0].Value
	if index < 0 {
		index = max(index+len(list), 0)
	}
	if index > maxAssignedIndex {
		return nil, fmt.Errorf("index %d is too large", index)
	}
	for len(list) <= index {
		list = append(list, nil)
	}
	item, err := assign(rest, list[index], value)
	if err == nil {
		list[index] = item
	}
	return list, err
}

// assignFiltered writes to the item for which a filter holds; a new one, if there is none.
func assignFiltered(n *jsonpath.FilterNode, rest []jsonpath.Node, list []any, value any) (any, error) {
	wanted, ok := constant(n.Right)
	if n.Operator != "==" || !ok {
		return nil, errManyPlaces
	}
	at, b := -1, &budget{maxSteps}
	for i := range list {
		if found, err := b.filter(n, list[i:i+1]); err == nil && len(found) > 0 {
			if at >= 0 {
				return nil, errManyPlaces
			}
			at = i
		}
	}
	if at < 0 {
		item, err := assign(n.Left.Nodes, nil, wanted)
		if err != nil {
			return nil, err
		}
		at, list = len(list), append(list, item)
	}
	item, err := assign(rest, list[at], value)
	if err == nil {
		list[at] = item
	}
	return list, err
}
