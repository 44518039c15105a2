// Package cursor answers what an editor asks about a place in a file: what could stand there,
// what does stand there, and where that is defined. It reads the set that lint reads.
//
// The package is pure: editors are talked to in pkg/lsp.
package cursor

import (
	"strings"
	"unicode/utf8"

	"github.com/carto-run/carto/pkg/lint"
	"github.com/carto-run/carto/pkg/manifest"
)

// Cursor is a place in a file of a set.
type Cursor struct {
	set *lint.Set
	at  manifest.Position
	// line is the text of the line, before and behind the cursor.
	before, behind string
	// object at the cursor; nil between objects, and in those that can not be read.
	object *lint.Object
	// path of the key or value at the cursor.
	path string
}

// At places a cursor.
func At(set *lint.Set, file string, at manifest.Position) *Cursor {
	c := &Cursor{set: set, at: at}
	for _, f := range set.Files {
		if f.Name == file {
			c.readLine(f.Data)
		}
	}
	for _, o := range set.Objects {
		if o.Doc.File == file && o.Doc.Line <= at.Line {
			c.object = o
		}
	}
	if c.object != nil {
		c.path, _ = c.object.Doc.PathAt(at)
	}
	return c
}

func (c *Cursor) readLine(data []byte) {
	rest := string(data)
	for range c.at.Line - 1 {
		_, rest, _ = strings.Cut(rest, "\n")
	}
	line, _, _ := strings.Cut(rest, "\n")
	line = strings.TrimSuffix(line, "\r")
	offset := 0
	for range c.at.Column - 1 {
		_, size := utf8.DecodeRuneInString(line[offset:])
		offset += size
	}
	c.before, c.behind = line[:offset], line[offset:]
}

// expression is what the cursor is in: of a tag, or of a chain that begins with data.values in
// ytt.
type expression struct {
	// names before the one at the cursor, and that one up to the cursor and as a whole.
	names       []string
	typed, word string
}

// yttValues is what the context is called in ytt.
const yttValues = "data.values."

// expression at the cursor; false when it is in none.
func (c *Cursor) expression() (expression, bool) {
	open := strings.LastIndex(c.before, "$(")
	var typed string
	switch {
	case open >= 0 && !strings.Contains(c.before[open:], ")$"):
		typed = c.before[open+2:]
	default:
		start := len(c.before)
		for start > 0 && isChain(c.before[start-1]) {
			start--
		}
		var ok bool
		if typed, ok = strings.CutPrefix(c.before[start:], yttValues); !ok {
			return expression{}, false
		}
	}
	end := 0
	for end < len(c.behind) && isChain(c.behind[end]) && c.behind[end] != '.' {
		end++
	}
	if strings.ContainsAny(typed, " [?@") {
		return expression{}, false // beyond plain names nothing is known
	}
	names := strings.Split(strings.TrimPrefix(typed, "."), ".")
	last := len(names) - 1
	return expression{names: names[:last], typed: names[last], word: names[last] + c.behind[:end]}, true
}

func isChain(b byte) bool {
	return b == '_' || b == '-' || b == '.' || b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z'
}

// template at the cursor; nil when it is in none.
func (c *Cursor) template() *lint.Template {
	for _, t := range c.set.Templates {
		if t.Object == c.object {
			return t
		}
	}
	return nil
}

func (c *Cursor) blueprint() *lint.Blueprint {
	for _, b := range c.set.Blueprints {
		if b.Object == c.object {
			return b
		}
	}
	return nil
}

func (c *Cursor) owner() *lint.Owner {
	for _, o := range c.set.Owners {
		if o.Object == c.object {
			return o
		}
	}
	return nil
}

// Word is the part of the line that a completion replaces: the word at the cursor.
func (c *Cursor) Word() manifest.Range {
	file := ""
	if c.object != nil {
		file = c.object.Doc.File
	}
	isWord := isChain
	if _, ok := c.expression(); ok {
		isWord = func(b byte) bool { return isChain(b) && b != '.' }
	}
	start, end := len(c.before), 0
	for start > 0 && isWord(c.before[start-1]) {
		start--
	}
	for end < len(c.behind) && isWord(c.behind[end]) {
		end++
	}
	line := c.at.Line
	return manifest.Range{
		File:  file,
		Start: manifest.Position{Line: line, Column: c.at.Column - (len(c.before) - start)},
		End:   manifest.Position{Line: line, Column: c.at.Column + end},
	}
}
