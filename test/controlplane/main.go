// Command controlplane runs a real Kubernetes control plane (etcd, kube-apiserver, kube-controller-manager and, on request,
// kube-scheduler) on loopback out of one binary, for tests, demonstrations and benchmarks.
//
// Started without a role it supervises: it starts itself once per component, writes an administrator's kubeconfig, prints one
// line of JSON when everything is ready, and stops everything in order when it is told to.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"syscall"
)

// Children are told to die with the thread that started them (see process_linux.go), so that thread must be one that lives
// as long as the supervisor: the main goroutine stays on the main thread and is the only one that starts processes.
func init() { runtime.LockOSThread() }

func main() {
	runRole(os.Args)
	opts, err := parseOptions(os.Args[1:], os.Stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(0)
	case err != nil:
		fmt.Fprintln(os.Stderr, "controlplane:", err)
		os.Exit(2)
	}
	if err := run(opts); err != nil {
		fmt.Fprintln(os.Stderr, "controlplane:", err)
		os.Exit(1)
	}
}

// run supervises until a signal arrives, standard input closes (if it is being read) or a component dies.
func run(opts options) error {
	ctx, cancel := signal.NotifyContext(context.Background(), stopSignals()...)
	defer cancel()
	// A reader that went away must not end the supervisor before it has stopped its children.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)

	var commands <-chan string
	if opts.control {
		commands = readCommands(os.Stdin, cancel)
	}
	dir, err := openDataDir(opts.dataDir)
	if err != nil {
		return err
	}
	defer dir.close()

	s, err := newSupervisor(opts, dir.path)
	if err != nil {
		return err
	}
	defer s.stopAll()
	if err := s.startAll(ctx); err != nil {
		if ctx.Err() != nil {
			return nil // told to stop while starting
		}
		dir.keep = true // the error names log files in it
		return err
	}
	if err := s.announce(os.Stdout); err != nil {
		return err
	}
	if err := s.serve(ctx, commands, os.Stdout); err != nil {
		dir.keep = true
		return err
	}
	return nil
}

// stopSignals are the signals that end the supervisor; SIGHUP is left alone where nohup has disabled it.
func stopSignals() []os.Signal {
	signals := []os.Signal{syscall.SIGINT, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		signals = append(signals, syscall.SIGHUP)
	}
	return signals
}
