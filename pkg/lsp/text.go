package lsp

import (
	"unicode/utf16"
	"unicode/utf8"

	"github.com/carto-run/carto/pkg/manifest"
)

// lines of a file, for counting columns: the protocol counts UTF-16 code units from 0, the rest
// of Carto counts characters from 1.
type lines struct {
	text  string
	lines []string
	// marks are every markEvery-th character of long lines; a file may be one line.
	marks map[int][]mark
}

// mark is where a character is in its line: in bytes, and in the units of the protocol.
type mark struct{ offset, units int }

const markEvery = 128

func linesOf(text string) *lines {
	return &lines{text: text, lines: manifest.Lines([]byte(text)), marks: map[int][]mark{}}
}

func (l *lines) at(n int) string {
	if n < 0 || n >= len(l.lines) {
		return ""
	}
	return l.lines[n]
}

func (l *lines) marksOf(n int) []mark {
	if marks, ok := l.marks[n]; ok {
		return marks
	}
	var marks []mark
	count, units := 0, 0
	for offset, r := range l.at(n) {
		if count%markEvery == 0 {
			marks = append(marks, mark{offset, units})
		}
		count++
		units += max(utf16.RuneLen(r), 1)
	}
	l.marks[n] = marks
	return marks
}

// place makes a position of the protocol one of ours; behind the end of a line it is the end.
func (l *lines) place(p position) manifest.Position {
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
func (l *lines) position(p manifest.Position) position {
	if p.IsZero() {
		return position{}
	}
	line, units, left := l.at(p.Line-1), 0, p.Column-1
	if left >= markEvery && len(line) >= markEvery {
		marks := l.marksOf(p.Line - 1)
		n := min(left/markEvery, len(marks)-1)
		line, units, left = line[marks[n].offset:], marks[n].units, left-n*markEvery
	}
	for range left {
		r, size := utf8.DecodeRuneInString(line)
		if size == 0 {
			break
		}
		units += max(utf16.RuneLen(r), 1)
		line = line[size:]
	}
	return position{Line: p.Line - 1, Character: units}
}

func (l *lines) span(r manifest.Range) span {
	return span{Start: l.position(r.Start), End: l.position(r.End)}
}
