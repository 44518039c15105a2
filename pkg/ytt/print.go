package ytt

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	yamlv2 "gopkg.in/yaml.v2"
)

// noFolding tells yaml.v2 not to fold long lines. It is a switch of the whole process,
// in a module that nothing else here uses.
var noFolding = sync.OnceFunc(yamlv2.FutureLineWrap)

// printDocuments prints documents as ytt does (spec: ytt §13).
func (m *meter) printDocuments(docs []*node) ([]byte, error) {
	m.convert()
	var out bytes.Buffer
	for _, d := range docs {
		if d.isEmpty() {
			continue
		}
		if out.Len() > 0 {
			out.WriteString("---\n")
		}
		if err := m.printValue(&out, d.value); err != nil {
			return nil, err
		}
	}
	return out.Bytes(), nil
}

func (m *meter) printValue(out *bytes.Buffer, value any) error {
	size := out.Len()
	tree, err := m.ordered(value, 0, &size)
	if err != nil {
		return err
	}
	noFolding()
	printed, err := yamlv2.Marshal(tree)
	if err != nil {
		return err
	}
	out.Write(printed)
	if out.Len() > m.limits.Output {
		return m.tooMuchOutput()
	}
	return nil
}

func (m *meter) tooMuchOutput() error {
	return exceeds("size of the output", fmt.Sprintf("%d bytes", m.limits.Output), "")
}

// ordered is the value as yaml.v2 prints it in order. Size adds up what will be printed
// at least, so that the limit is reached before the memory is taken.
func (m *meter) ordered(v any, depth int, size *int) (any, error) {
	if s, ok := v.(string); ok {
		*size += len(s)
		if depth > 0 && *size <= m.limits.Output {
			*size += depth/2*strings.Count(s, "\n") + escapes(s)
		}
	}
	if *size += 2; *size > m.limits.Output {
		return nil, m.tooMuchOutput()
	}
	n, ok := v.(*node)
	if !ok {
		return v, nil
	}
	if err := m.node(depth); err != nil {
		return nil, err
	}
	*size += depth * len(n.children) // indentation
	if n.kind == mapping {
		items := make(yamlv2.MapSlice, len(n.children))
		for i, child := range n.children {
			value, err := m.ordered(child.value, depth+2, size)
			if err != nil {
				return nil, err
			}
			if key, ok := child.key.(string); ok {
				*size += len(key)
			}
			items[i] = yamlv2.MapItem{Key: child.key, Value: value}
		}
		return items, m.spend(48 * len(items))
	}
	items := make([]any, len(n.children))
	for i, child := range n.children {
		value, err := m.ordered(child.value, depth+2, size)
		if err != nil {
			return nil, err
		}
		items[i] = value
	}
	return items, m.spend(16 * len(items))
}

// escapes is how much longer a string gets when its control characters are escaped.
func escapes(s string) int {
	more := 0
	for i := range len(s) {
		if s[i] < ' ' && s[i] != '\n' && s[i] != '\t' {
			more++
		}
	}
	return more
}

// object converts a tree to what reading its YAML by a Kubernetes decoder gives (spec:
// ytt §1.2).
func (m *meter) object(v any, depth int) (any, error) {
	switch v := v.(type) {
	case *node:
		if err := m.node(depth); err != nil {
			return nil, err
		}
		if n := v; n.kind != mapping {
			list := make([]any, len(n.children))
			for i, child := range n.children {
				if err := m.leaf(child.value, depth); err != nil {
					return nil, err
				}
				item, err := m.object(child.value, depth+2)
				if err != nil {
					return nil, fmt.Errorf("[%d]: %w", i, err)
				}
				list[i] = item
			}
			return list, nil
		}
		object := make(map[string]any, len(v.children))
		for _, child := range v.children {
			if err := m.leaf(child.value, depth); err != nil {
				return nil, err
			}
			key, err := objectKey(child.key)
			if err != nil {
				return nil, err
			}
			if object[key], err = m.object(child.value, depth+2); err != nil {
				return nil, fmt.Errorf("%s: %w", key, err)
			}
		}
		return object, nil
	case uint64:
		return float64(v), nil
	case float64:
		// As JSON prints it: shortest digits, then zeros, so a great one may change.
		if math.Abs(v) < 1e21 {
			if i, err := strconv.ParseInt(strconv.FormatFloat(v, 'f', -1, 64), 10, 64); err == nil {
				return i, nil
			}
		}
		return v, checkFinite(v)
	case string:
		if m.size += len(v); m.size > m.limits.Output {
			return nil, m.tooMuchOutput()
		}
		return asJSON(v), nil
	}
	return v, nil
}

// asJSON is a string after it went through JSON, which replaces each byte that is no
// UTF-8.
func asJSON(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return string([]rune(s))
}

func objectKey(key any) (string, error) {
	switch key := key.(type) {
	case string:
		return asJSON(key), nil
	case int64:
		return strconv.FormatInt(key, 10), nil
	case uint64:
		return strconv.FormatUint(key, 10), nil
	case bool:
		return strconv.FormatBool(key), nil
	case float64:
		return strconv.FormatFloat(key, 'g', -1, 64), checkFinite(key)
	}
	return "", fmt.Errorf("null can not be the key of an object")
}
