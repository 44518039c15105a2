package ytt

import (
	"fmt"
	"strings"
)

// Error is why a template could not be compiled or rendered. Its text is what users of
// ytt know:
//
//	ytt: Error:
//	- MESSAGE
//	    in FUNCTION
//	      stdin.yml:LINE | SOURCE LINE
type Error struct {
	Problems []Problem
	// Missing is the path below data.values that the template needs and that is not
	// there, such as sources.code; empty for other faults.
	Missing string
	cause   error
}

// Problem is one fault. Several are found only before a template runs.
type Problem struct {
	Message string
	// Frames are the functions that were being called, the innermost first. A fault
	// that shows without running the template has one frame, without a function.
	Frames []Frame
}

// Frame is a place in a template.
type Frame struct {
	// Function is empty for faults that show without running, <toplevel> outside of
	// functions.
	Function string
	File     string
	// Line from 1; 0 where no line is to blame.
	Line int
	// Source is the text of the line.
	Source string
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("ytt: Error: \n")
	for _, p := range e.Problems {
		first, rest, several := strings.Cut(p.Message, "\n")
		fmt.Fprintf(&b, "- %s\n", first)
		for _, f := range p.Frames {
			indent := "    "
			if f.Function != "" {
				fmt.Fprintf(&b, "    in %s\n", f.Function)
				indent = "      "
			}
			if f.Line == 0 {
				fmt.Fprintf(&b, "%s%s:?\n", indent, f.File)
			} else {
				fmt.Fprintf(&b, "%s%s:%d | %s\n", indent, f.File, f.Line, f.Source)
			}
		}
		if several {
			b.WriteString("\n    reason:\n")
			for line := range strings.SplitSeq(strings.TrimRight(rest, "\n"), "\n") {
				fmt.Fprintf(&b, "     %s\n", line)
			}
		}
	}
	return b.String()
}

// Unwrap gives the cause: a *LimitError, or the error of a context.
func (e *Error) Unwrap() error { return e.cause }

func staticError(t *text, line int, message string) *Error {
	return &Error{Problems: []Problem{{Message: message, Frames: []Frame{t.frame("", line)}}}}
}

func (t *text) frame(function string, line int) Frame {
	return Frame{Function: function, File: t.name, Line: line, Source: t.line(line)}
}
