package test

import (
	"encoding/json"
	"io"

	"github.com/carto-run/carto/pkg/suite"
)

// writeJSON is for programs: the report as it is.
func writeJSON(w io.Writer, report *suite.Report) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "    ")
	return e.Encode(report)
}
