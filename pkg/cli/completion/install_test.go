package completion

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/streams"
)

func TestShimName(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ reason, executable, goos, want string }{
		{"as kubectl calls it", "/usr/bin/kubectl-carto", "linux", "kubectl_complete-carto"},
		{"kubectl shows an underscore as a dash, and looks for the underscore", "kubectl-supply_chain", "linux", "kubectl_complete-supply_chain"},
		{"a sub-command of a plugin", "kubectl-a-b", "darwin", "kubectl_complete-a-b"},
		{"no #! on Windows", "kubectl-carto.exe", "windows", "kubectl_complete-carto.cmd"},
		{"no plugin", "carto", "linux", ""},
		{"nothing behind the dash", "kubectl-", "linux", ""},
		{"a name that a shell would read otherwise", "kubectl-a b;c", "linux", ""},
	} {
		got, err := newShim(tc.executable, "kubectl carto", tc.goos)
		if got.Name != tc.want || (err == nil) != (tc.want != "") {
			t.Errorf("%s: got %q, %v, want %q", tc.reason, got.Name, err, tc.want)
		}
	}
}

// TestShimPassesEveryWord, the empty one that is being typed included.
func TestShimPassesEveryWord(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := newShim("kubectl-carto_dev", "kubectl carto-dev", "linux")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.write(dir, false); err != nil {
		t.Fatal(err)
	}
	plugin := "#!/bin/sh\nfor w; do echo \"<$w>\"; done\n"
	if err := os.WriteFile(filepath.Join(dir, "kubectl-carto_dev"), []byte(plugin), 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(filepath.Join(dir, s.Name), "tree", "a b", "")
	cmd.Env = []string{"PATH=" + dir}
	out, err := cmd.CombinedOutput()
	if want := "<__complete>\n<tree>\n<a b>\n<>\n"; string(out) != want {
		t.Errorf("got %q, %v, want %q", out, err, want)
	}
}

func TestWriteShim(t *testing.T) {
	t.Parallel()
	ours, err := newShim("kubectl-carto", "kubectl carto", "linux")
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		reason string
		before func(t *testing.T, path string)
		force  bool
		want   string // written, unchanged, or part of an error
	}{
		{"nothing is there", func(*testing.T, string) {}, false, "written"},
		{"it is there", put(string(ours.Text), 0o755), false, "unchanged"},
		{"it may not be run", put(string(ours.Text), 0o644), false, "written"},
		{"an older version wrote it", put("#!/bin/bash\n# by kubectl carto completion install\n", 0o755), false, "written"},
		{"somebody else wrote it", put("#!/bin/sh\necho mine\n", 0o755), false, "not written by this command"},
		{"somebody else wrote it, and that is known", put("#!/bin/sh\necho mine\n", 0o755), true, "written"},
		{"a link", link, false, "not written by this command"},
		{"a link is replaced, not what it leads to", link, true, "written"},
		{"a folder", func(t *testing.T, path string) { check(t, os.Mkdir(path, 0o755)) }, true, "is a folder"},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			path := filepath.Join(dir, ours.Name)
			tc.before(t, path)
			changed, err := ours.write(dir, tc.force)
			got := map[bool]string{true: "written", false: "unchanged"}[changed]
			if err != nil {
				got = err.Error()
			}
			if !strings.Contains(got, tc.want) {
				t.Errorf("got %q, want %q", got, tc.want)
			}
			if err == nil {
				text, err := os.ReadFile(path)
				info, statErr := os.Lstat(path)
				if err != nil || statErr != nil || string(text) != string(ours.Text) || info.Mode() != 0o755 {
					t.Errorf("the file is %q, %v, %v, %v", text, info.Mode(), err, statErr)
				}
			}
			if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
			if target, err := os.ReadFile(path + ".target"); err == nil && string(target) != "target" {
				t.Errorf("the target of the link is %q", target)
			}
		})
	}
}

func put(text string, mode os.FileMode) func(*testing.T, string) {
	return func(t *testing.T, path string) { check(t, os.WriteFile(path, []byte(text), mode)) }
}

func link(t *testing.T, path string) {
	check(t, os.WriteFile(path+".target", []byte("target"), 0o644))
	check(t, os.Symlink(path+".target", path))
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestInstallFindsAFolder: the plugin's, then krew's, and only those of the PATH.
func TestInstallFindsAFolder(t *testing.T) {
	t.Parallel()
	plugin, krew := t.TempDir(), t.TempDir()
	check(t, os.Mkdir(filepath.Join(krew, "bin"), 0o755))
	check(t, os.WriteFile(filepath.Join(plugin, "kubectl-carto"), []byte("#!/bin/sh\n"), 0o755))
	for _, tc := range []struct{ reason, path, want string }{
		{"the plugin's own", plugin + ":" + krew + "/bin", plugin},
		{"the plugin's is not on the PATH", "/nowhere:" + krew + "/bin", krew + "/bin"},
		{"none is", "/nowhere", ""},
	} {
		s, _, out, errOut := streams.Test()
		s.Getenv = func(name string) string { return map[string]string{"PATH": tc.path, "KREW_ROOT": krew}[name] }
		o := &InstallOptions{Streams: s, Program: "kubectl carto", Executable: filepath.Join(plugin, "kubectl-carto")}
		check(t, o.Complete(nil, nil))
		err := o.Run(t.Context())
		if tc.want == "" {
			if err == nil || !strings.Contains(err.Error(), "--dir") || !strings.Contains(err.Error(), plugin+" (not on your PATH)") {
				t.Errorf("%s: %v", tc.reason, err)
			}
			continue
		}
		if err != nil || strings.TrimSpace(out.String()) != filepath.Join(tc.want, "kubectl_complete-carto") || !strings.HasPrefix(errOut.String(), "written") {
			t.Errorf("%s: %v, %q, %q", tc.reason, err, out, errOut)
		}
	}
	var finding *cmdutil.FindingError
	s, _, out, _ := streams.Test()
	o := &InstallOptions{Streams: s, Program: "kubectl carto", Executable: "kubectl-carto", Dir: plugin}
	check(t, os.WriteFile(filepath.Join(plugin, "kubectl_complete-carto"), []byte("mine"), 0o755))
	check(t, o.Complete(nil, nil))
	if err := o.Run(t.Context()); !errors.As(err, &finding) || out.Len() > 0 {
		t.Errorf("a foreign file: %v, %q", err, out)
	}
}
