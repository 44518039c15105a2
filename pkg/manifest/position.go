package manifest

import "fmt"

// Position is a place in a file. Lines and columns count from 1; columns count characters
// (code points), not bytes. The zero value is no place.
type Position struct{ Line, Column int }

// IsZero says that the position is unknown.
func (p Position) IsZero() bool { return p == Position{} }

// Before says whether p comes before q.
func (p Position) Before(q Position) bool {
	return p.Line < q.Line || p.Line == q.Line && p.Column < q.Column
}

// Range is a part of a file. End is the place behind the last character. A range without
// positions is the file as a whole.
type Range struct {
	File       string
	Start, End Position
}

// String is FILE:LINE:COLUMN, as editors read it; without a position it is the file.
func (r Range) String() string {
	if r.Start.IsZero() {
		return r.File
	}
	return fmt.Sprintf("%s:%d:%d", r.File, r.Start.Line, r.Start.Column)
}

// Contains says whether a position lies in the range, its end included: a cursor behind
// the last character still is at the word.
func (r Range) Contains(p Position) bool {
	return !p.Before(r.Start) && !r.End.Before(p)
}
