package e2e

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// TestDemo runs what `make demo` runs: to its end, interrupted, and on a machine without git.
func TestDemo(t *testing.T) {
	t.Parallel()
	demo := filepath.Join(t.TempDir(), "demo")
	if out, err := exec.Command("go", "build", "-o", demo, "../demo").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, tc := range []struct {
		name      string
		variable  string
		interrupt string // what it has said when it is interrupted
		code      int
		says      string
		leaves    bool // the folder with the logs
	}{
		{name: "to its end", says: "What happened, and how long it took:"},
		{name: "interrupted at the start", interrupt: "1. Start", code: 130, says: "interrupted, and cleaned up"},
		{name: "interrupted while it watches", interrupt: "5. Watch", code: 130, says: "interrupted, and cleaned up"},
		{name: "a step fails", variable: "PATH=/no/git/here", code: 1, says: "step 3, Make a git repository", leaves: true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			tmp := t.TempDir()
			cmd := exec.Command(demo)
			cmd.Dir = "../.."
			cmd.Env = append(os.Environ(), "TMPDIR="+tmp, tc.variable)
			out := &interrupter{cmd: cmd, at: tc.interrupt}
			cmd.Stdout, cmd.Stderr = out, out
			code := 0
			if err := cmd.Run(); err != nil {
				exit := &exec.ExitError{}
				if !errors.As(err, &exit) {
					t.Fatal(err)
				}
				code = exit.ExitCode()
			}
			if code != tc.code || !strings.Contains(out.String(), tc.says) {
				t.Errorf("it ended with %d, want %d and %q:\n%s", code, tc.code, tc.says, out)
			}
			if left, _ := filepath.Glob(filepath.Join(tmp, "*")); (len(left) > 0) != tc.leaves {
				t.Errorf("it left %v", left)
			}
			if t.Failed() {
				showLogs(t, tmp)
			}
			images := regexp.MustCompile(`commit \w+ -> (\S+), available`).FindAllStringSubmatch(out.String(), -1)
			if tc.code == 0 && (len(images) != 2 || images[0][1] == images[1][1]) {
				t.Errorf("two commits became the images %v:\n%s", images, out)
			}
		})
	}
}

// showLogs prints how the logs below a folder end: they are gone with the test, and a start that hangs once in a thousand
// times is not there to be looked at.
func showLogs(t *testing.T, folder string) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".log" {
			return err
		}
		text, err := os.ReadFile(path)
		t.Logf("%s ends with:\n%s", entry.Name(), text[max(0, len(text)-4000):])
		return err
	})
	if err != nil {
		t.Log(err)
	}
}

// interrupter keeps what a command prints, and interrupts it when it has printed a text.
type interrupter struct {
	said []byte
	cmd  *exec.Cmd
	at   string
}

func (i *interrupter) Write(p []byte) (int, error) {
	i.said = append(i.said, p...)
	if i.at != "" && bytes.Contains(i.said, []byte(i.at)) {
		i.at = ""
		_ = i.cmd.Process.Signal(syscall.SIGINT) // fails only if it has ended
	}
	return len(p), nil
}

func (i *interrupter) String() string { return string(i.said) }
