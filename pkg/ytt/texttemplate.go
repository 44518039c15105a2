package ytt

import (
	"strings"
	"unicode"
)

const (
	opening = "(@"
	closing = "@)"
)

func isTextTemplate(s string) bool {
	return strings.Contains(s, opening) || strings.Contains(s, closing)
}

// piece of a text template: text, code, or an expression to print.
type piece struct {
	text, code string
	// source of code or an expression, with its signs.
	source string
	isCode bool
	prints bool
	line   int
}

// textTemplate emits the program of a string whose first line is the given line of the
// template. The result is handed to the call that use begins.
func (e *emitter) textTemplate(s string, line int, use string) {
	if strings.Count(s, opening) > maxProgram/4 {
		e.exceeds(line, "pieces of a text template", maxProgram/4)
		return
	}
	pieces, problem, at := splitText(s, line)
	if problem != "" {
		e.failf(at, "text template: %s", problem)
		return
	}
	e.call(line, "tbegin")
	for _, p := range pieces {
		switch {
		case p.prints:
			e.pieceLines(p, prefix+"tout((", "))")
		case p.isCode:
			e.pieceLines(p, "", "")
		case p.text != "":
			e.texts = append(e.texts, p.text)
			e.call(p.line, "tlit", len(e.texts)-1)
		}
	}
	e.lines = append(e.lines, codeLine{before: use + prefix + "tdone())", line: line})
}

func (e *emitter) pieceLines(p piece, before, after string) {
	lines, sources := strings.Split(p.code, "\n"), strings.Split(p.source, "\n")
	for i, code := range lines {
		l := codeLine{code: code, line: p.line + i, source: sources[i]}
		if i == 0 {
			l.before = before
		}
		if i == len(lines)-1 {
			l.after = after
		}
		e.lines = append(e.lines, l)
	}
}

// splitText finds the code in a text (spec: ytt §10.2). A problem comes with its line.
func splitText(s string, line int) (pieces []piece, problem string, at int) {
	trimNext := false
	addText := func(text string, trimEnd bool) {
		start := line
		line += strings.Count(text, "\n")
		if trimNext {
			text = strings.TrimLeftFunc(text, unicode.IsSpace)
		}
		if trimEnd {
			text = strings.TrimRightFunc(text, unicode.IsSpace)
		}
		pieces = append(pieces, piece{text: text, line: start})
	}
	for {
		open := strings.Index(s, opening)
		if end := strings.Index(s, closing); end >= 0 && (open < 0 || end < open) {
			return nil, "unexpected " + closing, line + strings.Count(s[:end], "\n")
		}
		if open < 0 {
			addText(s, false)
			return pieces, "", 0
		}
		rest := s[open+len(opening):]
		body, trimBefore := strings.CutPrefix(rest, "-")
		addText(s[:open], trimBefore)
		end := strings.Index(body, closing)
		if end < 0 {
			return nil, "missing " + closing, line
		}
		after := body[end+len(closing):]
		body = body[:end]
		if strings.Contains(body, opening) {
			return nil, opening + " inside of code", line
		}
		p := piece{isCode: true, line: line, source: s[open : len(s)-len(after)]}
		body, trimNext = strings.CutSuffix(body, "-")
		p.code, p.prints = strings.CutPrefix(body, "=")
		pieces = append(pieces, p)
		line += strings.Count(body, "\n")
		s = after
	}
}
