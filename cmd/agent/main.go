// Command agent is the in-cluster half of Carto: it watches owners and stamps what
// their blueprints say.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"syscall"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"

	"github.com/carto-run/carto/pkg/agent"
)

// version is set by the build.
var version = "dev"

// Exit codes: 0 after an orderly end, 1 when the agent failed, 2 when it could not run.
const (
	exitFailed      = 1
	exitCouldNotRun = 2
)

// gcPercent has the collector run twice as often as by default, unless GOGC says something else: what the agent keeps in
// memory counts for its operators, and its CPU time is a small share of the API server's.
const gcPercent = 50

func main() { os.Exit(run(os.Args)) }

func run(args []string) int {
	flags := flag.NewFlagSet(filepath.Base(args[0]), flag.ContinueOnError)
	var config agent.Config
	kubeconfig := flags.String("kubeconfig", "", "`file` that says how to reach the cluster; default: the pod's own service account")
	workers := flags.Int("workers", 0, "owners worked on at once (default 16)")
	elect := flags.Bool("leader-elect", false, "let one of several replicas be active")
	shards := flags.Bool("shards", false, "let all of several replicas be active: they divide the owners among themselves")
	namespace := flags.String("namespace", envOr("POD_NAMESPACE", "carto-system"), "namespace of the leases")
	flags.StringVar(&config.HealthAddress, "health-address", "", "`address` that serves /healthz and /readyz, such as :8081")
	flags.StringVar(&config.MetricsAddress, "metrics-address", "", "`address` that serves /metrics, such as :8080")
	flags.BoolVar(&config.MetricsSecure, "metrics-secure", false, "serve metrics by TLS, and only to bearers of a token whose owner may get the path /metrics")
	flags.StringVar(&config.MetricsCertificate, "metrics-cert", "", "`file` with the certificate for --metrics-secure (default: the agent signs one itself)")
	flags.StringVar(&config.MetricsKey, "metrics-key", "", "`file` with the key of --metrics-cert")
	flags.BoolVar(&config.Profiling, "profiling", false, "serve /debug/pprof beside the metrics")
	config.Templates = agent.DefaultTemplates()
	flags.DurationVar(&config.Templates.YttTime, "ytt-time", config.Templates.YttTime, "how long a ytt template may run")
	flags.Uint64Var(&config.Templates.Ytt.Steps, "ytt-steps", config.Templates.Ytt.Steps, "how many steps a ytt template may take")
	flags.IntVar(&config.Templates.Ytt.Memory, "ytt-memory", config.Templates.Ytt.Memory, "how many `bytes` one render of a ytt template may allocate")
	logFormat := flags.String("log-format", "text", "format of logs: text or json")
	verbosity := flags.Int("v", 0, "verbosity of logs: 0 normal, 1 and above every pass")
	showVersion := flags.Bool("version", false, "print the version and exit")
	if err := flags.Parse(args[1:]); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return exitCouldNotRun
	}
	if *showVersion {
		fmt.Println(version)
		return 0
	}
	log, err := newLogger(*logFormat, *verbosity)
	if err == nil && flags.NArg() > 0 {
		err = fmt.Errorf("unexpected argument %q: the agent takes flags only", flags.Arg(0))
	}
	if err == nil && *workers < 0 {
		err = fmt.Errorf("--workers is %d, but must not be negative", *workers)
	}
	if t := config.Templates; err == nil && (t.YttTime <= 0 || t.Ytt.Steps == 0 || t.Ytt.Memory <= 0) {
		err = errors.New("--ytt-time, --ytt-steps and --ytt-memory must be positive")
	}
	if err == nil && *shards && *elect {
		err = errors.New("--shards and --leader-elect exclude each other: either all replicas work, or one")
	}
	if err == nil && *shards && *namespace == "" {
		err = errors.New("--shards needs --namespace, where the leases of the replicas are")
	}
	if err == nil && (config.MetricsCertificate == "") != (config.MetricsKey == "") {
		err = errors.New("--metrics-cert and --metrics-key go together")
	}
	if err == nil && config.MetricsCertificate != "" && !config.MetricsSecure {
		err = errors.New("--metrics-cert needs --metrics-secure")
	}
	if err == nil {
		config.Client, err = clientConfig(*kubeconfig)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		return exitCouldNotRun
	}
	klog.SetSlogLogger(log.With("from", "client-go"))
	config.Workers, config.Log, config.Version = *workers, log, version
	if *shards {
		config.Shards = &agent.Shards{Namespace: *namespace, Name: "carto-agent"}
	}
	if *elect {
		config.Election = &agent.Election{Namespace: *namespace, Name: "carto-agent"}
	}

	// A burst takes memory that the collector would give back only in the course of minutes, and keeps in part.
	config.Idle = debug.FreeOSMemory
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	log.Info("starting", "version", version, "server", config.Client.Host)
	if err := agent.Run(ctx, config); err != nil {
		log.Error("ended", "err", err)
		return exitFailed
	}
	return 0
}

func clientConfig(kubeconfig string) (*rest.Config, error) {
	if kubeconfig != "" {
		config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
		if err != nil {
			return nil, fmt.Errorf("read --kubeconfig: %w", err)
		}
		return config, nil
	}
	config, err := rest.InClusterConfig()
	if err != nil {
		return nil, fmt.Errorf("%w; outside of a cluster, say where it is with --kubeconfig", err)
	}
	return config, nil
}

func newLogger(format string, verbosity int) (*slog.Logger, error) {
	options := &slog.HandlerOptions{Level: slog.LevelInfo}
	if verbosity > 0 {
		options.Level = slog.LevelDebug
	}
	switch format {
	case "text":
		return slog.New(slog.NewTextHandler(os.Stderr, options)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(os.Stderr, options)), nil
	}
	return nil, fmt.Errorf("--log-format is %q, but must be text or json", format)
}

func envOr(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}
