package manifest

import (
	"reflect"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// Reorder is the text of a list with its items in another order: the part of the file that it
// replaces, and what to put there. order has the index of each item once. Comments above an item
// and beside it go with it; blank lines stay between the places where they are.
//
// It can not be done for lists in brackets, for items that refer to each other by anchors, and
// where an item does not begin on a line of its own.
func (d *Document) Reorder(path string, order []int) (Range, string, bool) {
	_, list := d.find(path)
	if list == nil || list.Kind != yaml.SequenceNode || list.Style&yaml.FlowStyle != 0 || !permutes(order, len(list.Content)) {
		return Range{}, "", false
	}
	chunks := make([]chunk, len(list.Content))
	dash := d.position(list).Column // of every item
	for i, node := range list.Content {
		if hasAnchors(node) {
			return Range{}, "", false
		}
		after := 1
		if i > 0 {
			after = chunks[i-1].last + 1
		}
		c, ok := d.chunk(node, dash, after)
		if !ok {
			return Range{}, "", false
		}
		chunks[i] = c
	}
	first, end := chunks[0].first, chunks[len(chunks)-1].last
	var lines []string
	for at, i := range order {
		lines = append(lines, d.text.lines[chunks[i].first-1:chunks[i].last]...)
		if at+1 < len(order) { // what stands between the places
			lines = append(lines, d.text.lines[chunks[at].last:chunks[at+1].first-1]...)
		}
	}
	// The places of nodes are not certain enough to trust them with somebody's file.
	breaks := end < len(d.text.lines) // behind the list; a text at the end of a file may lack it
	before, after := d.list(d.text.lines[first-1:end], breaks), d.list(lines, true)
	whole, _ := (&decoder{doc: d}).value(list, 0).([]any)
	if !reflect.DeepEqual(before, whole) || len(before) != len(order) || len(after) != len(order) {
		return Range{}, "", false
	}
	for at, i := range order {
		if !reflect.DeepEqual(after[at], before[i]) {
			return Range{}, "", false
		}
	}
	text := strings.Join(lines, "\n")
	if !breaks {
		text += "\n"
	}
	return Range{
		File: d.File, Start: Position{first, 1}, End: Position{end, utf8.RuneCountInString(d.text.line(end)) + 1},
	}, text, true
}

// list reads lines that hold a list and nothing else; nil when they do not. A line break may
// follow them.
func (d *Document) list(lines []string, breaks bool) []any {
	text := strings.Join(lines, "\n")
	if breaks {
		text += "\n"
	}
	var root yaml.Node
	if err := yaml.Unmarshal([]byte(text), &root); err != nil || len(root.Content) == 0 {
		return nil
	}
	decoder := &decoder{doc: d}
	list, _ := decoder.value(root.Content[0], 0).([]any)
	return list
}

// chunk is the lines of an item, from 1, with the comments that belong to it.
type chunk struct{ first, last int }

// chunk finds the lines of an item, none of them before the line after.
func (d *Document) chunk(node *yaml.Node, dash, after int) (chunk, bool) {
	c := chunk{d.position(node).Line, d.lastLine(node)}
	if c.first < after || c.last < c.first || c.last > len(d.text.lines) {
		return c, false
	}
	for !d.beginsWithDash(c.first, dash) { // the item may begin below its dash
		if c.first--; c.first < after {
			return c, false
		}
	}
	if strings.Contains(strings.Join(d.text.lines[c.first-1:c.last], "\n"), "|+") {
		return c, false // blank lines behind the item are a part of it
	}
	for c.first > after && d.isComment(c.first-1, 0) && indent(d.text.line(c.first-1)) < dash {
		c.first--
	}
	for d.isComment(c.last+1, dash) {
		c.last++
	}
	return c, true
}

// lastLine is the line on which a node ends.
func (d *Document) lastLine(node *yaml.Node) int {
	last := node
	for last.Style&yaml.FlowStyle == 0 && len(last.Content) > 0 {
		last = last.Content[len(last.Content)-1]
	}
	line := d.end(node).Line
	if last.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 && strings.HasSuffix(last.Value, "\n") {
		line-- // the break is a part of the text
	}
	return line
}

func (d *Document) beginsWithDash(line, column int) bool {
	text := d.text.line(line)
	return indent(text) == column-1 && strings.HasPrefix(text[column-1:], "-")
}

// isComment says whether a line holds only a comment, indented at least so far.
func (d *Document) isComment(line, least int) bool {
	text := d.text.line(line)
	return indent(text) >= least && strings.HasPrefix(strings.TrimLeft(text, " "), "#")
}

func indent(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

func hasAnchors(node *yaml.Node) bool {
	if node.Anchor != "" || node.Kind == yaml.AliasNode {
		return true
	}
	for _, child := range node.Content {
		if hasAnchors(child) {
			return true
		}
	}
	return false
}

func permutes(order []int, n int) bool {
	seen := make([]bool, n)
	for _, i := range order {
		if i < 0 || i >= n || seen[i] {
			return false
		}
		seen[i] = true
	}
	return n > 0 && len(order) == n
}
