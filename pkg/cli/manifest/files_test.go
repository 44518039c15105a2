package manifest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/carto-run/carto/pkg/cli/streams"
)

// TestFiles: folders stand for what is below them, in the order of names.
func TestFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"b.yaml", "a/z.yml", "a/b/c.json", ".git/x.yaml", "a/.x.yaml", "README.md"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("kind: "+filepath.Base(name)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := Files(t.Context(), []string{"-", filepath.Join(dir, "README.md"), dir, "nowhere", "https://x.example/a.yaml"})
	if err != nil {
		t.Fatal(err)
	}
	for i := range got {
		if rel, err := filepath.Rel(dir, got[i]); err == nil && filepath.IsLocal(rel) {
			got[i] = filepath.ToSlash(rel)
		}
	}
	if diff := cmp.Diff([]string{"-", "README.md", "a/b/c.json", "a/z.yml", "b.yaml", "nowhere", "https://x.example/a.yaml"}, got); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	s, in, _, _ := streams.Test()
	in.WriteString("apiVersion: v1\nkind: List\nitems: [{kind: A}, {kind: B}]\n")
	docs, faults, err := ReadAll(t.Context(), s, []string{dir, "-"})
	if err != nil || len(faults) > 0 || len(docs) != 5 || docs[4].Kind() != "B" {
		t.Errorf("%d objects, faults %v, error %v", len(docs), faults, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "b.yaml"), []byte("\t"), 0o600); err != nil {
		t.Fatal(err)
	}
	if docs, faults, err = ReadAll(t.Context(), s, []string{dir}); err != nil || len(faults) != 1 || len(docs) != 2 {
		t.Errorf("with a broken file: %d objects, faults %v, error %v", len(docs), faults, err)
	}
	if _, _, err = ReadAll(t.Context(), s, []string{"nowhere"}); err == nil {
		t.Error("a file that is not there was read")
	}
}

// TestFindOnce: links lead to no file a second time, nor round and round; broken ones are
// told if they are called like a manifest.
func TestFindOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "a", "vendor"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a/one.YAML", "a/vendor/x.yaml", "b.yaml"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for link, target := range map[string]string{"a/back": "..", "c.yaml": "b.yaml", "d": "nowhere", "e.yaml": "nowhere"} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	var finder Finder
	var got []string
	for _, path := range []string{dir, filepath.Join(dir, "b.yaml")} {
		for _, found := range finder.Find(t.Context(), path) {
			rel, err := filepath.Rel(dir, found.Path)
			if err != nil {
				t.Fatal(err)
			}
			if found.Err != nil {
				rel += " broken"
			}
			got = append(got, filepath.ToSlash(rel))
		}
	}
	if diff := cmp.Diff([]string{"a/one.YAML", "b.yaml", "e.yaml broken"}, got); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}
