// Package manifest reads Kubernetes objects from YAML and JSON, with the place of every
// key and value, down to a character inside a text.
package manifest

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
	sigsjson "sigs.k8s.io/json"

	"github.com/carto-run/carto/pkg/quantity"
)

// Document is one object of a file. It is immutable once it is read.
type Document struct {
	File string
	// Line on which the object begins.
	Line   int
	Object map[string]any

	node   *yaml.Node
	text   *text
	before int // lines of the file before those of the node
}

// Kind of the object, as the file has it.
func (d *Document) Kind() string { return d.str("kind") }

// APIVersion of the object.
func (d *Document) APIVersion() string { return d.str("apiVersion") }

// Name of the object.
func (d *Document) Name() string { return d.meta("name") }

// Namespace of the object; empty when the file names none.
func (d *Document) Namespace() string { return d.meta("namespace") }

func (d *Document) meta(field string) string {
	metadata, _ := d.Object["metadata"].(map[string]any)
	s, _ := metadata[field].(string)
	return s
}

func (d *Document) str(field string) string {
	s, _ := d.Object[field].(string)
	return s
}

// IsList says that the object is a list such as kubectl prints.
func (d *Document) IsList() bool {
	return d.APIVersion() == "v1" && strings.HasSuffix(d.Kind(), "List")
}

// Items are the objects of a list, such as kubectl prints; an object that is no list is
// its own only item, and so is one with items that are none.
func (d *Document) Items() []*Document {
	if !d.IsList() {
		return []*Document{d}
	}
	_, list := d.find("items")
	items, _ := d.Object["items"].([]any)
	if list == nil || len(items) != len(list.Content) {
		return []*Document{d}
	}
	var docs []*Document
	for i, node := range list.Content {
		object, ok := items[i].(map[string]any)
		if node = resolve(node); !ok || node.Kind != yaml.MappingNode {
			return []*Document{d}
		}
		docs = append(docs, &Document{File: d.File, Line: d.before + node.Line, Object: object, node: node, text: d.text, before: d.before})
	}
	return docs
}

// Into decodes the object into a type of the API. Unknown and repeated fields are errors,
// all of them, each with its line.
func (d *Document) Into(typed any) error {
	strict, err := d.decode(typed)
	if err != nil {
		return err
	}
	var faults []error
	for _, s := range strict {
		path := ""
		if m := quotedPath.FindStringSubmatch(s.Error()); m != nil {
			path = m[1]
		}
		faults = append(faults, d.Errorf(path, "%w", s))
	}
	return errors.Join(faults...)
}

// IntoKnown decodes the object into a type of the API as far as the type knows its fields.
func (d *Document) IntoKnown(typed any) error {
	_, err := d.decode(typed)
	return err
}

func (d *Document) decode(typed any) (strict []error, err error) {
	if path, err := quantity.Check(d.Object); err != nil {
		return nil, d.Errorf(path, "%s: %w", path, err)
	}
	raw, err := json.Marshal(d.Object)
	if err != nil {
		return nil, d.Errorf("", "%w", err)
	}
	strict, err = sigsjson.UnmarshalStrict(raw, typed)
	var mistyped *json.UnmarshalTypeError
	switch {
	case errors.As(err, &mistyped) && mistyped.Field != "":
		return nil, d.Errorf(mistyped.Field, "%s: type %s where it must be %s", mistyped.Field, mistyped.Value, typeWord(mistyped.Type))
	case err != nil:
		return nil, d.Errorf("", "%w", err)
	}
	return strict, nil
}

// typeWord names a type of Go as it is called in files.
func typeWord(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Pointer:
		return typeWord(t.Elem())
	case reflect.Struct, reflect.Map:
		return "object"
	case reflect.Slice, reflect.Array:
		return "list"
	case reflect.Bool:
		return "boolean"
	case reflect.String:
		return "string"
	case reflect.Int, reflect.Int32, reflect.Int64:
		return "whole number"
	}
	return t.Kind().String()
}

var quotedPath = regexp.MustCompile(`"([^"]+)"`)

// Errorf makes an error that begins with the place of a field, such as spec.env[0].name,
// as far as the path leads.
func (d *Document) Errorf(path, format string, args ...any) error {
	line := d.Line
	if key, _ := d.find(path); key != nil {
		line = d.before + key.Line
	}
	return fmt.Errorf("%s:%d: %w", d.File, line, fmt.Errorf(format, args...))
}

// TextStart is the place of the first line of a text that a field holds line by line;
// empty when it does not.
func (d *Document) TextStart(path string) string {
	if _, value := d.find(path); value != nil && value.Style&yaml.LiteralStyle != 0 {
		return fmt.Sprintf("%s:%d", d.File, d.before+value.Line+1)
	}
	return ""
}

// ErrorInText makes an error about a line, from 1, of a text that a field holds. It begins
// with the place in the file where the text stands there line by line, as it does after
// "|"; else with that of the field.
func (d *Document) ErrorInText(path string, line int, message string) error {
	if _, value := d.find(path); value != nil && value.Style&yaml.LiteralStyle != 0 {
		return fmt.Errorf("%s:%d: %s", d.File, d.before+value.Line+line, message)
	}
	return d.Errorf(path, "%s, line %d: %s", path, line, message)
}

// Has says whether the file holds the field.
func (d *Document) Has(path string) bool {
	_, value := d.find(path)
	return value != nil
}

// Key is the place of the key of a field; of an item of a list, that of the item. Where
// the path leads further than the document, it is that of the deepest part there is.
func (d *Document) Key(path string) Range {
	key, value := d.find(path)
	switch {
	case key != nil:
		return d.head(key)
	case path == "":
		return d.head(value)
	}
	return d.head(d.node)
}

// Value is the place of the value of a field, or of its key when it has none.
func (d *Document) Value(path string) Range {
	_, value := d.find(path)
	if value == nil {
		return d.Key(path)
	}
	return d.rangeOf(value)
}

// head is the place of the first key of a mapping, which is what to underline of an object;
// of anything else it is the whole.
func (d *Document) head(node *yaml.Node) Range {
	if node = resolve(node); node.Kind == yaml.MappingNode && len(node.Content) > 0 {
		return d.rangeOf(node.Content[0])
	}
	return d.rangeOf(node)
}

// InText is the place of a part of a text that a field holds, by byte offsets into its
// value. It is that of the value when the field holds no text.
func (d *Document) InText(path string, from, to int) Range {
	_, node := d.find(path)
	if node == nil || node.Kind != yaml.ScalarNode || from < 0 || to < from || to > len(node.Value) {
		return d.Value(path)
	}
	s := d.scalar(node)
	return Range{File: d.File, Start: s.at(from), End: s.at(to)}
}

// LineInText is the place of a line, from 1, of a text that a field holds, without the
// blanks at its ends.
func (d *Document) LineInText(path string, line int) Range {
	_, node := d.find(path)
	if node == nil || node.Kind != yaml.ScalarNode || line < 1 {
		return d.Value(path)
	}
	from, text, ok := d.scalar(node).line(line)
	if !ok {
		return d.Value(path)
	}
	from += len(text) - len(strings.TrimLeft(text, " \t"))
	return d.InText(path, from, from+len(strings.TrimSpace(text)))
}

// Scalar is the text of the value at a path, as it is written; empty when there is none, or it
// is no single value.
func (d *Document) Scalar(path string) string {
	if _, node := d.find(path); node != nil && node.Kind == yaml.ScalarNode {
		return node.Value
	}
	return ""
}

// Item finds the item of a list whose field name has a value, as a path; that of the list when
// there is none.
func (d *Document) Item(list, name string) string {
	_, node := d.find(list)
	if node != nil && node.Kind == yaml.SequenceNode {
		for i := range node.Content {
			at := fmt.Sprintf("%s[%d]", list, i)
			if d.Scalar(at+".name") == name {
				return at
			}
		}
	}
	return list
}

// Whole is the part of the file that the object takes.
func (d *Document) Whole() Range { return d.rangeOf(d.node) }

// PathAt is the path of the innermost key or value at a position, and whether it is at a
// key. The path is empty outside of all.
func (d *Document) PathAt(at Position) (path string, onKey bool) {
	node := d.node
	for {
		node = resolve(node)
		switch node.Kind {
		case yaml.MappingNode:
			next := -1
			for i := 0; i+1 < len(node.Content); i += 2 {
				if d.rangeOf(node.Content[i]).Contains(at) {
					return Join(path, node.Content[i].Value), true
				}
				if !at.Before(d.position(node.Content[i])) {
					next = i
				}
			}
			if next < 0 {
				return path, false
			}
			path, node = Join(path, node.Content[next].Value), node.Content[next+1]
		case yaml.SequenceNode:
			next := -1
			for i, item := range node.Content {
				if !at.Before(d.position(item)) {
					next = i
				}
			}
			if next < 0 {
				return path, false
			}
			path, node = fmt.Sprintf("%s[%d]", path, next), node.Content[next]
		default:
			return path, false
		}
	}
}

// Keys lists the keys of the mapping at a path, in the order of the file; none when there
// is no mapping.
func (d *Document) Keys(path string) []string {
	_, node := d.find(path)
	if node == nil || node.Kind != yaml.MappingNode {
		return nil
	}
	keys := make([]string, 0, len(node.Content)/2)
	for i := 0; i+1 < len(node.Content); i += 2 {
		keys = append(keys, node.Content[i].Value)
	}
	return slices.Clip(keys)
}

// position of a node. The library also counts breaks that are none to an editor, such as
// U+2028, so it may point behind the file.
func (d *Document) position(node *yaml.Node) Position {
	return Position{Line: min(d.before+node.Line, len(d.text.lines)), Column: node.Column}
}

func (d *Document) rangeOf(node *yaml.Node) Range {
	return Range{File: d.File, Start: d.position(node), End: d.end(node)}
}
