package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/carto-run/carto/pkg/lint"
	"github.com/carto-run/carto/pkg/table"
)

// writeCompact writes a line for each finding, as compilers do: editors jump to them.
func writeCompact(w io.Writer, r Run, o Options) error {
	out := &strings.Builder{}
	for _, f := range r.Findings {
		if f.Suppressed == "" && f.Level >= o.From {
			fmt.Fprintf(out, "%s: %s: %s [%s]\n", table.OneLine(f.At.String()), f.Level, sentence(f), f.Rule)
		}
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// sentence is the message on one line. It quotes what others wrote.
func sentence(f *lint.Finding) string { return table.OneLine(f.Message) }
