package world

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"golang.org/x/term"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/interrupt"
	"github.com/carto-run/carto/pkg/tree"
)

// draft is the file that an editor opens. It may hold secrets, so that only the person can
// read it.
type draft struct{ path string }

func newDraft(ref tree.Ref) (*draft, error) {
	dir, err := os.MkdirTemp("", "carto-edit-") // of mode 0700
	if err != nil {
		return nil, err
	}
	return &draft{filepath.Join(dir, draftName(ref))}, nil
}

// draftName ends as editors know YAML by.
func draftName(ref tree.Ref) string {
	return filepath.Base(strings.ToLower(ref.Kind) + "-" + ref.Name + ".yaml")
}

// editorGrace is how long an editor may take to end when the program has to.
const editorGrace = 2 * time.Second

// runEditor has ctrl-c for the editor alone, and takes the terminal back as it was: an editor
// that is killed leaves it raw.
func runEditor(command *exec.Cmd) error {
	defer interrupt.Hold()()
	if in, ok := command.Stdin.(*os.File); ok {
		if before, err := term.GetState(int(in.Fd())); err == nil {
			defer func() { _ = term.Restore(int(in.Fd()), before) }()
		}
	}
	return command.Run()
}

// mark begins the lines that are not the person's.
const mark = "#~ "

// edit opens the editor on a text below some lines for the person, and returns what is left
// without these lines. An error of the editor comes with it.
func (d *draft) edit(e *edit, said []string, body string) (string, error) {
	var text strings.Builder
	for _, line := range said {
		text.WriteString(strings.TrimRight(mark+line, " ") + "\n")
	}
	text.WriteString(body)
	if err := os.WriteFile(d.path, []byte(text.String()), 0o600); err != nil {
		return body, fmt.Errorf("cannot write the file to edit: %w", err)
	}
	editor := editorCommand(os.Getenv, d.path)
	command := exec.CommandContext(e.ctx, editor[0], editor[1:]...) //nolint:gosec // it is the person's own editor
	command.Stdin, command.Stdout, command.Stderr = e.stdin, e.stdout, e.stderr
	// Who asks the editor to end lets it save what was typed.
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) }
	command.WaitDelay = editorGrace
	failed := runEditor(command)
	data, err := os.ReadFile(d.path)
	if err != nil {
		return body, fmt.Errorf("cannot read what was edited: %w", err)
	}
	if failed != nil {
		failed = fmt.Errorf("the editor %s failed, nothing was saved: %w; choose another one by KUBE_EDITOR or EDITOR", editor[0], failed)
	}
	return withoutMarks(string(data)), failed
}

// withoutMarks is what a person typed, with the line ends of YAML whatever the editor makes.
func withoutMarks(text string) string {
	var kept strings.Builder
	for line := range strings.Lines(text) {
		if rest, ended := strings.CutSuffix(line, "\n"); ended {
			line = strings.TrimRight(rest, "\r") + "\n"
		}
		if !strings.HasPrefix(line, strings.TrimSpace(mark)) {
			kept.WriteString(line)
		}
	}
	return kept.String()
}

// keep leaves the file, and says where it is.
func (d *draft) keep(err error) error {
	return cmdutil.Findingf("%w; what was typed is in %s", err, d.path)
}

func (d *draft) remove() { _ = os.RemoveAll(filepath.Dir(d.path)) }

// editorCommand is the editor that kubectl takes, with its arguments. What has quotes needs a
// shell to be read.
func editorCommand(getenv func(string) string, path string) []string {
	editor := "vi"
	if runtime.GOOS == "windows" {
		editor = "notepad"
	}
	for _, name := range []string{"KUBE_EDITOR", "EDITOR"} {
		if value := strings.TrimSpace(getenv(name)); value != "" {
			editor = value
			break
		}
	}
	if strings.ContainsAny(editor, `"'\`) && runtime.GOOS != "windows" {
		return []string{"sh", "-c", editor + ` "$1"`, "sh", path}
	}
	return append(strings.Fields(editor), path)
}
