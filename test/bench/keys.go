package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// keyRounds is how often each round of keys is pressed.
const keyRounds = 15

// keyCost is what keys of one purpose need.
type keyCost struct {
	What string `json:"what"`
	// Watched is true where a watch has what the keys show, so that they need no request.
	Watched bool `json:"watched"`
	// Milliseconds from each press to the picture that answers it.
	Milliseconds []float64 `json:"milliseconds"`
	// Requests of all presses; that of going back counts for the key before.
	Requests int `json:"requests"`
}

// Escape is one byte, with which sequences of other keys begin: the library waits 50 ms for
// what may follow. Terminals that know the keyboard protocol of kitty are asked to say it
// unmistakably.
const (
	plainEscape = "esc: back"
	clearEscape = "esc: back, in the keyboard protocol of kitty"
	sentClearly = "\x1b[27u"
)

// press is a key, and how its answer is known among pictures that change by themselves: ages
// do.
type press struct {
	key      string
	answered func(before, now string) bool
}

// round is a row of keys that leads back to where it began.
type round struct {
	what    string
	watched bool
	keys    []press
}

var onTable = []round{
	{"j k ctrl-d ctrl-u G g: moving", true, []press{
		{"j", moved}, {"j", moved}, {"k", moved}, {"ctrl+d", moved}, {"ctrl+u", moved}, {"G", moved}, {"g", moved},
	}},
	{"/ 0 0 4 enter: filtering", true, []press{
		{"/", typed("/")}, {"0", typed("/0")}, {"0", typed("/00")}, {"4", typed("/004")}, {"enter", has(1, "filter 004")}, {"esc", hasNot(1, "filter")},
	}},
	{"s S: sorting", true, []press{{"s", differs(3)}, {"S", differs(3)}}},
	{"ctrl-z: problems", true, []press{{"ctrl+z", has(1, "only problems")}, {"ctrl+z", hasNot(1, "only problems")}}},
	{"y: YAML of a row", true, []press{{"y", shows("yaml", "apiVersion: carto.run")}, {"esc", hasNot(1, "yaml")}}},
	{"d: describe a row, its steps and events", false, []press{{"d", shows("describe", "Conditions")}, {"esc", hasNot(1, "describe")}}},
	{"enter: an owner, its title", false, []press{{"enter", has(1, "› bench/")}, {"esc", hasNot(1, "›")}}},
	{"enter: an owner, its graph", false, []press{{"enter", has(1, "4 of 4 steps")}, {"esc", hasNot(1, "›")}}},
}

var onOwner = []round{
	{"right left: steps of an owner", true, []press{{"right", detail}, {"right", detail}, {"left", detail}, {"left", detail}}},
	{"y: YAML of a step", true, []press{{"y", shows("yaml", "apiVersion: "+group)}, {"esc", hasNot(1, "yaml")}}},
	{"d: describe a step, with its events", false, []press{{"d", shows("describe", "Stamped")}, {"esc", hasNot(1, "describe")}}},
	{"P: params, of the templates", false, []press{{"P", shows("params", "Params of")}, {"esc", hasNot(1, "params")}}},
	{"x: diff of a step", true, []press{{"x", shows("diff", "version")}, {"esc", hasNot(1, "diff")}}},
	{"v: events of an owner", false, []press{{"v", has(1, "events")}, {"esc", hasNot(1, "events")}}},
}

// keys presses all of them, in the table and on an owner.
func (v *view) keys(ctx context.Context) error {
	v.b.sayf("keys of the full-screen view")
	if err := v.rounds(ctx, onTable); err != nil {
		return err
	}
	if err := v.Press("enter"); err != nil {
		return err
	}
	if err := v.wait(ctx, "an owner", func(s string) bool { return strings.Contains(line(s, 1), "4 of 4 steps") }); err != nil {
		return err
	}
	if err := sleep(ctx, time.Second); err != nil { // until its watches have begun
		return err
	}
	if err := v.rounds(ctx, onOwner); err != nil {
		return err
	}
	v.cost.Keys = append(v.cost.Keys, v.plain, v.clear)
	return v.Press("esc")
}

func (v *view) rounds(ctx context.Context, all []round) error {
	for _, r := range all {
		cost := keyCost{What: r.what, Watched: r.watched}
		mark, err := v.b.cp.Mark(ctx)
		if err != nil {
			return err
		}
		for i := range keyRounds {
			for j, p := range r.keys {
				one, text := &cost, ""
				if p.key == "esc" && i%2 == 0 {
					one = &v.plain
				} else if p.key == "esc" {
					one, text = &v.clear, sentClearly
				}
				took, err := v.press(ctx, p, text)
				if err != nil {
					return err
				}
				one.Milliseconds = append(one.Milliseconds, took)
				// Longer than a picture takes, and each at another moment between two.
				if err := sleep(ctx, 120*time.Millisecond+time.Duration((i*7+j*11)%34)*time.Millisecond); err != nil {
					return err
				}
			}
		}
		requests, err := v.requests(ctx, mark, true)
		if err != nil {
			return err
		}
		cost.Requests = len(requests)
		v.b.result.Requests["tui: "+r.what] = count(requests)
		v.cost.Keys = append(v.cost.Keys, cost)
	}
	return nil
}

// press is from the key to the picture that answers it, in milliseconds.
// A text is sent instead of what a plain terminal sends.
func (v *view) press(ctx context.Context, p press, text string) (float64, error) {
	send := func() error { return v.Press(p.key) }
	if text != "" {
		send = func() error { return v.Type(text) }
	}
	before := v.Screen()
	began := time.Now()
	if err := send(); err != nil {
		return 0, err
	}
	err := v.wait(ctx, fmt.Sprintf("the answer to %s", p.key), func(now string) bool { return p.answered(before, now) })
	return float64(time.Since(began).Microseconds()) / 1000, err
}

// keys is a percentile of all keys that a watch answers.
func (c *tuiCost) keys(share float64) float64 {
	var all []float64
	for _, k := range c.Keys {
		if k.Watched {
			all = append(all, k.Milliseconds...)
		}
	}
	return percentile(all, share)
}

// requests is how many each of these keys needed.
func (c *tuiCost) requests() float64 {
	presses, requests := 0, 0
	for _, k := range c.Keys {
		if k.Watched {
			presses += len(k.Milliseconds)
			requests += k.Requests
		}
	}
	return float64(requests) / float64(presses)
}

func percentile(values []float64, share float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[int(float64(len(sorted)-1)*share)]
}

// line of a screen, from the top; negative ones from the bottom.
func line(screen string, i int) string {
	lines := strings.Split(screen, "\n")
	if i < 0 {
		i += len(lines)
	}
	if i < 0 || i >= len(lines) {
		return ""
	}
	return lines[i]
}

// selected is the name in the row with the cursor; empty where there is none.
func selected(screen string) string {
	for row := range strings.SplitSeq(screen, "\n") {
		if fields := strings.Fields(row); len(fields) > 1 && strings.HasPrefix(row, "›") {
			return fields[1]
		}
	}
	return ""
}

func moved(before, now string) bool { return selected(before) != selected(now) }

func typed(text string) func(before, now string) bool {
	return func(_, now string) bool {
		rest, ok := strings.CutPrefix(line(now, -2), text) // above the hints
		return ok && (rest == "" || rest[0] == ' ')
	}
}

func has(i int, text string) func(before, now string) bool {
	return func(_, now string) bool { return strings.Contains(line(now, i), text) }
}

func hasNot(i int, text string) func(before, now string) bool {
	return func(_, now string) bool { return !strings.Contains(line(now, i), text) }
}

func differs(i int) func(before, now string) bool {
	return func(before, now string) bool { return line(before, i) != line(now, i) }
}

// shows is a pane with its text.
func shows(title, text string) func(before, now string) bool {
	return func(_, now string) bool {
		return strings.Contains(line(now, 1), "› "+title) && strings.Contains(now, text)
	}
}

// detail is true when another step is told about.
func detail(before, now string) bool {
	step := func(screen string) string {
		_, rest, _ := strings.Cut(screen, "─ step ")
		name, _, _ := strings.Cut(rest, " ")
		return name
	}
	return step(before) != step(now)
}
