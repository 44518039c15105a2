package e2e

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/version"
)

// TestVersion follows a repository through its life, and a copy of it without git.
func TestVersion(t *testing.T) {
	script, err := os.ReadFile(filepath.Join(root, "hack", "version"))
	if err != nil {
		t.Fatal(err)
	}
	repo := t.TempDir()
	write := func(name, content string, mode os.FileMode) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(filepath.Join(repo, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(repo, name), []byte(content), mode); err != nil {
			t.Fatal(err)
		}
	}
	write("hack/version", string(script), 0o755)
	write("plugins/carto.yaml", "old", 0o644)
	const pseudo = `20260102030405-[0-9a-f]{12}`
	commit := func() { git(t, repo, "commit", "--quiet", "--allow-empty", "-m", "work") }
	var last *version.Version // of what is committed: never goes back
	for _, step := range []struct {
		reason string
		do     func()
		want   string
	}{
		{"a source archive", func() {}, `v0\.0\.0-dev`},
		{"a repository without tags", func() { git(t, repo, "init", "--quiet"); git(t, repo, "add", "."); commit() }, `v0\.0\.0-` + pseudo},
		{"a tag that is no version", func() { git(t, repo, "tag", "nightly") }, `v0\.0\.0-` + pseudo},
		{"a release", func() { git(t, repo, "tag", "v1.2.9") }, `v1\.2\.9`},
		{"a manifest that make dist wrote", func() { write("plugins/carto.yaml", "new", 0o644) }, `v1\.2\.9`},
		{"a file that git does not know", func() { write("pkg/new.go", "package pkg", 0o644) }, `v1\.2\.9-dirty`},
		{"a commit after the release", func() { git(t, repo, "add", "."); commit() }, `v1\.2\.10-0\.` + pseudo},
		{"a changed file", func() { write("pkg/new.go", "package other", 0o644) }, `v1\.2\.10-0\.` + pseudo + `-dirty`},
		{"a release to come", func() { git(t, repo, "add", "."); commit(); git(t, repo, "tag", "v1.3.0-rc.1") }, `v1\.3\.0-rc\.1`},
		{"a commit after that", commit, `v1\.3\.0-rc\.1\.0\.` + pseudo},
		{"the last candidate", func() { git(t, repo, "tag", "v1.3.0-rc.2") }, `v1\.3\.0-rc\.2`},
		{"the candidate becomes the release", func() { git(t, repo, "tag", "v1.3.0") }, `v1\.3\.0`},
		{"a commit after the release that was a candidate", commit, `v1\.3\.1-0\.` + pseudo},
	} {
		step.do()
		got := strings.TrimSpace(run(t, repo, nil, "hack/version"))
		if !regexp.MustCompile("^" + step.want + "$").MatchString(got) {
			t.Errorf("%s: version %q, want %s", step.reason, got, step.want)
			continue
		}
		parsed, err := version.ParseSemantic(got)
		if err != nil {
			t.Errorf("%s: %q is not semantic: %v", step.reason, got, err)
			continue
		}
		if strings.HasSuffix(got, "-dirty") || strings.HasSuffix(got, "-dev") {
			continue
		}
		if last != nil && parsed.LessThan(last) {
			t.Errorf("%s: %s sorts before %s, which was built earlier: krew would not upgrade to it", step.reason, parsed, last)
		}
		last = parsed
	}
}
