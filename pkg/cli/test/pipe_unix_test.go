//go:build unix

package test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestPipe: nothing waits for what is no file.
func TestPipe(t *testing.T) {
	t.Parallel()
	dir := unpack(t, repositoryOfTests)
	path := filepath.Join(dir, "repo/tests/app/expected.yaml")
	if err := errors.Join(os.Remove(path), syscall.Mkfifo(path, 0o600)); err != nil {
		t.Skip(err)
	}
	if out, _, _ := run(t, filepath.Join(dir, "repo")); !strings.Contains(out.String(), "expected.yaml: it is no file") {
		t.Error(out)
	}
}
