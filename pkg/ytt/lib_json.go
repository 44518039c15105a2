package ytt

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sort"
	"strconv"
	"strings"

	"go.starlark.net/starlark"
)

func init() {
	modules["json"] = newModule("json", map[string]builtinFunc{"encode": jsonEncode, "decode": jsonDecode})
}

// maxIndent of JSON and TOML, in spaces a level.
const maxIndent = 8

func jsonEncode(m *machine, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var v starlark.Value
	indent, escape := 0, true
	if len(args) > 1 {
		return nil, fmt.Errorf("got %d arguments, want 1; indent and escape_html are keywords", len(args))
	}
	if err := starlark.UnpackArgs("json.encode", args, kwargs, "value", &v, "indent?", &indent, "escape_html?", &escape); err != nil {
		return nil, err
	}
	if indent < 0 || indent > maxIndent {
		return nil, fmt.Errorf("indent must be between 0 and %d, not %d", maxIndent, indent)
	}
	value, err := m.toTree(v)
	if err != nil {
		return nil, err
	}
	m.convert()
	e := jsonEncoder{meter: &m.meter, indent: indent, escape: escape}
	if err := e.write(value, 0); err != nil {
		return nil, err
	}
	return starlark.String(e.b.String()), m.text(e.b.Len())
}

// jsonEncoder writes a tree as encoding/json does: keys sorted, < > & escaped.
type jsonEncoder struct {
	meter  *meter
	b      bytes.Buffer
	indent int
	escape bool
}

func (e *jsonEncoder) write(v any, depth int) error {
	if e.b.Len() > e.meter.limits.Output {
		return e.meter.tooMuchOutput()
	}
	n, ok := v.(*node)
	if !ok {
		return e.scalar(v)
	}
	if err := e.meter.node(2 * depth); err != nil {
		return err
	}
	if n.kind == mapping {
		return e.object(n, depth)
	}
	for i, child := range n.children {
		e.separate("[", i, depth+1)
		if err := e.write(child.value, depth+1); err != nil {
			return err
		}
	}
	e.close("[", "]", len(n.children), depth)
	return nil
}

func (e *jsonEncoder) object(n *node, depth int) error {
	items := append([]*node{}, n.children...)
	for _, item := range items {
		if _, ok := item.key.(string); !ok {
			return fmt.Errorf("the key %v is no string, which JSON needs (hint: write str(...))", item.key)
		}
	}
	sort.SliceStable(items, func(i, j int) bool { return items[i].key.(string) < items[j].key.(string) })
	for i, item := range items {
		e.separate("{", i, depth+1)
		if err := e.scalar(item.key); err != nil {
			return err
		}
		e.b.WriteByte(':')
		if e.indent > 0 {
			e.b.WriteByte(' ')
		}
		if err := e.write(item.value, depth+1); err != nil {
			return err
		}
	}
	e.close("{", "}", len(items), depth)
	return nil
}

// separate writes what stands before the i-th part of a collection.
func (e *jsonEncoder) separate(open string, i, depth int) {
	if i == 0 {
		e.b.WriteString(open)
	} else {
		e.b.WriteByte(',')
	}
	e.newline(depth)
}

func (e *jsonEncoder) close(open, end string, parts, depth int) {
	if parts == 0 {
		e.b.WriteString(open)
	} else {
		e.newline(depth)
	}
	e.b.WriteString(end)
}

func (e *jsonEncoder) newline(depth int) {
	if e.indent > 0 {
		e.b.WriteByte('\n')
		e.b.WriteString(strings.Repeat(" ", depth*e.indent))
	}
}

func (e *jsonEncoder) scalar(v any) error {
	if f, ok := v.(float64); ok {
		if err := checkFinite(f); err != nil {
			return err
		}
	}
	if s, ok := v.(string); ok && e.b.Len()+len(s)+5*escapes(s) > e.meter.limits.Output {
		return e.meter.tooMuchOutput()
	}
	encoder := json.NewEncoder(&e.b)
	encoder.SetEscapeHTML(e.escape)
	if err := encoder.Encode(v); err != nil {
		return err
	}
	e.b.Truncate(e.b.Len() - 1) // the line break that Encode adds
	return nil
}

func jsonDecode(m *machine, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var s string
	if err := starlark.UnpackPositionalArgs("json.decode", args, kwargs, 1, &s); err != nil {
		return nil, err
	}
	if err := m.parseable(s); err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(strings.NewReader(s))
	decoder.UseNumber()
	m.convert()
	v, err := m.decodeJSON(decoder, 0)
	if err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is more after the value")
	}
	return v, nil
}

func nextToken(decoder *json.Decoder) (json.Token, error) {
	token, err := decoder.Token()
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, errors.New("unexpected end of the text")
	}
	return token, err
}

func (m *machine) decodeJSON(decoder *json.Decoder, depth int) (starlark.Value, error) {
	token, err := nextToken(decoder)
	if err != nil {
		return nil, err
	}
	if err := m.node(depth); err != nil {
		return nil, err
	}
	switch token := token.(type) {
	case json.Delim:
		if token == '[' {
			return m.decodeArray(decoder, depth)
		}
		return m.decodeObject(decoder, depth)
	case json.Number:
		return decodedNumber(string(token))
	case string:
		return starlark.String(token), m.text(len(token))
	case bool:
		return starlark.Bool(token), nil
	}
	return starlark.None, nil
}

func (m *machine) decodeArray(decoder *json.Decoder, depth int) (starlark.Value, error) {
	var items []starlark.Value
	for decoder.More() {
		item, err := m.decodeJSON(decoder, depth+2)
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	_, err := nextToken(decoder)
	return starlark.NewList(items), err
}

func (m *machine) decodeObject(decoder *json.Decoder, depth int) (starlark.Value, error) {
	values := map[string]starlark.Value{}
	var keys []string
	for decoder.More() {
		token, err := nextToken(decoder)
		if err != nil {
			return nil, err
		}
		key, ok := token.(string)
		if !ok {
			return nil, fmt.Errorf("unexpected %v", token)
		}
		if err := m.text(len(key)); err != nil {
			return nil, err
		}
		value, err := m.decodeJSON(decoder, depth+2)
		if err != nil {
			return nil, err
		}
		if _, again := values[key]; !again {
			keys = append(keys, key)
		}
		values[key] = value
	}
	if _, err := nextToken(decoder); err != nil {
		return nil, err
	}
	sort.Strings(keys)
	dict := starlark.NewDict(len(keys))
	for _, key := range keys {
		if err := dict.SetKey(starlark.String(key), values[key]); err != nil {
			return nil, err
		}
	}
	return dict, nil
}

// decodedNumber keeps integers exact where they fit.
func decodedNumber(s string) (starlark.Value, error) {
	if i, err := strconv.ParseInt(s, 10, 64); err == nil {
		return starlark.MakeInt64(i), nil
	}
	f, err := strconv.ParseFloat(s, 64)
	return starlark.Float(f), err
}
