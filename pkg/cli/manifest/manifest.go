// Package manifest reads the files that people hand to commands: YAML or JSON, with
// positions. Every error begins with the place: FILE:LINE.
package manifest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	yamlv3 "go.yaml.in/yaml/v3"
	sigsjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"

	"github.com/carto-run/carto/pkg/cli/streams"
)

// maxFile bounds what is read: the API server takes 3 MiB at most.
const maxFile = 3 << 20

// Document is one object of a file.
type Document struct {
	File string
	// Line on which the object begins.
	Line   int
	Object map[string]any

	raw    []byte // JSON
	node   *yamlv3.Node
	before int // lines of the file before those of the node
}

// Read reads a file, an http(s) URL, or standard input for "-", and gives the name for
// errors with it.
func Read(ctx context.Context, s *streams.Streams, path string) (name string, data []byte, err error) {
	name = path
	switch {
	case path == "-":
		name = "standard input"
		data, err = s.ReadAll(ctx)
	case isURL(path):
		data, err = fetch(ctx, path)
	default:
		data, err = readFile(path)
	}
	if err != nil {
		return name, nil, fmt.Errorf("cannot read %s: %w", name, err)
	}
	if len(data) > maxFile {
		return name, nil, fmt.Errorf("%s: larger than %d bytes", name, maxFile)
	}
	return name, data, nil
}

func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	return io.ReadAll(io.LimitReader(f, maxFile+1))
}

// Parse gives the objects of a file; documents without content are left out.
func Parse(name string, data []byte) ([]Document, error) {
	var docs []Document
	for _, part := range split(data) {
		doc, err := part.parse(name)
		if err != nil {
			return nil, err
		}
		if doc != nil {
			docs = append(docs, *doc)
		}
	}
	return docs, nil
}

// part is the text of one document, and how many lines are before it.
type part struct {
	text   []byte
	before int
}

// split divides a file at its separators.
func split(data []byte) []part {
	var parts []part
	current := part{}
	number := 0
	for line := range bytes.Lines(data) {
		text := bytes.TrimRight(line, "\r\n")
		switch {
		case bytes.Equal(text, []byte("---")), bytes.Equal(text, []byte("...")):
			parts = append(parts, current)
			current = part{before: number + 1}
		case bytes.HasPrefix(text, []byte("--- ")):
			parts = append(parts, current)
			current = part{before: number, text: append([]byte("    "), line[4:]...)}
		default:
			current.text = append(current.text, line...)
		}
		number++
	}
	return append(parts, current)
}

func (p part) parse(name string) (*Document, error) {
	// yaml.v3 gives positions; the conversion below is that of kubectl, so that `on`
	// means the same to both.
	var node yamlv3.Node
	if err := yamlv3.Unmarshal(p.text, &node); err != nil {
		return nil, p.at(name, err)
	}
	if len(node.Content) == 0 || node.Content[0].Tag == "!!null" {
		return nil, nil
	}
	doc := &Document{File: name, Line: p.before + node.Content[0].Line, before: p.before, node: node.Content[0]}
	if doc.node.Kind != yamlv3.MappingNode {
		return nil, fmt.Errorf("%s:%d: is no object", name, doc.Line)
	}
	var err error
	if doc.raw, err = yaml.YAMLToJSONStrict(p.text); err != nil {
		return nil, p.at(name, err)
	}
	if err := sigsjson.UnmarshalCaseSensitivePreserveInts(doc.raw, &doc.Object); err != nil {
		return nil, doc.Errorf("", "%w", err)
	}
	return doc, nil
}

// Kind and name of the object, as the file has them.
func (d *Document) Kind() string { return d.text("kind") }

// APIVersion of the object.
func (d *Document) APIVersion() string { return d.text("apiVersion") }

// Name of the object.
func (d *Document) Name() string {
	metadata, _ := d.Object["metadata"].(map[string]any)
	name, _ := metadata["name"].(string)
	return name
}

func (d *Document) text(field string) string {
	s, _ := d.Object[field].(string)
	return s
}

// Into decodes the object into a type of the API. Unknown and repeated fields are errors,
// all of them, each with its line.
func (d *Document) Into(typed any) error {
	strict, err := sigsjson.UnmarshalStrict(d.raw, typed)
	var mistyped *json.UnmarshalTypeError
	switch {
	case errors.As(err, &mistyped) && mistyped.Field != "":
		return d.Errorf(mistyped.Field, "%s: type %s where it must be %s", mistyped.Field, mistyped.Value, typeWord(mistyped.Type))
	case err != nil:
		return d.Errorf("", "%w", err)
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

// Errorf makes an error that begins with the place of a field, such as spec.env[0].name,
// as far as the path leads.
func (d *Document) Errorf(path, format string, args ...any) error {
	line := d.Line
	if key, _ := find(d.node, path); key != nil {
		line = d.before + key.Line
	}
	return fmt.Errorf("%s:%d: %w", d.File, line, fmt.Errorf(format, args...))
}

// TextStart is the place of the first line of a text that a field holds line by line;
// empty when it does not.
func (d *Document) TextStart(path string) string {
	if _, value := find(d.node, path); value != nil && value.Style&yamlv3.LiteralStyle != 0 {
		return fmt.Sprintf("%s:%d", d.File, d.before+value.Line+1)
	}
	return ""
}

// ErrorInText makes an error about a line, from 1, of a text that a field holds. It begins
// with the place in the file where the text stands there line by line, as it does after
// "|"; else with that of the field.
func (d *Document) ErrorInText(path string, line int, message string) error {
	if _, value := find(d.node, path); value != nil && value.Style&yamlv3.LiteralStyle != 0 {
		return fmt.Errorf("%s:%d: %s", d.File, d.before+value.Line+line, message)
	}
	return d.Errorf(path, "%s, line %d: %s", path, line, message)
}

var quotedPath = regexp.MustCompile(`"([^"]+)"`)

var yamlLine = regexp.MustCompile(`^(?:error converting YAML to JSON: )?yaml: (?:unmarshal errors:\s+)?line (\d+): `)

// at rewrites "yaml: line N: …" to "FILE:N: …".
func (p part) at(name string, err error) error {
	text := err.Error()
	if m := yamlLine.FindStringSubmatch(text); m != nil {
		line, _ := strconv.Atoi(m[1])
		return fmt.Errorf("%s:%d: %s", name, p.before+line, strings.TrimPrefix(text, m[0]))
	}
	return fmt.Errorf("%s: %s", name, strings.TrimPrefix(text, "yaml: "))
}

// find follows a path like spec.env[0].name, as far as it goes, to a key and its value.
func find(node *yamlv3.Node, path string) (key, value *yamlv3.Node) {
	for _, step := range strings.FieldsFunc(path, func(r rune) bool { return r == '.' || r == '[' || r == ']' }) {
		var next *yamlv3.Node
		switch node.Kind {
		case yamlv3.MappingNode:
			for i := 0; i+1 < len(node.Content); i += 2 {
				if node.Content[i].Value == step {
					key, next = node.Content[i], node.Content[i+1]
				}
			}
		case yamlv3.SequenceNode:
			var i int
			if _, err := fmt.Sscan(step, &i); err == nil && i >= 0 && i < len(node.Content) {
				key, next = node.Content[i], node.Content[i]
			}
		}
		if next == nil {
			return key, nil
		}
		node = next
	}
	return key, node
}
