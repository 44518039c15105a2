package test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/suite"
)

// place is the folder that tests read from and --update writes to. Nothing leaves it: the
// operating system refuses links that lead out.
type place struct {
	root *os.Root
	// dirs are the directories of tests, below the root.
	dirs  []string
	files suite.Files
	show  func(path string) string
}

func (o *Options) place() (*place, error) {
	cwd, err := real(".")
	if err != nil {
		return nil, err
	}
	root := ""
	if o.Root != "" {
		if root, err = real(o.Root); err != nil {
			return nil, err
		}
	}
	var dirs []string
	for _, name := range o.Dirs {
		dir, err := real(name)
		if err != nil {
			return nil, err
		}
		if o.Root == "" {
			its := around(dir, cwd)
			if root != "" && root != its {
				return nil, cmdutil.Usagef("%s lies in %s, but the directories before it in %s; name a folder around all of them with --root", name, its, root)
			}
			root = its
		}
		rel, err := filepath.Rel(root, dir)
		if err != nil || !filepath.IsLocal(rel) {
			return nil, cmdutil.Usagef("%s is not below --root %s", name, o.Root)
		}
		dirs = append(dirs, filepath.ToSlash(rel))
	}
	opened, err := os.OpenRoot(root)
	if err != nil {
		return nil, fmt.Errorf("cannot open %s: %w", root, bare(err))
	}
	p := &place{root: opened, dirs: dirs}
	p.show = func(name string) string { return show(cwd, filepath.Join(root, filepath.FromSlash(name))) }
	p.files = suite.Files{FS: opened.FS(), Show: p.show}
	return p, nil
}

func (p *place) close() { _ = p.root.Close() }

// real is where a path leads. A person may well name a link.
func real(name string) (string, error) {
	resolved, err := filepath.EvalSymlinks(name)
	if err == nil {
		resolved, err = filepath.Abs(resolved)
	}
	if err != nil {
		return "", fmt.Errorf("cannot read %s: %w", name, bare(err))
	}
	info, err := os.Stat(resolved)
	switch {
	case err != nil:
		return "", fmt.Errorf("cannot read %s: %w", name, bare(err))
	case !info.IsDir():
		return "", fmt.Errorf("%s is no directory", name)
	}
	return resolved, nil
}

// bare is an error without the path, which the message has.
func bare(err error) error {
	var failed *fs.PathError
	if errors.As(err, &failed) {
		return failed.Err
	}
	return err
}

// around is the root for a directory of tests: the git repository that it is in, because
// suites lie beside what they test; or the present directory, if it is below that; or else
// the directory itself.
func around(dir, cwd string) string {
	for at := dir; ; at = filepath.Dir(at) {
		if _, err := os.Lstat(filepath.Join(at, ".git")); err == nil {
			return at
		}
		if at == filepath.Dir(at) {
			break
		}
	}
	if rel, err := filepath.Rel(cwd, dir); err == nil && filepath.IsLocal(rel) {
		return cwd
	}
	return dir
}

// replace writes a file as a whole or not at all: what is read meanwhile is the old
// content or the new one.
func (p *place) replace(name string, content []byte) error {
	mode := fs.FileMode(0o644)
	info, err := p.root.Lstat(name)
	switch {
	case err == nil && !info.Mode().IsRegular():
		return errors.New("it is a link; update what it leads to")
	case err == nil:
		mode = info.Mode().Perm()
	case !errors.Is(err, fs.ErrNotExist):
		return bare(err)
	}
	dir, base := path.Split(name)
	temporary := dir + "." + strings.TrimPrefix(base, ".") + ".new"
	_ = p.root.Remove(temporary) // of a run that was killed
	file, err := p.root.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return bare(err)
	}
	_, err = file.Write(content)
	if err := errors.Join(err, file.Close()); err != nil {
		_ = p.root.Remove(temporary)
		return err
	}
	if err := p.root.Rename(temporary, name); err != nil {
		_ = p.root.Remove(temporary)
		return err
	}
	return nil
}
