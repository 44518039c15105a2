package suite

import (
	"strings"

	"github.com/aymanbagabas/go-udiff"
)

// merge puts a change of one text into another that means the same: base became changed,
// and is written as original. Where both differ from base, changed wins.
func merge(base, original, changed string) string {
	ours, theirs := udiff.Lines(base, original), udiff.Lines(base, changed)
	var out strings.Builder
	at := 0
	for len(ours)+len(theirs) > 0 {
		if len(theirs) == 0 || len(ours) > 0 && ours[0].End <= theirs[0].Start && !touches(ours[0], theirs[0]) {
			out.WriteString(base[at:ours[0].Start] + ours[0].New)
			at, ours = ours[0].End, ours[1:]
			continue
		}
		if len(ours) == 0 || theirs[0].End <= ours[0].Start && !touches(ours[0], theirs[0]) {
			out.WriteString(base[at:theirs[0].Start] + theirs[0].New)
			at, theirs = theirs[0].End, theirs[1:]
			continue
		}
		// They overlap: everything that hangs together is taken from changed.
		start, end := min(ours[0].Start, theirs[0].Start), max(ours[0].End, theirs[0].End)
		out.WriteString(base[at:start])
		at = start
		for grown := true; grown; {
			grown = false
			for len(theirs) > 0 && theirs[0].Start < end || len(theirs) > 0 && theirs[0].Start == start {
				out.WriteString(base[at:theirs[0].Start] + theirs[0].New)
				at, end = theirs[0].End, max(end, theirs[0].End)
				theirs, grown = theirs[1:], true
			}
			for len(ours) > 0 && (ours[0].Start < end || ours[0].Start == start) {
				end = max(end, ours[0].End)
				ours, grown = ours[1:], true
			}
		}
		out.WriteString(base[at:end])
		at = end
	}
	return out.String() + base[at:]
}

// touches says whether two edits insert at the same place.
func touches(a, b udiff.Edit) bool { return a.Start == b.Start && a.Start == a.End && b.Start == b.End }
