package harness

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"strings"
	"sync"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// The components of a control plane, as StartComponent and the like name them.
const (
	Etcd              = "etcd"
	APIServer         = "kube-apiserver"
	ControllerManager = "kube-controller-manager"
	Scheduler         = "kube-scheduler"
)

// startTimeout is generous: a start takes 4 seconds on an idle machine with two cores, but tests are not run on idle ones.
const startTimeout = 3 * time.Minute

// Options says what kind of control plane to start. The zero value is good for most tests.
type Options struct {
	// AuditLog records every request, for Requests and CountRequests. It costs the API server a little of its time.
	AuditLog bool
	// Scheduler starts kube-scheduler too. It can also be started later; StartKwok does so by itself.
	Scheduler bool
	// DataDir is kept at the end. By default there is a temporary directory, removed at the end.
	DataDir string
	// Verbosity is that of the Kubernetes components' logs.
	Verbosity int
	// ExtraArgs are further flags of the supervisor, such as --apiserver-arg=--feature-gates=X=true.
	ExtraArgs []string
}

// ControlPlane is a running control plane. Its methods may be called from any goroutine.
type ControlPlane struct {
	// Config is the administrator's, without a limit on requests per second. It belongs to the reader: Copy before changing.
	Config *rest.Config
	// Kubeconfig is the path of the same in a file.
	Kubeconfig string
	// Server is the API server's URL, which stays the same over restarts.
	Server string
	// DataDir has the components' logs in its folder logs.
	DataDir string
	// AuditLog is the path of the audit log; empty without one.
	AuditLog string

	supervisor *supervisor
	temporary  bool // the data directory is

	mu   sync.Mutex // one command and its answer at a time; guards pids
	pids map[string]int
}

// Start starts a control plane and returns when it is ready. It lives until Stop, or until this process ends.
// The context bounds the start only.
func Start(ctx context.Context, opts Options) (*ControlPlane, error) {
	path, err := findBinary("controlplane", "CARTO_CONTROLPLANE")
	if err != nil {
		return nil, fmt.Errorf("start a control plane: %w", err)
	}
	s, err := startSupervisor(path, opts.args())
	if err != nil {
		return nil, fmt.Errorf("start a control plane: %w", err)
	}
	cp := &ControlPlane{supervisor: s, temporary: opts.DataDir == ""}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if err := cp.awaitReady(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("start a control plane: %w", err), cp.Stop())
	}
	return cp, nil
}

// args turns the options into the supervisor's flags.
func (o Options) args() []string {
	args := []string{"--control", fmt.Sprintf("--v=%d", o.Verbosity)}
	if o.DataDir != "" {
		args = append(args, "--data-dir="+o.DataDir)
	}
	if o.Scheduler {
		args = append(args, "--scheduler")
	}
	if o.AuditLog {
		args = append(args, "--audit")
	}
	return append(args, o.ExtraArgs...)
}

// awaitReady takes over what the supervisor announces.
func (cp *ControlPlane) awaitReady(ctx context.Context) error {
	line, err := cp.supervisor.readLine(ctx)
	if err != nil {
		return err
	}
	var announced struct {
		Kubeconfig, Server, DataDir, AuditLog string
		PIDs                                  map[string]int
	}
	if err := json.Unmarshal([]byte(line), &announced); err != nil {
		return fmt.Errorf("understand its announcement %q: %w", line, err)
	}
	config, err := clientcmd.BuildConfigFromFlags("", announced.Kubeconfig)
	if err != nil {
		return fmt.Errorf("read its kubeconfig: %w", err)
	}
	config.QPS = -1 // tests are not to wait for the client
	cp.Config = config
	cp.Kubeconfig = announced.Kubeconfig
	cp.Server = announced.Server
	cp.DataDir = announced.DataDir
	cp.AuditLog = announced.AuditLog
	cp.pids = announced.PIDs
	return nil
}

// Stop stops the components in order and returns when no process is left. Stopping twice is fine.
func (cp *ControlPlane) Stop() error {
	err := cp.supervisor.stop()
	// A supervisor that was killed could not do this.
	if cp.temporary && cp.DataDir != "" {
		err = errors.Join(err, os.RemoveAll(cp.DataDir))
	}
	return err
}

// PIDs are the process ids of the components that run.
func (cp *ControlPlane) PIDs() map[string]int {
	cp.mu.Lock()
	defer cp.mu.Unlock()
	return maps.Clone(cp.pids)
}

// EtcdURL is where etcd answers, its gateway for JSON among others. The kernel tells: nobody else needs to know.
func (cp *ControlPlane) EtcdURL() (string, error) {
	pid, ok := cp.PIDs()[Etcd]
	if !ok {
		return "", errors.New("etcd is not running")
	}
	arguments, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil {
		return "", fmt.Errorf("find out how etcd was started: %w", err)
	}
	for argument := range strings.SplitSeq(string(arguments), "\x00") {
		if url, ok := strings.CutPrefix(argument, "--advertise-client-urls="); ok {
			return url, nil
		}
	}
	return "", errors.New("etcd was started without --advertise-client-urls")
}

// PID is the process id of the supervisor, the parent of the components.
func (cp *ControlPlane) PID() int { return cp.supervisor.cmd.Process.Pid }

// StopAPIServer stops the API server as an upgrade would. Clients' watches break and their requests are refused.
func (cp *ControlPlane) StopAPIServer(ctx context.Context) error {
	return cp.do(ctx, "stop", APIServer)
}

// StartAPIServer starts the API server again at the same URL and returns when it is ready.
func (cp *ControlPlane) StartAPIServer(ctx context.Context) error {
	return cp.do(ctx, "start", APIServer)
}

// StartComponent starts a component that is not running: one that was stopped, or the scheduler for the first time.
func (cp *ControlPlane) StartComponent(ctx context.Context, name string) error {
	return cp.do(ctx, "start", name)
}

// RestartComponent stops a component in order, starts it again on the same port and returns when it is ready.
func (cp *ControlPlane) RestartComponent(ctx context.Context, name string) error {
	return cp.do(ctx, "restart", name)
}

// KillComponent ends a component at once, as a crash would. It stays away until StartComponent.
func (cp *ControlPlane) KillComponent(ctx context.Context, name string) error {
	return cp.do(ctx, "kill", name)
}

// do has the supervisor carry out one command.
func (cp *ControlPlane) do(ctx context.Context, verb, component string) error {
	cp.mu.Lock()
	defer cp.mu.Unlock()
	line, err := cp.supervisor.ask(ctx, verb+" "+component)
	if err != nil {
		return fmt.Errorf("%s %s: %w", verb, component, err)
	}
	var answer struct {
		Error string
		PIDs  map[string]int
	}
	if err := json.Unmarshal([]byte(line), &answer); err != nil {
		return fmt.Errorf("%s %s: understand the answer %q: %w", verb, component, line, err)
	}
	cp.pids = answer.PIDs
	if answer.Error != "" {
		return fmt.Errorf("%s %s: %s", verb, component, answer.Error)
	}
	return nil
}
