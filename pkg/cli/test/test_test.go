package test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/streams"
	"github.com/carto-run/carto/pkg/suite"
)

const repositoryOfTests = `
-- repo/.git/HEAD --
-- repo/templates/app.yaml --
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: app}
spec:
  template:
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: $(workload.metadata.name)$}
    data: {a: "1"}
-- repo/tests/app/info.yaml --
given: {template: {path: ../../templates/app.yaml}}
compareOptions: {ignoreMetadata: true}
-- repo/tests/app/workload.yaml --
apiVersion: carto.run/v1alpha1
kind: Workload
metadata: {name: cart, namespace: shop}
spec: {}
-- repo/tests/app/expected.yaml --
apiVersion: v1
kind: ConfigMap
data:
  a: "2" # why
-- outside/expected.yaml --
apiVersion: v1
kind: ConfigMap
data: {a: "1"}
`

// unpack writes the files, and returns their folder.
func unpack(t *testing.T, text string) string {
	t.Helper()
	dir := t.TempDir()
	for _, file := range txtar.Parse([]byte(text)).Files {
		path := filepath.Join(dir, file.Name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, file.Data, 0o640); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// run runs the command.
func run(t *testing.T, args ...string) (out, errOut *bytes.Buffer, err error) {
	t.Helper()
	s, _, out, errOut := streams.Test()
	f := cmdutil.NewFactory("kubectl carto", s)
	f.Clock = func() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) }
	cmd := NewCmdTest(f, nil)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetArgs(args)
	err = cmd.ExecuteContext(t.Context())
	return out, errOut, err
}

// TestRoot: tests read what is in their repository, or in the folder that is named, and
// nothing else.
func TestRoot(t *testing.T) {
	t.Parallel()
	dir := unpack(t, repositoryOfTests)
	tests := filepath.Join(dir, "repo", "tests")
	if out, _, err := run(t, tests); !errors.Is(err, cmdutil.ErrSilent) || !strings.Contains(out.String(), `data.a: "1", expected "2"`) {
		t.Errorf("the repository is the root: %v\n%s", err, out)
	}
	if out, _, err := run(t, tests, "--root", tests); err == nil || !strings.Contains(out.String(), "leads out of the files of the tests") {
		t.Errorf("--root is the root: %v\n%s", err, out)
	}
	if err := os.Remove(filepath.Join(dir, "repo", ".git", "HEAD")); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "repo", ".git")); err != nil {
		t.Fatal(err)
	}
	if out, _, err := run(t, tests); err == nil || !strings.Contains(out.String(), "leads out of the files of the tests") {
		t.Errorf("without a repository the directory is the root: %v\n%s", err, out)
	}
	if _, _, err := run(t, tests, filepath.Join(dir, "outside")); err == nil || !strings.Contains(err.Error(), "name a folder around all of them with --root") {
		t.Error(err)
	}
	if out, _, err := run(t, tests, tests, "--root", dir); !errors.Is(err, cmdutil.ErrSilent) || strings.Count(out.String(), "FAIL") != 1 {
		t.Errorf("each test is run once: %v\n%s", err, out)
	}
}

// TestLinks: a link inside of the root is a file, one that leads out is none.
func TestLinks(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ to, want string }{
		{"../../../outside/expected.yaml", "it is a link that leads out of the files of the tests"},
		{"/etc/hostname", "it is a link that leads out of the files of the tests"},
		{"expected.yaml", "too many levels"},
		{"../right.yaml", "1 passed"},
	} {
		dir := unpack(t, repositoryOfTests+"-- repo/tests/right.yaml --\napiVersion: v1\nkind: ConfigMap\ndata: {a: \"1\"}\n")
		link := filepath.Join(dir, "repo/tests/app/expected.yaml")
		if err := errors.Join(os.Remove(link), os.Symlink(tc.to, link)); err != nil {
			t.Fatal(err)
		}
		if out, _, _ := run(t, filepath.Join(dir, "repo")); !strings.Contains(out.String(), tc.want) {
			t.Errorf("%s: %s", tc.to, out)
		}
	}
}

// TestUpdate: files are replaced as a whole, with their mode; links are left alone.
func TestUpdate(t *testing.T) {
	t.Parallel()
	dir := unpack(t, repositoryOfTests)
	tests := filepath.Join(dir, "repo", "tests", "app")
	out, _, err := run(t, tests, "--update")
	if err != nil || !strings.Contains(out.String(), "1 updated") {
		t.Fatalf("%v\n%s", err, out)
	}
	path := filepath.Join(tests, "expected.yaml")
	data, err := os.ReadFile(path)
	if err != nil || string(data) != "apiVersion: v1\nkind: ConfigMap\ndata:\n  a: \"1\" # why\n" {
		t.Errorf("%v %s", err, data)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("%v %v", err, info.Mode())
	}
	if left, err := os.ReadDir(tests); err != nil || len(left) != 3 {
		t.Errorf("something is left behind: %v %v", err, left)
	}
	if out, _, err := run(t, tests, "--root", dir); err != nil || !strings.Contains(out.String(), "1 passed") {
		t.Errorf("%v\n%s", err, out)
	}

	wrong := []byte("kind: Wrong\n")
	if err := errors.Join(os.Remove(path), os.WriteFile(filepath.Join(dir, "repo", "shared.yaml"), wrong, 0o600), os.Symlink("../../shared.yaml", path)); err != nil {
		t.Fatal(err)
	}
	other := unpack(t, strings.ReplaceAll(repositoryOfTests, "tests/app", "tests/zoo"))
	if err := os.Rename(filepath.Join(other, "repo", "tests", "zoo"), filepath.Join(dir, "repo", "tests", "zoo")); err != nil {
		t.Fatal(err)
	}
	out, _, err = run(t, filepath.Dir(tests), "--update")
	if !errors.Is(err, cmdutil.ErrSilent) || !strings.Contains(out.String(), "it is a link; update what it leads to") || !strings.Contains(out.String(), "1 failed, 1 updated") {
		t.Errorf("what can not be written fails, and keeps nothing else from being written: %v\n%s", err, out)
	}
	if data, err := os.ReadFile(filepath.Join(dir, "repo", "shared.yaml")); err != nil || !bytes.Equal(data, wrong) {
		t.Errorf("%v %s", err, data)
	}
}

// TestJUnit: what build servers read is well-formed whatever it quotes.
func TestJUnit(t *testing.T) {
	t.Parallel()
	report := &suite.Report{Tests: []suite.Result{
		{Test: "a/b", Status: suite.Failed, Failures: []suite.Failure{{Message: "<&>\x1b[31m\x00\ufffe ]]>\nsecond"}}},
		{Test: "a/c", Status: suite.Broken, Failures: []suite.Failure{{Message: "x"}}, Warnings: []string{"careful"}},
		{Test: "d", Status: suite.Updated},
	}, Summary: suite.Summary{Failed: 1, Broken: 1, Updated: 1}}
	var out bytes.Buffer
	if err := writeJUnit(&out, report); err != nil {
		t.Fatal(err)
	}
	var read junitSuites
	if err := xml.Unmarshal(out.Bytes(), &read); err != nil {
		t.Fatalf("%v\n%s", err, &out)
	}
	cases := read.Suites[0].Cases
	if len(cases) != 3 || cases[0].Failure == nil || cases[1].Error == nil || cases[1].Out != "warning: careful\n" || cases[2].Failure != nil || cases[2].Class != "." {
		t.Errorf("%+v", cases)
	}
	if strings.Contains(out.String(), "\x1b") {
		t.Errorf("%s", &out)
	}
}

// TestNames: a folder can not make the report say what it does not.
func TestNames(t *testing.T) {
	t.Parallel()
	out := &bytes.Buffer{}
	if err := writeText(out, &suite.Report{Tests: []suite.Result{{Test: "a\nok      b", Status: suite.Failed}}}, false); err != nil {
		t.Fatal(err)
	}
	if want := "FAIL    a ok b\n"; !strings.HasPrefix(out.String(), want) {
		t.Errorf("got %q, want %q at its beginning", out, want)
	}
}

// TestJSON: an empty report has a list all the same.
func TestJSON(t *testing.T) {
	t.Parallel()
	dir := unpack(t, repositoryOfTests)
	out, _, err := run(t, filepath.Join(dir, "repo"), "-o", "json")
	var report suite.Report
	if !errors.Is(err, cmdutil.ErrSilent) || json.Unmarshal(out.Bytes(), &report) != nil || report.APIVersion != suite.APIVersion || report.Summary.Failed != 1 {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestProgress: who waits is told how far the tests are, and the line is taken away.
func TestProgress(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, _, _, errOut := streams.Test()
		s.SetTTY(80, 24)
		o := &Options{Session: cmdutil.Session{Streams: s}}
		p := o.progress()
		p.done(3, 40)
		time.Sleep(quiet + time.Millisecond)
		p.end()
		if got := errOut.String(); got != "\r\x1b[K3 of 40 tests are done ...\r\x1b[K" {
			t.Errorf("%q", got)
		}
	})
}
