package lsp

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/carto-run/carto/pkg/lint"
	"github.com/carto-run/carto/pkg/lint/config"
)

// configure reads the configuration of lint that a folder of the workspace holds, if any. While
// it is broken, which it may be because somebody is writing it, nothing is configured.
func (w *workspace) configure(folder string) {
	delete(w.configs, folder)
	path := filepath.Join(folder, config.Name)
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err == nil {
		w.configs[folder], err = config.Parse(path, data, w.rules)
	}
	if err != nil {
		delete(w.configs, folder)
		w.complaint = err.Error()
	}
}

// configOf is the configuration for a file, nil when there is none, and the name of the file
// as it sees it.
func (w *workspace) configOf(path string) (nearest *config.Config, name string) {
	for folder, config := range w.configs {
		// Folders may lie in each other: the shortest name is that of the innermost.
		inside, err := filepath.Rel(folder, path)
		if err == nil && filepath.IsLocal(inside) && (nearest == nil || len(inside) < len(name)) {
			nearest, name = config, filepath.ToSlash(inside)
		}
	}
	return nearest, name
}

// options of lint, from the configurations. Versions are those of the first folder that names
// some: files of a workspace go together.
func (w *workspace) options() lint.Options {
	o := lint.Options{Catalogue: w.rules, Level: func(rule *lint.Rule, file string) (lint.Level, bool) {
		if config, name := w.configOf(file); config != nil {
			return config.Level(rule, name)
		}
		return lint.Off, false
	}}
	for _, folder := range w.folders {
		config := w.configs[folder]
		if config == nil {
			continue
		}
		if o.KubernetesVersion == "" {
			o.KubernetesVersion = config.KubernetesVersion
		}
		if o.TargetVersion == "" {
			o.TargetVersion = config.TargetVersion
		}
	}
	return o
}
