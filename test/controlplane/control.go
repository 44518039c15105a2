package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
)

// announcement is the line on standard output that says that everything is ready.
type announcement struct {
	Kubeconfig string         `json:"kubeconfig"`
	Server     string         `json:"server"`
	DataDir    string         `json:"dataDir"`
	AuditLog   string         `json:"auditLog,omitempty"`
	PID        int            `json:"pid"`
	PIDs       map[string]int `json:"pids"`
}

// reply is the line on standard output that answers a command.
type reply struct {
	Command string         `json:"command"`
	Error   string         `json:"error,omitempty"`
	PIDs    map[string]int `json:"pids"`
}

func (s *supervisor) announce(w io.Writer) error {
	err := json.NewEncoder(w).Encode(announcement{
		Kubeconfig: s.opts.kubeconfig,
		Server:     s.server,
		DataDir:    s.paths.root,
		AuditLog:   s.opts.auditLog,
		PID:        os.Getpid(),
		PIDs:       s.pids(),
	})
	if err != nil {
		return fmt.Errorf("say that everything is ready: %w", err)
	}
	return nil
}

// serve carries out commands, one after the other, until ctx ends (which is not an error) or a component dies.
func (s *supervisor) serve(ctx context.Context, commands <-chan string, w io.Writer) error {
	defer s.unpublish()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.exited:
			if err := s.crashed(); err != nil && ctx.Err() == nil {
				return err
			}
		case line := <-commands:
			answer := reply{Command: line}
			if err := s.execute(ctx, line); err != nil {
				answer.Error = err.Error()
			}
			answer.PIDs = s.pids()
			if err := json.NewEncoder(w).Encode(answer); err != nil && ctx.Err() == nil {
				return fmt.Errorf("answer a command: %w", err)
			}
		}
	}
}

// execute carries out one command: a verb and the name of a component.
func (s *supervisor) execute(ctx context.Context, line string) error {
	verb, name, _ := strings.Cut(line, " ")
	c, err := s.component(name)
	if err != nil {
		return err
	}
	p := s.processes[name]
	if p != nil && !p.running() {
		p = nil
	}
	switch verb {
	case "start":
		return s.start(ctx, c)
	case "stop", "kill", "restart":
		if p == nil {
			return fmt.Errorf("%s is not running", name)
		}
		if verb == "kill" {
			p.stop(0)
		} else {
			p.stop(c.grace)
		}
		if verb == "restart" {
			return s.start(ctx, c)
		}
		return nil
	default:
		return fmt.Errorf("unknown command %q: want start, stop, restart or kill", verb)
	}
}

func (s *supervisor) component(name string) (component, error) {
	for _, c := range s.components {
		if c.name == name {
			return c, nil
		}
	}
	return component{}, fmt.Errorf("unknown component %q", name)
}

// readCommands hands on the lines of r, and calls closed at its end: whoever held the other side has gone. Its goroutine
// lives as long as the program.
func readCommands(r io.Reader, closed func()) <-chan string {
	commands := make(chan string, 16)
	go func() {
		defer closed()
		lines := bufio.NewScanner(r)
		for lines.Scan() {
			if line := strings.TrimSpace(lines.Text()); line != "" {
				commands <- line
			}
		}
	}()
	return commands
}
