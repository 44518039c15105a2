package lsp

import (
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/carto-run/carto/pkg/lint"
	"github.com/carto-run/carto/pkg/lint/config"
	"github.com/carto-run/carto/pkg/manifest"
)

// maxFiles bounds what a workspace may hold: one that is opened by mistake, such as a home,
// must not be read for minutes.
const maxFiles = 5000

// workspace is the files of the folders, with the texts of open editors over them.
type workspace struct {
	folders []string
	// configs of lint, by the folder that holds them.
	configs map[string]*config.Config
	rules   []*lint.Rule
	// disk are the files of the folders, by path; open the texts of editors.
	disk map[string]string
	open map[string]document
	// truncated says that a folder holds more files than are read.
	truncated bool
	// complaint is what is wrong with a configuration, until it is told.
	complaint string
	// split are the lines of texts that somebody asked for.
	split map[string]*lines
}

type document struct {
	text    string
	version *int
}

func newWorkspace(rules []*lint.Rule) *workspace {
	return &workspace{disk: map[string]string{}, open: map[string]document{}, split: map[string]*lines{}, configs: map[string]*config.Config{}, rules: rules}
}

// add reads a folder. What can not be read is left out: editors show that themselves.
func (w *workspace) add(folder string) {
	w.folders = append(w.folders, folder)
	w.configure(folder)
	_ = filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return nil //nolint:nilerr // a folder that can not be read is left out
		case entry.IsDir() && path != folder && manifest.IsOutside(entry.Name()):
			return filepath.SkipDir
		case len(w.disk) >= maxFiles:
			w.truncated = true
			return filepath.SkipAll
		case entry.Type().IsRegular() && manifest.IsManifest(path):
			w.read(path)
		}
		return nil
	})
}

func (w *workspace) remove(folder string) {
	w.folders = slices.DeleteFunc(w.folders, func(f string) bool { return f == folder })
	delete(w.configs, folder)
	for path := range w.disk {
		if !w.covers(path) {
			delete(w.disk, path)
		}
	}
}

// covers says whether a path is in one of the folders.
func (w *workspace) covers(path string) bool {
	return slices.ContainsFunc(w.folders, func(folder string) bool {
		inside, err := filepath.Rel(folder, path)
		return err == nil && filepath.IsLocal(inside) && !slices.ContainsFunc(strings.Split(filepath.Dir(inside), string(filepath.Separator)), manifest.IsOutside)
	})
}

// read reads a file again, after a change on disk.
func (w *workspace) read(path string) {
	delete(w.disk, path)
	f, err := os.Open(path)
	if err != nil {
		return
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, manifest.MaxFile+1))
	if err != nil || len(data) > manifest.MaxFile {
		return
	}
	// Most files of a workspace are about other things.
	if text := string(data); strings.Contains(text, "apiVersion") {
		w.disk[path] = text
	}
}

// text of a file as the person sees it.
func (w *workspace) text(path string) string {
	if document, ok := w.open[path]; ok {
		return document.text
	}
	return w.disk[path]
}

// lines of a file. A report has thousands of places in one.
func (w *workspace) lines(path string) *lines {
	text := w.text(path)
	if known := w.split[path]; known != nil && known.text == text {
		return known
	}
	w.split[path] = linesOf(text)
	return w.split[path]
}

// set is everything, as lint reads it.
func (w *workspace) set() *lint.Set {
	texts := make(map[string]string, len(w.disk)+len(w.open))
	for path, text := range w.disk {
		texts[path] = text
	}
	for path, document := range w.open {
		texts[path] = document.text
	}
	files := make([]lint.File, 0, len(texts))
	for path, text := range texts {
		config, name := w.configOf(path)
		// What is excluded can still be referred to.
		excluded := config != nil && config.Excluded(name) != ""
		files = append(files, lint.File{Name: path, Data: []byte(text), Remote: excluded})
	}
	slices.SortFunc(files, func(a, b lint.File) int { return strings.Compare(a.Name, b.Name) })
	return lint.ReadFiles(files)
}

// location makes a range a location of the protocol.
func (w *workspace) location(r manifest.Range) location {
	return location{URI: uriOf(r.File), Range: w.lines(r.File).span(r)}
}
