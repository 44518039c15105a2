// Package manifest reads the files that people hand to commands: from disk, from an
// address, or from standard input.
package manifest

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/carto-run/carto/pkg/cli/streams"
	"github.com/carto-run/carto/pkg/manifest"
)

// Document is one object of a file.
type Document = manifest.Document

// Extensions of the files that are looked for in folders.
var Extensions = manifest.Extensions

// Parse gives the objects of a file.
func Parse(name string, data []byte) ([]Document, error) { return manifest.Parse(name, data) }

// Read reads a file, an http(s) URL, or standard input for "-", and gives the name for
// errors with it.
func Read(ctx context.Context, s *streams.Streams, path string) (name string, data []byte, err error) {
	name = path
	switch {
	case path == "-":
		name = "standard input"
		data, err = s.ReadAll(ctx)
	case isURL(path):
		data, err = fetch(ctx, path)
	default:
		data, err = ReadFile(path)
	}
	if err == nil {
		err = bounded(data)
	}
	if err != nil {
		return name, nil, fmt.Errorf("cannot read %s: %w", name, err)
	}
	return name, data, nil
}

// ReadFile reads a file of a size that is of manifests.
func ReadFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, manifest.MaxFile+1))
	if err != nil {
		return nil, err
	}
	return data, bounded(data)
}

func bounded(data []byte) error {
	if len(data) > manifest.MaxFile {
		return fmt.Errorf("larger than %d MiB", manifest.MaxFile>>20)
	}
	return nil
}
