package manifest

import (
	"bytes"
	"errors"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// Parse gives the objects of a file, YAML or JSON; documents without content are left out.
// The error tells all that is wrong with the text, one line each: FILE:LINE: MESSAGE.
func Parse(name string, data []byte) ([]Document, error) {
	docs, faults := ParseAll(name, data)
	if len(faults) > 0 {
		errs := make([]error, len(faults))
		for i, f := range faults {
			errs[i] = errors.New(f.String())
		}
		return nil, errors.Join(errs...)
	}
	all := make([]Document, len(docs))
	for i, doc := range docs {
		all[i] = *doc
	}
	return all, nil
}

// ParseAll gives the objects that can be read, and everything that is wrong with the text. An
// object with keys that occur twice is among them, with the last value of each, as decoders
// that are not strict would have it.
func ParseAll(name string, data []byte) ([]*Document, []*Fault) {
	data = unixBreaks(data)
	text := newText(data)
	var docs []*Document
	var faults []*Fault
	for _, part := range split(data) {
		doc, found := part.parse(name, text)
		faults = append(faults, found...)
		if doc != nil {
			docs = append(docs, doc)
		}
	}
	return docs, faults
}

// unixBreaks makes line feeds of the other ways to break lines, so that lines are counted as
// editors count them.
func unixBreaks(data []byte) []byte {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if bytes.IndexByte(data, '\r') < 0 {
		return data
	}
	return bytes.ReplaceAll(bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n")), []byte("\r"), []byte("\n"))
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

func (p part) parse(name string, text *text) (*Document, []*Fault) {
	// The library gives positions; what values mean is decided in decoder, so that `on`
	// means the same as to kubectl.
	var root yaml.Node
	if err := yaml.Unmarshal(p.text, &root); err != nil {
		return nil, []*Fault{p.unreadable(name, err)}
	}
	if len(root.Content) == 0 || root.Content[0].Tag == "!!null" {
		return nil, nil
	}
	node := root.Content[0]
	doc := &Document{File: name, Line: p.before + node.Line, before: p.before, node: node, text: text}
	if node.Kind != yaml.MappingNode {
		return nil, []*Fault{{Range: doc.rangeOf(node), List: node.Kind == yaml.SequenceNode, Message: "is no object"}}
	}
	d := &decoder{doc: doc}
	doc.Object, _ = d.value(node, 0).(map[string]any)
	for _, fault := range d.faults {
		if !fault.Duplicate {
			return nil, d.faults
		}
	}
	return doc, d.faults
}

var yamlLine = regexp.MustCompile(`^yaml: (?:unmarshal errors:\s+)?line (\d+): `)

// maxSearched is the size of a document in which the line of a fault is searched for.
const maxSearched = 256 << 10

// unreadable says where the document can not be read. The library mostly knows where the
// collection or the text begins that it was reading, and that sometimes one line too early; it
// leaves out the line when that is the first, which a line before the text prevents.
func (p part) unreadable(name string, err error) *Fault {
	const before = "#\n"
	fault := func(end int) (message string, line int) {
		err := yaml.Unmarshal(append([]byte(before), p.text[:end]...), new(yaml.Node))
		if err == nil {
			return "", 0
		}
		message = err.Error()
		if m := yamlLine.FindStringSubmatch(message); m != nil {
			line, _ = strconv.Atoi(m[1])
			message = message[len(m[0]):]
		}
		return strings.TrimPrefix(message, "yaml: "), line - 1
	}
	message, line := fault(len(p.text))
	if strings.Contains(message, "UTF-8") || strings.Contains(message, "control characters") {
		// It reads ahead, and does not say where.
		if odd := p.unreadableByte(); odd >= 0 {
			before := p.text[:odd]
			at := Position{Line: p.before + bytes.Count(before, []byte("\n")) + 1, Column: utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:]) + 1}
			return &Fault{Range: Range{File: name, Start: at, End: at}, Message: message}
		}
	}
	lines := slices.Collect(bytes.Lines(p.text))
	switch {
	case message == "": // with a line before it, it can be read
		message = strings.TrimPrefix(yamlLine.ReplaceAllString(err.Error(), ""), "yaml: ")
	case strings.Contains(message, "',' or"): // the bracket that is not closed
		line++
	case strings.Contains(message, "unexpected end of stream"), strings.Contains(message, "could not find expected ':'"):
	case len(p.text) <= maxSearched: // the first line with which the text has the fault
		whole, end := line, 0
		ends := make([]int, len(lines))
		for i, text := range lines {
			end += len(text)
			ends[i] = end
		}
		line = 1 + sort.Search(len(lines)-1, func(i int) bool {
			m, l := fault(ends[i])
			return m == message && l == whole
		})
	}
	line = min(max(line, 1), len(lines)+1)
	at := Position{Line: p.before + line, Column: 1}
	if line <= len(lines) {
		at.Column = columnOfFault(lines[line-1])
	}
	return &Fault{Range: Range{File: name, Start: at, End: at}, Message: message}
}

// columnOfFault is where the line begins, or where it has the tab.
func columnOfFault(line []byte) int {
	blank := len(line) - len(bytes.TrimLeft(line, " \t"))
	if tab := bytes.IndexByte(line[:blank], '\t'); tab >= 0 {
		return tab + 1
	}
	return min(blank, len(bytes.TrimRight(line, " \r\n"))) + 1
}

// unreadableByte is where the first byte is that no YAML may hold, or -1.
func (p part) unreadableByte() int {
	for i := 0; i < len(p.text); {
		r, size := utf8.DecodeRune(p.text[i:])
		if r == utf8.RuneError && size == 1 || unicode.IsControl(r) && r != '\n' && r != '\t' && r != '\u0085' {
			return i
		}
		i += size
	}
	return -1
}
