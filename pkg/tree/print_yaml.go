package tree

import (
	"io"

	"sigs.k8s.io/yaml"
)

// WriteYAML writes a snapshot as YAML, with the fields of the JSON form.
func WriteYAML(w io.Writer, s Snapshot) error {
	data, err := yaml.Marshal(s.document())
	if err != nil {
		return err
	}
	_, err = w.Write(data)
	return err
}
