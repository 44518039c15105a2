package ytt

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/BurntSushi/toml"
	"go.starlark.net/starlark"
)

func init() {
	modules["toml"] = newModule("toml", map[string]builtinFunc{"encode": tomlEncode, "decode": tomlDecode})
}

func tomlEncode(m *machine, args starlark.Tuple, kwargs []starlark.Tuple) (_ starlark.Value, err error) {
	var v starlark.Value
	indent := 0
	if len(args) > 1 {
		return nil, fmt.Errorf("got %d arguments, want 1; indent is a keyword", len(args))
	}
	if err := starlark.UnpackArgs("toml.encode", args, kwargs, "value", &v, "indent?", &indent); err != nil {
		return nil, err
	}
	if indent < 0 || indent > maxIndent {
		return nil, fmt.Errorf("indent must be between 0 and %d, not %d", maxIndent, indent)
	}
	tree, err := m.toTree(v)
	if err != nil {
		return nil, err
	}
	if n, ok := tree.(*node); !ok || n.kind != mapping {
		return nil, fmt.Errorf("got %s, want a dict, struct or map", v.Type())
	}
	m.convert()
	table, err := m.tomlValue(tree, 0)
	if err != nil {
		return nil, err
	}
	// The library panics for what it did not expect.
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the value has no TOML form: %v", r)
		}
	}()
	out := boundedBuffer{meter: &m.meter}
	encoder := toml.NewEncoder(&out)
	encoder.Indent = strings.Repeat(" ", indent)
	if err := encoder.Encode(table); err != nil {
		return nil, err
	}
	return starlark.String(out.String()), m.text(out.Len())
}

// boundedBuffer refuses more than the limit of the output: keys are repeated in the
// headers of all tables below them, so a small value can be long in TOML.
type boundedBuffer struct {
	bytes.Buffer
	meter *meter
}

// Write implements io.Writer.
func (b *boundedBuffer) Write(p []byte) (int, error) {
	if b.Len()+len(p) > b.meter.limits.Output {
		return 0, b.meter.tooMuchOutput()
	}
	return b.Buffer.Write(p)
}

// tomlValue is a tree as the TOML library takes it. TOML has no null: items without a
// value are left out.
func (m *meter) tomlValue(v any, depth int) (any, error) {
	if s, ok := v.(string); ok && len(s) > m.limits.Output {
		return nil, m.tooMuchOutput()
	}
	n, ok := v.(*node)
	if !ok {
		return v, nil
	}
	if err := m.node(depth); err != nil {
		return nil, err
	}
	if err := m.entries(len(n.children), dictEntry); err != nil {
		return nil, err
	}
	if n.kind != mapping {
		list := make([]any, len(n.children))
		for i, child := range n.children {
			item, err := m.tomlValue(child.value, depth+2)
			if err != nil {
				return nil, err
			}
			if item == nil {
				return nil, errors.New("TOML has no null, which an array has here")
			}
			list[i] = item
		}
		return list, nil
	}
	table := make(map[string]any, len(n.children))
	for _, child := range n.children {
		key, ok := child.key.(string)
		if !ok {
			return nil, fmt.Errorf("the key %v is no string, which TOML needs (hint: write str(...))", child.key)
		}
		value, err := m.tomlValue(child.value, depth+2)
		if err != nil {
			return nil, err
		}
		if value != nil {
			table[key] = value
		}
	}
	return table, nil
}

func tomlDecode(m *machine, args starlark.Tuple, kwargs []starlark.Tuple) (_ starlark.Value, err error) {
	var s string
	if err := starlark.UnpackPositionalArgs("toml.decode", args, kwargs, 1, &s); err != nil {
		return nil, err
	}
	if err := m.parseable(s); err != nil {
		return nil, err
	}
	if !utf8.ValidString(s) {
		return nil, errors.New("the text is not UTF-8")
	}
	if err := m.surveyTOML(strings.TrimPrefix(s, "\ufeff")); err != nil {
		return nil, err
	}
	// The library panics for some texts that are no TOML.
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the text is no TOML: %v", r)
		}
	}()
	var table map[string]any
	if _, err := toml.Decode(s, &table); err != nil {
		var wrong toml.ParseError
		if errors.As(err, &wrong) {
			return nil, fmt.Errorf("line %d: %s", wrong.Position.Line, shorten(wrong.Message))
		}
		return nil, err
	}
	m.convert()
	return m.fromTOML(table, 0)
}

func (m *meter) fromTOML(v any, depth int) (starlark.Value, error) {
	if err := m.node(depth); err != nil {
		return nil, err
	}
	switch v := v.(type) {
	case map[string]any:
		table := starlark.NewDict(len(v))
		for _, key := range slices.Sorted(maps.Keys(v)) {
			value, err := m.fromTOML(v[key], depth+2)
			if err != nil {
				return nil, err
			}
			if err := table.SetKey(starlark.String(key), value); err != nil {
				return nil, err
			}
		}
		return table, m.entries(len(v), dictEntry)
	case []map[string]any:
		return listFromTOML(m, v, depth)
	case []any:
		return listFromTOML(m, v, depth)
	case time.Time:
		return starlark.String(timeText(v)), nil
	case string:
		return starlark.String(v), m.text(len(v))
	case int64:
		return starlark.MakeInt64(v), nil
	case float64:
		return starlark.Float(v), nil
	case bool:
		return starlark.Bool(v), nil
	}
	return nil, fmt.Errorf("unexpected %T", v)
}

func listFromTOML[T any](m *meter, items []T, depth int) (starlark.Value, error) {
	list := make([]starlark.Value, len(items))
	for i, item := range items {
		var err error
		if list[i], err = m.fromTOML(item, depth+2); err != nil {
			return nil, err
		}
	}
	return starlark.NewList(list), m.entries(len(list), listEntry)
}

// timeText writes a time as TOML does. The library tells the forms without a zone, date
// or time of day apart by the name of a location.
func timeText(t time.Time) string {
	switch t.Location().String() {
	case "datetime-local":
		return t.Format("2006-01-02T15:04:05.999999999")
	case "date-local":
		return t.Format(time.DateOnly)
	case "time-local":
		return t.Format("15:04:05.999999999")
	}
	return t.Format(time.RFC3339Nano)
}

// surveyTOML counts what reading a text will take, before the library reads it: it notes
// the whole path of each key, walks that path again for each of its parts, and calls
// itself for each bracket. So a text can take the square of its size in memory, or more
// stack than a process may have. The survey need not be right beyond the first fault of
// the text, where the library stops.
func (m *meter) surveyTOML(s string) error {
	if err := m.spend(8 * len(s)); err != nil {
		return err
	}
	// path is what is open: the header of the table, then inline tables and arrays.
	path := []tomlKey{{}}
	var key tomlKey // that was read last
	lineStart := true
	for i := 0; i < len(s); {
		c := s[i]
		atStart := lineStart
		lineStart = false
		switch c {
		case '#':
			end := strings.IndexByte(s[i:], '\n')
			if end < 0 {
				return nil
			}
			i += end
			continue
		case '"', '\'':
			end := tomlString(s[i:])
			key.bytes += end
			i += end
			continue
		case '\n':
			if len(path) == 1 {
				key = tomlKey{}
				lineStart = true
			}
		case ' ', '\t', '\r':
			lineStart = atStart
		case '.':
			key.parts++
		case ',':
			key = tomlKey{}
		case '=':
			key.parts++
			if err := m.countPath(append(path, key), key.parts+1); err != nil {
				return err
			}
		case '[', '{':
			if atStart { // a header, on a line of its own
				end := tomlHeader(s[i:])
				path[0] = tomlKey{bytes: end, parts: 1 + strings.Count(s[i:i+end], ".")}
				if err := m.countPath(path, path[0].parts+1); err != nil {
					return err
				}
				i += end
				continue
			}
			path = append(path, key)
			key = tomlKey{}
			if err := m.countPath(path, 3); err != nil {
				return err
			}
		case ']', '}':
			if len(path) > 1 {
				path = path[:len(path)-1]
			}
		default:
			key.bytes++
		}
		i++
	}
	return nil
}

// tomlKey is a dotted key: its size and the number of its parts.
type tomlKey struct{ bytes, parts int }

// countPath counts what the library takes to note a path some times.
func (m *meter) countPath(path []tomlKey, times int) error {
	if len(path) > m.limits.Depth {
		return exceeds("depth of nested values", m.limits.Depth, "")
	}
	var total tomlKey
	for _, key := range path {
		total.bytes += key.bytes
		total.parts += key.parts
	}
	if total.parts > m.limits.Depth {
		return exceeds("depth of nested values", m.limits.Depth, "")
	}
	// It reserves 25 bytes for each part, and a key that is quoted may become twice as
	// long.
	return m.spend(times * (25*total.parts + 2*total.bytes))
}

// tomlString is the size of the string that s begins with.
func tomlString(s string) int {
	quote := s[:1]
	if !strings.HasPrefix(s, strings.Repeat(quote, 3)) {
		for i := 1; i < len(s); i++ {
			switch {
			case s[i] == quote[0]:
				return i + 1
			case s[i] == '\\' && quote == `"`:
				i++
			case s[i] == '\n':
				return i
			}
		}
		return len(s)
	}
	for i := 3; i < len(s); {
		if s[i] == '\\' && quote == `"` {
			i += 2
			continue
		}
		run := 0
		for i+run < len(s) && s[i+run] == quote[0] {
			run++
		}
		if run >= 3 { // up to two quotes before the end belong to the text
			return i + run
		}
		i += max(run, 1)
	}
	return len(s)
}

// tomlHeader is the size of the header that s begins with.
func tomlHeader(s string) int {
	for i := 0; i < len(s); {
		switch s[i] {
		case '\n', '#':
			return i
		case '"', '\'':
			i += tomlString(s[i:])
		default:
			i++
		}
	}
	return len(s)
}
