package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const docs = "../../docs"

// TestUpToDate: the reference is what the commands say today, on every machine.
func TestUpToDate(t *testing.T) {
	t.Setenv("HOME", "/home/somebody")
	t.Setenv("KUBECACHEDIR", "/cache/of/somebody")
	t.Setenv("TANZU_APPS_TYPE", "somebodys")
	commands := pages()
	for name, text := range commands {
		if strings.Contains(string(text), "somebody") {
			t.Errorf("%s depends on the machine", name)
		}
	}
	same(t, filepath.Join(docs, "reference"), commands)
	same(t, filepath.Join(docs, "lint"), rulePages())
	if have, err := os.ReadFile(filepath.Join(docs, "tui-keys.md")); err != nil || string(have) != string(keysPage()) {
		t.Errorf("tui-keys.md is stale (%v): run make generate", err)
	}
}

func same(t *testing.T, folder string, made map[string][]byte) {
	t.Helper()
	for name, text := range made {
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
