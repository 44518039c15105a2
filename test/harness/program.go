package harness

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// program is a child that ends, at the latest, together with this process. What it prints goes into a file.
type program struct {
	process *os.Process
	log     string
	ended   chan struct{}
	state   *os.ProcessState // to be read after ended
}

// startProgram starts a command whose output goes to the end of the file log.
func startProgram(log, path string, args ...string) (*program, error) {
	return startProgramWith(log, nil, path, args...)
}

// startProgramWith is startProgram with variables, NAME=value, in addition to those of this process.
func startProgramWith(log string, variables []string, path string, args ...string) (*program, error) {
	file, err := os.OpenFile(log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open its log: %w", err)
	}
	defer func() { _ = file.Close() }() // the child has its own
	cmd := exec.Command(path, args...)
	cmd.Env = append(os.Environ(), variables...)
	cmd.Stdout, cmd.Stderr = file, file
	cmd.SysProcAttr = diesWithThread()
	p := &program{log: log, ended: make(chan struct{})}
	started := make(chan error)
	go func() {
		// The child dies with this thread; nobody else may end it.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		p.process = cmd.Process
		started <- err
		if err == nil {
			_ = cmd.Wait() // what it returns is in the state
			p.state = cmd.ProcessState
			close(p.ended)
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", path, err)
	}
	return p, nil
}

// stop asks the program to end, and kills it when it has not after a while. The error tells when it did not end in order.
func (p *program) stop(patience time.Duration) error {
	_ = p.process.Signal(syscall.SIGTERM) // fails only if it has ended
	select {
	case <-p.ended:
	case <-time.After(patience):
		p.kill()
		return fmt.Errorf("it did not end within %s of SIGTERM and was killed", patience)
	}
	if !p.state.Success() {
		return fmt.Errorf("it has ended: %s: %s", p.state, p.lastLine())
	}
	return nil
}

func (p *program) kill() {
	_ = p.process.Kill() // fails only if it has ended
	<-p.ended
}

// text is everything that the program has printed.
func (p *program) text() string {
	file, err := os.Open(p.log)
	if err != nil {
		return err.Error()
	}
	defer func() { _ = file.Close() }() // only read
	text, err := io.ReadAll(file)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

func (p *program) lastLine() string {
	text := strings.TrimSpace(p.text())
	return text[strings.LastIndexByte(text, '\n')+1:]
}
