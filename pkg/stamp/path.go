package stamp

import (
	"errors"
	"fmt"
	"strings"

	"k8s.io/client-go/util/jsonpath"
)

// Found says what a path led to (spec: reconcile §3.1).
type Found int

// What a path can lead to.
const (
	// Missing: the path yields no result.
	Missing Found = iota
	// Null: the path ends at a field that is unset or null.
	Null
	// Present: the path ends at a value.
	Present
)

// Path is a compiled path expression. It is immutable and may be shared.
type Path struct {
	text string
	// fields is the path when it consists of names only, which most do.
	fields []string
	nodes  []jsonpath.Node
}

// ParsePath compiles an expression of the dialect of reconcile §6.3: Kubernetes
// JSONPath with one block, whose braces and leading dot may be left out.
func ParsePath(expression string) (*Path, error) {
	if strings.TrimSpace(expression) == "" {
		return nil, errors.New("the path is empty")
	}
	wrapped := expression
	if !strings.HasPrefix(wrapped, "{.") {
		if strings.HasPrefix(wrapped, ".") {
			wrapped = "{" + wrapped
		} else {
			wrapped = "{." + wrapped
		}
	}
	if !strings.HasSuffix(wrapped, "}") {
		wrapped += "}"
	}
	parser, err := jsonpath.Parse(expression, wrapped)
	if err != nil {
		return nil, fmt.Errorf("invalid path %q: %w", brief(expression), err)
	}
	if len(parser.Root.Nodes) != 1 {
		return nil, fmt.Errorf("invalid path %q: it must be one expression", brief(expression))
	}
	block, ok := parser.Root.Nodes[0].(*jsonpath.ListNode)
	if !ok {
		return nil, fmt.Errorf("invalid path %q: it must be one expression", brief(expression))
	}
	if err := checkNodes(block.Nodes); err != nil {
		return nil, fmt.Errorf("invalid path %q: %w", brief(expression), err)
	}
	p := &Path{text: expression, nodes: block.Nodes}
	for _, node := range block.Nodes {
		field, ok := node.(*jsonpath.FieldNode)
		if !ok {
			p.fields = nil
			break
		}
		p.fields = append(p.fields, field.Value)
	}
	return p, nil
}

// maxTold is how much of an expression messages tell, in bytes: behind one of a megabyte the fault would be cut off.
const maxTold = 200

func brief(expression string) string {
	if len(expression) <= maxTold {
		return expression
	}
	return strings.ToValidUTF8(expression[:maxTold], "") + "…"
}

// checkNodes refuses what is part of kubectl's output templates but is no path.
func checkNodes(nodes []jsonpath.Node) error {
	for _, node := range nodes {
		switch n := node.(type) {
		case *jsonpath.IdentifierNode:
			return fmt.Errorf("%q is not supported in paths", n.Name)
		case *jsonpath.TextNode, *jsonpath.IntNode, *jsonpath.FloatNode, *jsonpath.BoolNode:
			return fmt.Errorf("a constant is no path: %s", node)
		case *jsonpath.UnionNode:
			for _, part := range n.Nodes {
				if err := checkNodes(part.Nodes); err != nil {
					return err
				}
			}
		case *jsonpath.FilterNode:
			for _, side := range []*jsonpath.ListNode{n.Left, n.Right} {
				if err := checkSide(side); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// checkSide allows one constant, or a path, on a side of a comparison.
func checkSide(side *jsonpath.ListNode) error {
	if _, ok := constant(side); ok {
		return nil
	}
	return checkNodes(side.Nodes)
}

func constant(side *jsonpath.ListNode) (any, bool) {
	if len(side.Nodes) != 1 {
		return nil, false
	}
	switch n := side.Nodes[0].(type) {
	case *jsonpath.TextNode:
		return n.Text, true
	case *jsonpath.IntNode:
		return float64(n.Value), true
	case *jsonpath.FloatNode:
		return n.Value, true
	case *jsonpath.BoolNode:
		return n.Value, true
	}
	return nil, false
}

// String returns the expression as it was written.
func (p *Path) String() string { return p.text }

// Nodes are the parsed expression, for those who reason about paths without an object. They
// must not be changed.
func (p *Path) Nodes() []jsonpath.Node { return p.nodes }

// Names are those that the path consists of; nil when there is more to it, such as an index
// or a filter.
func (p *Path) Names() []string { return p.fields }

// Indexed is the list, as the names that lead to it, whose item the path takes by position;
// nil when it takes none so.
func (p *Path) Indexed() []string {
	names := p.leadingFields()
	if len(names) == len(p.nodes) {
		return nil
	}
	if index, ok := p.nodes[len(names)].(*jsonpath.ArrayNode); ok && index.Params[1].Derived {
		return names
	}
	return nil
}

// Named is the item that the path picks from a list by its name, as the names that lead to
// the list, the name that the item has, and the names that follow:
// spec.params[?(@.name=="port")].value. It is false for every other path.
func (p *Path) Named() (list []string, item string, rest []string, ok bool) {
	list = p.leadingFields()
	if len(list) == 0 || len(list) == len(p.nodes) {
		return nil, "", nil, false
	}
	filter, isFilter := p.nodes[len(list)].(*jsonpath.FilterNode)
	if !isFilter || filter.Operator != "==" || len(filter.Left.Nodes) != 1 {
		return nil, "", nil, false
	}
	left, isField := filter.Left.Nodes[0].(*jsonpath.FieldNode)
	value, isConstant := constant(filter.Right)
	item, isText := value.(string)
	if !isField || left.Value != "name" || !isConstant || !isText {
		return nil, "", nil, false
	}
	for _, node := range p.nodes[len(list)+1:] {
		field, isField := node.(*jsonpath.FieldNode)
		if !isField {
			return nil, "", nil, false
		}
		rest = append(rest, field.Value)
	}
	return list, item, rest, true
}

// Lookup evaluates the path on an object, or on a view of an owner. The error says why
// the path can not be evaluated there: an index out of range, a filter on something
// that is no list, more than one result, more steps than a path may take.
func (p *Path) Lookup(root any) (any, Found, error) {
	return p.lookup(root, &budget{maxSteps})
}

func (p *Path) lookup(root any, b *budget) (any, Found, error) {
	var result any
	if p.fields != nil {
		result = root
		for _, name := range p.fields {
			var ok bool
			if result, ok = field(result, name); !ok {
				return nil, Missing, nil
			}
		}
	} else {
		results, err := b.evaluate(p.nodes, []any{root})
		switch {
		case err != nil:
			return nil, Missing, fmt.Errorf("evaluate path %q: %w", brief(p.text), err)
		case len(results) == 0:
			return nil, Missing, nil
		case len(results) > 1:
			return nil, Missing, fmt.Errorf("evaluate path %q: it has %d results, but must have one", brief(p.text), len(results))
		}
		result = results[0]
	}
	value := plain(result)
	switch v := value.(type) {
	case nil:
		return nil, Null, nil
	case []any:
		if v == nil {
			return nil, Null, nil
		}
	case map[string]any:
		if v == nil {
			return nil, Null, nil
		}
	}
	return value, Present, nil
}

// existing returns the longest leading part of the path that leads to something, for
// messages.
func (p *Path) existing(root any) string {
	at, path := root, ""
	for _, node := range p.nodes {
		n, ok := node.(*jsonpath.FieldNode)
		if !ok {
			return path
		}
		if at, ok = field(at, n.Value); !ok {
			return path
		}
		path += "." + n.Value
	}
	return path
}

func field(at any, name string) (any, bool) {
	if name == "" {
		return at, true // the path {.} is the object itself
	}
	m, ok := plain(at).(map[string]any)
	if !ok {
		return nil, false
	}
	value, ok := m[name]
	return value, ok
}

// kindOf names a JSON type for messages.
func kindOf(value any) string {
	switch value.(type) {
	case nil:
		return "null"
	case map[string]any:
		return "an object"
	case []any:
		return "a list"
	case string:
		return "a string"
	case bool:
		return "a boolean"
	}
	return "a number"
}

// leadingFields returns the names that the path begins with.
func (p *Path) leadingFields() []string {
	var names []string
	for _, node := range p.nodes {
		f, ok := node.(*jsonpath.FieldNode)
		if !ok {
			break
		}
		names = append(names, f.Value)
	}
	return names
}
