package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// process is one run of a component.
type process struct {
	name    string
	cmd     *exec.Cmd
	logFile string
	done    chan struct{} // closed when it has ended
	err     error         // how it ended; to be read after done
	stopped bool          // on purpose
}

// startProcess runs a component and leaves a sign on exited, which has room for one, when some process has ended. To be called
// on the main goroutine only.
func startProcess(name string, args []string, logFile string, exited chan<- struct{}) (*process, error) {
	exe, err := executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	log, err := os.OpenFile(logFile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the log of %s: %w", name, err)
	}
	defer log.Close() // the child has its own descriptor
	cmd := &exec.Cmd{
		Path:        exe,
		Args:        append([]string{"controlplane", name}, args...),
		Stdout:      log,
		Stderr:      log,
		SysProcAttr: childAttributes(),
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	p := &process{name: name, cmd: cmd, logFile: logFile, done: make(chan struct{})}
	go func() {
		p.err = cmd.Wait()
		close(p.done)
		select {
		case exited <- struct{}{}:
		default: // a sign is waiting to be read already
		}
	}()
	return p, nil
}

// waitReady polls check until it succeeds, the process ends, or the time is over.
func (p *process) waitReady(ctx context.Context, timeout time.Duration, check func(context.Context) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, fmt.Errorf("not ready after %s", timeout))
	defer cancel()
	for {
		err := check(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-p.done:
			return p.failure(p.ending())
		case <-ctx.Done():
			return p.failure(fmt.Errorf("%w: %w", context.Cause(ctx), err))
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// ending says how the process ended, for one that should not have.
func (p *process) ending() error {
	if p.err == nil {
		return errors.New("ended by itself")
	}
	return fmt.Errorf("ended: %w", p.err)
}

// stop ends the process: politely if there is grace, at once if not.
func (p *process) stop(grace time.Duration) {
	p.stopped = true
	if grace > 0 {
		_ = p.cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-p.done:
			return
		case <-time.After(grace):
		}
	}
	_ = p.cmd.Process.Kill()
	<-p.done
}

func (p *process) running() bool {
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// failure wraps err in what a reader needs to go on: which component, which log, and its last lines.
func (p *process) failure(err error) error {
	return &processError{name: p.name, logFile: p.logFile, tail: tail(p.logFile, 15), err: err}
}

type processError struct {
	name, logFile, tail string
	err                 error
}

func (e *processError) Error() string {
	return fmt.Sprintf("%s: %v\nlast lines of %s:\n%s", e.name, e.err, e.logFile, e.tail)
}

func (e *processError) Unwrap() error { return e.err }

// portTaken says whether someone else got hold of a port first.
func (e *processError) portTaken() bool { return strings.Contains(e.tail, "address already in use") }

// tail returns the last lines of a file, indented.
func tail(path string, lines int) string {
	data, err := os.ReadFile(path)
	if err != nil {
		return "\t" + err.Error()
	}
	all := strings.Split(strings.TrimRight(string(data), "\n"), "\n")
	if len(all) > lines {
		all = all[len(all)-lines:]
	}
	return "\t" + strings.Join(all, "\n\t")
}
