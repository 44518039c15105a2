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
	cause    error
}

// Problem is one fault. Several are found only before a template runs.
type Problem struct {
	Message string
	// Frames are the functions that were being called, the innermost first. A fault
	// that shows without running the template has one frame, without a function.
	Frames []Frame
	// OfLoad says that it is about a module that can not be loaded.
	OfLoad bool
	// Omitted is how many frames in the middle of a deep stack are left out.
	Omitted int
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
		for i, f := range p.Frames {
			if i == maxFrames && p.Omitted > 0 {
				fmt.Fprintf(&b, "    … %d more calls\n", p.Omitted)
			}
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
	return &Error{Problems: []Problem{{Message: shorten(message), Frames: []Frame{t.frame("", line)}}}}
}

// recovered turns a panic into an error: a defect of the engine must not end the program
// that uses it. It is to be deferred.
func (t *text) recovered(doing string, err *error) {
	if r := recover(); r != nil {
		*err = t.fail(0, "internal error while %s: %v", doing, r)
	}
}

// exceeds makes the error of a limit that a text goes beyond before it runs.
func (t *text) exceeds(line int, what string, limit any) *Error {
	e := exceeds(what, limit, "")
	err := t.fail(line, "%v", e)
	err.cause = e
	if line == 0 {
		err.Problems[0].Frames = nil // it is the text as a whole
	}
	return err
}

func (t *text) frame(function string, line int) Frame {
	return Frame{Function: function, File: t.name, Line: line, Source: cut(t.line(line), maxSource)}
}

// MissingError says that a template needs a path below data.values that is not there.
type MissingError struct {
	// Path below data.values: sources.code.
	Path string
	// field is how the path ends, and names what there is.
	field string
	index bool // it was looked for by an index
	names []string
}

// Error says what is missing, in the words of go.starlark.net. It is made when it is read:
// getattr with a default throws it away.
func (e *MissingError) Error() string {
	if e.index {
		return fmt.Sprintf("key %q not in struct", e.field)
	}
	message := fmt.Sprintf("struct has no .%s field or method", e.field)
	if meant := nearest(e.field, e.names); meant != "" {
		message += fmt.Sprintf(" (did you mean .%s?)", meant)
	}
	return message
}
