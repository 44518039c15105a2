package source

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"sort"
	"strings"
)

// Bounds of one source. A registry takes more; a supply chain that builds it does not.
const (
	maxFiles = 100_000
	maxBytes = 2 << 30
)

// file is one entry of the layer.
type file struct {
	// name is relative, with slashes.
	name string
	dir  bool
	// executable by its owner.
	executable bool
	size       int64
	open       func() (io.ReadCloser, error)
}

// files are the entries of a source, each name once, sorted, within the bounds.
type files struct {
	all   []file
	bytes int64
	close func() error
}

func (f *files) add(entry file) error {
	f.all = append(f.all, entry)
	f.bytes += entry.size
	switch {
	case len(f.all) > maxFiles:
		return fmt.Errorf("more than %d files and folders; %s names what to leave out", maxFiles, ignoreFiles[0])
	case f.bytes > maxBytes || f.bytes < 0:
		return fmt.Errorf("more than %d MiB; %s names what to leave out", maxBytes>>20, ignoreFiles[0])
	}
	return nil
}

func (f *files) sort() {
	sort.Slice(f.all, func(i, j int) bool { return f.all[i].name < f.all[j].name })
}

// open reads which files a path holds: those of a folder, or of a zip by content, whatever
// its name. jar and war are zips.
func open(name string) (*files, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return openFolder(name)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is neither a folder nor a file", name)
	}
	return openZip(name)
}

func openFolder(name string) (*files, error) {
	// Whatever links say, a root opens nothing outside of itself.
	root, err := os.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	found := &files{close: root.Close}
	if err := found.walk(root); err != nil {
		return nil, errors.Join(err, root.Close())
	}
	if len(found.all) == 0 {
		return nil, errors.Join(fmt.Errorf("%s holds no files", name), root.Close())
	}
	found.sort()
	return found, nil
}

func (f *files) walk(root *os.Root) error {
	ignored, err := readIgnore(root)
	if err != nil {
		return err
	}
	return fs.WalkDir(root.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || name == "." {
			return err
		}
		if ignored.match(name, entry.IsDir()) {
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if strings.ContainsRune(name, '\\') {
			return fmt.Errorf("%q: a name with a backslash means something else on another machine", name)
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		if info.Mode()&fs.ModeSymlink != 0 {
			if info, err = linked(root, name); err != nil {
				return err
			}
		}
		switch {
		case info.IsDir():
			return f.add(file{name: name, dir: true})
		case info.Mode().IsRegular():
			return f.add(file{
				name: name, size: info.Size(), executable: info.Mode()&0o100 != 0,
				open: func() (io.ReadCloser, error) { return root.Open(name) },
			})
		}
		return fmt.Errorf("%s is no file (%s); name it in %s to leave it out", name, info.Mode().Type(), ignoreFiles[0])
	})
}

// linked is what a symbolic link points to, which must be a file within the folder. A link
// to a folder could lead in a circle.
func linked(root *os.Root, name string) (fs.FileInfo, error) {
	target, _ := root.Readlink(name)
	info, err := root.Stat(name)
	switch {
	case err != nil:
		return nil, fmt.Errorf("the symbolic link %s points to %s, which is outside of the folder or not there; name it in %s to leave it out", name, target, ignoreFiles[0])
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("the symbolic link %s points to %s, which is no file; name it in %s to leave it out", name, target, ignoreFiles[0])
	}
	return info, nil
}

// parents are the folders above a name.
func parents(name string) []string {
	var all []string
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		all = append(all, dir)
	}
	return all
}
