package graph

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"github.com/carto-run/carto/pkg/table"
	"github.com/carto-run/carto/pkg/tui/theme"
)

// faults of a drawing: what no reader may ever see, whatever the graph.
func faults(boxes []Box, edges []Edge, o Options) (found []string) {
	fault := func(format string, args ...any) { found = append(found, fmt.Sprintf(format, args...)) }
	d := lay(boxes, edges, o).fill()
	inside := func(c cell) bool { return c.x >= 0 && c.x < d.width && c.y >= 0 && c.y < d.height }
	owner := map[cell]string{}
	byID := map[string]placedBox{}
	for _, b := range d.boxes {
		byID[b.ID] = b
		for y := b.Y; y < b.Y+b.Height; y++ {
			for x := b.X; x < b.X+b.Width; x++ {
				c := cell{x, y}
				if !inside(c) {
					fault("box %q leaves the picture at %v", b.ID, c)
				}
				if other, taken := owner[c]; taken {
					fault("box %q stands on box %q at %v", b.ID, other, c)
				}
				owner[c] = b.ID
			}
		}
	}
	type lines struct {
		net  int
		arms uint8
	}
	drawn := map[cell][]lines{}
	for _, w := range d.wires {
		name := fmt.Sprintf("edge %q to %q", w.From, w.To)
		for i, c := range w.cells {
			if !inside(c) {
				fault("%s leaves the picture at %v", name, c)
			}
			if b, taken := owner[c]; taken {
				fault("%s runs through box %q at %v", name, b, c)
			}
			var arms uint8
			if i > 0 {
				arms |= arm(c, w.cells[i-1])
				if p := w.cells[i-1]; abs(p.x-c.x)+abs(p.y-c.y) != 1 {
					fault("%s is broken between %v and %v", name, p, c)
				}
			}
			if i+1 < len(w.cells) {
				arms |= arm(c, w.cells[i+1])
			}
			if i == 0 {
				arms |= opposite(byID[w.From].side(c))
			}
			if i+1 == len(w.cells) {
				arms |= opposite(byID[w.To].side(c))
			}
			for _, other := range drawn[c] {
				if other.net != w.net && (other.arms|arms != upright|level || arms != upright && arms != level) {
					fault("%s runs on another value at %v", name, c)
				}
			}
			drawn[c] = append(drawn[c], lines{w.net, arms})
		}
		for end, at := range map[string]cell{w.From: w.cells[0], w.To: w.cells[len(w.cells)-1]} {
			if w.From != w.To && !touches(byID[end].Rect, at, o.Bare) {
				fault("%s does not touch %q: it ends at %v", name, end, at)
			}
		}
	}
	labelled := map[cell]bool{}
	for _, l := range d.labels {
		for i := range table.Width(l.text) {
			c := cell{l.x + i, l.y}
			alone := len(drawn[c]) == 0 || len(drawn[c]) == 1 && l.on >= 0 && slices.Contains(d.wires[l.on].cells, c)
			if _, taken := owner[c]; taken || labelled[c] || !alone || !inside(c) {
				fault("label %q hides something, or is outside, at %v", l.text, c)
			}
			labelled[c] = true
		}
	}
	if want := len(newModel(boxes, edges, o).edges); len(d.wires) != want {
		fault("%d edges of %d are drawn", len(d.wires), want)
	}
	p := Draw(boxes, edges, o)
	if len(p.Lines) != p.Height {
		fault("%d lines, not %d", len(p.Lines), p.Height)
	}
	o.Theme = theme.New(theme.None, o.Theme.Unicode)
	colourless := Draw(boxes, edges, o)
	for y, l := range p.Lines {
		if w := table.Width(l); w != p.Width {
			fault("line %d is %d cells wide, not %d: %q", y, w, p.Width, l)
		}
		if ansi.Strip(l) != ansi.Strip(colourless.Lines[y]) {
			fault("line %d says something else without colour: %q", y, l)
		}
	}
	for id, r := range p.Boxes {
		if at := p.At(r.X+r.Width-1, r.Y+r.Height-1); at != id {
			fault("%q is at the place of %q", at, id)
		}
	}
	return found
}

// touches is true for a cell beside a side of a box, the corners left out.
func touches(r Rect, c cell, bare bool) bool {
	if bare {
		r.Y, r.Height = r.Y-1, r.Height+2
	}
	level := c.y > r.Y && c.y < r.Y+r.Height-1 && (c.x == r.X-1 || c.x == r.X+r.Width)
	if bare {
		r.Y, r.Height = r.Y+1, r.Height-2
	}
	upright := c.x > r.X && c.x < r.X+r.Width-1 && (c.y == r.Y-1 || c.y == r.Y+r.Height)
	return level || upright
}

// random makes a graph: of forward edges only, or of any.
func random(r *rand.Rand) ([]Box, []Edge) {
	var boxes []Box
	for i := range 1 + r.IntN(14) {
		b := Box{ID: fmt.Sprint("s", i), Title: "step-" + fmt.Sprint(i), Look: Look(r.IntN(6))}
		for range r.IntN(4) {
			b.Lines = append(b.Lines, Line{Text: "line of some length"[:r.IntN(19)], Look: Look(r.IntN(6))})
		}
		boxes = append(boxes, b)
	}
	anyway := r.IntN(3) == 0
	var edges []Edge
	for range r.IntN(3 * len(boxes)) {
		a, b := r.IntN(len(boxes)), r.IntN(len(boxes)+1)
		if !anyway && (a == b || b == len(boxes)) {
			continue
		}
		if !anyway && a > b {
			a, b = b, a
		}
		edges = append(edges, Edge{
			From: fmt.Sprint("s", a), To: fmt.Sprint("s", b), Label: []string{"", "image", "source", "a-rather-long-label"}[r.IntN(4)],
			Available: r.IntN(2) == 0, Travel: 2*r.Float64() - 1,
		})
	}
	return boxes, edges
}

func TestRandomGraphs(t *testing.T) {
	for seed := range uint64(1500) {
		r := rand.New(rand.NewPCG(seed, 7))
		boxes, edges := random(r)
		o := Options{Width: 20 + r.IntN(180), MaxBox: r.IntN(40), Direction: Direction(r.IntN(3)), Theme: theme.New(theme.Dark, r.IntN(2) == 0), Selected: "s1", Tight: r.IntN(3) == 0, Bare: r.IntN(3) == 0}
		for i, f := range faults(boxes, edges, o) {
			if i < 4 {
				t.Errorf("seed %d, direction %d, width %d: %s", seed, o.Direction, o.Width, f)
			}
		}
		if t.Failed() {
			for _, l := range Draw(boxes, edges, Options{Width: o.Width, MaxBox: o.MaxBox, Direction: o.Direction, Tight: o.Tight, Bare: o.Bare, Theme: plain(true)}).Lines {
				t.Log(l)
			}
			t.Fatalf("%v", edges)
		}
	}
}

// TestMarks: marks that join with what stands beside a text do not bend borders. Texts are
// tried alone, behind a letter, and with what joins or widens characters.
func TestMarks(t *testing.T) {
	c := &canvas{unicode: true}
	for r := range rune(0x20000) {
		for _, s := range []string{string(r), "a" + string(r), string(r) + string(r), "अ" + string(r), string(r) + "\u200d", string(r) + "\ufe0f"} {
			if got := c.fit(clean(s), 20); table.Width(got) != 20 {
				t.Errorf("%q is drawn %d cells wide, not 20: %q", s, table.Width(got), got)
			}
		}
	}
}

// FuzzDraw reads a graph from bytes: nothing may make the drawing panic or bend.
func FuzzDraw(f *testing.F) {
	f.Add([]byte{}, "title", "label", uint8(0), uint8(80))
	f.Add([]byte{0, 1, 1, 2, 2, 0, 3, 3}, "購物車\u0301", "source", uint8(1), uint8(40))
	f.Add([]byte{0, 4, 1, 4, 2, 4, 3, 4, 0, 5}, "a\x1b[31m\n\tb", "", uint8(2), uint8(20))
	f.Add([]byte{0, 1, 0, 2, 0, 3, 1, 4, 2, 4, 3, 4, 0, 4, 200, 4}, "\u0600\u200d👩‍👩‍👧", "🇩🇪🇩", uint8(5), uint8(0))
	f.Add([]byte{0, 1, 1, 2, 0, 2}, "\u0300\ufe0f", "\u0301\ufe0f", uint8(3), uint8(90))
	f.Fuzz(func(t *testing.T, links []byte, title, label string, mode, width uint8) {
		links = links[:min(len(links), 80)]
		most := 0
		var edges []Edge
		for i := 0; i+1 < len(links); i += 2 {
			from, to := int(links[i])%20, int(links[i+1])%20
			most = max(most, from, to)
			e := Edge{From: fmt.Sprint(from), To: fmt.Sprint(to), Label: label, Available: links[i] >= 128, Travel: float64(links[i+1])/128 - 1}
			if links[i]%3 == 0 {
				e.Label = fmt.Sprint(i)
			}
			edges = append(edges, e)
		}
		var boxes []Box
		for i := range most { // the last is unknown
			boxes = append(boxes, Box{ID: fmt.Sprint(i), Title: title, Look: Look(i % 6), Lines: make([]Line, i%4)})
			if i%4 > 0 {
				boxes[i].Lines[0].Text = label
			}
		}
		o := Options{Width: int(width), MaxBox: int(mode / 8), Tight: mode%5 == 0, Bare: mode%7 == 0, Direction: Direction(mode % 3), Selected: "0", Theme: theme.New(theme.Dark, mode%2 == 0)}
		for _, f := range faults(boxes, edges, o) {
			t.Error(f)
		}
	})
}

func BenchmarkDraw(b *testing.B) {
	chain, parallel, dense := []Box{}, []Box{}, []Box{}
	var chained, fanned, woven []Edge
	r := rand.New(rand.NewPCG(1, 1))
	for i := range 60 {
		box := step(fmt.Sprint("step-", i), "ready", image)
		chain, parallel, dense = append(chain, box), append(parallel, box), append(dense, box)
		if i > 0 {
			chained = append(chained, Edge{From: chain[i-1].ID, To: box.ID, Label: "source", Available: true, Travel: 0.5})
			fanned = append(fanned, Edge{From: chain[0].ID, To: box.ID, Label: "source", Available: true, Travel: 0.5})
			woven = append(woven, Edge{From: dense[r.IntN(i)].ID, To: box.ID, Label: "source"}, Edge{From: dense[r.IntN(i)].ID, To: box.ID, Label: "image"})
		}
	}
	for _, bc := range []struct {
		name  string
		boxes []Box
		edges []Edge
	}{{"chain60", chain, chained}, {"parallel60", parallel, fanned}, {"woven60", dense, woven}} {
		b.Run(bc.name, func(b *testing.B) {
			for b.Loop() {
				Draw(bc.boxes, bc.edges, Options{Width: 160, Theme: theme.New(theme.Dark, true)})
			}
		})
	}
}
