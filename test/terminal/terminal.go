// Package terminal runs a program in a pseudo-terminal, keeps its screen, presses keys and
// waits for lines: what whole sessions of the full-screen view are tested with.
package terminal

import _ "github.com/creack/pty"
