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

// Write shows the difference: the number of the line before and after, a sign, the line.
func (d Diff) Write(w io.Writer, color bool) error {
	for i, h := range d.hunks {
		if i > 0 {
			if _, err := fmt.Fprintln(w, "..."); err != nil {
				return err
			}
		}
		before, after := h.FromLine, h.ToLine
		for _, l := range h.Lines {
			content := table.Printable(strings.TrimSuffix(l.Content, "\n"))
			var line string
			switch l.Kind {
			case udiff.Delete:
				line = paint(fmt.Sprintf("%4d      - %s", before, content), "31", color)
				before++
			case udiff.Insert:
				line = paint(fmt.Sprintf("     %4d + %s", after, content), "32", color)
				after++
			default:
				line = strings.TrimRight(fmt.Sprintf("%4d %4d   %s", before, after, content), " ")
				before, after = before+1, after+1
			}
			if _, err := fmt.Fprintln(w, line); err != nil {
				return err
			}
		}
	}
	return nil
}

func paint(line, code string, color bool) string {
	if !color {
		return line
	}
	return "\x1b[" + code + "m" + line + "\x1b[0m"
}
