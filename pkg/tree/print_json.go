package tree

import (
	"encoding/json"
	"io"

	sigsjson "sigs.k8s.io/json"
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

// Data is the JSON form as maps and lists, for printers that take paths or templates.
func Data(s Snapshot) (map[string]any, error) {
	encoded, err := json.Marshal(s.document())
	if err != nil {
		return nil, err
	}
	var data map[string]any
	return data, sigsjson.UnmarshalCaseSensitivePreserveInts(encoded, &data)
}
