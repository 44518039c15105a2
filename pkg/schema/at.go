package schema

import (
	"fmt"
	"strings"

	"k8s.io/client-go/util/jsonpath"

	"github.com/carto-run/carto/pkg/near"
	"github.com/carto-run/carto/pkg/stamp"
)

// Possible says whether a path can lead to a value.
type Possible int

// What can be said of a path.
const (
	// Yes: the schema has it.
	Yes Possible = iota
	// No: no object of the kind can have it.
	No
	// Perhaps: it leads into a part of which the schema says nothing.
	Perhaps
)

// Answer says where a path leads.
type Answer struct {
	Possible Possible
	// Schema of what is there; nil unless Possible is Yes.
	Schema *Schema
	// Known is the part of the path that is possible, or known: status.conditions. It is
	// empty when not even the first name is.
	Known string
	// Why is what comes after Known no part of it: "has no field reedy".
	Why string
	// Name is the field that is not there; empty when something else is in the way.
	Name string
	// Meant are the names that may have been meant instead, the nearest first; Known stands
	// before them.
	Meant []string
	// Several says that the path can yield more than one value: one for each item of a list,
	// or each entry of a map. Filters count as finding one.
	Several bool
}

// At follows a path.
func (s *Schema) At(path *stamp.Path) Answer { return s.follow(path.Nodes(), Answer{Schema: s}) }

// Field follows names of fields. A name of digits is an index in a list.
func (s *Schema) Field(names ...string) Answer {
	a := Answer{Schema: s}
	for _, name := range names {
		if a.Possible != Yes {
			return a
		}
		if a.Schema.Type == Array && strings.Trim(name, "0123456789") == "" {
			a.index("["+name+"]", "an index")
		} else {
			a.field(name)
		}
	}
	return a
}

func (s *Schema) follow(nodes []jsonpath.Node, a Answer) Answer {
	for _, node := range nodes {
		if a.Possible != Yes {
			// What is open can still have several values.
			a.Several = a.Several || a.Possible == Perhaps && fansOut(node)
			continue
		}
		switch n := node.(type) {
		case *jsonpath.FieldNode:
			a.field(n.Value)
		case *jsonpath.ArrayNode:
			a.Several = a.Several || fansOut(n)
			a.index(indexText(n), "an index")
		case *jsonpath.WildcardNode:
			a.Several = true
			a.all()
		case *jsonpath.FilterNode:
			a.filter(n)
		case *jsonpath.UnionNode:
			a.union(n)
		case *jsonpath.ListNode:
			a = s.follow(n.Nodes, a)
		default: // a descent to any depth
			a.Several = true
			a.perhaps()
		}
	}
	return a
}

// fansOut says that a part of a path yields several values where it yields any.
func fansOut(node jsonpath.Node) bool {
	switch n := node.(type) {
	case *jsonpath.ArrayNode:
		return !n.Params[1].Derived && !oneLong(n)
	case *jsonpath.WildcardNode, *jsonpath.RecursiveNode:
		return true
	case *jsonpath.UnionNode:
		return len(n.Nodes) > 1
	}
	return false
}

// oneLong says that a slice such as [0:1] has no more than one item.
func oneLong(n *jsonpath.ArrayNode) bool {
	from, to := n.Params[0].Value, n.Params[1].Value
	return n.Params[1].Known && (from >= 0) == (to >= 0) && to-from <= 1
}

func (a *Answer) no(why string) { a.Possible, a.Schema, a.Why = No, nil, why }

func (a *Answer) perhaps() { a.Possible, a.Schema = Perhaps, nil }

func (a *Answer) field(name string) {
	s := a.Schema
	if name == "" {
		return // the object itself
	}
	if property := s.Properties[name]; property != nil {
		a.step("."+name, property)
		return
	}
	switch {
	case s.IsScalar():
		a.no("is " + s.Words() + ", which has no fields")
	case s.Type == Array:
		a.no("is a list: say which item, as in [0]")
	case s.Values != nil:
		a.step("."+name, s.Values)
	case s.Open || s.Type == Any:
		a.perhaps()
	default:
		a.Name, a.Meant = name, near.Names(name, s.Fields())
		a.no("has no field " + name)
	}
}

func (a *Answer) step(text string, to *Schema) {
	a.Known = strings.TrimPrefix(a.Known+text, ".")
	a.Schema = to
}

// index goes to the items of a list.
func (a *Answer) index(text, what string) {
	switch s := a.Schema; {
	case s.Type == Array:
		a.step(text, s.Items)
	case s.Type == Object || s.IsScalar():
		a.no("is " + s.Words() + ", but " + what + " needs a list")
	default:
		a.perhaps()
	}
}

// all goes to whatever is in a list or an object.
func (a *Answer) all() {
	switch s := a.Schema; {
	case s.Type == Array:
		a.step("[*]", s.Items)
	case s.Values != nil && s.Properties == nil:
		a.step(".*", s.Values)
	case s.IsScalar():
		a.no("is " + s.Words() + ", which has nothing in it")
	default:
		a.perhaps()
	}
}

// filter goes to the items of a list. A filter on a field that they can not have finds none.
func (a *Answer) filter(n *jsonpath.FilterNode) {
	list := *a
	a.index("[?]", "a filter")
	if a.Possible != Yes {
		return
	}
	for _, side := range []*jsonpath.ListNode{n.Left, n.Right} {
		if side == nil || isConstant(side) {
			continue
		}
		of := a.Schema.follow(side.Nodes, Answer{Schema: a.Schema, Known: a.Known})
		if of.Possible == No {
			*a = list
			a.Name, a.Meant = of.Name, of.Meant
			a.no("is a list in which the filter finds nothing: an item " + of.Why)
			return
		}
	}
}

func isConstant(side *jsonpath.ListNode) bool {
	if len(side.Nodes) != 1 {
		return false
	}
	switch side.Nodes[0].(type) {
	case *jsonpath.TextNode, *jsonpath.IntNode, *jsonpath.FloatNode, *jsonpath.BoolNode:
		return true
	}
	return false
}

// union follows all alternatives; one that is possible is enough.
func (a *Answer) union(n *jsonpath.UnionNode) {
	var open, possible, first *Answer
	found := 0
	for _, part := range n.Nodes {
		of := a.Schema.follow(part.Nodes, *a)
		switch {
		case of.Possible == Yes:
			found++
			if possible == nil {
				possible = &of
			}
		case of.Possible == Perhaps:
			found++
			open = &of
		case first == nil:
			first = &of
		}
	}
	several := a.Several || found > 1
	switch {
	case open != nil:
		*a = *open
	case possible != nil:
		*a = *possible
	case first != nil:
		*a = *first
	}
	a.Several = a.Several || several
}

func indexText(n *jsonpath.ArrayNode) string {
	switch {
	case n.Params[1].Derived:
		return fmt.Sprintf("[%d]", n.Params[0].Value)
	case !n.Params[0].Known && !n.Params[1].Known:
		return "[*]"
	case !n.Params[1].Known:
		return fmt.Sprintf("[%d:]", n.Params[0].Value)
	}
	return fmt.Sprintf("[%d:%d]", n.Params[0].Value, n.Params[1].Value)
}
