package ytt

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"

	yaml "go.yaml.in/yaml/v3"
)

// maxTemplateNodes of a template, aliases counted as often as they are used.
const maxTemplateNodes = 100_000

// maxTemplateDepth of nested maps and arrays in a template.
const maxTemplateDepth = 200

// text is a source text with its lines.
type text struct {
	name    string
	content string
	starts  []int // where each line begins
}

func newText(name, content string) *text {
	content = strings.TrimPrefix(content, "\ufeff")
	t := &text{name: name, content: content, starts: []int{0}}
	for i := 0; i < len(content); i++ {
		switch content[i] {
		case '\n':
			t.starts = append(t.starts, i+1)
		case '\r': // alone it is a line break of YAML, too
			if i+1 == len(content) || content[i+1] != '\n' {
				t.starts = append(t.starts, i+1)
			}
		case 0xC2: // NEL
			if strings.HasPrefix(content[i:], "\u0085") {
				t.starts = append(t.starts, i+2)
			}
		case 0xE2: // LS and PS
			if strings.HasPrefix(content[i:], "\u2028") || strings.HasPrefix(content[i:], "\u2029") {
				t.starts = append(t.starts, i+3)
			}
		}
	}
	return t
}

// lineAt is the number of the line that holds the byte at the offset.
func (t *text) lineAt(offset int) int {
	return sort.Search(len(t.starts), func(i int) bool { return t.starts[i] > offset })
}

// bounds of a line: from its beginning to the beginning of the next.
func (t *text) bounds(line int) (start, end int) {
	start, end = t.starts[line-1], len(t.content)
	if line < len(t.starts) {
		end = t.starts[line]
	}
	return start, end
}

// line without its line break; empty for a line that does not exist.
func (t *text) line(number int) string {
	if number < 1 || number > len(t.starts) {
		return ""
	}
	start, end := t.bounds(number)
	return strings.TrimRight(t.content[start:end], "\r\n\u0085\u2028\u2029")
}

// fail makes a static error that points at a line.
func (t *text) fail(line int, format string, args ...any) *Error {
	return staticError(t, line, fmt.Sprintf(format, args...))
}

// span is a part of the text, by byte offsets, in which # begins no comment. It may be
// empty, to say what its end closes.
type span struct {
	start, end int
	// closes says that # right after the span does begin a comment: after a quote or bracket.
	closes bool
}

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

// flow is the outermost flow collection that is being walked.
type flow struct {
	// depth is how many collections are being walked, one in the other.
	depth int
	// start is the offset of the outermost bracket, spans how many there were before it.
	start, spans int
	// sequences in the order of their brackets.
	sequences []*node
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

// checkCharacters finds what yaml.v3 refuses without a line.
func checkCharacters(t *text) error {
	for i := 0; i < len(t.content); {
		c, size := utf8.DecodeRuneInString(t.content[i:])
		switch {
		case c == utf8.RuneError && size == 1:
			return t.fail(t.lineAt(i), "reading YAML: byte 0x%02X is no valid UTF-8", t.content[i])
		case c < ' ' && c != '\t' && c != '\n' && c != '\r', c == 0x7F, c >= 0x80 && c < 0xA0 && c != 0x85, c == 0xFEFF, c == 0xFFFE, c == 0xFFFF:
			return t.fail(t.lineAt(i), "reading YAML: control character %U is not allowed", c)
		}
		i += size
	}
	return nil
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

// column of an offset, from 0. Before a block collection there are only blanks and signs.
func (r *reader) column(offset int) int {
	return offset - r.text.starts[r.text.lineAt(offset)-1]
}

// dashes gives, one after the other, the lines of the dashes of a block sequence.
func (r *reader) dashes(line, column int) func() int {
	line--
	first := true
	return func() int {
		line++
		for ; !first && line < len(r.text.starts); line++ {
			if r.text.starts[line-1] >= r.covered && r.isDash(line, column) {
				break
			}
		}
		first = false
		return min(line, len(r.text.starts))
	}
}

// isDash says that the line has, after blanks, a dash at the column that begins an item.
func (r *reader) isDash(line, column int) bool {
	start, end := r.text.bounds(line)
	at := start + column
	if at >= end || r.text.content[at] != '-' || strings.Trim(r.text.content[start:at], " ") != "" {
		return false
	}
	return at+1 == len(r.text.content) || isBlankOrBreak(r.text.content[at+1]) || r.text.lineAt(at+1) > line
}

// enterFlow begins the walk of a flow collection, and returns what ends it.
func (r *reader) enterFlow(y *yaml.Node) (leave func()) {
	if y.Style&yaml.FlowStyle == 0 {
		return func() {}
	}
	if r.flow.depth == 0 {
		r.flow.start = r.afterProperties(r.offset(y.Line, y.Column))
		r.flow.spans = len(r.spans)
	}
	r.flow.depth++
	return func() {
		if r.flow.depth--; r.flow.depth == 0 {
			r.placeItems()
			r.flow.sequences = nil
		}
	}
}

// placeItems gives the items of the flow sequences their lines: that of the bracket,
// then those of the commas. It notes the signs with a # right after them.
func (r *reader) placeItems() {
	content, quotes, sequences := r.text.content, r.spans[r.flow.spans:], r.flow.sequences
	var open [][]*node // items of the brackets that still have no line of their own
	place := func(at int) {
		if items := open[len(open)-1]; len(items) > 0 {
			items[0].line = r.text.lineAt(at)
			open[len(open)-1] = items[1:]
		}
	}
	sign := -1 // end of the last sign
	for i := r.flow.start; i < len(content); i++ {
		for len(quotes) > 0 && quotes[0].end <= i {
			quotes = quotes[1:]
		}
		if len(quotes) > 0 && quotes[0].start == i {
			sign = quotes[0].end
			i = sign - 1
			continue
		}
		switch content[i] {
		case '[':
			var items []*node
			if len(sequences) > 0 {
				items, sequences = sequences[0].children, sequences[1:]
			}
			open = append(open, items)
			place(i)
		case '{':
			open = append(open, nil)
		case ']', '}':
			open = open[:len(open)-1]
		case ',':
			place(i)
		case '#':
			start, end := r.text.bounds(r.text.lineAt(i))
			if i == sign || i == start || isBlankOrBreak(content[i-1]) {
				i = end - 1
			}
			continue
		default:
			continue
		}
		if sign = i + 1; strings.HasPrefix(content[sign:], "#") {
			r.spans = append(r.spans, span{sign, sign, true})
		}
		if len(open) == 0 {
			r.covered = max(r.covered, sign)
			return
		}
	}
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

func (r *reader) cover(start, end int, closes bool) {
	r.spans = append(r.spans, span{start, end, closes})
	r.covered = max(r.covered, end)
}

// offset turns a position of yaml.v3 (columns count runes, from 1) into a byte offset.
func (r *reader) offset(line, column int) int {
	line -= shift
	if line < 1 || line > len(r.text.starts) {
		return len(r.text.content)
	}
	c := &r.cursor
	if c.line != line || c.column > column {
		c.line, c.column, c.offset = line, 1, r.text.starts[line-1]
	}
	for c.column < column && c.offset < len(r.text.content) {
		_, size := utf8.DecodeRuneInString(r.text.content[c.offset:])
		c.offset += size
		c.column++
	}
	return c.offset
}

// afterProperties skips the anchor and tag of a node, and comments after them.
func (r *reader) afterProperties(offset int) int {
	content := r.text.content
	for offset < len(content) {
		if c := content[offset]; c != '&' && c != '!' {
			return offset
		}
		for offset < len(content) && !r.isSpace(offset) {
			offset++
		}
		for offset < len(content) && (r.isSpace(offset) || content[offset] == '#') {
			if content[offset] == '#' {
				_, offset = r.text.bounds(r.text.lineAt(offset))
				continue
			}
			_, size := utf8.DecodeRuneInString(content[offset:])
			offset += size
		}
	}
	return offset
}

// isSpace says that there is a blank or line break at the offset.
func (r *reader) isSpace(offset int) bool {
	if isBlankOrBreak(r.text.content[offset]) {
		return true
	}
	switch c, _ := utf8.DecodeRuneInString(r.text.content[offset:]); c {
	case '\u0085', '\u2028', '\u2029':
		return true
	}
	return false
}

// quotedEnd is the offset after the closing quote.
func quotedEnd(content string, start int) int {
	if start >= len(content) {
		return len(content)
	}
	quote := content[start]
	for i := start + 1; i < len(content); i++ {
		switch {
		case quote == '"' && content[i] == '\\':
			i++
		case content[i] != quote:
		case quote == '\'' && i+1 < len(content) && content[i+1] == '\'':
			i++
		default:
			return i + 1
		}
	}
	return len(content)
}

// blockEnd is the offset after the last line of the block scalar whose header stands at
// the offset.
func (r *reader) blockEnd(start, parent int) int {
	line := r.text.lineAt(start)
	_, headerEnd := r.text.bounds(line)
	content := -1
	for _, c := range r.text.content[min(start+1, headerEnd):headerEnd] {
		if c >= '1' && c <= '9' {
			content = max(parent, 0) + int(c-'0')
		} else if c != '+' && c != '-' {
			break
		}
	}
	end, widest := headerEnd, 0 // of the blank lines before the text
	for line++; line <= len(r.text.starts); line++ {
		text := r.text.line(line)
		trimmed := strings.TrimLeft(text, " ")
		indent := len(text) - len(trimmed)
		if trimmed == "" {
			widest = max(widest, indent)
			continue
		}
		if content < 0 {
			content = max(indent, widest, parent+1, 1)
		}
		if indent < content {
			break
		}
		_, end = r.text.bounds(line)
	}
	return end
}

func isBlankOrBreak(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// comments finds the comments between the spans (spec: ytt §4.1).
func (r *reader) comments() []comment {
	var all []comment
	content, next := r.text.content, 0
	for i := 0; i < len(content); {
		hash := strings.IndexByte(content[i:], '#')
		if hash < 0 {
			break
		}
		hash += i
		for next < len(r.spans) && r.spans[next].end <= hash {
			next++
		}
		if next < len(r.spans) && r.spans[next].start <= hash {
			i = r.spans[next].end
			continue
		}
		closed := next > 0 && r.spans[next-1].closes && r.spans[next-1].end == hash
		line := r.text.lineAt(hash)
		start, end := r.text.bounds(line)
		if hash > start && !closed && content[hash-1] != ' ' && content[hash-1] != '\t' {
			i = hash + 1
			continue
		}
		all = append(all, comment{line: line, data: strings.TrimRight(content[hash+1:end], "\r\n\u0085\u2028\u2029")})
		i = end
	}
	return all
}
