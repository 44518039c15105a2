package manifest

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/carto-run/carto/pkg/cli/streams"
)

// ReadAll reads the objects of files and folders; those of a list one by one. Faults are
// what is wrong inside of the files; the error is about one that can not be read.
func ReadAll(ctx context.Context, s *streams.Streams, paths []string) (docs []*Document, faults []error, err error) {
	files, err := Files(paths)
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
			docs = append(docs, parsed[i].Items()...)
		}
	}
	return docs, faults, nil
}

// Files puts the files below folders in place of the folders, in the order of their names:
// those that end in .yaml, .yml or .json. What begins with a dot is left out. All other
// paths stay.
func Files(paths []string) ([]string, error) {
	var files []string
	for _, path := range paths {
		info, err := os.Stat(path)
		if path == "-" || isURL(path) || err != nil || !info.IsDir() {
			files = append(files, path) // if it can not be read, Read says why
			continue
		}
		err = filepath.WalkDir(path, func(name string, entry fs.DirEntry, err error) error {
			hidden := name != path && strings.HasPrefix(entry.Name(), ".")
			switch {
			case err != nil:
				return err
			case entry.IsDir() && hidden:
				return filepath.SkipDir
			case !entry.IsDir() && !hidden && slices.Contains([]string{".yaml", ".yml", ".json"}, filepath.Ext(name)):
				files = append(files, name)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return files, nil
}
