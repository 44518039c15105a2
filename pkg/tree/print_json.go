package tree

import (
	"encoding/json"
	"io"
)

// WriteJSON writes a snapshot as JSON, on one line when compact is set (for NDJSON).
func WriteJSON(w io.Writer, s Snapshot, compact bool) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	if !compact {
		e.SetIndent("", "  ")
	}
	return e.Encode(s.document())
}

// Document is what the JSON form is made of, for printers that take paths or templates.
func Document(s Snapshot) any { return s.document() }
