package tree

import (
	"io"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/duration"
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
	// Namespace adds a column with the namespaces of owners.
	Namespace bool
	// NoHeaders leaves out the titles of the columns, and the remarks below the table.
	NoHeaders bool
}

// WriteTable writes a table, followed by the root cause and by what could not be read.
func WriteTable(w io.Writer, s Snapshot, o TableOptions) error {
	header := []string{"NAME", "READY", "HEALTHY", "REASON", "AGE"}
	if o.Namespace {
		header = append([]string{"NAMESPACE"}, header...)
	}
	if o.Wide {
		header = append(header, "OUTPUT", "REVISION", "FOUND BY")
		o.Width = 0
	}
	var all []row
	if !o.NoHeaders {
		all = append(all, row{header})
	}
	nodes := s.nodes()
	g := glyphsFor(o.Unicode)
	for i := range nodes {
		all = append(all, rows(&nodes[i], "", "", o, g)...)
	}
	widths := make([]int, len(header))
	for _, r := range all {
		for i, c := range r.cells {
			widths[i] = max(widths[i], Width(c))
		}
	}
	// Room is taken from the reason first, then from the name: a name that is cut
	// cannot be copied.
	name, reason := o.column(columnName), o.column(columnReason)
	if o.Width > 0 {
		if over := sum(widths) + 2*(len(widths)-1) - o.Width; over > 0 {
			widths[reason] -= min(over, max(0, widths[reason]-12))
		}
		if over := sum(widths) + 2*(len(widths)-1) - o.Width; over > 0 {
			widths[name] -= min(over, max(0, widths[name]-20))
		}
	}
	out := &strings.Builder{}
	for _, r := range all {
		out.WriteString(r.render(widths, o))
	}
	if !o.NoHeaders {
		for _, line := range s.remarks(o) {
			out.WriteString(line + "\n")
		}
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// Columns, without that of namespaces.
const (
	columnName = iota
	columnReady
	columnHealthy
	columnReason
)

func (o TableOptions) column(c int) int {
	if o.Namespace {
		return c + 1
	}
	return c
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
		c = Cut(c, widths[i], o.Unicode)
		if i > 0 {
			line.WriteString("  ")
		}
		line.WriteString(Pad(paint(c, i, o), widths[i]))
	}
	return strings.TrimRight(line.String(), " ") + "\n"
}

// paint colours the two status columns; the word itself stays, so that colour is never
// the only signal.
func paint(cell string, column int, o TableOptions) string {
	if !o.Color || column != o.column(columnReady) && column != o.column(columnHealthy) {
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

// rows of a node and of all below it. Lead is what stands before its name, and below what
// stands before that of its children.
func rows(n *node, lead, below string, o TableOptions, g glyphs) []row {
	all := []row{{cells(n, lead, o, g)}}
	for i := range n.children {
		branch, next := g.tee, g.bar
		if i == len(n.children)-1 {
			branch, next = g.end, "   "
		}
		all = append(all, rows(&n.children[i], below+branch, below+next, o, g)...)
	}
	return all
}

func cells(n *node, lead string, o TableOptions, g glyphs) []string {
	name := lead + n.title
	if n.step != nil {
		name += inputs(n.step, g)
	}
	cells := []string{name, dash(n.ready.Status), dash(n.healthy), dash(n.reason), age(n.since, o.Now)}
	if o.Namespace {
		cells = append([]string{n.namespace}, cells...)
	}
	if !o.Wide {
		return cells
	}
	value, revision := outputCells(n.outputs)
	return append(cells, dash(value), dash(revision), dash(string(n.foundBy)))
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

func outputCells(outputs []Output) (value, revision string) {
	for _, out := range outputs {
		switch out.Name {
		case outputRevision:
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
	return value, revision
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
