package install

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/carto-run/carto/pkg/install"
)

// print writes the manifests, to standard output or into a folder.
func (o *Options) print() error {
	if o.PrintTo == "" {
		text, err := install.YAML(o.Config)
		if err != nil {
			return err
		}
		_, err = o.Streams.Out.Write(text)
		return err
	}
	files, err := install.Base(o.Config)
	if err != nil {
		return err
	}
	for _, f := range files {
		path := filepath.Join(o.PrintTo, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // manifests are no secret
			return fmt.Errorf("cannot make the folder for the manifests: %w", err)
		}
		if err := os.WriteFile(path, f.Text, 0o644); err != nil { //nolint:gosec // manifests are no secret
			return fmt.Errorf("cannot write a manifest: %w", err)
		}
		if _, err := fmt.Fprintln(o.Streams.Out, path); err != nil {
			return err
		}
	}
	return nil
}
