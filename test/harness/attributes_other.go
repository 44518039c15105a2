//go:build unix && !linux

package harness

import "syscall"

// ownGroup keeps a terminal's Ctrl-C away from a child that ends in another way.
func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// diesWithThread leaves the child in this process's group: only Linux can tie its life to ours.
func diesWithThread() *syscall.SysProcAttr { return nil }
