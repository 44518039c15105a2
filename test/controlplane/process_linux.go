package main

import "syscall"

// childAttributes let a child die with the supervisor even if that is killed outright, and keep a terminal's Ctrl-C from
// reaching the children directly, which would break the order in which they stop.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// executable is the running binary itself, even if its file has been replaced by a newer build since.
func executable() (string, error) { return "/proc/self/exe", nil }
