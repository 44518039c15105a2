package lint

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/carto-run/carto/pkg/manifest"
)

// Fixed is a file with changes made.
type Fixed struct {
	Name        string
	Before, New []byte
	// Findings that the changes heal.
	Findings []*Finding
}

// Fix makes the changes that heal findings. Of findings whose changes overlap the first is
// healed; the others may be in another round. A file that could not be read afterwards as
// well as before is left as it is, and told in the error; so are the others that a finding
// changes with it. Suppressed findings are left alone.
func Fix(files []File, findings []*Finding) ([]Fixed, error) {
	data := map[string][]byte{}
	for _, f := range files {
		if !f.Remote {
			data[f.Name] = f.Data
		}
	}
	accepted := map[string][]Edit{}
	heals := map[string][]*Finding{}
	for _, f := range findings {
		if f.Suppressed != "" || len(f.Fix) == 0 || !fits(f.Fix, accepted, data) {
			continue
		}
		for _, e := range f.Fix {
			if !slices.Contains(accepted[e.At.File], e) {
				accepted[e.At.File] = append(accepted[e.At.File], e)
			}
			if !slices.Contains(heals[e.At.File], f) {
				heals[e.At.File] = append(heals[e.At.File], f)
			}
		}
	}
	var fixed []Fixed
	var faults []error
	spoilt := map[*Finding]bool{}
	for _, file := range files {
		edits := accepted[file.Name]
		if len(edits) == 0 {
			continue
		}
		delete(accepted, file.Name)
		changed := edit(file.Data, edits)
		if fault := spoils(file, changed); fault != "" {
			faults = append(faults, fmt.Errorf("%s: left as it is: its fixes would spoil it: %s", file.Name, fault))
			for _, f := range heals[file.Name] {
				spoilt[f] = true
			}
			continue
		}
		fixed = append(fixed, Fixed{Name: file.Name, Before: file.Data, New: changed, Findings: heals[file.Name]})
	}
	// A finding is healed in all of its files or in none.
	for before := -1; before != len(fixed); {
		before = len(fixed)
		fixed = slices.DeleteFunc(fixed, func(file Fixed) bool {
			if !slices.ContainsFunc(file.Findings, func(f *Finding) bool { return spoilt[f] }) {
				return false
			}
			for _, f := range file.Findings {
				spoilt[f] = true
			}
			return true
		})
	}
	return fixed, errors.Join(faults...)
}

// fits says that edits are in files that are there, and overlap neither each other nor those
// that are accepted. Equal ones are one.
func fits(edits []Edit, accepted map[string][]Edit, data map[string][]byte) bool {
	for i, e := range edits {
		if data[e.At.File] == nil || e.At.Start.IsZero() || e.At.End.Before(e.At.Start) {
			return false
		}
		clash := func(other Edit) bool { return other != e && overlap(other.At, e.At) }
		if slices.ContainsFunc(accepted[e.At.File], clash) || slices.ContainsFunc(edits[:i], clash) {
			return false
		}
	}
	return true
}

// overlap says that two edits touch: where two insert at one place, their order would be
// chance.
func overlap(a, b manifest.Range) bool {
	if a.File != b.File {
		return false
	}
	return !a.End.Before(b.Start) && !b.End.Before(a.Start)
}

// spoils says what is wrong with a file after a change that was not before.
func spoils(file File, changed []byte) string {
	_, before := manifest.ParseAll(file.Name, file.Data)
	docs, after := manifest.ParseAll(file.Name, changed)
	had := map[string]int{}
	for _, fault := range before {
		had[withoutLines(fault.Message)]++
	}
	for _, fault := range after {
		message := withoutLines(fault.Message)
		if had[message]--; had[message] < 0 {
			return fault.String()
		}
	}
	if len(docs) == 0 && len(after) == 0 && len(bytes.TrimSpace(changed)) > 0 {
		if had, _ := manifest.ParseAll(file.Name, file.Data); len(had) > 0 {
			return "no object is left"
		}
	}
	return ""
}

// edit makes changes that do not overlap.
func edit(data []byte, edits []Edit) []byte {
	edits = slices.Clone(edits)
	slices.SortFunc(edits, func(a, b Edit) int { return cmp.Or(compare(a.At.Start, b.At.Start), compare(a.At.End, b.At.End)) })
	starts := lineStarts(data)
	newline := []byte("\n")
	if bytes.Count(data, []byte("\r\n"))*2 > len(starts) {
		newline = []byte("\r\n")
	}
	var out []byte
	done := 0
	for _, e := range edits {
		from, to := offset(data, starts, e.At.Start), offset(data, starts, e.At.End)
		if from < done || to < from {
			continue // positions behind the file
		}
		out = append(out, data[done:from]...)
		out = append(out, bytes.ReplaceAll([]byte(e.New), []byte("\n"), newline)...)
		done = to
	}
	return append(out, data[done:]...)
}

// lineStarts are where lines begin, whatever ends them; a mark of the byte order is of no line.
func lineStarts(data []byte) []int {
	starts := []int{0}
	if bytes.HasPrefix(data, []byte("\xef\xbb\xbf")) {
		starts[0] = 3
	}
	for i, c := range data {
		if c == '\n' || c == '\r' && (i+1 == len(data) || data[i+1] != '\n') {
			starts = append(starts, i+1)
		}
	}
	return starts
}

func offset(data []byte, starts []int, p manifest.Position) int {
	if p.Line > len(starts) {
		return len(data)
	}
	at := starts[p.Line-1]
	for range p.Column - 1 {
		if at >= len(data) || data[at] == '\n' || data[at] == '\r' {
			break
		}
		_, size := utf8.DecodeRune(data[at:])
		at += size
	}
	return at
}
