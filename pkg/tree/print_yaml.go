package tree

import (
	"io"

	"sigs.k8s.io/yaml"
)

// WriteYAML writes the tree as YAML, with the fields of the JSON form.
func WriteYAML(w io.Writer, t *Tree) error {
	data, err := yaml.Marshal(t)
	if err != nil {
		return err
	}
	_, err = w.Write(data)
	return err
}
