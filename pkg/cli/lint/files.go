package lint

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/carto-run/carto/pkg/cli/manifest"
	"github.com/carto-run/carto/pkg/lint"
	"github.com/carto-run/carto/pkg/lint/report"
)

// stdinName is standard input in reports.
const stdinName = "stdin.yaml"

// input is what was read.
type input struct {
	files  []lint.File
	unread []report.Unread

	finder manifest.Finder
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
	in := &input{}
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
		in.add(ctx, path, func(name string, data []byte, named bool) { in.files = append(in.files, o.file(name, data, named)) })
	}
	switch local := slices.ContainsFunc(in.files, func(f lint.File) bool { return !f.Remote }); {
	case !local && len(in.unread) > 0:
		return nil, unreadError(in.unread)
	case !local:
		return nil, fmt.Errorf("there is nothing to check: no .yaml, .yml or .json file in %s", strings.Join(o.Paths, ", "))
	}
	for _, path := range o.CRDs {
		in.add(ctx, path, func(name string, data []byte, _ bool) {
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

// file is a file as lint takes it. One that the configuration leaves out can still be referred to.
func (o *Options) file(name string, data []byte, named bool) lint.File {
	f := lint.File{Name: name, Data: data}
	if o.config != nil {
		if reason := o.config.Excluded(o.configName(name)); reason != "" {
			f.Remote = true
			if named {
				o.sayf("%s is left out: %s", name, reason)
			}
		}
	}
	return f
}

// add reads a file, or a folder and all below.
func (in *input) add(ctx context.Context, path string, take func(name string, data []byte, named bool)) {
	for _, found := range in.finder.Find(ctx, path) {
		data, err := []byte(nil), found.Err
		if err == nil {
			data, err = manifest.ReadFile(found.Path)
		}
		if err != nil {
			in.failed(found.Path, err)
			continue
		}
		take(filepath.ToSlash(found.Path), data, found.Named)
	}
}
