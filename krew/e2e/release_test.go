// Package e2e makes releases as a maintainer does, at tags of copies of this repository, and
// installs them by krew as users do, over loopback.
//
// For other platforms than this machine's the archives hold a stand-in, because compiling the
// plugin six times takes minutes; with -full every program is the real one, and each copy has
// a build cache of its own, empty at first.
package e2e

import (
	"bytes"
	"errors"
	"flag"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/carto-run/carto/krew/check"
	"github.com/carto-run/carto/krew/manifest"
)

var full = flag.Bool("full", false, "compile the plugin for every platform, from nothing, each time")

// Versions of the releases that the tests make, the second from the commit after.
const (
	first  = "v0.1.0"
	second = "v0.2.0"
)

func TestRelease(t *testing.T) {
	for _, name := range []string{"goreleaser", "krew", "validate-krew-manifest"} {
		if _, err := os.Stat(tool(name)); err != nil {
			t.Fatalf("bin/%s is missing: run make krew-test", name)
		}
	}
	repo, site := repository(t), t.TempDir() // site is what GitHub serves: VERSION/ARCHIVE
	publish(t, repo, filepath.Join(site, first))
	commit := git(t, repo, "rev-parse", "HEAD")

	t.Run("twice", func(t *testing.T) {
		other, again := clone(t, repo), filepath.Join(t.TempDir(), "dist")
		// What a machine has of its own: folder, home, time zone, flags.
		publish(t, other, again, "HOME="+t.TempDir(), "TZ=Asia/Tokyo", "GOFLAGS=-buildvcs=true")
		compare(t, filepath.Join(site, first), again)
	})
	t.Run("check", func(t *testing.T) {
		faults, err := check.Dist(filepath.Join(site, first))
		if err != nil || len(faults) > 0 {
			t.Errorf("the release: faults %v, error %v", faults, err)
		}
		faults, err = check.Index(filepath.Join(repo, "plugins"))
		if err != nil || len(faults) > 0 {
			t.Errorf("the index: faults %v, error %v", faults, err)
		}
		run(t, repo, nil, tool("validate-krew-manifest"), "-skip-install", "-manifest", "plugins/carto.yaml")
	})

	git(t, repo, "commit", "--quiet", "--allow-empty", "-m", "more")
	git(t, repo, "tag", second)
	publish(t, repo, filepath.Join(site, second))
	server := httptest.NewServer(http.StripPrefix("/carto-run/carto/releases/download/", http.FileServer(http.Dir(site))))
	t.Cleanup(server.Close) // the scripts run in parallel, after this function

	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			root := filepath.Join(env.WorkDir, "krew")
			env.Vars = append(env.Vars,
				"KREW="+tool("krew"), "KREW_ROOT="+root, "KREW_NO_UPGRADE_CHECK=1", "HOME="+env.WorkDir,
				"PATH="+filepath.Join(root, "bin")+string(os.PathListSeparator)+env.Getenv("PATH"),
				"FIRST="+filepath.Join(site, first), "SECOND="+filepath.Join(site, second), "COMMIT="+commit,
				"HOST="+runtime.GOOS+"_"+runtime.GOARCH, "INDEX="+filepath.Join(env.WorkDir, "index"))
			env.Vars = append(env.Vars, committer...)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"index": func(ts *testscript.TestScript, _ bool, args []string) { index(ts, repo, server.URL, args) },
		},
	})
}

// root is this repository.
var root = func() string {
	dir, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		panic(err)
	}
	return dir
}()

func tool(name string) string { return filepath.Join(root, "bin", name) }

// index FIRST or index SECOND puts the manifest of that release into the index, which is a clone of the repository. Its
// archives are those on loopback.
func index(ts *testscript.TestScript, repo, url string, args []string) {
	folder := ts.Getenv("INDEX")
	if _, err := os.Stat(folder); err != nil {
		ts.Check(ts.Exec("git", "clone", "--quiet", repo, folder))
	}
	manifest := ts.ReadFile(filepath.Join(ts.Getenv(args[0]), "plugins", "carto.yaml"))
	manifest = strings.ReplaceAll(manifest, "uri: https://github.com/", "uri: "+url+"/")
	ts.Check(os.WriteFile(filepath.Join(folder, "plugins", "carto.yaml"), []byte(manifest), 0o644))
	ts.Check(ts.Exec("git", "-C", folder, "add", "plugins"))
	ts.Check(ts.Exec("git", "-C", folder, "commit", "--quiet", "-m", "release"))
}

// repository is a copy of this work tree, of one commit, which is tagged as the first release.
func repository(t *testing.T) string {
	t.Helper()
	repo := t.TempDir()
	for name := range strings.SplitSeq(strings.TrimSuffix(run(t, root, nil, "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"), "\x00"), "\x00") {
		info, err := os.Stat(filepath.Join(root, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue // removed, and not yet committed
		}
		if err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Join(repo, filepath.Dir(name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(repo, name), data, info.Mode()); err != nil {
			t.Fatal(err)
		}
	}
	git(t, repo, "init", "--quiet")
	git(t, repo, "add", ".")
	git(t, repo, "commit", "--quiet", "-m", "all")
	git(t, repo, "tag", first)
	return withTool(t, repo)
}

// clone is another copy of the repository at the same commit.
func clone(t *testing.T, repo string) string {
	t.Helper()
	other := filepath.Join(t.TempDir(), "another-name")
	git(t, repo, "clone", "--quiet", repo, other)
	return withTool(t, other)
}

// withTool puts goreleaser where make looks for it.
func withTool(t *testing.T, repo string) string {
	t.Helper()
	if err := os.Mkdir(filepath.Join(repo, "bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(tool("goreleaser"), filepath.Join(repo, "bin", "goreleaser")); err != nil {
		t.Fatal(err)
	}
	return repo
}

// publish runs make dist, and moves what it made to folder.
func publish(t *testing.T, repo, folder string, env ...string) {
	t.Helper()
	caches := strings.Fields(run(t, root, nil, "go", "env", "GOCACHE", "GOMODCACHE"))
	if *full {
		caches[0] = filepath.Join(repo, ".git", "go-build") // out of git's sight
	} else {
		env = append(env, "CARTO_GO="+filepath.Join(root, "krew", "e2e", "testdata", "go"))
	}
	env = append(env, "GOCACHE="+caches[0], "GOMODCACHE="+caches[1])
	// -o: goreleaser is there, and is not made again because the copy of its go.mod is younger.
	// What the make that runs this test was told is not for the one below it.
	run(t, repo, env, "env", "-u", "VERSION", "-u", "MAKEFLAGS", "make", "-o", "bin/goreleaser", "dist")
	if err := os.Rename(filepath.Join(repo, "dist"), folder); err != nil {
		t.Fatal(err)
	}
}

// compare holds all files of two folders against each other.
func compare(t *testing.T, a, b string) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(a, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		files++
		name := strings.TrimPrefix(path, a)
		one, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		two, err := os.ReadFile(filepath.Join(b, name))
		if err != nil {
			return err
		}
		if !bytes.Equal(one, two) {
			t.Errorf("%s differs between two builds of one commit: %s and %s", name, manifest.Sum(one), manifest.Sum(two))
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	if files == 0 {
		t.Errorf("%s is empty", a)
	}
}

func git(t *testing.T, repo string, args ...string) string {
	t.Helper()
	return strings.TrimSpace(run(t, repo, committer, "git", args...))
}

// committer is who commits in tests, whoever runs them.
var committer = []string{
	"GIT_AUTHOR_NAME=Carto", "GIT_AUTHOR_EMAIL=carto@example.com", "GIT_AUTHOR_DATE=2026-01-02T03:04:05Z",
	"GIT_COMMITTER_NAME=Carto", "GIT_COMMITTER_EMAIL=carto@example.com", "GIT_COMMITTER_DATE=2026-01-02T03:04:05Z",
	"GIT_CONFIG_GLOBAL=" + os.DevNull,
}

// run runs a program in a folder, and gives what it prints on stdout.
func run(t *testing.T, dir string, env []string, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %v in %s: %v\n%s%s", name, args, dir, err, out, stderr.String())
	}
	return string(out)
}
