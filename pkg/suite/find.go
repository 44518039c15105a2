package suite

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// Test is a directory that holds a test.
type Test struct {
	// Path of the directory in the file system.
	Path string
	// Name of the test: its directory, as people name it.
	Name string

	settings settings
}

// Focused tests keep others from running.
func (t *Test) Focused() bool { return t.settings.focus }

// Find lists the tests below a directory in the order of their paths. Directories that
// begin with a dot, and links to directories, are left out; so is a directory if neither
// it nor one above it, up to dir, says anything about tests. A test that cannot be read is
// one all the same: its result says why. The error is that of dir itself.
func (f Files) Find(ctx context.Context, dir string) ([]*Test, error) {
	entries, err := fs.ReadDir(f.FS, dir)
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", f.show(dir), cause(err))
	}
	return f.below(ctx, dir, entries, settings{})
}

func (f Files) below(ctx context.Context, dir string, entries []fs.DirEntry, inherited settings) ([]*Test, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s := f.settingsOf(dir, entries, inherited)
	var tests []*Test
	leaf := true
	for _, entry := range entries {
		if !entry.IsDir() || strings.HasPrefix(entry.Name(), ".") {
			continue
		}
		leaf = false
		below := path.Join(dir, entry.Name())
		children, err := fs.ReadDir(f.FS, below)
		if err != nil {
			broken := s
			broken.says = true
			broken.faults = append(broken.faults[:len(broken.faults):len(broken.faults)], fmt.Errorf("cannot read %s: %w", f.show(below), cause(err)))
			tests = append(tests, &Test{Path: below, Name: f.show(below), settings: broken})
			continue
		}
		found, err := f.below(ctx, below, children, s)
		if err != nil {
			return nil, err
		}
		tests = append(tests, found...)
	}
	if !leaf && s.steps != "" {
		s.faults = append(s.faults, fmt.Errorf("%s stands beside directories, but a test has none; put it into a directory of its own", f.show(s.steps)))
		tests = append(tests, &Test{Path: dir, Name: f.show(dir), settings: s})
	}
	if leaf && (s.says || s.steps != "") {
		tests = append(tests, &Test{Path: dir, Name: f.show(dir), settings: s})
	}
	return tests, nil
}
