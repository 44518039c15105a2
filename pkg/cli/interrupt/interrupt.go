// Package interrupt ends the program when a signal says so.
package interrupt

import (
	"context"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
)

// held counts those who have SIGINT for themselves.
var held atomic.Int32

// Context ends at SIGINT, SIGTERM, and when the terminal is closed; nohup keeps the last from
// the program. After that the default action is back: a second ctrl-c kills a program that
// hangs in its clean-up.
func Context() (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) {
		signal.Notify(signals, syscall.SIGHUP)
	}
	go func() { // it ends with ctx
		defer signal.Stop(signals)
		defer cancel()
		for {
			select {
			case s := <-signals:
				if s != os.Interrupt || held.Load() == 0 {
					return
				}
			case <-ctx.Done():
				return
			}
		}
	}()
	return ctx, cancel
}

// Hold keeps SIGINT from ending the program until release is called, while another program
// has the terminal: ctrl-c is told to both, and in an editor it ends no more than a command.
func Hold() (release func()) {
	held.Add(1)
	return func() { held.Add(-1) }
}
