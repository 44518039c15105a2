package main

import (
	"os"
	"path/filepath"
	"testing"
)

// TestRun_twice: the definitions in the repository are finished, and finishing them again changes nothing.
func TestRun_twice(t *testing.T) {
	folder := t.TempDir()
	if err := os.CopyFS(folder, os.DirFS("../../pkg/api/v1alpha1/crds")); err != nil {
		t.Fatal(err)
	}
	if err := run(folder); err != nil {
		t.Fatal(err)
	}
	for plural := range patchesByPlural() {
		name := "carto.run_" + plural + ".yaml"
		want, err := os.ReadFile(filepath.Join("../../pkg/api/v1alpha1/crds", name))
		if err != nil {
			t.Fatal(err)
		}
		have, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		if string(have) != string(want) {
			t.Errorf("%s changed: run make generate", name)
		}
	}
}

func TestFind_missing(t *testing.T) {
	schema := object{"properties": object{"spec": object{"properties": object{"list": object{"items": object{"type": "string"}}}}}}
	if _, err := find(schema, "spec.list[]"); err != nil {
		t.Error(err)
	}
	for _, path := range []string{"spec.gone", "spec.list{}", "spec.list[].deeper"} {
		if _, err := find(schema, path); err == nil {
			t.Errorf("%s was found", path)
		}
	}
}
