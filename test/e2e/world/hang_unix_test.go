//go:build unix

package world

import "syscall"

// hang stops a process as it is, and goOn lets it go on: its connections stay open, and
// nothing is answered.
func hang(pid int) error { return syscall.Kill(pid, syscall.SIGSTOP) }
func goOn(pid int) error { return syscall.Kill(pid, syscall.SIGCONT) }
