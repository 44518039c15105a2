package source

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
)

const (
	// maxRatio bounds how much larger than the archive its content may be. Text reaches
	// 20, and a megabyte of zeros in a file of a kilobyte a thousand.
	maxRatio = 200
	// freeBytes are not counted against the ratio: small archives of little content.
	freeBytes = 10 << 20
	// maxName bounds a name in bytes; file systems take less.
	maxName = 4096
	// encrypted is the bit in the flags of an entry.
	encrypted = 1
)

func openZip(name string) (*files, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	found, err := readZip(f, info.Size())
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", name, err), f.Close())
	}
	found.close = f.Close
	return found, nil
}

// readZip reads the names of an archive and refuses what must not be unpacked. Content is
// read later, and no more of it than the name said.
func readZip(r io.ReaderAt, size int64) (*files, error) {
	if size > maxBytes {
		return nil, fmt.Errorf("larger than %d MiB", maxBytes>>20)
	}
	archive, err := zip.NewReader(r, size)
	if errors.Is(err, zip.ErrFormat) {
		return nil, fmt.Errorf("it is neither a folder nor a zip, jar or war")
	}
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) { // the names are checked below
		return nil, err
	}
	found := &files{close: func() error { return nil }}
	kinds := map[string]bool{} // whether a name is a folder
	for _, entry := range archive.File {
		if err := found.addZipped(entry, kinds); err != nil {
			return nil, err
		}
	}
	if found.bytes > freeBytes && found.bytes/maxRatio > size {
		return nil, fmt.Errorf("its content is more than %d times as large as the archive", maxRatio)
	}
	if len(found.all) == 0 {
		return nil, fmt.Errorf("it holds no files")
	}
	found.sort()
	return found, nil
}

func (f *files) addZipped(entry *zip.File, kinds map[string]bool) error {
	name, dir := strings.CutSuffix(entry.Name, "/")
	switch {
	case len(name) > maxName:
		return fmt.Errorf("a name of %d bytes", len(name))
	case !fs.ValidPath(name) || name == "." || strings.ContainsAny(name, "\\\x00") || hasDrive(name):
		return fmt.Errorf("the name %q would lead out of the archive", entry.Name)
	case entry.Flags&encrypted != 0:
		return fmt.Errorf("%q is encrypted", name)
	}
	mode := entry.Mode()
	switch {
	case mode&fs.ModeSymlink != 0:
		return fmt.Errorf("%q is a link", name)
	case !mode.IsRegular() && !mode.IsDir(), mode.IsDir() != dir:
		return fmt.Errorf("%q is no file", name)
	}
	if _, twice := kinds[name]; twice && (!dir || !kinds[name]) {
		return fmt.Errorf("%q is in it twice", name)
	}
	for _, above := range parents(name) {
		if isDir, known := kinds[above]; known && !isDir {
			return fmt.Errorf("%q is below a file", name)
		} else if !known {
			kinds[above] = true
			if err := f.add(file{name: above, dir: true}); err != nil {
				return err
			}
		}
	}
	if dir {
		if kinds[name] {
			return nil
		}
		kinds[name] = true
		return f.add(file{name: name, dir: true})
	}
	kinds[name] = false
	if entry.UncompressedSize64 > maxBytes {
		return fmt.Errorf("%q is larger than %d MiB", name, maxBytes>>20)
	}
	return f.add(file{
		name: name, size: int64(entry.UncompressedSize64), executable: mode&0o100 != 0,
		open: entry.Open,
	})
}

// hasDrive tells a name such as C:x, which is absolute on one system.
func hasDrive(name string) bool {
	return len(name) > 1 && name[1] == ':'
}
