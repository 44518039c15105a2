package harness

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"time"
)

// Agent is a running bin/agent.
type Agent struct{ program *program }

// StartAgent starts the agent for the cluster of a kubeconfig; its log goes to the end of a file. It lives until Stop or Kill,
// or until this process ends. It serves probes and metrics on free ports of loopback.
func StartAgent(kubeconfig, log string, flags ...string) (*Agent, error) {
	path, err := findBinary("agent", "CARTO_AGENT")
	if err != nil {
		return nil, fmt.Errorf("start the agent: %w", err)
	}
	args := append([]string{"--kubeconfig", kubeconfig, "--health-address", "127.0.0.1:0", "--metrics-address", "127.0.0.1:0"}, flags...)
	p, err := startProgram(log, path, args...)
	if err != nil {
		return nil, fmt.Errorf("start the agent: %w", err)
	}
	return &Agent{program: p}, nil
}

// PID is the agent's process.
func (a *Agent) PID() int { return a.program.process.Pid }

// LogFile is where it is written.
func (a *Agent) LogFile() string { return a.program.log }

// Log is everything that the agent has said, and what was in its file before.
func (a *Agent) Log() string { return a.program.text() }

// Stop asks the agent to end, as Kubernetes does, and waits. The error tells when it did not end in order.
func (a *Agent) Stop() error {
	if err := a.program.stop(30 * time.Second); err != nil {
		return fmt.Errorf("stop the agent: %w", err)
	}
	return nil
}

// Kill ends the agent at once, as a lost node does.
func (a *Agent) Kill() { a.program.kill() }

// Ended is closed once the agent has ended, in whatever way.
func (a *Agent) Ended() <-chan struct{} { return a.program.ended }

// AwaitEnd waits until the agent has ended by itself, and returns its exit code; -1 when a signal ended it.
func (a *Agent) AwaitEnd(ctx context.Context) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	select {
	case <-a.program.ended:
		return a.program.state.ExitCode(), nil
	case <-ctx.Done():
		return 0, fmt.Errorf("the agent has not ended: %w: %s", ctx.Err(), a.program.lastLine())
	}
}

// URL is where the agent serves "health" or "metrics"; empty until it does.
func (a *Agent) URL(what string) string {
	all := regexp.MustCompile(`what=`+what+` address=(\S+)`).FindAllStringSubmatch(a.Log(), -1)
	if len(all) == 0 {
		return ""
	}
	return "http://" + all[len(all)-1][1] // the last start's
}

// AwaitReady returns when the agent's caches are filled. The error has what it said last of why it is not ready.
func (a *Agent) AwaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	why := errors.New("it was not asked")
	for {
		err := a.ready(ctx)
		if err == nil {
			return nil
		}
		if ctx.Err() == nil { // else it may be of the context
			why = err
		}
		select {
		case <-a.program.ended:
			return fmt.Errorf("the agent has ended: %s: %s", a.program.state, a.program.lastLine())
		case <-ctx.Done():
			return fmt.Errorf("the agent is not ready: %w: %w: its log ends with: %s", ctx.Err(), why, a.program.lastLine())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (a *Agent) ready(ctx context.Context) error {
	url := a.URL("health")
	if url == "" {
		return errors.New("it does not say where it can be asked")
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/readyz", nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }() // only read
	if response.StatusCode == http.StatusOK {
		return nil
	}
	text, err := io.ReadAll(io.LimitReader(response.Body, 4<<10))
	if err != nil {
		return err
	}
	return fmt.Errorf("/readyz says %s: %s", response.Status, bytes.TrimSpace(text))
}
