//go:build unix && !linux

package main

import (
	"os"
	"syscall"
)

// childAttributes keep a terminal's Ctrl-C from reaching the children directly. Only Linux can tie a child's life to its
// parent's; elsewhere a supervisor that is killed outright leaves its children behind.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}

func executable() (string, error) { return os.Executable() }
