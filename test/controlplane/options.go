package main

import (
	"flag"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"
)

// options is what the supervisor's flags say.
type options struct {
	dataDir    string
	kubeconfig string
	audit      bool
	auditLog   string
	port       int
	scheduler  bool
	control    bool
	verbosity  int
	timeout    time.Duration
	extraArgs  map[string][]string // by component
}

func parseOptions(args []string, stderr io.Writer) (options, error) {
	opts := options{extraArgs: map[string][]string{}}
	fs := flag.NewFlagSet("controlplane", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.StringVar(&opts.dataDir, "data-dir", "", "directory for etcd's data, keys and logs, kept at the end (default: a temporary one, removed at the end)")
	fs.StringVar(&opts.kubeconfig, "kubeconfig", "", "where to write the administrator's kubeconfig once everything is ready (default: in the data directory)")
	fs.BoolVar(&opts.audit, "audit", false, "write an audit log, one line of JSON for each request, to audit.log in the data directory")
	fs.StringVar(&opts.auditLog, "audit-log", "", "write the audit log to this file instead")
	fs.IntVar(&opts.port, "port", 0, "the API server's port on 127.0.0.1 (0: a free one)")
	fs.BoolVar(&opts.scheduler, "scheduler", false, "start kube-scheduler too; it can also be started later by the command `start kube-scheduler`")
	fs.BoolVar(&opts.control, "control", false, "read commands from standard input (stop|start|restart|kill COMPONENT), answer each with a line, and exit when standard input closes")
	fs.IntVar(&opts.verbosity, "v", 0, "log verbosity of the Kubernetes components")
	fs.DurationVar(&opts.timeout, "timeout", 2*time.Minute, "how long a component may take to become ready")
	for _, component := range []string{etcdName, apiServerName, controllerManagerName, schedulerName} {
		name := strings.TrimPrefix(component, "kube-") + "-arg"
		fs.Func(name, fmt.Sprintf("a further `flag` for %s, such as --x=y; can be repeated", component), func(v string) error {
			opts.extraArgs[component] = append(opts.extraArgs[component], v)
			return nil
		})
	}
	if err := fs.Parse(args); err != nil {
		return opts, err
	}
	if fs.NArg() > 0 {
		return opts, fmt.Errorf("unknown component %q: want %s, %s, %s, %s, or flags only",
			fs.Arg(0), etcdName, apiServerName, controllerManagerName, schedulerName)
	}
	// The components run in the same directory, but a path that is announced should work for everyone.
	for _, path := range []*string{&opts.dataDir, &opts.kubeconfig, &opts.auditLog} {
		if *path == "" {
			continue
		}
		abs, err := filepath.Abs(*path)
		if err != nil {
			return opts, fmt.Errorf("resolve %s: %w", *path, err)
		}
		*path = abs
	}
	return opts, nil
}
