package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/carto-run/carto/pkg/lint"
	"github.com/carto-run/carto/pkg/table"
)

// The workflow commands of GitHub are lines; what would end a value or the line is escaped.
var (
	escapeData     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	escapeProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

var annotations = map[lint.Level]string{lint.Error: "error", lint.Warning: "warning", lint.Info: "notice"}

// writeGitHub writes a workflow command for each finding, which becomes an annotation of the
// line.
func writeGitHub(w io.Writer, r Run) error {
	out := &strings.Builder{}
	for _, f := range r.Findings {
		if f.Suppressed != "" {
			continue
		}
		property := func(name string, value any) {
			fmt.Fprintf(out, ",%s=%s", name, escapeProperty.Replace(table.Printable(fmt.Sprint(value))))
		}
		fmt.Fprintf(out, "::%s file=%s", annotations[f.Level], escapeProperty.Replace(table.Printable(f.At.File)))
		if at := rangeOf(f.At); at != nil {
			property("line", at.Start.Line)
			// GitHub takes columns only of places within one line.
			if at.End.Line == at.Start.Line {
				property("col", at.Start.Column)
				property("endColumn", max(at.End.Column, at.Start.Column))
			} else {
				property("endLine", at.End.Line)
			}
		}
		property("title", f.Rule)
		message := f.Message
		if f.Remedy != "" {
			message += "\n" + f.Remedy
		}
		fmt.Fprintf(out, "::%s\n", escapeData.Replace(table.Printable(message)))
	}
	_, err := io.WriteString(w, out.String())
	return err
}
