package tree

import (
	"encoding/json"
	"io"
)

// WriteJSON writes the tree as JSON, on one line when compact is set (for NDJSON).
func WriteJSON(w io.Writer, t *Tree, compact bool) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	if !compact {
		e.SetIndent("", "  ")
	}
	return e.Encode(t)
}
