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

// pluginRuns is how often each command of the plugin is run; the median counts. Those about
// all owners run less often.
const (
	pluginRuns    = 15
	pluginRunsAll = 5
)

// pluginCost is what one command of the plugin needs, as a whole process.
type pluginCost struct {
	Command      string  `json:"command"`
	Requests     float64 `json:"requests"` // of one run, those of the disk-cached discovery left out
	Milliseconds float64 `json:"medianMilliseconds"`
	Slowest      float64 `json:"slowestMilliseconds"`
	Bytes        int     `json:"bytes"` // of standard output
}

// pluginCommands are those that a person waits for; a name stands for one of the owners,
// changed.yaml for a template that all of them use, with a change that each shows.
var pluginCommands = []struct {
	command    string
	runs, exit int
}{
	{"version", pluginRuns, 0},
	{"workload list -n bench", pluginRuns, 0},
	{"workload get NAME -n bench", pluginRuns, 0},
	{"tree workload/NAME -n bench", pluginRuns, 0},
	{"tree workload/NAME -n bench -o json", pluginRuns, 0},
	{"why workload/NAME -n bench", pluginRuns, 0},
	{"tree supplychain/bench", pluginRuns, 0},
	{"tree supplychain/bench --not-ready --depth 1", pluginRuns, 0},
	{"diff -f changed.yaml", pluginRunsAll, 1},
	{"diff -f changed.yaml --affected", pluginRunsAll, 1},
}

// plugin runs the commands of the plugin among settled owners.
func (b *bench) plugin(ctx context.Context) error {
	if b.name != cartoName || b.owners != allOwners[0] {
		return nil
	}
	b.sayf("the plugin's commands, up to %d times each", pluginRuns)
	program, err := filepath.Abs("bin/kubectl-carto") // make bench runs in the repository's root
	if err != nil {
		return fmt.Errorf("find the plugin: %w", err)
	}
	home, err := os.MkdirTemp("", "carto-bench-home-")
	if err != nil {
		return fmt.Errorf("make a home: %w", err)
	}
	defer func() { _ = os.RemoveAll(home) }() // a leftover in the folder for temporary files hurts nobody
	changed := strings.Replace(configTemplate, "$(image)$", "changed-$(image)$", 1)
	if err := os.WriteFile(filepath.Join(home, "changed.yaml"), []byte(changed), 0o600); err != nil {
		return fmt.Errorf("write a template: %w", err)
	}
	for _, c := range pluginCommands {
		cost := pluginCost{Command: c.command}
		mark, err := b.cp.Mark(ctx)
		if err != nil {
			return err
		}
		var times []float64
		for i := range c.runs {
			args := strings.Fields(strings.ReplaceAll(c.command, "NAME", nameOf(i*7919%b.n)))
			cmd := exec.CommandContext(ctx, program, args...)
			cmd.Env = []string{"HOME=" + home, "KUBECONFIG=" + b.cp.Kubeconfig, "LANG=C.UTF-8", "PATH=" + os.Getenv("PATH")}
			cmd.Dir = home
			var out, errOut bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &errOut
			start := time.Now()
			if err := cmd.Run(); err != nil && cmd.ProcessState.ExitCode() != c.exit {
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
		cost.Requests = float64(len(requests)) / float64(c.runs)
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
