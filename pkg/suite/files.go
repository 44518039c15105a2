package suite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"github.com/carto-run/carto/pkg/manifest"
	"github.com/carto-run/carto/pkg/stamp"
	"github.com/carto-run/carto/pkg/ytt"
)

// maxFile bounds what is read: the API server takes 3 MiB at most.
const maxFile = 3 << 20

// Files are what tests are read from.
type Files struct {
	// FS is the root: no path leaves it. Its implementation decides about links.
	FS fs.FS
	// Show names a file for people; nil names it by its path in FS.
	Show func(path string) string
}

func (f Files) show(name string) string {
	if f.Show == nil {
		return name
	}
	return f.Show(name)
}

func (f Files) read(name string) ([]byte, error) {
	info, err := fs.Stat(f.FS, name)
	switch {
	case err == nil && info.IsDir():
		err = errors.New("it is a directory; name the files in it")
	case err == nil && !info.Mode().IsRegular():
		err = errors.New("it is no file") // a pipe would be waited for
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", f.show(name), cause(err))
	}
	file, err := f.FS.Open(name)
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", f.show(name), cause(err))
	}
	defer func() { _ = file.Close() }()
	data, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("cannot read %s: %w", f.show(name), cause(err))
	case len(data) > maxFile:
		return nil, fmt.Errorf("cannot read %s: it is larger than %d bytes", f.show(name), maxFile)
	}
	return data, nil
}

// cause is what is wrong with a file, without its name a second time.
func cause(err error) error {
	var failed *fs.PathError
	if !errors.As(err, &failed) {
		return err
	}
	if strings.Contains(failed.Err.Error(), "path escapes") {
		return errors.New("it is a link that leads out of the files of the tests")
	}
	return failed.Err
}

// documents reads the objects of a file; with values the text goes through ytt before.
func (f Files) documents(ctx context.Context, name, values string) ([]manifest.Document, error) {
	data, err := f.read(name)
	if err != nil {
		return nil, err
	}
	shown := f.show(name)
	if values != "" {
		if data, err = f.preprocess(ctx, shown, data, values); err != nil {
			return nil, err
		}
		shown += " (after ytt)"
	}
	return manifest.Parse(shown, data)
}

// preprocess runs the text of a file through ytt. Comments that are none of ytt are
// dropped: such files are manifests with some ytt in them.
func (f Files) preprocess(ctx context.Context, shown string, data []byte, values string) ([]byte, error) {
	text, err := f.read(values)
	if err != nil {
		return nil, err
	}
	given, err := ytt.ReadValues(f.show(values), text)
	if err != nil {
		return nil, fmt.Errorf("cannot read the ytt values: %w", trimmed(err))
	}
	template, err := ytt.Compile(data, ytt.Options{Name: shown, IgnoreUnknownComments: true})
	if err != nil {
		return nil, trimmed(err)
	}
	ctx, cancel := context.WithTimeout(ctx, stamp.DefaultYttTime)
	defer cancel()
	result, err := template.Render(ctx, given)
	if err != nil {
		return nil, trimmed(err)
	}
	printed, err := result.YAML()
	if err != nil {
		return nil, fmt.Errorf("cannot print what ytt makes of %s: %w", shown, err)
	}
	return printed, nil
}

// trimmed is an error of ytt without the line break at its end.
func trimmed(err error) error { return shorter{err} }

type shorter struct{ error }

func (s shorter) Error() string { return strings.TrimRight(s.error.Error(), "\n") }
func (s shorter) Unwrap() error { return s.error }

// one reads the only object of a file.
func (f Files) one(ctx context.Context, name, values string) (manifest.Document, error) {
	docs, err := f.documents(ctx, name, values)
	switch {
	case err != nil:
		return manifest.Document{}, err
	case len(docs) != 1:
		return manifest.Document{}, fmt.Errorf("%s holds %d objects; one is needed", f.show(name), len(docs))
	}
	return docs[0], nil
}

// resolve makes a path of a settings file one of the file system. Paths that leave the
// root have none.
func resolve(dir, name string) (string, bool) {
	if path.IsAbs(name) {
		return "", false
	}
	joined := path.Join(dir, name)
	return joined, fs.ValidPath(joined)
}
