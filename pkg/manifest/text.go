package manifest

import (
	"strings"
	"sync"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// text is a file by lines. Files may be one long line.
type text struct {
	lines []string
	// marks are the offsets of every markEvery-th character of a line; nil for lines in which
	// columns are offsets.
	marks [][]int

	scalars  sync.Map // *yaml.Node to *scalar
	mappings sync.Map // *yaml.Node to map[string]int
}

const markEvery = 128

func newText(data []byte) *text {
	t := &text{lines: strings.Split(string(data), "\n")}
	t.marks = make([][]int, len(t.lines))
	for i, line := range t.lines {
		if strings.ContainsFunc(line, func(r rune) bool { return r >= utf8.RuneSelf }) {
			t.marks[i] = marksOf(line)
		}
	}
	return t
}

func marksOf(line string) []int {
	var marks []int
	n := 0
	for offset := range line {
		if n%markEvery == 0 {
			marks = append(marks, offset)
		}
		n++
	}
	return marks
}

// line counts from 1; empty behind the end.
func (t *text) line(n int) string {
	if n < 1 || n > len(t.lines) {
		return ""
	}
	return t.lines[n-1]
}

// from is the rest of a line, behind a column.
func (t *text) from(p Position) string {
	line := t.line(p.Line)
	if line == "" {
		return ""
	}
	marks := t.marks[p.Line-1]
	if marks == nil {
		return line[min(p.Column-1, len(line)):]
	}
	mark := min((p.Column-1)/markEvery, len(marks)-1)
	line = line[marks[mark]:]
	for range p.Column - 1 - mark*markEvery {
		_, size := utf8.DecodeRuneInString(line)
		line = line[size:]
	}
	return line
}

// manyKeys is the size from which on a mapping gets an index of its keys.
const manyKeys = 64

// keyOf finds a key of a mapping, as its index; of equal keys it is the last.
func (t *text) keyOf(node *yaml.Node, name string) (int, bool) {
	if len(node.Content) < 2*manyKeys {
		found := -1
		for i := 0; i+1 < len(node.Content); i += 2 {
			if node.Content[i].Value == name {
				found = i
			}
		}
		return found, found >= 0
	}
	index, known := t.mappings.Load(node)
	if !known {
		keys := make(map[string]int, len(node.Content)/2)
		for i := 0; i+1 < len(node.Content); i += 2 {
			keys[node.Content[i].Value] = i
		}
		index, _ = t.mappings.LoadOrStore(node, keys)
	}
	i, ok := index.(map[string]int)[name]
	return i, ok
}

// Source gives the lines of a file, as positions count them.
type Source struct{ text *text }

// NewSource reads a file.
func NewSource(data []byte) Source { return Source{newText(unixBreaks(data))} }

// Around is the part of a line from at most so many characters before a position to as many
// behind it, and how many are before; false when there is no such line.
func (s Source) Around(p Position, most int) (part string, before int, ok bool) {
	if s.text == nil || p.Line < 1 || p.Line > len(s.text.lines) {
		return "", 0, false
	}
	before = min(max(p.Column-1, 0), most)
	part = s.text.from(Position{p.Line, max(p.Column, 1) - before})
	n := 0
	for offset := range part {
		if n++; n > before+most {
			return part[:offset], before, true
		}
	}
	return part, before, true
}

// end finds the place behind a node, which the library does not tell.
func (d *Document) end(node *yaml.Node) Position {
	start := d.position(node)
	switch node.Kind {
	case yaml.MappingNode, yaml.SequenceNode:
		end := start
		if node.Style&yaml.FlowStyle != 0 {
			end.Column++ // the bracket; good enough for one that is empty
		}
		for _, child := range node.Content {
			if at := d.end(child); end.Before(at) {
				end = at
			}
		}
		if node.Style&yaml.FlowStyle != 0 {
			end = d.closing(end)
		}
		return end
	case yaml.AliasNode:
		return Position{start.Line, start.Column + 1 + utf8.RuneCountInString(node.Value)}
	}
	if len(node.Value) > 4*stopEvery {
		return d.scalar(node).end()
	}
	w := d.walk(node)
	for w.step() {
	}
	return w.end()
}

// closing finds the bracket that ends a flow collection, on the same line or a later one.
func (d *Document) closing(from Position) Position {
	for line := from.Line; line <= len(d.text.lines); line++ {
		at := Position{line, 1}
		if line == from.Line {
			at = from
		}
		rest := d.text.from(at)
		if i := strings.IndexAny(rest, "]}"); i >= 0 {
			return Position{line, at.Column + utf8.RuneCountInString(rest[:i]) + 1}
		}
	}
	return from
}

// walker goes through the source of a scalar and its value together.
type walker struct {
	text  *text
	node  *yaml.Node
	at    Position // of the next character of the value
	value string   // what is left of it
	// indent is the column at which lines of a block begin; 0 elsewhere.
	indent int
	quote  byte
}

func (d *Document) walk(node *yaml.Node) *walker {
	w := &walker{text: d.text, node: node, at: d.position(node), value: node.Value}
	switch {
	case node.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		w.at = w.firstOfBlock()
		w.indent = w.at.Column
	case node.Style&yaml.DoubleQuotedStyle != 0:
		w.quote = '"'
		w.at.Column++
	case node.Style&yaml.SingleQuotedStyle != 0:
		w.quote = '\''
		w.at.Column++
	}
	return w
}

// firstOfBlock is where the content of a block scalar begins: on the next line, behind
// the indentation of the first line that is not blank.
func (w *walker) firstOfBlock() Position {
	line := w.at.Line + 1
	indent := 0
	for n := line; n <= len(w.text.lines); n++ {
		text := w.text.line(n)
		if strings.TrimSpace(text) == "" {
			continue
		}
		// More than the content's own indentation when the first line is indented further,
		// which only an indentation indicator allows.
		indent = len(text) - len(strings.TrimLeft(text, " "))
		if own := len(w.value) - len(strings.TrimLeft(strings.TrimLeft(w.value, "\n"), " ")) - leadingBreaks(w.value); own > 0 {
			indent = max(0, indent-own)
		}
		break
	}
	return Position{line, indent + 1}
}

func leadingBreaks(s string) int { return len(s) - len(strings.TrimLeft(s, "\n")) }

// step goes one character of the value further; false at its end.
func (w *walker) step() bool {
	if w.value == "" {
		return false
	}
	r, size := utf8.DecodeRuneInString(w.value)
	w.value = w.value[size:]
	if w.indent > 0 {
		w.stepBlock(r)
	} else {
		w.stepFlow(r)
	}
	return true
}

func (w *walker) stepBlock(r rune) {
	if r != '\n' && w.text.from(w.at) != "" {
		w.at.Column++
		return
	}
	w.at = Position{w.at.Line + 1, w.indent}
	// Folding makes a blank of one break, and one break fewer of several.
	if r == '\n' && w.node.Style&yaml.FoldedStyle != 0 && w.value != "" && w.value[0] != '\n' {
		for strings.TrimSpace(w.text.line(w.at.Line)) == "" && w.at.Line < len(w.text.lines) {
			w.at.Line++
		}
	}
}

func (w *walker) stepFlow(r rune) {
	if w.quote == '"' && w.text.from(w.at) == `\` {
		w.at = w.nextContent() // a break that is escaped stands for nothing
	}
	rest := w.text.from(w.at)
	if rest == "" || strings.TrimSpace(rest) == "" && (r == ' ' || r == '\n') {
		// A break in the source stands for a blank, or for one break fewer.
		w.at = w.nextContent()
		return
	}
	switch {
	case w.quote == '"' && rest[0] == '\\':
		w.at.Column += escapeLength(rest)
	case w.quote == '\'' && strings.HasPrefix(rest, "''"):
		w.at.Column += 2
	default:
		w.at.Column++
	}
}

// nextContent is the first character of the next line that is not blank.
func (w *walker) nextContent() Position {
	for line := w.at.Line + 1; line <= len(w.text.lines); line++ {
		text := w.text.line(line)
		if trimmed := strings.TrimLeft(text, " \t"); trimmed != "" {
			return Position{line, utf8.RuneCountInString(text) - utf8.RuneCountInString(trimmed) + 1}
		}
	}
	return w.at
}

// escapeLength is how many characters an escape of a double-quoted text takes.
func escapeLength(s string) int {
	if len(s) < 2 {
		return 1
	}
	switch s[1] {
	case 'x':
		return 4
	case 'u':
		return 6
	case 'U':
		return 10
	}
	return 2
}

// end is the place behind the scalar, its quote included.
func (w *walker) end() Position {
	at := w.at
	if w.quote != 0 {
		at.Column++
	}
	return at
}

// Lines are the lines of a file, as positions count them, without their breaks.
func Lines(data []byte) []string { return strings.Split(string(unixBreaks(data)), "\n") }
