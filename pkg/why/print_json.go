package why

import (
	"encoding/json"
	"io"

	"sigs.k8s.io/yaml"
)

// WriteJSON writes the explanation as JSON.
func WriteJSON(w io.Writer, y *Why) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(y)
}

// WriteYAML writes the explanation as YAML, with the fields of the JSON form.
func WriteYAML(w io.Writer, y *Why) error {
	data, err := yaml.Marshal(y)
	if err != nil {
		return err
	}
	_, err = w.Write(data)
	return err
}
