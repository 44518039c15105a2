package ytt

import (
	"strings"
	"unicode/utf8"

	yaml "go.yaml.in/yaml/v3"
)

// span is a part of the text, by byte offsets, in which # begins no comment. It may be
// empty, to say what its end closes.
type span struct {
	start, end int
	// closes says that # right after the span does begin a comment: after a quote or bracket.
	closes bool
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
