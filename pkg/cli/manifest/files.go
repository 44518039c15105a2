package manifest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/carto-run/carto/pkg/cli/streams"
	"github.com/carto-run/carto/pkg/manifest"
)

// ReadAll reads the objects of files and folders; those of a list one by one. Faults are
// what is wrong inside of the files; the error is about one that can not be read.
func ReadAll(ctx context.Context, s *streams.Streams, paths []string) (docs []*Document, faults []error, err error) {
	files, err := Files(ctx, paths)
	if err != nil {
		return nil, nil, err
	}
	for _, file := range files {
		name, data, err := Read(ctx, s, file)
		if err != nil {
			return nil, nil, err
		}
		parsed, err := Parse(name, data)
		if err != nil {
			faults = append(faults, err)
		}
		for i := range parsed {
			items := parsed[i].Items()
			if len(items) == 1 && items[0] == &parsed[i] && parsed[i].IsList() {
				faults = append(faults, parsed[i].Errorf("items", "the list holds something that is no object"))
				continue
			}
			docs = append(docs, items...)
		}
	}
	return docs, faults, nil
}

// Files puts the files below folders in place of the folders, as a Finder finds them. All
// other paths stay; if one can not be read, Read says why.
func Files(ctx context.Context, paths []string) ([]string, error) {
	var files []string
	var finder Finder
	for _, path := range paths {
		if path == "-" || isURL(path) || !IsFolder(path) {
			files = append(files, path)
			continue
		}
		for _, found := range finder.Find(ctx, path) {
			if found.Err != nil {
				return nil, fmt.Errorf("cannot read %s: %w", found.Path, found.Err)
			}
			files = append(files, found.Path)
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// IsFolder says whether there is a folder at a path.
func IsFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// Finder looks for files. It finds each once, by whatever path: a link may lead back to a
// folder above, or to a file whose objects would then be there twice.
type Finder struct {
	seen map[string]bool // real paths of files and folders
}

// Found is a file, or what can not be read.
type Found struct {
	Path string
	// Named says that the path is the one that was asked for: it counts whatever it is called.
	Named bool
	Err   error
}

// Find lists the file at a path; or all manifests below it, in the order of their names,
// without what manifest.IsOutside leaves out.
func (f *Finder) Find(ctx context.Context, path string) []Found {
	return f.find(ctx, filepath.Clean(path), true)
}

func (f *Finder) find(ctx context.Context, path string, named bool) []Found {
	if ctx.Err() != nil {
		return nil
	}
	info, err := os.Stat(path)
	switch {
	case err != nil && (named || manifest.IsManifest(path)):
		return []Found{{Path: path, Named: named, Err: err}}
	case err != nil,
		!named && !info.IsDir() && (!info.Mode().IsRegular() || !manifest.IsManifest(path)),
		f.again(path):
		return nil
	case !info.IsDir():
		return []Found{{Path: path, Named: named}}
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return []Found{{Path: path, Named: named, Err: err}}
	}
	var all []Found
	for _, e := range entries {
		if !manifest.IsOutside(e.Name()) {
			all = append(all, f.find(ctx, filepath.Join(path, e.Name()), false)...)
		}
	}
	return all
}

// again says that a path was found before, by whatever name.
func (f *Finder) again(path string) bool {
	// A pipe of the shell, as of <(command), is a link to nothing.
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	if target, err := filepath.Abs(path); err == nil {
		path = target
	}
	if f.seen == nil {
		f.seen = map[string]bool{}
	}
	seen := f.seen[path]
	f.seen[path] = true
	return seen
}
