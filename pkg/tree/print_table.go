package tree

import (
	"io"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/duration"

	"github.com/carto-run/carto/pkg/table"
)

// TableOptions say how a table looks; they never change what it says.
type TableOptions struct {
	// Now is the present, for ages.
	Now time.Time
	// Program is how a person calls the plugin, for commands to run; empty for the usual
	// name.
	Program string
	// Wide adds the columns OUTPUT and REVISION, and never truncates.
	Wide bool
	// Values has the columns OUTPUT and REVISION in place of AGE: for trees that are in no
	// cluster.
	Values bool
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
	if o.Values {
		header = append(header[:len(header)-1], "OUTPUT", "REVISION")
	}
	if o.Namespace {
		header = append([]string{"NAMESPACE"}, header...)
	}
	if o.Wide {
		header = append(header, "OUTPUT", "REVISION", "FOUND BY")
		o.Width = 0
	}
	columns := make([]table.Column, len(header))
	for i, title := range header {
		columns[i] = table.Column{Title: title, Min: least[title], Spare: title == "HEALTHY" || title == "AGE"}
	}
	options := table.Options{Width: o.Width, Unicode: o.Unicode, NoHeaders: o.NoHeaders, Gap: 2}
	if o.Color {
		options.Paint = table.PaintStatus
	}
	var all [][]string
	nodes := s.nodes()
	g := glyphsFor(o.Unicode)
	for i := range nodes {
		all = append(all, rows(&nodes[i], "", "", o, g)...)
	}
	out := &strings.Builder{}
	if err := table.New(columns, options).Write(out, all); err != nil {
		return err
	}
	if !o.NoHeaders {
		for _, line := range s.remarks(o) {
			out.WriteString(table.Printable(line) + "\n")
		}
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// least are the widths below which columns are not cut. Room is taken from the values and
// the reason first, then from the name: a name that is cut cannot be copied.
var least = map[string]int{"NAME": 20, "REASON": 12, "OUTPUT": 12, "REVISION": 8}

type glyphs struct{ tee, end, bar, arrow string }

func glyphsFor(unicode bool) glyphs {
	if unicode {
		return glyphs{"├─ ", "└─ ", "│  ", " ← "}
	}
	return glyphs{"|- ", "`- ", "|  ", " <- "}
}

// rows of a node and of all below it. Lead is what stands before its name, and below what
// stands before that of its children.
func rows(n *node, lead, below string, o TableOptions, g glyphs) [][]string {
	if n.isSource {
		return nil
	}
	all := [][]string{cells(n, lead, o, g)}
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
	value, revision := outputCells(n.outputs)
	if o.Values {
		cells = append(cells[:len(cells)-1], dash(value), dash(revision))
	}
	if o.Namespace {
		cells = append([]string{n.namespace}, cells...)
	}
	if !o.Wide {
		return cells
	}
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
