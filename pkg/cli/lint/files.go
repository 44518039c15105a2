package lint

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/carto-run/carto/pkg/lint"
	"github.com/carto-run/carto/pkg/lint/report"
)

// maxFile bounds what is read of one file. The API server takes 3 MiB at most; bundles of
// many objects are larger.
const maxFile = 16 << 20

// stdinName is standard input in reports.
const stdinName = "stdin.yaml"

// extensions of files that are found in folders.
var extensions = []string{"yaml", "yml", "json"}

// input is what was read.
type input struct {
	files  []lint.File
	unread []report.Unread

	seen map[string]bool // real paths of files and folders
}

func (in *input) failed(path string, err error) {
	message := err.Error()
	// The path is said already.
	var fault *os.PathError
	if errors.As(err, &fault) {
		message = fault.Err.Error()
	}
	in.unread = append(in.unread, report.Unread{File: path, Message: message})
}

// read reads all inputs, and tells which could not be read.
func (o *Options) read(ctx context.Context) (*input, error) {
	in := &input{seen: map[string]bool{}}
	for _, path := range slices.Concat(o.Paths, o.Workloads) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if path == "-" {
			data, err := o.Streams.ReadAll(ctx)
			if err != nil {
				return nil, fmt.Errorf("cannot read standard input: %w", err)
			}
			in.files = append(in.files, lint.File{Name: stdinName, Data: data})
			continue
		}
		in.add(ctx, filepath.Clean(path), true, o.file)
	}
	switch local := slices.ContainsFunc(in.files, func(f lint.File) bool { return !f.Remote }); {
	case !local && len(in.unread) > 0:
		return nil, unreadError(in.unread)
	case !local:
		return nil, fmt.Errorf("there is nothing to check: no .yaml, .yml or .json file in %s", strings.Join(o.Paths, ", "))
	}
	for _, path := range o.CRDs {
		in.add(ctx, filepath.Clean(path), true, func(in *input, name string, data []byte, _ bool) {
			if bytes.Contains(data, []byte("CustomResourceDefinition")) {
				in.files = append(in.files, lint.File{Name: name, Data: data, Remote: true, Schemas: true})
			}
		})
	}
	if o.FromCluster {
		if err := o.readCluster(ctx, in); err != nil {
			return nil, err
		}
	}
	return in, ctx.Err()
}

// file takes a file. One that the configuration leaves out can still be referred to.
func (o *Options) file(in *input, name string, data []byte, named bool) {
	f := lint.File{Name: name, Data: data}
	if o.config != nil {
		if reason := o.config.Excluded(o.configName(name)); reason != "" {
			f.Remote = true
			if named {
				o.sayf("%s is left out: %s", name, reason)
			}
		}
	}
	in.files = append(in.files, f)
}

// add reads a file, or a folder and all below. Named ones are read whatever they are called.
func (in *input) add(ctx context.Context, path string, named bool, take func(in *input, name string, data []byte, named bool)) {
	if ctx.Err() != nil {
		return
	}
	info, err := os.Stat(path)
	if err != nil {
		if named || isManifest(path) {
			in.failed(path, err)
		}
		return
	}
	if !named && !info.IsDir() && (!info.Mode().IsRegular() || !isManifest(path)) {
		return
	}
	// A link may lead back to a folder above, or to a file that is read already, whose objects
	// would be there twice.
	if in.again(path) {
		return
	}
	if !info.IsDir() {
		data, err := readFile(path)
		if err != nil {
			in.failed(path, err)
			return
		}
		take(in, filepath.ToSlash(path), data, named)
		return
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		in.failed(path, err)
		return
	}
	for _, e := range entries {
		if name := e.Name(); strings.HasPrefix(name, ".") || name == "vendor" || name == "node_modules" {
			continue
		}
		in.add(ctx, filepath.Join(path, e.Name()), false, take)
	}
}

// again says that a path was read before, by whatever name.
func (in *input) again(path string) bool {
	// A pipe of the shell, as of <(command), is a link to nothing.
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	if target, err := filepath.Abs(path); err == nil {
		path = target
	}
	seen := in.seen[path]
	in.seen[path] = true
	return seen
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func isManifest(path string) bool {
	return slices.Contains(extensions, strings.ToLower(strings.TrimPrefix(filepath.Ext(path), ".")))
}

func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(data) > maxFile {
		err = fmt.Errorf("larger than %d MiB", maxFile>>20)
	}
	return data, err
}
