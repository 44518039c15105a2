package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"github.com/carto-run/carto/test/harness"
)

const (
	cartoName     = "carto"
	yardstickName = "yardstick"
)

// userAgents tell the subjects' requests from all others in the audit log.
var userAgents = map[string]string{cartoName: "carto-agent", yardstickName: "carto-yardstick"}

// subject is a running process that is measured.
type subject interface {
	PID() int
	AwaitReady(ctx context.Context) error
	Stop() error
}

func startSubject(name string, cp *harness.ControlPlane) (subject, error) {
	log := filepath.Join(cp.DataDir, name+".log")
	if name == cartoName {
		return harness.StartAgent(cp.Kubeconfig, log, "--profiling")
	}
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	cmd := exec.Command(self, yardstickName, cp.Kubeconfig)
	file, err := os.Create(log)
	if err != nil {
		return nil, fmt.Errorf("open the yardstick's log: %w", err)
	}
	defer func() { _ = file.Close() }() // the child has its own
	cmd.Stdout, cmd.Stderr = file, file
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the yardstick: %w", err)
	}
	return &yardstickProcess{cmd}, nil
}

// yardstickProcess is this program again, so that the memory and CPU of the actor and the watches are not the yardstick's.
type yardstickProcess struct{ cmd *exec.Cmd }

func (y *yardstickProcess) PID() int { return y.cmd.Process.Pid }

// AwaitReady returns at once: the yardstick has no probes.
func (y *yardstickProcess) AwaitReady(context.Context) error { return nil }

func (y *yardstickProcess) Stop() error {
	_ = y.cmd.Process.Signal(syscall.SIGTERM) // fails only if it has ended
	err := y.cmd.Wait()
	if exit := (&exec.ExitError{}); errors.As(err, &exit) {
		return nil // it does not handle the signal
	}
	return err
}
