//go:build !windows

package world

import (
	"os/exec"
	"testing"

	"github.com/creack/pty"
	"golang.org/x/term"
)

// TestEditorLeavesTheTerminal: an editor that is killed leaves the terminal raw, and so would
// the program do then.
func TestEditorLeavesTheTerminal(t *testing.T) {
	t.Parallel()
	ours, theirs, err := pty.Open()
	if err != nil {
		t.Skip(err)
	}
	defer func() { _ = ours.Close(); _ = theirs.Close() }()
	before, err := term.GetState(int(theirs.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), "sh", "-c", "stty raw -echo; kill -9 $$")
	command.Stdin = theirs
	if err := runEditor(command); err == nil {
		t.Error("the editor was not killed")
	}
	after, err := term.GetState(int(theirs.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	if *after != *before {
		t.Error("the terminal is not as it was")
	}
}
