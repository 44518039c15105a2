package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/carto-run/carto/test/harness"
)

// pluginRuns is how often each command of the plugin is run; the median counts.
const pluginRuns = 15

// pluginCost is what one command of the plugin needs, as a whole process.
type pluginCost struct {
	Command      string  `json:"command"`
	Requests     float64 `json:"requests"` // of one run, those of the disk-cached discovery left out
	Milliseconds float64 `json:"medianMilliseconds"`
	Slowest      float64 `json:"slowestMilliseconds"`
	Bytes        int     `json:"bytes"` // of standard output
}

// pluginCommands are those that a person waits for; a name stands for one of the owners.
var pluginCommands = []string{
	"version",
	"workload list -n bench",
	"workload get NAME -n bench",
	"tree workload/NAME -n bench",
	"tree workload/NAME -n bench -o json",
	"why workload/NAME -n bench",
	"tree supplychain/bench",
	"tree supplychain/bench --not-ready --depth 1",
}

// plugin runs the commands of the plugin among settled owners.
func (b *bench) plugin(ctx context.Context) error {
	if b.name != cartoName || b.owners != allOwners[0] {
		return nil
	}
	b.sayf("the plugin's commands, %d times each", pluginRuns)
	program, err := filepath.Abs("bin/kubectl-carto") // make bench runs in the repository's root
	if err != nil {
		return fmt.Errorf("find the plugin: %w", err)
	}
	home, err := os.MkdirTemp("", "carto-bench-home-")
	if err != nil {
		return fmt.Errorf("make a home: %w", err)
	}
	defer func() { _ = os.RemoveAll(home) }() // a leftover in the folder for temporary files hurts nobody
	for _, command := range pluginCommands {
		cost := pluginCost{Command: command}
		mark, err := b.cp.Mark(ctx)
		if err != nil {
			return err
		}
		var times []float64
		for i := range pluginRuns {
			args := strings.Fields(strings.ReplaceAll(command, "NAME", nameOf(i*7919%b.n)))
			cmd := exec.CommandContext(ctx, program, args...)
			cmd.Env = []string{"HOME=" + home, "KUBECONFIG=" + b.cp.Kubeconfig, "LANG=C.UTF-8", "PATH=" + os.Getenv("PATH")}
			var out, errOut bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &errOut
			start := time.Now()
			if err := cmd.Run(); err != nil {
				return fmt.Errorf("run %s %s: %w: %s", program, strings.Join(args, " "), err, errOut.String())
			}
			times = append(times, float64(time.Since(start).Microseconds())/1000)
			cost.Bytes = out.Len()
		}
		requests, err := b.cp.Requests(ctx, harness.Filter{Since: mark, UserAgent: "kubectl-carto"})
		if err != nil {
			return err
		}
		slices.Sort(times)
		cost.Requests = float64(len(requests)) / pluginRuns
		cost.Milliseconds, cost.Slowest = times[len(times)/2], times[len(times)-1]
		b.result.Plugin = append(b.result.Plugin, cost)
	}
	return nil
}

// printPlugin writes what the plugin's commands need, in Markdown.
func printPlugin(w *strings.Builder, results []result) {
	for _, r := range results {
		if len(r.Plugin) == 0 {
			continue
		}
		fmt.Fprintf(w, "\nThe plugin among %d %s:\n\n", r.Number, r.Owners)
		table := [][]string{{"command", "requests", "median, ms", "slowest, ms", "output, KiB"}}
		for _, p := range r.Plugin {
			table = append(table, []string{
				"`" + p.Command + "`", fmt.Sprintf("%.1f", p.Requests), fmt.Sprintf("%.0f", p.Milliseconds),
				fmt.Sprintf("%.0f", p.Slowest), fmt.Sprintf("%.1f", float64(p.Bytes)/1024),
			})
		}
		printAligned(w, table)
	}
}
