package ytt

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"go.starlark.net/starlark"
)

// str is the text of a value: a string as it is, others as repr shows them.
func (m *meter) str(v starlark.Value) (string, error) {
	if s, ok := starlark.AsString(v); ok {
		return s, nil
	}
	return m.repr(v)
}

// repr shows a value as code. Floats are shown with six digits and without a forced
// point, in collections too (spec: ytt §6.6); size and depth are bounded.
func (m *meter) repr(v starlark.Value) (string, error) {
	m.convert()
	s := shower{meter: m}
	if err := s.show(v, 0); err != nil {
		return "", err
	}
	return s.b.String(), m.text(s.b.Len())
}

type shower struct {
	meter *meter
	b     strings.Builder
}

func (s *shower) show(v starlark.Value, depth int) error {
	if err := s.meter.node(depth); err != nil {
		return err
	}
	if s.b.Len() > s.meter.limits.String {
		return s.meter.text(s.b.Len())
	}
	switch v := v.(type) {
	case starlark.Float:
		s.b.WriteString(floatText(v))
	case starlark.String:
		return s.quote(string(v))
	case *starlark.List:
		return s.list("[", v, "]", depth)
	case *starlark.Set:
		return s.list("set([", v, "])", depth)
	case starlark.Tuple:
		if len(v) == 1 {
			return s.list("(", v, ",)", depth)
		}
		return s.list("(", v, ")", depth)
	case *starlark.Dict:
		return s.pairs("{", v, ": ", "}", depth)
	case *structValue:
		return s.pairs("struct(", v, " = ", ")", depth)
	default:
		s.b.WriteString(v.String())
	}
	return nil
}

// quotedAtOnce is the length of the text that is quoted in one go.
const quotedAtOnce = 64 << 10

// quote writes a string as code. It may get four times as long.
func (s *shower) quote(text string) error {
	s.b.WriteByte('"')
	for text != "" {
		if s.b.Len() > s.meter.limits.String {
			return s.meter.text(s.b.Len())
		}
		n := min(len(text), quotedAtOnce)
		for n < len(text) && !utf8.RuneStart(text[n]) {
			n++
		}
		quoted := starlark.String(text[:n]).String()
		s.b.WriteString(quoted[1 : len(quoted)-1])
		text = text[n:]
	}
	s.b.WriteByte('"')
	return nil
}

func floatText(f starlark.Float) string {
	return strconv.FormatFloat(float64(f), 'g', 6, 64)
}

func (s *shower) list(open string, list starlark.Iterable, end string, depth int) error {
	s.b.WriteString(open)
	items := list.Iterate()
	defer items.Done()
	first := true
	for item := starlark.Value(nil); items.Next(&item); first = false {
		if !first {
			s.b.WriteString(", ")
		}
		if err := s.show(item, depth+2); err != nil {
			return err
		}
	}
	s.b.WriteString(end)
	return nil
}

func (s *shower) pairs(open string, m starlark.IterableMapping, sep, end string, depth int) error {
	s.b.WriteString(open)
	for i, pair := range m.Items() {
		if i > 0 {
			s.b.WriteString(", ")
		}
		key := pair[0]
		if name, ok := starlark.AsString(key); ok && sep == " = " {
			s.b.WriteString(name)
		} else if err := s.show(key, depth+2); err != nil {
			return err
		}
		s.b.WriteString(sep)
		if err := s.show(pair[1], depth+2); err != nil {
			return err
		}
	}
	s.b.WriteString(end)
	return nil
}

// shownValue stands for a value in an operation of go.starlark.net that makes text of
// it: %, format.
type shownValue struct {
	starlark.Value
	text string
}

func (v shownValue) String() string { return v.text }

// presentable replaces a value by one that shows itself as repr does.
func (m *meter) presentable(v starlark.Value) (starlark.Value, error) {
	switch v.(type) {
	case starlark.String, starlark.Int, starlark.Bool, starlark.NoneType:
		return v, nil
	}
	text, err := m.repr(v)
	return shownValue{v, text}, err
}
