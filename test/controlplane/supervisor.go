package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// supervisor owns the processes of one control plane. All its methods belong to the main goroutine.
type supervisor struct {
	opts       options
	paths      paths
	ports      ports
	server     string
	admin      *clientcmdapi.Config
	components []component
	processes  map[string]*process // the latest run of each component
	exited     chan struct{}       // a sign that some process has ended
}

func newSupervisor(opts options, dir string) (*supervisor, error) {
	s := &supervisor{
		opts:      opts,
		paths:     paths{root: dir},
		processes: map[string]*process{},
		exited:    make(chan struct{}, 1),
	}
	if s.opts.kubeconfig == "" {
		s.opts.kubeconfig = s.paths.file("kubeconfig")
	}
	if s.opts.audit && s.opts.auditLog == "" {
		s.opts.auditLog = s.paths.file("audit.log")
	}
	// A kubeconfig says that the control plane is ready: one from an earlier run must not.
	if err := os.Remove(s.opts.kubeconfig); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("remove the old kubeconfig: %w", err)
	}
	return s, nil
}

// startAll brings everything up and publishes the kubeconfig.
func (s *supervisor) startAll(ctx context.Context) error {
	var err error
	for range 3 {
		if err = s.tryStartAll(ctx); err == nil {
			return s.publish()
		}
		s.stopAll()
		var failed *processError
		if !errors.As(err, &failed) || !failed.portTaken() {
			break
		}
	}
	return err
}

func (s *supervisor) tryStartAll(ctx context.Context) error {
	var err error
	if s.ports, err = choosePorts(s.opts.port); err != nil {
		return err
	}
	s.server = url("https", s.ports.apiServer)
	if s.admin, err = writeConfig(s.paths, s.server); err != nil {
		return err
	}
	config, err := clientcmd.NewDefaultClientConfig(*s.admin, nil).ClientConfig()
	if err != nil {
		return fmt.Errorf("read back the kubeconfig: %w", err)
	}
	config.UserAgent = "controlplane"
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return fmt.Errorf("make a client: %w", err)
	}
	s.components = components(s.opts, s.paths, s.ports, client)
	for _, c := range s.components {
		if c.name == schedulerName && !s.opts.scheduler {
			continue
		}
		if err := s.start(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

func (s *supervisor) publish() error {
	data, err := clientcmd.Write(*s.admin)
	if err != nil {
		return fmt.Errorf("encode the kubeconfig: %w", err)
	}
	if err := writeFileAtomic(s.opts.kubeconfig, data); err != nil {
		return fmt.Errorf("write the kubeconfig: %w", err)
	}
	return nil
}

// unpublish takes the kubeconfig back at the end; in a temporary directory it would go anyway.
func (s *supervisor) unpublish() { _ = os.Remove(s.opts.kubeconfig) }

// start runs a component and waits until it is ready.
func (s *supervisor) start(ctx context.Context, c component) error {
	if p := s.processes[c.name]; p != nil && p.running() {
		return fmt.Errorf("%s is already running", c.name)
	}
	p, err := startProcess(c.name, c.args, s.paths.log(c.name), s.exited)
	if err != nil {
		return err
	}
	s.processes[c.name] = p
	return p.waitReady(ctx, s.opts.timeout, c.ready)
}

// stopAll ends what runs, the last started first, so that each component still finds what it depends on, and gives up the ports.
func (s *supervisor) stopAll() {
	for _, c := range slices.Backward(s.components) {
		if p := s.processes[c.name]; p != nil {
			p.stop(c.grace)
			delete(s.processes, c.name)
		}
	}
	s.ports.release()
}

// crashed returns the error of a component that ended although nobody had told it to.
func (s *supervisor) crashed() error {
	for _, p := range s.processes {
		if !p.running() && !p.stopped {
			return p.failure(p.ending())
		}
	}
	return nil
}

// pids are the process ids of the components that run.
func (s *supervisor) pids() map[string]int {
	pids := map[string]int{}
	for name, p := range s.processes {
		if p.running() {
			pids[name] = p.cmd.Process.Pid
		}
	}
	return pids
}
