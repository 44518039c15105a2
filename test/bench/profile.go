package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"
	"k8s.io/client-go/discovery"

	"github.com/carto-run/carto/test/harness"
)

// profileCPU takes profiles of the API server and of the agent over a scenario's first seconds, in which it works on so many owners a second.
func (b *bench) profileCPU(ctx context.Context, scenario string, rate int) (wait func() error) {
	if b.opts.profile == "" {
		return func() error { return nil }
	}
	seconds := strconv.Itoa(min(max(2, b.n/rate), 25)) // the client has no more than 32 s for an answer
	var group errgroup.Group
	group.Go(func() error { return b.profileServer(ctx, scenario, seconds) })
	if agent, ok := b.subject.(*harness.Agent); ok {
		group.Go(func() error {
			for {
				err := b.fetch(ctx, agent.URL("metrics")+"/debug/pprof/profile?seconds="+seconds, "agent-"+scenario)
				// It does not say yet where it serves, or its log has only what an earlier one said.
				if serves := agent.URL("metrics") != "" && !errors.Is(err, syscall.ECONNREFUSED); serves || sleep(ctx, 10*time.Millisecond) != nil {
					return err
				}
			}
		})
	}
	return group.Wait
}

// profileServer takes a profile of the API server at the subject's work.
func (b *bench) profileServer(ctx context.Context, scenario, seconds string) error {
	client, err := discovery.NewDiscoveryClientForConfig(b.cp.Config)
	if err != nil {
		return fmt.Errorf("make a client: %w", err)
	}
	data, err := client.RESTClient().Get().AbsPath("/debug/pprof/profile").Param("seconds", seconds).DoRaw(ctx)
	if err != nil {
		return fmt.Errorf("take a profile of the API server: %w", err)
	}
	return b.keep("apiserver-"+b.name+"-"+scenario, data)
}

// profileHeap takes a profile of what the agent keeps.
func (b *bench) profileHeap(ctx context.Context) error {
	agent, ok := b.subject.(*harness.Agent)
	if b.opts.profile == "" || !ok {
		return nil
	}
	return b.fetch(ctx, agent.URL("metrics")+"/debug/pprof/heap?gc=1", "heap")
}

func (b *bench) fetch(ctx context.Context, url, name string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return fmt.Errorf("take a profile: %w", err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("take a profile: %w", err)
	}
	defer func() { _ = response.Body.Close() }() // read to its end or failed
	data, err := io.ReadAll(response.Body)
	if err != nil {
		return fmt.Errorf("take a profile: %w", err)
	}
	return b.keep(name, data)
}

// keep writes a profile into its folder.
func (b *bench) keep(name string, data []byte) error {
	if err := os.MkdirAll(b.opts.profile, 0o750); err != nil {
		return fmt.Errorf("keep a profile: %w", err)
	}
	return os.WriteFile(filepath.Join(b.opts.profile, fmt.Sprintf("%s-%d.pprof", name, b.n)), data, 0o600)
}
