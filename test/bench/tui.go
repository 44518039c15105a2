package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/carto-run/carto/test/harness"
	"github.com/carto-run/carto/test/terminal"
)

const (
	tuiAgent  = "kubectl-carto"
	tuiWidth  = 120
	tuiHeight = 40
)

// tuiCost is what the full-screen view needs, as a whole process in a terminal.
type tuiCost struct {
	// Seconds from the start of the process, and from the answer with the first page of rows.
	FirstRows       float64 `json:"firstRowsSeconds"`
	FirstRowsAnswer float64 `json:"firstRowsAfterAnswerSeconds"`
	AllRows         float64 `json:"allRowsSeconds"`
	AllRowsAnswer   float64 `json:"allRowsAfterAnswerSeconds"`

	Keys []keyCost `json:"keys"`

	// Written is how long the API server took for the burst; Lag is from its last answer to
	// the last change on the screen.
	Written float64 `json:"burstWrittenSeconds"`
	Lag     float64 `json:"burstLagSeconds"`
	CPU     float64 `json:"burstCPUSeconds"`
	// Frames is the most that were drawn within any second of the burst.
	Frames int `json:"burstFramesPerSecond"`

	RestCPU float64 `json:"restCPUSeconds"` // of a minute
	// Bytes.
	ResidentRows int `json:"residentBytesWithRows"`
	ResidentKeys int `json:"residentBytesAfterKeys"`
	ResidentEnd  int `json:"residentBytesAfterBurst"`
	Peak         int `json:"peakBytes"`
}

// view is a full-screen view that is measured.
type view struct {
	*terminal.Terminal
	b    *bench
	cost *tuiCost
	// plain and clear are the ways in which esc comes.
	plain, clear keyCost
}

// tui measures the full-screen view among settled owners. The agent ends before, so that the
// changes of the burst are those that the bench writes.
func (b *bench) tui(ctx context.Context) (err error) {
	if b.name != cartoName || b.owners != allOwners[0] {
		return nil
	}
	b.sayf("the full-screen view")
	program, err := filepath.Abs("bin/kubectl-carto") // make bench runs in the repository's root
	if err != nil {
		return fmt.Errorf("find the plugin: %w", err)
	}
	home, err := os.MkdirTemp("", "carto-bench-home-")
	if err != nil {
		return fmt.Errorf("make a home: %w", err)
	}
	defer func() { _ = os.RemoveAll(home) }() // a leftover in the folder for temporary files hurts nobody
	if b.subject != nil {
		stopped := b.subject
		b.subject = nil
		if err := stopped.Stop(); err != nil {
			return err
		}
	}
	v := &view{b: b, cost: &tuiCost{}, plain: keyCost{What: plainEscape}, clear: keyCost{What: clearEscape, Watched: true}}
	b.result.TUI = v.cost
	if err := v.start(ctx, program, home); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, v.Close()) }()
	for _, step := range []func(context.Context) error{v.rest, v.keys, v.burst, v.quit} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// start is measured until all rows are there.
func (v *view) start(ctx context.Context, program, home string) error {
	mark, err := v.b.cp.Mark(ctx)
	if err != nil {
		return err
	}
	began := time.Now()
	v.Terminal, err = terminal.Start(ctx, terminal.Options{
		Width: tuiWidth, Height: tuiHeight, Dir: home, Env: []string{"HOME=" + home, "KUBECONFIG=" + v.b.cp.Kubeconfig},
	}, program, "tui", "-n", namespace)
	if err != nil {
		return err
	}
	if err := v.wait(ctx, "the first rows", func(s string) bool { return selected(s) != "" }); err != nil {
		return err
	}
	first := time.Now()
	if err := v.wait(ctx, "all rows", func(s string) bool { return strings.Contains(line(s, 1), fmt.Sprintf(" %d workloads ·", v.b.n)) }); err != nil {
		return err
	}
	all := time.Now()
	if err := sleep(ctx, time.Second); err != nil { // for what is sent beside the rows
		return err
	}
	requests, err := v.requests(ctx, mark, false)
	if err != nil {
		return err
	}
	v.b.result.Requests["tui: start"] = count(requests)
	// The command asks for one row first, to say what is wrong before it takes the screen.
	pages := slices.DeleteFunc(slices.Clone(requests), func(r harness.Request) bool {
		return r.Verb != "list" || r.Resource != v.b.owners.resource.Resource || strings.Contains(r.URI, "limit=1&") || strings.HasSuffix(r.URI, "limit=1")
	})
	if len(pages) == 0 {
		return errors.New("the audit log has no list of the rows")
	}
	answered := func(r harness.Request) time.Time { return r.Time.Add(r.Duration) }
	v.cost.FirstRows, v.cost.AllRows = first.Sub(began).Seconds(), all.Sub(began).Seconds()
	v.cost.FirstRowsAnswer = first.Sub(answered(pages[0])).Seconds()
	v.cost.AllRowsAnswer = all.Sub(answered(pages[len(pages)-1])).Seconds()
	return nil
}

// rest is while nothing happens.
func (v *view) rest(ctx context.Context) error {
	v.b.sayf("count requests of the full-screen view for %s at rest", v.b.opts.settled)
	mark, err := v.b.cp.Mark(ctx)
	if err != nil {
		return err
	}
	before, err := usageOf(v.PID())
	if err != nil {
		return err
	}
	if err := sleep(ctx, v.b.opts.settled); err != nil {
		return err
	}
	after, err := usageOf(v.PID())
	if err != nil {
		return err
	}
	requests, err := v.requests(ctx, mark, false)
	if err != nil {
		return err
	}
	v.b.result.Requests["tui: at rest"] = count(requests)
	v.cost.RestCPU = (after.cpu - before.cpu).Seconds() * float64(time.Minute) / float64(v.b.opts.settled)
	v.cost.ResidentRows = after.resident
	return nil
}

// burst changes the status of all owners, as fast as the API server takes it.
func (v *view) burst(ctx context.Context) error {
	v.b.sayf("burst of %d changes under the full-screen view", v.b.n)
	before, err := usageOf(v.PID())
	if err != nil {
		return err
	}
	v.cost.ResidentKeys = before.resident
	drawn := len(v.Frames())
	began := time.Now()
	patch := fmt.Appendf(nil, `{"status":{"conditions":[{"type":"Ready","status":"False","reason":"Burst","message":"changed by the bench","lastTransitionTime":%q}]}}`,
		began.UTC().Format(time.RFC3339))
	err = forAll(ctx, v.b.n, func(ctx context.Context, i int) error {
		_, err := v.b.client.Resource(v.b.owners.resource).Namespace(namespace).Patch(ctx, nameOf(i), types.MergePatchType, patch, metav1.PatchOptions{}, "status")
		return err
	})
	if err != nil {
		return fmt.Errorf("change the owners: %w", err)
	}
	written := time.Now()
	if err := v.wait(ctx, "all changes", func(s string) bool { return strings.Contains(line(s, 1), fmt.Sprintf(" %d failed", v.b.n)) }); err != nil {
		return err
	}
	v.cost.Written, v.cost.Lag = written.Sub(began).Seconds(), time.Since(written).Seconds()
	v.cost.Frames = densest(v.Frames()[drawn:])
	after, err := usageOf(v.PID())
	if err != nil {
		return err
	}
	v.cost.CPU, v.cost.ResidentEnd, v.cost.Peak = (after.cpu - before.cpu).Seconds(), after.resident, after.peak
	return nil
}

func (v *view) quit(ctx context.Context) error {
	if err := v.Press("q"); err != nil {
		return err
	}
	code, err := v.Exit(ctx)
	if err == nil && code != 0 {
		err = fmt.Errorf("the full-screen view ended with %d", code)
	}
	return errors.Join(err, v.Restored())
}

// wait is for what comes within a minute or never.
func (v *view) wait(ctx context.Context, what string, wanted func(screen string) bool) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	return v.Wait(ctx, what, wanted)
}

// requests since a mark, watches that were begun among them. The question whether the API
// server is there is left out of those that keys cause.
func (v *view) requests(ctx context.Context, since harness.Mark, byKeys bool) ([]harness.Request, error) {
	return v.b.cp.Requests(ctx, harness.Filter{UserAgent: tuiAgent, Since: since, Match: func(r harness.Request) bool {
		return !byKeys || r.URI != "/version"
	}})
}

// densest is the most of these times within any second.
func densest(times []time.Time) int {
	most, from := 0, 0
	for to := range times {
		for times[to].Sub(times[from]) >= time.Second {
			from++
		}
		most = max(most, to-from+1)
	}
	return most
}

var tuiRows = []struct {
	what, format string
	value        func(result) float64
	target       string
}{
	{"first rows, s after the API server's first page", "%.2f", func(r result) float64 { return r.TUI.FirstRowsAnswer }, "< 1"},
	{"· s from the start of the process", "%.2f", func(r result) float64 { return r.TUI.FirstRows }, ""},
	{"all rows, s after the last page", "%.2f", func(r result) float64 { return r.TUI.AllRowsAnswer }, ""},
	{"· s from the start of the process", "%.2f", func(r result) float64 { return r.TUI.AllRows }, ""},
	{"requests at the start", "%.0f", func(r result) float64 { return float64(r.total("tui: start")) }, ""},
	{"requests at rest", "%.0f", func(r result) float64 {
		return float64(r.total("tui: at rest")) - float64(r.Requests["tui: at rest"]["get /version"])
	}, "0"},
	{"· is the API server there?", "%.0f", func(r result) float64 { return float64(r.Requests["tui: at rest"]["get /version"]) }, ""},
	{"CPU at rest, s a minute", "%.2f", func(r result) float64 { return r.TUI.RestCPU }, ""},
	{"key to picture, p50 ms", "%.0f", func(r result) float64 { return r.TUI.keys(0.5) }, "< 50"},
	{"key to picture, p99 ms", "%.0f", func(r result) float64 { return r.TUI.keys(0.99) }, "< 50"},
	{"requests a key that a watch answers", "%.2f", func(r result) float64 { return r.TUI.requests() }, "0"},
	{"burst of changes, s to write", "%.2f", func(r result) float64 { return r.TUI.Written }, ""},
	{"· pictures a second, at most", "%.0f", func(r result) float64 { return float64(r.TUI.Frames) }, "≤ 30"},
	{"· last change drawn, s after its answer", "%.2f", func(r result) float64 { return r.TUI.Lag }, ""},
	{"· CPU, s", "%.2f", func(r result) float64 { return r.TUI.CPU }, ""},
	{"memory with all rows, MiB", "%.0f", func(r result) float64 { return float64(r.TUI.ResidentRows) / (1 << 20) }, "< 150"},
	{"memory after all keys, MiB", "%.0f", func(r result) float64 { return float64(r.TUI.ResidentKeys) / (1 << 20) }, "< 150"},
	{"memory after the burst, MiB", "%.0f", func(r result) float64 { return float64(r.TUI.ResidentEnd) / (1 << 20) }, "< 150"},
	{"memory at most, MiB", "%.0f", func(r result) float64 { return float64(r.TUI.Peak) / (1 << 20) }, "< 150"},
}

// printTUI writes what the full-screen view needs, in Markdown.
func printTUI(w *strings.Builder, results []result) {
	results = slices.DeleteFunc(slices.Clone(results), func(r result) bool { return r.TUI == nil })
	if len(results) == 0 {
		return
	}
	fmt.Fprintf(w, "\nThe full-screen view, %d×%d:\n\n", tuiWidth, tuiHeight)
	head := []string{"", "target"}
	for _, r := range results {
		head = append(head, fmt.Sprintf("%d %s", r.Number, r.Owners))
	}
	table := [][]string{head}
	for _, row := range tuiRows {
		cells := []string{row.what, row.target}
		for _, r := range results {
			cells = append(cells, fmt.Sprintf(row.format, row.value(r)))
		}
		table = append(table, cells)
	}
	printAligned(w, table)
	for _, r := range results {
		fmt.Fprintf(w, "\nKeys among %d %s:\n\n", r.Number, r.Owners)
		table := [][]string{{"key", "times", "p50, ms", "p99, ms", "requests a press", "target"}}
		for _, k := range r.TUI.Keys {
			target := ""
			if k.Watched {
				target = "< 50 ms, 0 requests"
			}
			table = append(table, []string{
				k.What, fmt.Sprint(len(k.Milliseconds)), fmt.Sprintf("%.0f", percentile(k.Milliseconds, 0.5)),
				fmt.Sprintf("%.0f", percentile(k.Milliseconds, 0.99)), fmt.Sprintf("%.2f", float64(k.Requests)/float64(len(k.Milliseconds))), target,
			})
		}
		printAligned(w, table)
	}
}
