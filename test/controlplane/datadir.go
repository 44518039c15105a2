package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

const tempPrefix = "carto-controlplane-"

// dataDir is the directory that one supervisor owns for as long as it holds the lock in it.
type dataDir struct {
	path      string
	temporary bool
	keep      bool // even though it is temporary
	lock      *os.File
}

// openDataDir takes the given directory, or a fresh temporary one, for this process alone.
func openDataDir(path string) (*dataDir, error) {
	d := &dataDir{path: path}
	if path == "" {
		sweep()
		tmp, err := os.MkdirTemp("", tempPrefix)
		if err != nil {
			return nil, fmt.Errorf("make a data directory: %w", err)
		}
		d.path, d.temporary = tmp, true
	}
	if err := os.MkdirAll(d.path, 0o700); err != nil {
		return nil, fmt.Errorf("make the data directory: %w", err)
	}
	lock, err := lockDir(d.path)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, fmt.Errorf("another control plane is running in %s", d.path)
	}
	if err != nil {
		return nil, fmt.Errorf("lock the data directory: %w", err)
	}
	d.lock = lock
	if err := os.WriteFile(d.pidFile(), []byte(strconv.Itoa(os.Getpid())+"\n"), 0o600); err != nil {
		return nil, fmt.Errorf("write the pid file: %w", err)
	}
	return d, nil
}

// pidFile lets scripts that started the supervisor in the background find it again.
func (d *dataDir) pidFile() string { return filepath.Join(d.path, "controlplane.pid") }

// close gives the directory up, and removes it if it was a temporary one that nobody needs any more.
func (d *dataDir) close() {
	_ = os.Remove(d.pidFile())
	if d.temporary && !d.keep {
		_ = os.RemoveAll(d.path)
	}
	_ = d.lock.Close()
}

// lockDir takes the directory's lock, which the kernel releases however its holder ends.
func lockDir(path string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(path, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

// sweep removes temporary directories whose supervisor was killed before it could do so. Directories of a failed start, kept
// for their logs, go the same way after a while. Very young ones are left alone: their owner may be about to lock them.
func sweep() {
	dirs, err := filepath.Glob(filepath.Join(os.TempDir(), tempPrefix+"*"))
	if err != nil {
		return
	}
	for _, dir := range dirs {
		info, err := os.Lstat(dir)
		if err != nil || !info.IsDir() || time.Since(info.ModTime()) < 10*time.Minute {
			continue
		}
		lock, err := lockDir(dir)
		if err != nil {
			continue
		}
		_ = os.RemoveAll(dir)
		_ = lock.Close()
	}
}

// writeFileAtomic makes a file appear with its whole content or not at all, for readers that wait for it.
func writeFileAtomic(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(tmp.Name()) }()
	if _, err := tmp.Write(data); err != nil {
		_ = tmp.Close()
		return err
	}
	if err := tmp.Close(); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}
