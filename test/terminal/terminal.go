// Package terminal runs a program in a pseudo-terminal, keeps what its screen shows,
// presses keys and waits for lines: what whole sessions of the full-screen view are tested
// with, and what its captures in docs/ are made by.
package terminal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/creack/pty"
	"golang.org/x/term"
)

// Options of a terminal.
type Options struct {
	Width, Height int
	// Env of the program, besides that of this process. TERM is xterm-256color unless it is
	// said here.
	Env []string
	Dir string
	// Light makes the terminal answer that its background is white; it is black otherwise.
	Light bool
}

// Terminal is a program and its screen.
type Terminal struct {
	command *exec.Cmd
	// ours and theirs are the two ends. theirs stays open, so that the state of the terminal
	// can be asked after the program has ended.
	ours, theirs *os.File
	before       *term.State

	mu      sync.Mutex
	screen  *screen
	changed chan struct{} // closed and made anew with each change
	read    int64
	frames  []time.Time

	reading sync.WaitGroup
	exited  chan struct{}
	err     error
}

// Start runs a program. Who starts it has to Close it.
func Start(ctx context.Context, o Options, name string, args ...string) (*Terminal, error) {
	ours, theirs, err := pty.Open()
	if err != nil {
		return nil, fmt.Errorf("open a pseudo-terminal: %w", err)
	}
	if ours, err = unblocked(ours); err != nil {
		return nil, errors.Join(fmt.Errorf("open a pseudo-terminal: %w", err), theirs.Close())
	}
	t := &Terminal{ours: ours, theirs: theirs, changed: make(chan struct{}), exited: make(chan struct{})}
	t.screen = newScreen(o.Width, o.Height)
	t.screen.light = o.Light
	// What the program asks of the terminal is answered on the way that keys come.
	t.screen.answer = func(text string) { _, _ = io.WriteString(ours, text) }
	if err := pty.Setsize(theirs, size(o.Width, o.Height)); err != nil {
		return nil, errors.Join(fmt.Errorf("set the size of the pseudo-terminal: %w", err), t.closeEnds())
	}
	if t.before, err = term.GetState(int(theirs.Fd())); err != nil {
		return nil, errors.Join(fmt.Errorf("read the state of the pseudo-terminal: %w", err), t.closeEnds())
	}
	t.command = exec.CommandContext(ctx, name, args...)
	t.command.Dir = o.Dir
	t.command.Env = append(append(os.Environ(), "TERM=xterm-256color", "COLORTERM=truecolor", "LANG=C.UTF-8"), o.Env...)
	t.command.Stdin, t.command.Stdout, t.command.Stderr = theirs, theirs, theirs
	t.command.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	// Under nohup this process ignores SIGHUP, and its children would; in a terminal of their
	// own they do not. What is listened to here is back at its default there.
	listened := make(chan os.Signal, 1)
	signal.Notify(listened, syscall.SIGHUP)
	defer signal.Stop(listened)
	if err := t.command.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("start %s in a pseudo-terminal: %w", name, err), t.closeEnds())
	}
	t.reading.Go(t.readAll)
	go func() { // Close waits for it by exited
		t.err = t.command.Wait()
		close(t.exited)
	}()
	return t, nil
}

// unblocked is the same file for which a read ends when it is closed: the library leaves it
// as one that waits in the kernel.
func unblocked(file *os.File) (*os.File, error) {
	syscall.ForkLock.RLock()
	fd, err := syscall.Dup(int(file.Fd()))
	if err == nil {
		syscall.CloseOnExec(fd)
	}
	syscall.ForkLock.RUnlock()
	if err = errors.Join(err, file.Close()); err != nil {
		return nil, err
	}
	if err := syscall.SetNonblock(fd, true); err != nil {
		return nil, errors.Join(err, syscall.Close(fd))
	}
	return os.NewFile(uintptr(fd), file.Name()), nil
}

func size(width, height int) *pty.Winsize {
	return &pty.Winsize{Cols: uint16(width), Rows: uint16(height)} //nolint:gosec // sizes of terminals
}

func (t *Terminal) closeEnds() error { return errors.Join(t.ours.Close(), t.theirs.Close()) }

func (t *Terminal) readAll() {
	buffer := make([]byte, 32<<10)
	for {
		n, err := t.ours.Read(buffer)
		if n > 0 {
			t.mu.Lock()
			before := t.screen.updates
			t.screen.write(buffer[:n])
			t.read += int64(n)
			for now := time.Now(); before < t.screen.updates; before++ {
				t.frames = append(t.frames, now)
			}
			close(t.changed)
			t.changed = make(chan struct{})
			t.mu.Unlock()
		}
		if err != nil {
			return
		}
	}
}

// Close kills the program if it still runs, and waits for it.
func (t *Terminal) Close() error {
	select {
	case <-t.exited:
	default:
		_ = t.command.Process.Kill() // it may have ended since
		<-t.exited
	}
	err := t.closeEnds()
	t.reading.Wait()
	if errors.Is(err, os.ErrClosed) { // it was hung up
		return nil
	}
	return err
}

// Press presses keys by their names: "j", "G", "ctrl+d", "shift+tab", "enter", "esc".
func (t *Terminal) Press(names ...string) error {
	for _, name := range names {
		bytes, err := sequence(name)
		if err != nil {
			return err
		}
		if err := t.Type(bytes); err != nil {
			return err
		}
	}
	return nil
}

// Type sends text as it is.
func (t *Terminal) Type(text string) error {
	if _, err := io.WriteString(t.ours, text); err != nil {
		return fmt.Errorf("type %q: %w", text, err)
	}
	return nil
}

// Paste sends text as a terminal with bracketed paste does.
func (t *Terminal) Paste(text string) error { return t.Type("\x1b[200~" + text + "\x1b[201~") }

// Click presses and releases the left button at a cell, counted from 0.
func (t *Terminal) Click(x, y int) error {
	return t.Type(fmt.Sprintf("\x1b[<0;%d;%dM\x1b[<0;%d;%dm", x+1, y+1, x+1, y+1))
}

// Wheel turns the wheel at a cell, down or up.
func (t *Terminal) Wheel(x, y int, down bool) error {
	button := 64
	if down {
		button = 65
	}
	return t.Type(fmt.Sprintf("\x1b[<%d;%d;%dM", button, x+1, y+1))
}

// Resize changes the size; the program is told as by any terminal.
func (t *Terminal) Resize(width, height int) error {
	t.mu.Lock()
	t.screen.resize(width, height)
	t.mu.Unlock()
	return pty.Setsize(t.theirs, size(width, height))
}

// Screen is the text on the screen, without trailing spaces.
func (t *Terminal) Screen() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.screen.text()
}

// SVG draws the screen with its colours.
func (t *Terminal) SVG(title string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.screen.svg(title)
}

// Title of the window, as the program set it last.
func (t *Terminal) Title() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.screen.title
}

// Clipboard is what the program put there last.
func (t *Terminal) Clipboard() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.screen.clipboard
}

// Taken tells whether the program has ever had the alternate screen.
func (t *Terminal) Taken() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.screen.taken
}

// Colors that are on the screen, as CSS writes them, in order.
func (t *Terminal) Colors() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.screen.colors()
}

// Written is how many bytes the program has written so far.
func (t *Terminal) Written() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.read
}

// Frames are when pictures, whole or of what differs, were there, as far as the program
// marks their ends.
func (t *Terminal) Frames() []time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.frames)
}

// PID of the program.
func (t *Terminal) PID() int { return t.command.Process.Pid }

// Signal sends the program a signal.
func (t *Terminal) Signal(s os.Signal) error { return t.command.Process.Signal(s) }

// HangUp closes the terminal below the program, as a closed window or a lost connection does.
func (t *Terminal) HangUp() error { return t.ours.Close() }

// Wait waits until the screen is as wanted. The error shows the screen.
func (t *Terminal) Wait(ctx context.Context, what string, wanted func(screen string) bool) error {
	for {
		t.mu.Lock()
		text, changed := t.screen.text(), t.changed
		t.mu.Unlock()
		if wanted(text) {
			return nil
		}
		select {
		case <-changed:
		case <-t.exited:
			t.drained()
			if text := t.Screen(); !wanted(text) {
				return fmt.Errorf("waited for %s: the program ended (%w); the screen shows:\n%s", what, orNil(t.err), frame(text))
			}
			return nil
		case <-ctx.Done():
			return fmt.Errorf("waited for %s: %w; the screen shows:\n%s", what, ctx.Err(), frame(text))
		}
	}
}

// WaitFor waits for text anywhere on the screen.
func (t *Terminal) WaitFor(ctx context.Context, texts ...string) error {
	for _, text := range texts {
		if err := t.Wait(ctx, fmt.Sprintf("%q", text), func(screen string) bool { return strings.Contains(screen, text) }); err != nil {
			return err
		}
	}
	return nil
}

// Exit waits until the program has ended, and gives its exit code.
func (t *Terminal) Exit(ctx context.Context) (int, error) {
	select {
	case <-t.exited:
	case <-ctx.Done():
		return 0, fmt.Errorf("waited for the program to end: %w; the screen shows:\n%s", ctx.Err(), frame(t.Screen()))
	}
	t.drained()
	return t.command.ProcessState.ExitCode(), nil
}

// drained waits for what the program wrote last, which the kernel keeps until it is read: a
// mark that is written behind it has come by then.
func (t *Terminal) drained() {
	t.mu.Lock()
	mark := t.screen.marks + 1
	t.mu.Unlock()
	if _, err := io.WriteString(t.theirs, endMark); err != nil {
		return // it was hung up
	}
	late := time.After(10 * time.Second)
	for {
		t.mu.Lock()
		marks, changed := t.screen.marks, t.changed
		t.mu.Unlock()
		if marks >= mark {
			return
		}
		select {
		case <-changed:
		case <-late: // the program left half a sequence, say, which took the mark
			return
		}
	}
}

// Restored tells whether the terminal is as it was before the program: its line discipline,
// the normal screen, a visible cursor, no mouse and no bracketed paste. The error says what
// is not.
func (t *Terminal) Restored() error {
	after, err := term.GetState(int(t.theirs.Fd()))
	if err != nil {
		return fmt.Errorf("read the state of the pseudo-terminal: %w", err)
	}
	var faults []error
	if *after != *t.before {
		faults = append(faults, errors.New("the line discipline was left changed"))
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, mode := range t.screen.leftOn() {
		faults = append(faults, fmt.Errorf("%s was left", mode))
	}
	return errors.Join(faults...)
}

func orNil(err error) error {
	if err == nil {
		return errors.New("exit code 0")
	}
	return err
}

func frame(text string) string {
	return "| " + strings.ReplaceAll(text, "\n", "\n| ")
}
