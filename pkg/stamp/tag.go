package stamp

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"sort"
	"strings"
)

// Tag is one $(...)$ of a body.
type Tag struct {
	// Location of the string that holds the tag: spec.containers[0].image.
	Location string
	// Expression between $( and )$, as it was written.
	Expression string
	// Root is the first name of the expression: workload, params, source, …
	Root string
	// Names are those that the expression begins with, the root included; Whole says that
	// it consists of nothing else.
	Names []string
	Whole bool
	// Offset of $( in the string, in bytes. Alone says that the tag is the whole string, so
	// that its value keeps its type.
	Offset int
	Alone  bool

	path *Path
	err  error // why the expression is invalid
	// reaches are the names under which the tag can reach an input: source, sources.code.
	reaches []string
}

// parts of a text: literal text and tags in turn.
type part struct {
	literal string
	tag     *Tag // nil for literal text
}

// splitTags finds the tags of a string (spec: reconcile §6.2). Single says that the
// string is one tag, whose value replaces it with its type.
func splitTags(s, location string) (parts []part, single bool) {
	if strings.HasPrefix(s, "$(") && strings.HasSuffix(s, ")$") && strings.Count(s, "$(") == 1 {
		alone := newTag(s[2:len(s)-2], location, 0)
		alone.Alone = true
		return []part{{tag: alone}}, true
	}
	whole := len(s)
	for {
		open := strings.Index(s, "$(")
		if open < 0 {
			break
		}
		end := strings.Index(s[open+2:], ")$")
		if end < 0 {
			break // the rest, its $( included, is literal
		}
		if open > 0 {
			parts = append(parts, part{literal: s[:open]})
		}
		parts = append(parts, part{tag: newTag(s[open+2:open+2+end], location, whole-len(s)+open)})
		s = s[open+2+end+2:]
	}
	if s != "" {
		parts = append(parts, part{literal: s})
	}
	return parts, false
}

func newTag(expression, location string, offset int) *Tag {
	t := &Tag{Location: location, Expression: expression, Offset: offset}
	if t.path, t.err = ParsePath(expression); t.err != nil {
		return t
	}
	names := t.path.leadingFields()
	t.Names, t.Whole = names, t.path.fields != nil
	if len(names) > 0 {
		t.Root = names[0]
		t.reaches = append(t.reaches, names[0])
	}
	if len(names) > 1 {
		t.reaches = append(t.reaches, names[0]+"."+names[1])
	}
	return t
}

// resolve evaluates the tag.
func (t *Tag) resolve(s *scope) (any, *RenderError) {
	if t.err != nil {
		return nil, t.failed(t.err)
	}
	value, found, err := t.path.lookup(s.roots, s.paths())
	if err != nil {
		return nil, t.failed(err)
	}
	if found != Missing {
		return value, nil
	}
	failure := t.failed(t.whyMissing(s))
	for _, reach := range t.reaches {
		if from, ok := s.missing[reach]; ok {
			failure.WaitsFor = from
			failure.Err = fmt.Errorf("input %q has no value yet: it is the output of resource %s", reach, from)
		}
	}
	return nil, failure
}

func (t *Tag) failed(err error) *RenderError { return &RenderError{Tag: t.Expression, Err: err} }

// whyMissing names the deepest part of the path that leads to something.
func (t *Tag) whyMissing(s *scope) error {
	if _, known := s.roots[t.Root]; !known {
		return fmt.Errorf("nothing is called %q here; a tag can begin with %s", t.Root, strings.Join(s.known(), ", "))
	}
	existing := t.path.existing(s.roots)
	at, err := ParsePath(existing)
	if err != nil {
		return errors.New("it leads to nothing")
	}
	value, found, _ := at.Lookup(s.roots)
	var has string
	switch v := value.(type) {
	case map[string]any:
		keys := make([]string, 0, len(v))
		for key := range v {
			keys = append(keys, key)
		}
		sort.Strings(keys)
		if len(keys) > maxListed {
			keys = append(keys[:maxListed], "…")
		}
		has = " has " + strings.Join(keys, ", ")
		if strings.Contains(has, ".") {
			has += ` (a dot in a name is written \.)`
		}
		if len(keys) == 0 {
			has = " is empty"
		}
	default:
		has = " is " + kindOf(value)
		if found == Null {
			has = " is not set"
		}
	}
	return fmt.Errorf("it leads to nothing: %s%s", strings.TrimPrefix(existing, "."), has)
}

// maxListed bounds how many names an error lists.
const maxListed = 12

// inText is the value of a tag among other text.
func (t *Tag) inText(s *scope) (string, *RenderError) {
	value, failure := t.resolve(s)
	if failure != nil {
		return "", failure
	}
	switch v := value.(type) {
	case nil:
		return "", t.failed(errors.New("its value is null, which can not be put into a text"))
	case string:
		return v, nil
	}
	exported, failure := s.export(value, keepNulls)
	if failure != nil {
		failure.Tag = t.Expression
		return "", failure
	}
	encoded, err := EncodeJSON(exported)
	if err != nil {
		return "", t.failed(err)
	}
	return string(encoded), nil
}

// EncodeJSON encodes a value as it goes into texts and outputs: on one line, with <, > and
// & as they are (spec: reconcile Q7).
func EncodeJSON(value any) ([]byte, error) {
	var encoded bytes.Buffer
	encoder := json.NewEncoder(&encoded)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(encoded.Bytes(), []byte("\n")), nil
}
