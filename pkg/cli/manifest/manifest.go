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

// maxFile bounds what is read: the API server takes 3 MiB at most.
const maxFile = 3 << 20

// Document is one object of a file.
type Document = manifest.Document

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
		data, err = readFile(path)
	}
	if err != nil {
		return name, nil, fmt.Errorf("cannot read %s: %w", name, err)
	}
	if len(data) > maxFile {
		return name, nil, fmt.Errorf("%s: larger than %d bytes", name, maxFile)
	}
	return name, data, nil
}

func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	return io.ReadAll(io.LimitReader(f, maxFile+1))
}
