package harness

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// supervisor is the other side of the pipes: the process that runs the control plane. Its life hangs on its standard input,
// which closes with this process, however that ends.
type supervisor struct {
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	lines  chan string  // what it prints, closed at its end
	stderr bytes.Buffer // to be read after exited
	exited chan struct{}
	err    error // how it ended; to be read after exited
	once   sync.Once
	late   bool // an answer was not waited for, so that the next line may be the wrong one
}

func startSupervisor(path string, args []string) (*supervisor, error) {
	s := &supervisor{
		cmd:    exec.Command(path, args...),
		lines:  make(chan string, 16),
		exited: make(chan struct{}),
	}
	s.cmd.Stderr = &s.stderr
	// A terminal's Ctrl-C ends this process; the supervisor then stops in order because its input closes.
	s.cmd.SysProcAttr = ownGroup()
	stdin, err := s.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	s.stdin = stdin
	go func() {
		defer close(s.exited)
		lines := bufio.NewScanner(stdout)
		for lines.Scan() {
			s.lines <- lines.Text()
		}
		close(s.lines)
		s.err = s.cmd.Wait()
	}()
	return s, nil
}

// ask sends a command and returns its answer.
func (s *supervisor) ask(ctx context.Context, command string) (string, error) {
	if s.late {
		return "", errors.New("an earlier command was given up before its answer came")
	}
	if _, err := fmt.Fprintln(s.stdin, command); err != nil {
		return "", err
	}
	line, err := s.readLine(ctx)
	s.late = ctx.Err() != nil && err != nil
	return line, err
}

func (s *supervisor) readLine(ctx context.Context) (string, error) {
	select {
	case line, ok := <-s.lines:
		if ok {
			return line, nil
		}
		<-s.exited
		return "", s.failure()
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// failure tells why the supervisor ended before it was stopped; it says so itself on standard error.
func (s *supervisor) failure() error {
	if said := strings.TrimSpace(s.stderr.String()); said != "" {
		return errors.New(said)
	}
	if s.err != nil {
		return fmt.Errorf("%s: %w", s.cmd.Path, s.err)
	}
	return fmt.Errorf("%s has ended", s.cmd.Path)
}

// stop ends the supervisor in order and waits for it.
func (s *supervisor) stop() error {
	var err error
	s.once.Do(func() {
		_ = s.stdin.Close()
		select {
		case <-s.exited:
		case <-time.After(30 * time.Second):
			_ = s.cmd.Process.Kill()
			<-s.exited
		}
		if s.err != nil {
			err = fmt.Errorf("stop the control plane: %w", s.failure())
		}
	})
	return err
}
