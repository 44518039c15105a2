// Package yamldiff shows how one object differs from another: the lines of their YAML,
// with line numbers, and a few unchanged lines around each change.
package yamldiff

import (
	"fmt"
	"io"
	"strings"

	"github.com/aymanbagabas/go-udiff"
	"sigs.k8s.io/yaml"

	"github.com/carto-run/carto/pkg/table"
)

// context is how many unchanged lines stand around a change (spec: cli §2.3).
const context = 4

// Diff is what differs; the zero value is no difference.
type Diff struct{ hunks []*udiff.Hunk }

// Of compares two objects. nil stands for one that is not there.
func Of(before, after map[string]any) (Diff, error) {
	old, err := text(before)
	if err != nil {
		return Diff{}, err
	}
	wanted, err := text(after)
	if err != nil {
		return Diff{}, err
	}
	unified, err := udiff.ToUnifiedDiff("", "", old, udiff.Lines(old, wanted), context)
	return Diff{unified.Hunks}, err
}

func text(object map[string]any) (string, error) {
	if object == nil {
		return "", nil
	}
	data, err := yaml.Marshal(object)
	return string(data), err
}

// Empty tells that nothing differs.
func (d Diff) Empty() bool { return len(d.hunks) == 0 }

// String is the difference without colour. Equal strings are equal changes.
func (d Diff) String() string {
	var b strings.Builder
	_ = d.Write(&b, false) // a builder takes everything
	return b.String()
}

// Sign of a line: how it differs.
type Sign byte

// Signs as they are printed.
const (
	Same    Sign = ' '
	Added   Sign = '+'
	Removed Sign = '-'
	// Gap stands between two changes that are far from each other.
	Gap Sign = '.'
)

// Line of a difference.
type Line struct {
	Sign Sign
	// Text is the whole line as it is printed: the number of the line before and after, the
	// sign, what the line says.
	Text string
}

// Lines are the difference as people read it.
func (d Diff) Lines() []Line {
	var all []Line
	for i, h := range d.hunks {
		if i > 0 {
			all = append(all, Line{Gap, "..."})
		}
		before, after := h.FromLine, h.ToLine
		for _, l := range h.Lines {
			content := table.Printable(strings.TrimSuffix(l.Content, "\n"))
			switch l.Kind {
			case udiff.Delete:
				all = append(all, Line{Removed, fmt.Sprintf("%4d      - %s", before, content)})
				before++
			case udiff.Insert:
				all = append(all, Line{Added, fmt.Sprintf("     %4d + %s", after, content)})
				after++
			default:
				all = append(all, Line{Same, strings.TrimRight(fmt.Sprintf("%4d %4d   %s", before, after, content), " ")})
				before, after = before+1, after+1
			}
		}
	}
	return all
}

// Write shows the difference, a line each.
func (d Diff) Write(w io.Writer, color bool) error {
	for _, l := range d.Lines() {
		text := l.Text
		switch {
		case color && l.Sign == Removed:
			text = "\x1b[31m" + text + "\x1b[0m"
		case color && l.Sign == Added:
			text = "\x1b[32m" + text + "\x1b[0m"
		}
		if _, err := fmt.Fprintln(w, text); err != nil {
			return err
		}
	}
	return nil
}
