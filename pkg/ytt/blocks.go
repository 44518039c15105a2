package ytt

import (
	"slices"
	"strings"
)

const (
	// maxBlocks is how deep blocks may be nested, maxBranches how many elif one if may
	// have, maxBrackets how deep brackets may be nested, and maxTerms how many words
	// and signs an expression may have between commas. They keep the depth of the
	// syntax tree, which the parser and compiler walk recursively, within reason.
	maxBlocks   = 100
	maxBranches = 1000
	maxBrackets = 200
	maxTerms    = 10_000
)

// reserved words of the language have no use.
var reserved = []string{
	"as", "async", "await", "class", "del", "except", "finally", "from", "global", "import", "is", "nonlocal", "raise", "try", "with", "yield",
}

// headers are the words that begin a block. Without a colon, the fault would show only at
// an end that seems to be too much.
var headers = []string{"if", "elif", "else", "for", "while", "def"}

// block that is open.
type block struct {
	line       int // of the template
	header     int // line of the program that ends with its colon
	statements int
	branches   int
}

// translator turns blocks that end with "end" into blocks by indentation, and escapes
// that Starlark refuses into ones that it takes. Each line of code becomes one line of
// the program, so that positions can be told.
type translator struct {
	emitter *emitter
	lines   []codeLine
	out     []string
	// blocks that are open, the innermost last.
	blocks []block

	// State of the logical line.
	brackets  []bracket
	base      int    // brackets that are not the author's to close
	quote     string // of the string that goes on, empty outside of strings
	raw       bool
	continued bool // the line before ended with a backslash
	first     string
	last      string
	colon     bool // a colon outside of brackets was seen before the last token
	tokens    int  // in all
	failed    bool
	begun     int // line of the template where the logical line begins
	branches  int // of the if that the logical line belongs to
	// oneLine says that the last logical line was an if with its suite on the same
	// line: an else belongs to it.
	oneLine bool
}

// bracket that is open, with the number of terms since it, or the last comma.
type bracket struct{ terms, most int }

// translate gives the program of what was emitted. Problems are the emitter's.
func translate(e *emitter) string {
	lines := e.lines
	tr := &translator{emitter: e, lines: lines, out: make([]string, len(lines))}
	if len(lines) > maxProgram {
		e.exceeds(lines[maxProgram].line, "lines of the program of a template", maxProgram)
		return ""
	}
	line := 1
	for i := range lines {
		if lines[i].line == 0 {
			lines[i].line = line
		}
		line = lines[i].line
		tr.line(i)
		if tr.failed {
			return ""
		}
	}
	if tr.isOpen() {
		tr.emitter.failf(tr.begun, unclosed)
	} else if n := len(tr.blocks); n > 0 {
		tr.emitter.failf(tr.blocks[n-1].line, "missing end: the block that begins here is never closed (hint: write #@ end after it)")
	}
	return strings.Join(tr.out, "\n") + "\n"
}

const unclosed = "a bracket or string that is opened here is never closed"

// isOpen says that the logical line goes on.
func (t *translator) isOpen() bool { return len(t.brackets) > 1 || t.quote != "" || t.continued }

func (t *translator) errorf(i int, format string, args ...any) {
	if !t.failed {
		t.emitter.failf(t.lines[i].line, format, args...)
	}
	t.failed = true
}

func (t *translator) line(i int) {
	l := t.lines[i]
	isStart := !t.isOpen()
	if !isStart && l.before != "" {
		t.emitter.failf(t.begun, unclosed)
		t.failed = true
		return
	}
	if !t.continued && l.before == "" {
		l.code = strings.TrimLeft(l.code, " \t")
	}
	if isStart {
		t.first, t.last, t.colon, t.begun = "", "", false, l.line
		t.brackets = append(t.brackets[:0], bracket{}) // the line itself
		t.base = 1
	}
	t.continued = false
	var b strings.Builder
	t.scan(i, l, &b)
	t.out[i] = b.String()
	if t.isOpen() {
		t.indent(i, isStart)
		if l.before != "" && l.after != "" {
			t.errorf(i, unclosed)
		}
		return
	}
	t.statement(i, isStart)
}

// indent writes the depth before a line that begins a statement.
func (t *translator) indent(i int, isStart bool) {
	if !isStart || t.first == "" || t.failed {
		return
	}
	depth := len(t.blocks)
	if t.first == "else" || t.first == "elif" {
		t.branch(i)
		depth = len(t.blocks)
	} else {
		t.begin()
		t.branches = 0
	}
	t.out[i] = strings.Repeat(" ", depth) + t.out[i]
}

func (t *translator) begin() {
	if n := len(t.blocks); n > 0 {
		t.blocks[n-1].statements++
	}
}

// branch closes the block before an else or elif; an if on one line has none.
func (t *translator) branch(i int) {
	if !t.oneLine {
		n := len(t.blocks)
		if n == 0 {
			t.errorf(i, "unexpected %s: no block is open", t.first)
			return
		}
		b := t.blocks[n-1]
		if b.statements == 0 {
			t.out[b.header] += " pass"
		}
		t.blocks = t.blocks[:n-1]
		t.branches = b.branches
	}
	if t.branches++; t.branches > maxBranches {
		t.errorf(i, "more than %d branches in one if", maxBranches)
	}
}

// statement is called at the end of a logical line.
func (t *translator) statement(i int, isStart bool) {
	if t.failed || t.first == "" {
		return
	}
	if t.first == "end" && isStart {
		t.end(i)
		t.oneLine = false
		return
	}
	t.indent(i, isStart)
	if t.failed {
		return
	}
	t.oneLine = false
	switch {
	case t.last != ":" && !t.colon && slices.Contains(headers, t.first):
		t.errorf(i, "%s", withHint("got newline, want ':'"))
	case t.last == ":":
		if len(t.blocks) >= maxBlocks {
			t.errorf(i, "blocks are nested deeper than %d", maxBlocks)
		}
		t.blocks = append(t.blocks, block{line: t.lines[i].line, header: i, branches: t.branches})
	case t.colon && (t.first == "if" || t.first == "elif"):
		t.oneLine = true
	}
}

func (t *translator) end(i int) {
	n := len(t.blocks)
	switch {
	case t.last != "end":
		t.errorf(i, "unexpected %q after end: end stands alone", t.last)
		return
	case n == 0:
		t.errorf(i, "unexpected end: no block is open")
		return
	}
	t.out[i] = ""
	if t.blocks[n-1].statements == 0 {
		t.out[i] = strings.Repeat(" ", n) + "pass"
	}
	t.blocks = t.blocks[:n-1]
}

// token notes a word or sign.
func (t *translator) token(i int, s string) {
	if t.first == "" {
		t.first = s
	}
	if t.last == ":" && len(t.brackets) == 1 {
		t.colon = true
	}
	t.last = s
	if len(t.brackets) > 1 {
		t.last = "" // a colon in brackets opens no block
	}
	if t.tokens++; t.tokens > maxTokens {
		t.emitter.exceeds(t.lines[i].line, "words and signs of the code of a template", maxTokens)
		t.failed = true
	}
	top := &t.brackets[len(t.brackets)-1]
	if s == "," {
		top.most, top.terms = max(top.most, top.terms), 0
		return
	}
	if top.terms++; top.terms > maxTerms {
		t.errorf(i, "an expression has more than %d terms: assign parts of it to names", maxTerms)
	}
}

func (t *translator) open(i int, s string) {
	t.token(i, s)
	t.brackets = append(t.brackets, bracket{})
	if len(t.brackets) > maxBrackets {
		t.errorf(i, "brackets are nested deeper than %d", maxBrackets)
	}
}

func (t *translator) close(i int, s string) {
	if n := len(t.brackets); n > 1 {
		inner := t.brackets[n-1]
		t.brackets = t.brackets[:n-1]
		t.brackets[n-2].terms += max(inner.most, inner.terms)
	}
	t.token(i, s)
}

// scan writes a line without its comment, and notes its tokens.
func (t *translator) scan(i int, l codeLine, b *strings.Builder) {
	s := l.before + l.code
	from, to := len(l.before), len(s)
	for k := 0; k < len(s) && !t.failed; {
		if k == from && from > 0 {
			t.base = len(t.brackets)
		}
		if t.quote != "" {
			k = t.scanString(s, k, b)
			continue
		}
		c := s[k]
		switch {
		case c == ' ' || c == '\t' || c == '\r':
			b.WriteByte(c)
			k++
		case c == '#':
			k = to
		case c == '"' || c == '\'':
			t.startString(i, s, k, b)
			k += len(t.quote)
		case c == '\\' && strings.TrimRight(s[k+1:], "\r") == "":
			t.continued = true
			b.WriteByte(c)
			k = to
		case isWordByte(c):
			end := k
			for end < len(s) && (isWordByte(s[end]) || s[end] == '.' && c >= '0' && c <= '9') {
				end++
			}
			t.word(i, s[k:end], k >= from)
			b.WriteString(s[k:end])
			k = end
		case strings.IndexByte("([{", c) >= 0:
			t.open(i, s[k:k+1])
			b.WriteByte(c)
			k++
		case strings.IndexByte(")]}", c) >= 0 && k >= from && len(t.brackets) <= t.base:
			t.errorf(i, "unexpected '%c': it closes nothing", c)
		case strings.IndexByte(")]}", c) >= 0:
			t.close(i, s[k:k+1])
			b.WriteByte(c)
			k++
		default:
			t.token(i, s[k:k+1])
			b.WriteByte(c)
			k++
		}
	}
	if len(t.quote) == 1 && !t.continued { // the parser reports it
		t.quote = ""
	}
	for _, c := range []byte(l.after) { // closing brackets only
		t.close(i, string(c))
		b.WriteByte(c)
	}
}

func (t *translator) word(i int, word string, isAuthors bool) {
	if isAuthors || word == "end" {
		switch {
		case len(word) > maxName:
			t.errorf(i, "a name or number is longer than %d characters", maxName)
		case word == "end" && t.first != "":
			t.errorf(i, "end is reserved: it closes a block and stands alone (hint: use getattr(x, \"end\") or x[\"end\"])")
		case word == "pass":
			t.errorf(i, "pass is reserved: leave the block empty")
		case slices.Contains(reserved, word):
			t.errorf(i, "%s is a reserved word and can not be used as a name (hint: use getattr(x, %q) or x[%q])", word, word, word)
		case strings.HasPrefix(word, prefix):
			t.errorf(i, "names can not begin with %s", prefix)
		}
	}
	t.token(i, word)
}

// startString begins a string at the quote.
func (t *translator) startString(i int, s string, k int, b *strings.Builder) {
	t.quote = s[k : k+1]
	if strings.HasPrefix(s[k:], strings.Repeat(t.quote, 3)) {
		t.quote = s[k : k+3]
	}
	start := k
	for start > 0 && isWordByte(s[start-1]) {
		start--
	}
	prefix := s[start:k]
	t.raw = prefix == "r" || prefix == "rb" || prefix == "br"
	t.token(i, "string")
	b.WriteString(t.quote)
}

// scanString writes the next byte or escape of a string. A backslash before a character
// that is no escape stays in the string, so it is doubled (spec: ytt §6.3).
func (t *translator) scanString(s string, k int, b *strings.Builder) int {
	switch {
	case strings.HasPrefix(s[k:], t.quote):
		b.WriteString(t.quote)
		k += len(t.quote)
		t.quote = ""
		return k
	case s[k] != '\\':
		b.WriteByte(s[k])
		return k + 1
	case k+1 == len(s):
		b.WriteByte('\\')
		t.continued = true
		return k + 1
	}
	if !t.raw && strings.IndexByte(`\'"abfnrtvx01234567`, s[k+1]) < 0 {
		b.WriteString(`\\`)
		return k + 1
	}
	b.WriteString(s[k : k+2])
	return k + 2
}

func isWordByte(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c >= 0x80
}
