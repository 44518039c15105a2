package tree

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/util/duration"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
)

// TableOptions say how a table looks; they never change what it says.
type TableOptions struct {
	// Now is the present, for ages.
	Now time.Time
	// Wide adds the columns OUTPUT and REVISION, and never truncates.
	Wide bool
	// Unicode allows tree glyphs beyond ASCII.
	Unicode bool
	// Color allows colour.
	Color bool
	// Width to truncate lines to; 0 means never.
	Width int
}

// WriteTable writes the tree as a table, followed by the root cause and by what could
// not be read.
func WriteTable(w io.Writer, t *Tree, o TableOptions) error {
	header := []string{"NAME", "READY", "HEALTHY", "REASON", "AGE"}
	if o.Wide {
		header = append(header, "OUTPUT", "REVISION")
		o.Width = 0
	}
	rows := append([]row{{cells: header}}, rows(t, o)...)
	widths := make([]int, len(header))
	for _, r := range rows {
		for i, c := range r.cells {
			widths[i] = max(widths[i], utf8.RuneCountInString(c))
		}
	}
	// Room is taken from the reason first, then from the name: a name that is cut
	// cannot be copied.
	if o.Width > 0 {
		if over := sum(widths) + 2*(len(widths)-1) - o.Width; over > 0 {
			widths[3] -= min(over, max(0, widths[3]-12))
		}
		if over := sum(widths) + 2*(len(widths)-1) - o.Width; over > 0 {
			widths[0] -= min(over, max(0, widths[0]-20))
		}
	}
	out := &strings.Builder{}
	for _, r := range rows {
		out.WriteString(r.render(widths, o))
	}
	for _, line := range footer(t, o) {
		out.WriteString(line + "\n")
	}
	_, err := io.WriteString(w, out.String())
	return err
}

func sum(list []int) int {
	n := 0
	for _, v := range list {
		n += v
	}
	return n
}

type row struct{ cells []string }

func (r row) render(widths []int, o TableOptions) string {
	line := &strings.Builder{}
	for i, c := range r.cells {
		c = cut(c, widths[i], o)
		if i > 0 {
			line.WriteString("  ")
		}
		line.WriteString(paint(c, i, o))
		line.WriteString(strings.Repeat(" ", widths[i]-utf8.RuneCountInString(c)))
	}
	return strings.TrimRight(line.String(), " ") + "\n"
}

// cut shortens a cell from its end, with a marker.
func cut(s string, width int, o TableOptions) string {
	if utf8.RuneCountInString(s) <= width {
		return s
	}
	marker := "…"
	if !o.Unicode {
		marker = "~"
	}
	return string([]rune(s)[:max(0, width-1)]) + marker
}

// paint colours the two status columns; the word itself stays, so that colour is never
// the only signal.
func paint(cell string, column int, o TableOptions) string {
	if !o.Color || column != 1 && column != 2 {
		return cell
	}
	code := map[string]string{"True": "32", "False": "31", "Unknown": "33"}[cell]
	if code == "" {
		return cell
	}
	return "\x1b[" + code + "m" + cell + "\x1b[0m"
}

type glyphs struct{ tee, end, bar, arrow string }

func glyphsFor(unicode bool) glyphs {
	if unicode {
		return glyphs{"├─ ", "└─ ", "│  ", " ← "}
	}
	return glyphs{"|- ", "`- ", "|  ", " <- "}
}

func rows(t *Tree, o TableOptions) []row {
	g := glyphsFor(o.Unicode)
	name := t.Owner.Kind + "/" + t.Owner.Name
	if t.Blueprint != nil {
		name += " (" + t.Blueprint.Name + ")"
	}
	all := []row{{line(o, name, t.Owner.Ready, t.Owner.Healthy.Status, t.Owner.Ready.Reason, t.Owner.Created, nil)}}
	return append(all, belowOwner(t, "", o, g)...)
}

// belowOwner are the rows below that of an owner.
func belowOwner(t *Tree, indent string, o TableOptions, g glyphs) []row {
	var all []row
	for i := range t.Runs {
		all = append(all, objectRows(&t.Runs[i], indent, i == len(t.Runs)-1, o, g)...)
	}
	for i := range t.Steps {
		s := &t.Steps[i]
		branch, below := g.tee, g.bar
		if i == len(t.Steps)-1 {
			branch, below = g.end, "   "
		}
		all = append(all, row{line(o, indent+branch+s.Name+inputs(s, g), s.Ready, s.Healthy.Status, stepReason(s), s.Ready.Since, s.Outputs)})
		if s.Object != nil {
			all = append(all, objectRows(s.Object, indent+below, true, o, g)...)
		}
	}
	return all
}

// stepReason says of a step that only waits what it waits for: its own reason would be a
// rendering failure, which it is not. A step can wait that had its input before, and still
// has its object.
func stepReason(s *Step) string {
	if len(s.WaitsFor) > 0 && (s.Phase == PhaseWaiting || s.Ready.Reason == v1alpha1.ReasonTemplateStampFailure) {
		return "waits for " + strings.Join(s.WaitsFor, ", ")
	}
	return s.Ready.Reason
}

func inputs(s *Step, g glyphs) string {
	if len(s.Inputs) == 0 {
		return ""
	}
	names := make([]string, 0, len(s.Inputs))
	for _, in := range s.Inputs {
		label := in.From
		if in.Name != "" && in.Name != in.From {
			label = in.Name + ":" + in.From
		}
		names = append(names, label)
	}
	return g.arrow + strings.Join(names, ", ")
}

func objectRows(obj *Object, indent string, last bool, o TableOptions, g glyphs) []row {
	branch, below := g.tee, g.bar
	if last {
		branch, below = g.end, "   "
	}
	reason := obj.Ready.Reason
	if obj.Missing {
		reason = "Missing"
	}
	name := indent + branch + obj.Kind + "/" + obj.Name
	if t := obj.Tree; t != nil {
		if t.Blueprint != nil {
			name += " (" + t.Blueprint.Name + ")"
		}
		all := []row{{line(o, name, t.Owner.Ready, t.Owner.Healthy.Status, t.Owner.Ready.Reason, obj.Created, nil)}}
		return append(all, belowOwner(t, indent+below, o, g)...)
	}
	all := []row{{line(o, name, obj.Ready, "", reason, obj.Created, nil)}}
	for i := range obj.Children {
		all = append(all, objectRows(&obj.Children[i], indent+below, i == len(obj.Children)-1, o, g)...)
	}
	return all
}

func line(o TableOptions, name string, ready State, healthy, reason string, since Time, outputs []Output) []string {
	cells := []string{name, dash(ready.Status), dash(healthy), dash(reason), age(since, o.Now)}
	if !o.Wide {
		return cells
	}
	var value, revision string
	for _, out := range outputs {
		switch out.Name {
		case "revision":
			revision = firstLine(out.Preview)
		case "config":
			value = "config " + short(out.Digest)
		default:
			value = firstLine(out.Preview)
		}
	}
	if revision == "" && len(outputs) > 0 {
		revision = short(outputs[0].Digest)
	}
	return append(cells, dash(value), dash(revision))
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func age(t Time, now time.Time) string {
	if t == nil {
		return "-"
	}
	return duration.HumanDuration(max(0, now.Sub(t.Time)))
}

func short(digest string) string {
	return strings.TrimPrefix(digest, "sha256:")[:min(12, len(strings.TrimPrefix(digest, "sha256:")))]
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(strings.TrimSpace(s), "\n")
	return strings.Trim(s, `"'`)
}

func footer(t *Tree, o TableOptions) []string {
	var lines []string
	if c := t.RootCause; c != nil {
		word := "Waiting"
		if c.Failed {
			word = "Failed"
		}
		head := word + ": "
		if c.Step != "" {
			head += "step " + c.Step + ": "
		}
		head += c.Reason
		said := messageLines(c.Message)
		if len(said) > 0 {
			head += ": " + said[0]
			said = said[1:]
		}
		lines = append(append(lines, "", head), said...)
		if c.Object != nil && c.ObjectReason != "" {
			text := "  " + c.Object.Kind + "/" + c.Object.Name + ": " + c.ObjectReason
			if c.ObjectMessage != "" && c.ObjectMessage != c.Message {
				text += ": " + oneLine(c.ObjectMessage)
			}
			lines = append(lines, text)
		}
		if len(c.Blocks) > 0 {
			lines = append(lines, "  Blocks: "+strings.Join(c.Blocks, ", "))
		}
		if c.Next != "" {
			lines = append(lines, "  Next: "+c.Next)
		}
	}
	if len(t.Unread) > 0 {
		lines = append(lines, "", "Not everything could be read:")
		for _, u := range t.Unread {
			lines = append(lines, fmt.Sprintf("  %s %s: %s", u.Verb, strings.TrimSuffix(u.Resource+" "+u.Name, " "), u.Message))
		}
	}
	return lines
}

// messageLines keeps the lines of a message, indented below the first: those of ytt show
// where in a template the fault is.
func messageLines(s string) []string {
	var lines []string
	for line := range strings.SplitSeq(strings.TrimSpace(s), "\n") {
		line = strings.TrimRight(Printable(line), " \t\r")
		switch {
		case len(lines) > 0:
			lines = append(lines, "  "+line)
		case line != "":
			lines = append(lines, oneLine(line))
		}
	}
	return lines
}

func oneLine(s string) string { return strings.Join(strings.Fields(Printable(s)), " ") }

// Printable replaces control characters: messages of others end up on terminals.
func Printable(s string) string {
	return strings.Map(func(c rune) rune {
		if c != '\n' && c != '\t' && (unicode.IsControl(c) || unicode.Is(unicode.Bidi_Control, c)) {
			return unicode.ReplacementChar
		}
		return c
	}, s)
}
