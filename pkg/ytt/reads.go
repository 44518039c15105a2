package ytt

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"go.starlark.net/syntax"
)

// Analysis is what shows of a template without running it.
type Analysis struct {
	// Reads of data.values, in the order of the text.
	Reads []Read
	// Loads of modules, in the order of the text; those of modules that there are not, too.
	Loads []Load

	// whole are the paths below which anything may be read.
	whole [][]string
}

// Place is a part of a template. Line and Column count from 1, columns in characters;
// Offset and End are bytes of the text. A place whose column could not be told has none,
// and is the whole line.
type Place struct{ Line, Column, Offset, End int }

// Read is one place at which a template reads a path below data.values.
type Read struct {
	Place
	// Names of the path, as far as they are known: data.values.a["b"][0].c has a and b.
	Names []string
	// Whole says that the value at the names is used as it is: nothing comes after them,
	// and the code does not only test it, give it a name or hand it on.
	Whole bool
	// Tested is how many of the names the code has looked for before, so that it knows
	// them to be there: with hasattr, getattr and a default, in, or a test of the value.
	Tested int
	// Expression as it is written, from data to the last name.
	Expression string
	// Into is the path of the node whose value the code makes of it: spec.containers[0].image.
	// Names with dots are in brackets and quotes. It is empty where that can not be told: in
	// functions, and in code that belongs to no node.
	Into string
}

// Load is one load(module, ...).
type Load struct {
	Place
	Module string
}

// ReadsAll says that anything at or below a path may be read: the value there, or one
// above it, is used as a whole, or under names that only a run can tell. Without names it
// is about all of data.values.
func (a *Analysis) ReadsAll(names ...string) bool {
	return slices.ContainsFunc(a.whole, func(w []string) bool { return hasPrefix(names, w) })
}

func hasPrefix(names, prefix []string) bool {
	return len(prefix) <= len(names) && slices.Equal(names[:len(prefix)], prefix)
}

// Analyze finds what a template reads and loads. It costs about as much as compiling the
// template, and takes what does not compile for other reasons than its syntax. The error
// is an *Error.
func Analyze(src []byte, o Options) (analysis *Analysis, err error) {
	if o.Name == "" {
		o.Name = "stdin.yml"
	}
	o.Limits = o.Limits.withDefaults()
	content := newText(o.Name, string(src))
	defer content.recovered("analyzing", &err)
	if len(src) > o.Limits.Input {
		return nil, content.exceeds(0, "size of a template", o.Limits.Input)
	}
	set, comments, err := read(content)
	if err != nil {
		return nil, err
	}
	attach(set, comments)
	if !isTemplated(set) {
		return &Analysis{}, nil
	}
	e := newEmitter(content, o)
	e.node(set, 0, false)
	source := translate(e)
	if len(e.problems) > 0 {
		return nil, &Error{Problems: e.problems, cause: e.cause}
	}
	file, err := fileOptions.Parse(o.Name, source, 0)
	if err != nil {
		t := &Template{text: content, lines: e.lines}
		var syntaxError syntax.Error
		if errors.As(err, &syntaxError) {
			return nil, &Error{Problems: []Problem{t.static(syntaxError.Pos, syntaxError.Msg)}}
		}
		return nil, err
	}
	places := &places{text: content, lines: e.lines, program: strings.Split(source, "\n"), bom: len(src) - len(content.content)}
	return analyze(file, places, e), nil
}

// pathTo is where a node stands in its document.
func (e *emitter) pathTo(id int) string {
	if id <= 0 || id >= len(e.nodes) {
		return ""
	}
	path := ""
	for ; id > 0 && e.nodes[id].kind != document; id = e.parents[id] {
		switch n := e.nodes[id]; n.kind {
		case mapItem:
			key := fmt.Sprint(n.key)
			switch {
			case strings.ContainsAny(key, ".[]'") || key == "":
				key = "['" + key + "']"
			case path != "" && path[0] != '[':
				key += "."
			}
			path = key + path
		case sequenceItem:
			index := fmt.Sprintf("[%d]", slices.Index(e.nodes[e.parents[id]].children, n))
			if path != "" && path[0] != '[' {
				index += "."
			}
			path = index + path
		}
	}
	return path
}

// maxColumn is the length of a line up to which columns are told: each takes a walk through
// its line.
const maxColumn = 4 << 10

// places tells where in the text the code of a program stands.
type places struct {
	text    *text
	lines   []codeLine
	program []string
	bom     int // bytes that the text is shorter than what was given
}

func (p *places) of(start, end syntax.Position) Place {
	line := min(max(int(start.Line), 1), len(p.lines))
	place := Place{Line: p.lines[line-1].line}
	from, known := p.offset(start)
	to, knownEnd := p.offset(end)
	if !known || !knownEnd || to < from {
		lineStart, _ := p.text.bounds(min(max(place.Line, 1), len(p.text.starts)))
		place.Offset = lineStart + p.bom
		place.End = place.Offset + len(p.text.line(place.Line))
		return place
	}
	place.Line = p.text.lineAt(from)
	lineStart, _ := p.text.bounds(place.Line)
	place.Column = 1 + utf8.RuneCountInString(p.text.content[lineStart:from])
	place.Offset, place.End = from+p.bom, to+p.bom
	return place
}

// expression is the text of a place, when it stands on one line.
func (p *places) expression(at Place) string {
	if at.Column == 0 {
		return ""
	}
	s := p.text.content[at.Offset-p.bom : at.End-p.bom]
	if strings.ContainsAny(s, "\n\r") {
		return ""
	}
	return s
}

// offset in the text of a position in the program.
func (p *places) offset(at syntax.Position) (int, bool) {
	i := int(at.Line) - 1
	if i < 0 || i >= len(p.lines) || i >= len(p.program) {
		return 0, false
	}
	l := p.lines[i]
	if len(p.program[i]) > maxColumn {
		return 0, false
	}
	written := skipRunes(p.program[i], int(at.Col)-1)
	k, ok := beforeTranslation(l.before+l.code+l.after, p.program[i], written)
	if k -= len(l.before); !ok || k < 0 || k > len(l.code) {
		return 0, false
	}
	start, end := p.text.bounds(l.line)
	line := strings.TrimRight(p.text.content[start:end], "\r\n\u0085\u2028\u2029")
	if l.source == "" { // a comment, which goes to the end of its line
		rest := strings.TrimRight(l.code[k:], " \t\r")
		blanks := len(line) - len(strings.TrimRight(line, " \t\r"))
		column := len(line) - blanks - len(rest)
		return start + column, column >= 0 && strings.HasPrefix(line[column:], rest)
	}
	return p.inText(i, start, line, k)
}

// inText finds the place in a text template: its piece may stand several times in a line.
func (p *places) inText(i, start int, line string, k int) (int, bool) {
	l := p.lines[i]
	column := 0
	for before := i - 1; before >= 0 && p.lines[before].line == l.line; before-- {
		if p.lines[before].source == l.source {
			column++
		}
	}
	at := 0
	for range column {
		next := strings.Index(line[at:], l.source)
		if next < 0 {
			return 0, false
		}
		at += next + len(l.source)
	}
	next, inner := strings.Index(line[at:], l.source), strings.Index(l.source, l.code)
	if next < 0 || inner < 0 {
		return 0, false
	}
	return start + at + next + inner + k, true
}

func skipRunes(s string, n int) int {
	at := 0
	for range n {
		_, size := utf8.DecodeRuneInString(s[at:])
		at += size
	}
	return at
}

// beforeTranslation gives the offset in a line of code for one in what the translator made
// of it: it changes indentation, and doubles backslashes that are no escapes.
func beforeTranslation(code, program string, at int) (int, bool) {
	const blanks = " \t"
	i, k := len(program)-len(strings.TrimLeft(program, blanks)), len(code)-len(strings.TrimLeft(code, blanks))
	for i < at {
		if k >= len(code) || i >= len(program) || code[k] != program[i] {
			return 0, false
		}
		if program[i] == '\\' && i+1 < len(program) {
			if program[i+1] == '\\' && (k+1 >= len(code) || code[k+1] != '\\') {
				i++
			} else if k+1 < len(code) {
				i, k = i+1, k+1
			}
		}
		i, k = i+1, k+1
	}
	return k, true
}

// done sorts what was found, and leaves repetitions out: code that is looked at several
// times reads a path unguarded if it does so once.
func (a *analyzer) done() *Analysis {
	reads := a.found.Reads
	slices.SortStableFunc(reads, func(x, y Read) int {
		return cmp.Or(cmp.Compare(x.Offset, y.Offset), slices.Compare(x.Names, y.Names), cmp.Compare(x.Tested, y.Tested))
	})
	a.found.Reads = slices.CompactFunc(reads, func(x, y Read) bool {
		return x.Offset == y.Offset && slices.Equal(x.Names, y.Names)
	})
	slices.SortStableFunc(a.found.Loads, func(x, y Load) int { return cmp.Compare(x.Offset, y.Offset) })
	return &a.found
}
