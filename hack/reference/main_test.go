package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const folder = "../../docs/reference"

// TestUpToDate: the reference is what the commands say today, on every machine.
func TestUpToDate(t *testing.T) {
	t.Setenv("HOME", "/home/somebody")
	t.Setenv("KUBECACHEDIR", "/cache/of/somebody")
	t.Setenv("TANZU_APPS_TYPE", "somebodys")
	made := pages()
	for name, text := range made {
		if strings.Contains(string(text), "somebody") {
			t.Errorf("%s depends on the machine", name)
		}
		have, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil || string(have) != string(text) {
			t.Errorf("%s is stale (%v): run make generate", name, err)
		}
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.md"))
	if err != nil || len(files) != len(made) {
		t.Errorf("%d pages, want %d: run make generate (%v)", len(files), len(made), err)
	}
}
