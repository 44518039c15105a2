package agent

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/carto-run/carto/test/harness"
)

// TestDiffScripts runs every script of testdata/diff: what `kubectl carto diff` foretells, and
// where it matters what the agent then does. Every NS in their files is the script's namespace.
func TestDiffScripts(t *testing.T) {
	w := sharedWorld(t)
	bin, err := filepath.Abs(filepath.Join("..", "..", "..", "bin"))
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/diff",
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			ns := "diff-" + strconv.FormatInt(time.Now().UnixNano(), 36)
			env.Vars = append(env.Vars, "KUBECONFIG="+w.cp.Kubeconfig, "NS="+ns, "HOME="+env.WorkDir, "LANG=C.UTF-8", "PATH="+bin+":"+env.Getenv("PATH"))
			if err := inNamespace(env.WorkDir, ns); err != nil {
				return err
			}
			if _, err := harness.Apply(context.Background(), w.cp.Config, "", "apiVersion: v1\nkind: Namespace\nmetadata: {name: "+ns+"}\n"); err != nil {
				return err
			}
			_, err := harness.Apply(context.Background(), w.cp.Config, ns, strings.ReplaceAll(account, "NS", ns))
			return err
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"apply": func(ts *testscript.TestScript, _ bool, args []string) {
				_, err := harness.Apply(context.Background(), w.cp.Config, ts.Getenv("NS"), ts.ReadFile(args[0]))
				ts.Check(err)
			},
			"exits":      exits,
			"eventually": eventually,
			"unwritten":  func(ts *testscript.TestScript, _ bool, args []string) { unwritten(ts, w.cp, args) },
		},
	})
}

// inNamespace gives the files of a script their namespace.
func inNamespace(dir, ns string) error {
	return filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(path, []byte(strings.ReplaceAll(string(data), "NS", ns)), 0o644)
	})
}

// exits CODE PROGRAM ARGS... runs a program that must end with that exit code.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if strconv.Itoa(got) != args[0] {
		ts.Fatalf("exit code %d, want %s\n%s%s", got, args[0], ts.ReadFile("stdout"), ts.ReadFile("stderr"))
	}
}

// eventually REGEX PROGRAM ARGS... repeats a program until its standard output matches.
func eventually(ts *testscript.TestScript, _ bool, args []string) {
	want, err := regexp.Compile("(?m)" + args[0])
	ts.Check(err)
	out := ""
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		err = ts.Exec(args[1], args[2:]...)
		if out = ts.ReadFile("stdout"); want.MatchString(out) {
			return
		}
	}
	ts.Fatalf("%q never came; the last output is\n%s\n%v", args[0], out, err)
}

// unwritten CODE PROGRAM ARGS... runs a program that must end with that exit code, and must have
// sent dry runs, and no other write, as the API server's audit log has it.
func unwritten(ts *testscript.TestScript, cp *harness.ControlPlane, args []string) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	mark, err := cp.Mark(ctx)
	ts.Check(err)
	exits(ts, false, args)
	writes, err := cp.Requests(ctx, harness.Filter{UserAgent: "kubectl-carto", Verbs: harness.Writes, Since: mark})
	ts.Check(err)
	dry := 0
	for _, r := range writes {
		if !strings.Contains(r.URI, "dryRun=All") {
			ts.Fatalf("it wrote: %s %s", r.Verb, r.URI)
		}
		dry++
	}
	if dry == 0 {
		ts.Fatalf("there is no dry run in the audit log: the user agent may have changed")
	}
	ts.Logf("%s", fmt.Sprintf("%d dry runs, no write", dry))
}
