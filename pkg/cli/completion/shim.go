package completion

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
)

// shim is the program that kubectl runs to complete the words behind a plugin. kubectl
// looks for it on PATH and never asks the plugin itself.
type shim struct {
	// Name of the file.
	Name string
	Text []byte
}

// mark is in every shim, so that a later version may replace what an earlier one wrote.
const mark = "completion install"

// A name that needs no quoting in either kind of script.
var plainName = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)

const pluginPrefix = "kubectl-"

// newShim makes the shim of a plugin that is called by the name or path of a file.
//
// It names the plugin and not its path: kubectl finds the plugin on PATH too, so both are
// always the same one, and krew may replace its link at each upgrade.
func newShim(executable, program, goos string) (shim, error) {
	plugin := strings.TrimSuffix(filepath.Base(executable), ".exe")
	rest, ok := strings.CutPrefix(plugin, pluginPrefix)
	if !ok || rest == "" || !plainName.MatchString(rest) {
		return shim{}, fmt.Errorf("the program is called %q, which kubectl does not find as a plugin: its name has to begin with %s; for completion without kubectl see: %s completion --help",
			plugin, pluginPrefix, program)
	}
	name := "kubectl_complete-" + rest
	if goos == "windows" {
		// A script with #! is no program there; a .cmd is, and kubectl finds it by PATHEXT.
		return shim{name + ".cmd", []byte("@rem Written by: " + program + " " + mark + "\r\n@" + plugin + ".exe __complete %*\r\n")}, nil
	}
	return shim{name, []byte("#!/bin/sh\n# Written by: " + program + " " + mark + "\nexec " + plugin + " __complete \"$@\"\n")}, nil
}

// ShimName is the name of the program that completes the plugin called by a name or path;
// an error when kubectl would not find that as a plugin.
func ShimName(executable, program string) (string, error) {
	s, err := newShim(executable, program, runtime.GOOS)
	return s.Name, err
}

// errForeign: the file is there, and nobody knows who needs it.
var errForeign = errors.New("the file there was not written by this command")

// write puts the shim into a folder; changed is false when it was there already. The file
// is whole at every moment: a shell may be running it.
func (s shim) write(dir string, force bool) (changed bool, err error) {
	path := filepath.Join(dir, s.Name)
	switch info, err := os.Lstat(path); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return false, err
	case info.IsDir():
		return false, fmt.Errorf("%s is a folder", path)
	case info.Mode().IsRegular():
		old, err := os.ReadFile(path)
		switch {
		case err == nil && bytes.Equal(old, s.Text) && info.Mode().Perm()&0o111 != 0:
			return false, nil
		case !force && (err != nil || !bytes.Contains(old, []byte(mark))):
			return false, errForeign
		}
	case !force: // a link, or stranger
		return false, errForeign
	}
	file, err := os.CreateTemp(dir, "."+s.Name+"-*")
	if err != nil {
		return false, err
	}
	defer func() {
		if err != nil {
			_ = file.Close()
			_ = os.Remove(file.Name())
		}
	}()
	if _, err := file.Write(s.Text); err != nil {
		return false, err
	}
	if err := file.Chmod(0o755); err != nil {
		return false, err
	}
	if err := file.Close(); err != nil {
		return false, err
	}
	return true, os.Rename(file.Name(), path)
}
