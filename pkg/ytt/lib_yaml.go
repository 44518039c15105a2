package ytt

import (
	"errors"
	"fmt"

	"go.starlark.net/starlark"
)

func init() {
	modules["yaml"] = newModule("yaml", map[string]builtinFunc{"encode": yamlEncode, "decode": yamlDecode})
}

func yamlEncode(m *machine, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var v starlark.Value
	if err := starlark.UnpackPositionalArgs("yaml.encode", args, kwargs, 1, &v); err != nil {
		return nil, err
	}
	text, err := m.yamlOf(v)
	return starlark.String(text), err
}

// yamlOf prints a value as a document, and documents with --- between them. What prints
// nothing is "" (spec: ytt §13.1).
func (m *machine) yamlOf(v starlark.Value) (string, error) {
	var docs []*node
	if f, ok := v.(*listFragment); ok && f.n.kind == documentSet {
		docs = f.n.children
	} else {
		value, err := m.toTree(v)
		if err != nil {
			return "", err
		}
		docs = []*node{{kind: document, value: value}}
	}
	out, err := m.printDocuments(docs)
	if err != nil {
		return "", err
	}
	return string(out), m.text(len(out))
}

func yamlDecode(m *machine, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var s string
	if err := starlark.UnpackPositionalArgs("yaml.decode", args, kwargs, 1, &s); err != nil {
		return nil, err
	}
	return m.decodeYAML(s)
}

func (m *machine) decodeYAML(s string) (starlark.Value, error) {
	if err := m.parseable(s); err != nil {
		return nil, err
	}
	// Reading takes several times the memory of the text.
	if err := m.spend(4 * len(s)); err != nil {
		return nil, err
	}
	set, _, err := read(newText("text", s))
	if err != nil {
		var problems *Error
		if errors.As(err, &problems) {
			p := problems.Problems[0]
			return nil, fmt.Errorf("line %d: %s", p.Frames[0].Line, p.Message)
		}
		return nil, err
	}
	if len(set.children) != 1 {
		return nil, fmt.Errorf("the text has %d documents; exactly one can be decoded", len(set.children))
	}
	value := set.children[0].value
	if err := uniqueKeys(value); err != nil {
		return nil, err
	}
	m.convert()
	return m.plain(value, 0)
}

// uniqueKeys refuses maps that have a key twice.
func uniqueKeys(v any) error {
	n, ok := v.(*node)
	if !ok {
		return nil
	}
	seen := map[any]bool{}
	for _, child := range n.children {
		if n.kind == mapping {
			if seen[child.key] {
				return fmt.Errorf("line %d: duplicate key %s", child.line, quotedKey(child.key))
			}
			seen[child.key] = true
		}
		if err := uniqueKeys(child.value); err != nil {
			return err
		}
	}
	return nil
}
