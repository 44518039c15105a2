package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// result is what one subject needed for one number of owners. Times are seconds unless the name says otherwise.
type result struct {
	Subject        string  `json:"subject"`
	Owners         string  `json:"owners"`
	Number         int     `json:"number"`
	Settle         float64 `json:"settleSeconds"`
	SettleCost     cost    `json:"settleCost"`
	Quiet          float64 `json:"quietSeconds"` // from the start to the last request
	PropagationP50 float64 `json:"propagationP50Milliseconds"`
	PropagationP99 float64 `json:"propagationP99Milliseconds"`
	Burst          float64 `json:"burstSeconds"`
	BurstCost      cost    `json:"burstCost"`
	TemplateEdit   float64 `json:"templateEditSeconds,omitempty"`
	Restart        float64 `json:"restartSeconds"`
	Lists          float64 `json:"listsSeconds"`
	// Starts are those of the restart, whose medians are above.
	Starts   []started `json:"starts,omitempty"`
	Resident int       `json:"residentBytes"` // at rest, after the settle
	Peak     int       `json:"peakBytes"`
	// Plugin is what its commands need, TUI what the full-screen view needs.
	Plugin []pluginCost `json:"plugin,omitempty"`
	TUI    *tuiCost     `json:"tui,omitempty"`
	// Foreign is what objects that are not Carto's cost.
	Foreign *foreignCost `json:"foreign,omitempty"`
	// Requests by scenario, verb and resource; watches and the lease are left out.
	Requests map[string]map[string]int `json:"requests"`
}

// cost is CPU time in seconds.
type cost struct {
	CPU       float64 `json:"cpuSeconds"`
	ServerCPU float64 `json:"apiServerCPUSeconds"`
}

func (r result) total(scenario string, verbs ...string) int {
	return sum(r.Requests[scenario], verbs...)
}

// counted is the total of a scenario, or less than nothing when it was not run.
func (r result) counted(scenario string, verbs ...string) float64 {
	if _, ran := r.Requests[scenario]; !ran {
		return -1
	}
	return float64(r.total(scenario, verbs...))
}

// sum of the requests with these verbs, or of all.
func sum(requests map[string]int, verbs ...string) int {
	all := 0
	for what, n := range requests {
		verb, _, _ := strings.Cut(what, " ")
		if len(verbs) == 0 || slices.Contains(verbs, verb) {
			all += n
		}
	}
	return all
}

// row is one line of the table; target is the most that Carto may have, as a share of the yardstick or as it stands.
type row struct {
	what   string
	format string
	value  func(result) float64
	target string
}

var writes = []string{"create", "update", "patch", "delete", "deletecollection"}

var rows = []row{
	{"cold settle, s", "%.2f", func(r result) float64 { return r.Settle }, "≤ 0.65×"},
	{"· requests an owner", "%.1f", func(r result) float64 { return float64(r.total("settle")) / float64(r.Number) }, ""},
	{"· CPU, s", "%.2f", func(r result) float64 { return r.SettleCost.CPU }, "a fraction of the next"},
	{"· CPU of the API server, s", "%.2f", func(r result) float64 { return r.SettleCost.ServerCPU }, ""},
	{"last request after, s", "%.1f", func(r result) float64 { return r.Quiet }, ""},
	{"requests at rest", "%.0f", func(r result) float64 { return r.counted("settled") }, "0"},
	{"one change, p50 ms", "%.1f", func(r result) float64 { return r.PropagationP50 }, "≤ 0.8×"},
	{"one change, p99 ms", "%.1f", func(r result) float64 { return r.PropagationP99 }, "≤ 0.8×"},
	{"burst of changes, s", "%.2f", func(r result) float64 { return r.Burst }, "≤ 0.7×"},
	{"· CPU for 1 000 changes, s", "%.2f", func(r result) float64 { return 1000 * r.BurstCost.CPU / float64(r.Number) }, ""},
	{"· CPU of the API server, s", "%.2f", func(r result) float64 { return 1000 * r.BurstCost.ServerCPU / float64(r.Number) }, "for these, too"},
	{"template edit, s", "%.2f", func(r result) float64 { return r.TemplateEdit }, ""},
	{"· writes an owner", "%.2f", func(r result) float64 { return float64(r.total("template edit", writes...)) / float64(r.Number) }, "2 objects + 1 status"},
	{"restart, s to ready", "%.2f", func(r result) float64 { return r.Restart }, "≤ 2 beyond the next"}, // the yardstick has no probe
	{"· the lists alone, s", "%.2f", func(r result) float64 { return r.Lists }, ""},
	{"· writes", "%.0f", func(r result) float64 { return r.counted("restart", writes...) }, "0"},
	{"memory at rest, MiB", "%.1f", func(r result) float64 { return float64(r.Resident) / (1 << 20) }, "≤ 0.5×"},
	{"memory at most, MiB", "%.1f", func(r result) float64 { return float64(r.Peak) / (1 << 20) }, ""},
}

// column is one subject at work on one number of owners, in all rounds.
type column struct {
	owners, subject string
	number          int
	rounds          []result
}

// columnsOf are in the order in which they were begun.
func columnsOf(results []result) []column {
	var columns []column
	for _, r := range results {
		i := slices.IndexFunc(columns, func(c column) bool { return c.of(r.Owners, r.Subject, r.Number) })
		if i < 0 {
			i, columns = len(columns), append(columns, column{owners: r.Owners, subject: r.Subject, number: r.Number})
		}
		columns[i].rounds = append(columns[i].rounds, r)
	}
	return columns
}

func (c column) of(owners, subject string, number int) bool {
	return c.owners == owners && c.subject == subject && c.number == number
}

// printTable writes the results in Markdown: a column for each, and the ratio where the yardstick was measured too.
func printTable(out io.Writer, results []result) error {
	w := &strings.Builder{}
	columns := columnsOf(results)
	head := []string{"", "target"}
	for _, c := range columns {
		if c.subject == yardstickName {
			head = append(head, "yardstick", "ratio")
		} else {
			head = append(head, fmt.Sprintf("%d %s", c.number, c.owners))
		}
	}
	table := [][]string{head}
	for _, row := range rows {
		line := []string{row.what, row.target}
		for _, c := range columns {
			line = append(line, row.cell(c))
			if c.subject == yardstickName {
				line = append(line, row.ratio(columns, c))
			}
		}
		table = append(table, line)
	}
	printAligned(w, table)
	printPlugin(w, results)
	printForeign(w, results)
	printTUI(w, results)
	for _, c := range columns {
		fmt.Fprintf(w, "\nRequests of %s, %d %s:\n", c.subject, c.number, c.owners)
		first := c.rounds[0].Requests
		for _, scenario := range slices.Sorted(maps.Keys(first)) {
			var counts []string
			for _, what := range slices.Sorted(maps.Keys(first[scenario])) {
				counts = append(counts, fmt.Sprintf("%d %s", first[scenario][what], what))
			}
			fmt.Fprintf(w, "- %s: %s\n", scenario, strings.Join(append(counts, none(counts)...), ", "))
		}
	}
	_, err := io.WriteString(out, w.String())
	return err
}

// cell is the median of the rounds in which it was measured, or a dash; of what there may be nothing of, it is the most.
func (r row) cell(of column) string {
	var values []float64
	for _, round := range of.rounds {
		if value := r.value(round); value > 0 || value == 0 && r.target == "0" {
			values = append(values, value)
		}
	}
	switch {
	case len(values) == 0:
		return "-"
	case r.target == "0":
		return fmt.Sprintf(r.format, slices.Max(values))
	default:
		return fmt.Sprintf(r.format, median(values))
	}
}

// ratio of Carto to the yardstick: the median of the rounds', of which each compares what was measured one after the
// other, and the least and the largest of them.
func (r row) ratio(columns []column, yardstick column) string {
	i := slices.IndexFunc(columns, func(c column) bool { return c.of(yardstick.owners, cartoName, yardstick.number) })
	if i < 0 {
		return "-"
	}
	var ratios []float64
	for round := range min(len(columns[i].rounds), len(yardstick.rounds)) {
		if carto, of := r.value(columns[i].rounds[round]), r.value(yardstick.rounds[round]); carto > 0 && of > 0 {
			ratios = append(ratios, carto/of)
		}
	}
	switch len(ratios) {
	case 0:
		return "-"
	case 1:
		return fmt.Sprintf("%.2f", ratios[0])
	default:
		return fmt.Sprintf("%.2f (%.2f–%.2f)", median(ratios), slices.Min(ratios), slices.Max(ratios))
	}
}

// median of values, of which there is one at least; of an even number the mean of the two in the middle.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

func none(counts []string) []string {
	if len(counts) == 0 {
		return []string{"none"}
	}
	return nil
}

func printAligned(w *strings.Builder, table [][]string) {
	widths := make([]int, len(table[0]))
	for _, line := range table {
		for i, cell := range line {
			widths[i] = max(widths[i], len([]rune(cell)))
		}
	}
	for i, line := range table {
		for j, cell := range line {
			fmt.Fprintf(w, "| %s%s ", cell, strings.Repeat(" ", widths[j]-len([]rune(cell))))
		}
		fmt.Fprintln(w, "|")
		if i == 0 {
			for _, width := range widths {
				fmt.Fprintf(w, "|%s", strings.Repeat("-", width+2))
			}
			fmt.Fprintln(w, "|")
		}
	}
}
