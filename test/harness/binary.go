package harness

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// SkipWithout skips a test that needs a program which takes minutes to build, and is therefore not there on every machine.
func SkipWithout(t testing.TB, name, variable string) {
	t.Helper()
	if _, err := findBinary(name, variable); err != nil {
		t.Skipf("needs bin/%s: %v", name, err)
	}
}

// findBinary looks for a program that this repository builds: where the variable says, or in the repository's bin folder.
func findBinary(name, variable string) (string, error) {
	if path := os.Getenv(variable); path != "" {
		if _, err := os.Stat(path); err != nil {
			return "", fmt.Errorf("%s: %w", variable, err)
		}
		return path, nil
	}
	root, err := Root()
	if err != nil {
		return "", err
	}
	path := filepath.Join(root, "bin", name)
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("%s does not exist: run `make bin/%s` in %s, or let %s name one", path, name, root, variable)
	} else if err != nil {
		return "", err
	}
	return path, nil
}

// Root is the folder above the working directory (a test's own folder) that has both a go.mod and a test/harness.
func Root() (string, error) {
	start, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for dir := start; ; dir = filepath.Dir(dir) {
		_, errMod := os.Stat(filepath.Join(dir, "go.mod"))
		_, errHarness := os.Stat(filepath.Join(dir, "test", "harness"))
		if errMod == nil && errHarness == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("%s is not inside the repository", start)
		}
	}
}
