package lsp

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/carto-run/carto/pkg/manifest"
)

// lines of a file, for counting columns: the protocol counts UTF-16 code units from 0, the rest
// of Carto counts characters from 1.
type lines []string

func linesOf(text string) lines { return strings.Split(text, "\n") }

func (l lines) at(n int) string {
	if n < 0 || n >= len(l) {
		return ""
	}
	return strings.TrimSuffix(l[n], "\r")
}

// place makes a position of the protocol one of ours; behind the end of a line it is the end.
func (l lines) place(p position) manifest.Position {
	units, column := 0, 1
	for _, r := range l.at(p.Line) {
		if units += utf16.RuneLen(r); units > p.Character {
			break
		}
		column++
	}
	return manifest.Position{Line: p.Line + 1, Column: column}
}

// position makes one of our places one of the protocol.
func (l lines) position(p manifest.Position) position {
	if p.IsZero() {
		return position{}
	}
	line, units := l.at(p.Line-1), 0
	for range p.Column - 1 {
		r, size := utf8.DecodeRuneInString(line)
		if size == 0 {
			break
		}
		units += max(utf16.RuneLen(r), 1)
		line = line[size:]
	}
	return position{Line: p.Line - 1, Character: units}
}

func (l lines) span(r manifest.Range) span {
	return span{Start: l.position(r.Start), End: l.position(r.End)}
}
