package machine

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// dir is a machine's folder, which belongs to the process that holds the lock in it.
type dir struct {
	path string
	lock *os.File
}

func openDir() (*dir, error) {
	path, err := os.MkdirTemp("", dirPrefix)
	if err != nil {
		return nil, fmt.Errorf("make a folder for the machine: %w", err)
	}
	lock, err := lockDir(path)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock the machine's folder: %w", err), os.RemoveAll(path))
	}
	if err := os.Mkdir(filepath.Join(path, "tmp"), 0o755); err != nil {
		return nil, errors.Join(fmt.Errorf("make a folder for the machine: %w", err), os.RemoveAll(path))
	}
	return &dir{path: path, lock: lock}, nil
}

// close removes what a machine that has ended leaves: control groups, which are the kernel's, and files.
func (d *dir) close() error {
	err := removeCgroups(filepath.Base(d.path))
	if os.Getenv("CARTO_KEEP") != "" {
		fmt.Fprintln(os.Stderr, "kept:", d.path)
	} else {
		err = errors.Join(err, os.RemoveAll(d.path))
	}
	return errors.Join(err, d.lock.Close())
}

// lockDir takes the folder's lock, which the kernel releases however its holder ends.
func lockDir(path string) (*os.File, error) {
	lock, err := os.OpenFile(filepath.Join(path, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return lock, nil
}

// sweep removes what is left of machines whose owner was killed, and folders that were kept, after a while. Very young ones are
// left alone: their owner may be about to lock them.
func sweep() {
	paths, err := filepath.Glob(filepath.Join(os.TempDir(), dirPrefix+"*"))
	if err != nil {
		return
	}
	for _, path := range paths {
		info, err := os.Lstat(path)
		if err != nil || !info.IsDir() || time.Since(info.ModTime()) < time.Minute {
			continue
		}
		lock, err := lockDir(path)
		if err != nil {
			continue
		}
		if err := (&dir{path: path, lock: lock}).close(); err != nil {
			fmt.Fprintln(os.Stderr, "left behind by an earlier run:", err)
		}
	}
}

// makeCgroups makes a control group, with all controllers, in each hierarchy.
func makeCgroups(name string) error {
	const root = "/sys/fs/cgroup"
	controllers, err := os.ReadFile(filepath.Join(root, "cgroup.controllers"))
	if errors.Is(err, fs.ErrNotExist) { // version 1: one hierarchy for each controller
		hierarchies, err := os.ReadDir(root)
		if err != nil {
			return fmt.Errorf("make a control group: %w", err)
		}
		for _, h := range hierarchies {
			if !h.IsDir() { // other names of the same
				continue
			}
			if err := os.Mkdir(filepath.Join(root, h.Name(), name), 0o755); err != nil {
				return fmt.Errorf("make a control group: %w", err)
			}
		}
		return nil
	}
	if err != nil {
		return fmt.Errorf("make a control group: %w", err)
	}
	for controller := range strings.FieldsSeq(string(controllers)) {
		// One that cannot be passed on is missed by the kubelet, if it needs it.
		_ = os.WriteFile(filepath.Join(root, "cgroup.subtree_control"), []byte("+"+controller), 0o600)
	}
	if err := os.Mkdir(filepath.Join(root, name), 0o755); err != nil {
		return fmt.Errorf("make a control group: %w", err)
	}
	return nil
}

// removeCgroups removes a control group and those below it, in each hierarchy. They are empty, as all processes have ended,
// but the kernel may need a moment to see that.
func removeCgroups(name string) error {
	roots, err := filepath.Glob("/sys/fs/cgroup/*/" + name) // version 1
	if err != nil {
		return err
	}
	for _, root := range append(roots, "/sys/fs/cgroup/"+name) {
		var groups []string
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if err == nil && entry.IsDir() {
				groups = append(groups, path)
			}
			return nil // what goes away meanwhile need not be removed
		})
		if err != nil {
			return err
		}
		for _, group := range slices.Backward(groups) {
			if err := removeCgroup(group); err != nil {
				return err
			}
		}
	}
	return nil
}

func removeCgroup(path string) error {
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		err := syscall.Rmdir(path)
		if err == nil || errors.Is(err, syscall.ENOENT) {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("remove the control group %s: %w", path, err)
		}
	}
}
