package harness

import "syscall"

// ownGroup keeps a terminal's Ctrl-C away from a child that ends in another way.
func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// diesWithThread has the kernel end a child together with the thread that started it.
func diesWithThread() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
