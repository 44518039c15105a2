package ytt

import (
	"errors"
	"io"
	"regexp"
	"sort"
	"strconv"
	"strings"

	yaml "go.yaml.in/yaml/v3"
)

// maxTemplateNodes of a template, aliases counted as often as they are used.
const maxTemplateNodes = 100_000

// maxTemplateDepth of nested maps and arrays in a template.
const maxTemplateDepth = 200

// shift is how many lines stand before the text for yaml.v3: a marker, if the text has
// none, else nothing. Errors on the first line of all would have no line.
const shift = 1

// reader turns the text into a tree of nodes with lines, and finds the comments. The
// structure comes from yaml.v3; comments, dashes and types it does not tell well enough
// (spec: ytt §16).
type reader struct {
	text  *text
	spans []span
	// covered is the end of the last span.
	covered int
	nodes   int
	// anchors are the holders of anchored values of the document; nil for one that is
	// still being read, and can not repeat itself.
	anchors map[*yaml.Node]*node
	flow    flow
	// cursor remembers the last position that was looked up: the next one is mostly
	// on the same line, to the right.
	cursor struct{ line, column, offset int }
}

var startsWithMarker = regexp.MustCompile(`^\s*---\s`)

// read gives the document set and all comments in order of their lines.
func read(t *text) (*node, []comment, error) {
	if err := checkCharacters(t); err != nil {
		return nil, nil, err
	}
	if err := checkSize(t); err != nil {
		return nil, nil, err
	}
	r := &reader{text: t, anchors: map[*yaml.Node]*node{}}
	before := "\n"
	if !startsWithMarker.MatchString(t.content) {
		before = "---\n"
	}
	set := &node{kind: documentSet, source: &source{}}
	decoder := yaml.NewDecoder(strings.NewReader(before + t.content))
	for {
		var y yaml.Node
		if err := decoder.Decode(&y); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, nil, r.syntaxError(before, err)
		}
		clear(r.anchors) // yaml.v3 lets them pass from one document to the next
		d := &node{kind: document, line: r.markerLine(y.Line - shift), source: &source{}}
		if len(y.Content) > 0 {
			if err := r.hold(d, y.Content[0], -1, 0); err != nil {
				return nil, nil, err
			}
		}
		set.children = append(set.children, d)
	}
	sort.Slice(r.spans, func(i, j int) bool { return r.spans[i].start < r.spans[j].start })
	return set, r.comments(), nil
}

// markerLine is the line of the --- of a document; directives come before it.
func (r *reader) markerLine(line int) int {
	if strings.HasPrefix(r.text.line(line), "%") {
		for i := line; i <= len(r.text.starts); i++ {
			if strings.HasPrefix(r.text.line(i), "---") {
				return i
			}
		}
	}
	return line
}

var lineOfYAML = regexp.MustCompile(`^(?:yaml: )?(?:line (\d+): )?`)

// maxSearched is the size of a text in which the line of an error is searched for.
const maxSearched = 256 << 10

// syntaxError shows an error of yaml.v3, which mostly knows where the collection begins
// that it was reading, and that one line too early; or no line at all.
func (r *reader) syntaxError(before string, err error) error {
	message := err.Error()
	match := lineOfYAML.FindStringSubmatch(message)
	line, _ := strconv.Atoi(match[1])
	line -= shift
	message = message[len(match[0]):]
	switch {
	case strings.Contains(message, "',' or"): // the bracket that is not closed
		line++
	case strings.Contains(message, "unexpected end of stream"), strings.Contains(message, "could not find expected ':'"):
	case len(r.text.content) <= maxSearched:
		line = r.faultLine(before, err.Error())
	}
	if line > 0 {
		line = min(line, len(r.text.starts))
	}
	return r.text.fail(max(line, 0), "reading YAML: %s", message)
}

// faultLine is the first line with which the text has the fault.
func (r *reader) faultLine(before, message string) int {
	return 1 + sort.Search(len(r.text.starts)-1, func(i int) bool {
		_, end := r.text.bounds(i + 1)
		decoder := yaml.NewDecoder(strings.NewReader(before + r.text.content[:end]))
		for {
			var y yaml.Node
			if err := decoder.Decode(&y); err != nil {
				return err.Error() == message
			}
		}
	})
}

// hold reads the value of a document, item or array item. indent is the column of the
// block collection around it, from 0; -1 at the top.
func (r *reader) hold(holder *node, y *yaml.Node, indent, depth int) error {
	if y.Anchor != "" {
		r.anchors[y] = nil
	}
	value, err := r.value(holder, y, indent, depth)
	holder.value = value
	if y.Anchor != "" {
		r.anchors[y] = holder
	}
	return err
}

func (r *reader) value(holder *node, y *yaml.Node, indent, depth int) (any, error) {
	if err := r.count(y, depth); err != nil {
		return nil, err
	}
	switch y.Kind {
	case yaml.MappingNode:
		return r.mapping(y, depth)
	case yaml.SequenceNode:
		return r.sequence(y, depth)
	case yaml.AliasNode:
		of, begun := r.anchors[y.Alias]
		switch {
		case !begun:
			return nil, r.text.fail(y.Line-shift, "reading YAML: unknown anchor '%s' referenced", y.Value)
		case of == nil:
			return nil, r.text.fail(y.Line-shift, "reading YAML: alias *%s stands inside the value that it repeats", y.Value)
		}
		holder.source.aliasOf = of
		return r.copied(holder.source.aliasOf.value, holder.line, depth)
	default:
		return r.scalar(holder, y, indent)
	}
}

func (r *reader) count(y *yaml.Node, depth int) error {
	if depth > maxTemplateDepth {
		return r.text.exceeds(y.Line-shift, "depth of nested maps and arrays of a text", maxTemplateDepth)
	}
	if r.nodes++; r.nodes > maxTemplateNodes {
		return r.text.exceeds(y.Line-shift, "nodes of a text", maxTemplateNodes)
	}
	return nil
}

func (r *reader) mapping(y *yaml.Node, depth int) (*node, error) {
	m := &node{kind: mapping, source: &source{}}
	leave := r.enterFlow(y)
	indent := 0
	if y.Style&yaml.FlowStyle == 0 {
		indent = r.column(r.afterProperties(r.offset(y.Line, y.Column)))
	}
	for i := 0; i+1 < len(y.Content); i += 2 {
		k, v := y.Content[i], y.Content[i+1]
		item := &node{kind: mapItem, line: k.Line - shift, source: &source{}}
		key, err := r.key(k, indent)
		if err != nil {
			return nil, err
		}
		item.key = key
		if err := r.hold(item, v, indent, depth+1); err != nil {
			return nil, err
		}
		if k.Tag == "!!merge" {
			merged, err := r.merge(item)
			if err != nil {
				return nil, err
			}
			m.children = append(m.children, merged...)
			continue
		}
		m.children = append(m.children, item)
	}
	leave()
	return m, nil
}

func (r *reader) key(k *yaml.Node, indent int) (any, error) {
	holder := &node{source: &source{}}
	switch k.Kind {
	case yaml.ScalarNode:
		key, err := r.scalar(holder, k, indent)
		if holder.value = key; k.Anchor != "" {
			r.anchors[k] = holder
		}
		return key, err
	case yaml.AliasNode:
		if of := r.anchors[k.Alias]; of != nil {
			if _, ok := of.value.(*node); !ok {
				return of.value, nil
			}
		}
	}
	return nil, r.text.fail(k.Line-shift, "reading YAML: a map key must be a scalar, not a map or an array")
}

// merge gives the items that a <<: puts into its map.
func (r *reader) merge(item *node) ([]*node, error) {
	from, ok := item.value.(*node)
	if !ok || from.kind != mapping {
		return nil, r.text.fail(item.line, "reading YAML: << must be given a map, or the alias of one")
	}
	if of := item.source.aliasOf; of != nil {
		// Computed values come from the items that are repeated.
		for i, original := range of.value.(*node).children {
			from.children[i].source.aliasOf = original
		}
	}
	return from.children, nil
}

// copied repeats a value for an alias.
func (r *reader) copied(value any, line, depth int) (any, error) {
	original, ok := value.(*node)
	if !ok {
		return value, nil
	}
	c := &node{kind: original.kind, line: original.line, key: original.key, source: &source{textLine: original.source.textLine, copied: true}}
	if err := r.count(&yaml.Node{Line: line + shift}, depth); err != nil {
		return nil, err
	}
	var err error
	if c.value, err = r.copied(original.value, line, depth); err != nil {
		return nil, err
	}
	for _, child := range original.children {
		copied, err := r.copied(child, line, depth+1)
		if err != nil {
			return nil, err
		}
		c.children = append(c.children, copied.(*node))
	}
	return c, nil
}

func (r *reader) sequence(y *yaml.Node, depth int) (*node, error) {
	s := &node{kind: sequence, source: &source{}}
	leave := r.enterFlow(y)
	indent := 0
	next := func() int { return y.Line - shift }
	if y.Style&yaml.FlowStyle != 0 {
		r.flow.sequences = append(r.flow.sequences, s)
	} else {
		first := r.afterProperties(r.offset(y.Line, y.Column))
		indent = r.column(first)
		next = r.dashes(r.text.lineAt(first), indent)
	}
	for _, v := range y.Content {
		item := &node{kind: sequenceItem, line: next(), source: &source{}}
		if err := r.hold(item, v, indent, depth+1); err != nil {
			return nil, err
		}
		s.children = append(s.children, item)
	}
	leave()
	return s, nil
}

func (r *reader) scalar(holder *node, y *yaml.Node, indent int) (any, error) {
	const (
		quoted = yaml.DoubleQuotedStyle | yaml.SingleQuotedStyle
		block  = yaml.LiteralStyle | yaml.FoldedStyle
	)
	holder.source.textLine = y.Line - shift
	switch start := r.offset(y.Line, y.Column); {
	case y.Style&quoted != 0:
		start = r.afterProperties(start)
		holder.source.textLine = r.text.lineAt(start)
		r.cover(start, quotedEnd(r.text.content, start), true)
	case y.Style&block != 0:
		start = r.afterProperties(start)
		holder.source.textLine = r.text.lineAt(start) + 1
		r.cover(start, r.blockEnd(start, indent), false)
	}
	if y.Style&yaml.TaggedStyle == 0 {
		if y.Style&(quoted|block) != 0 {
			return y.Value, nil
		}
		return resolvePlain(y.Value), nil
	}
	value, err := resolveTagged(y.ShortTag(), y.Value)
	if err != nil {
		return nil, r.text.fail(y.Line-shift, "reading YAML: %v", err)
	}
	return value, nil
}
