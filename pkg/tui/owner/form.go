package owner

import (
	"fmt"
	"slices"
	"strings"

	"github.com/carto-run/carto/pkg/table"
	"github.com/carto-run/carto/pkg/tree"
	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/pkg/tui/graph"
)

// form is how the graph is drawn: its direction, and how much it says of each step.
type form struct {
	direction graph.Direction
	// rows of a box: all, only title and state, or both of these on one line.
	rows amount
	// width that a box has to have at least, for its texts to be worth reading.
	width int
	// aged is true where a box says since when a step is in its state.
	aged bool
	// tight drops the names of inputs, which are in the detail; bare the top and bottom of
	// boxes.
	tight, bare bool
}

type amount int

const (
	allRows amount = iota
	twoRows
	oneRow
)

// forms, the one that says most first. What reads from left to right comes before what says
// as much from top to bottom.
var forms = []form{
	{direction: graph.Across, rows: allRows, width: 32, aged: true},
	{direction: graph.Across, rows: allRows, width: 24, aged: true},
	{direction: graph.Across, rows: allRows, width: 20, aged: true},
	{direction: graph.Across, rows: allRows, width: 20, aged: true, tight: true},
	{direction: graph.Down, rows: allRows, width: 32, aged: true},
	{direction: graph.Down, rows: allRows, width: 24, aged: true},
	{direction: graph.Across, rows: twoRows, width: 20, aged: true},
	{direction: graph.Across, rows: twoRows, width: 18, aged: true, tight: true},
	{direction: graph.Down, rows: twoRows, width: 20, aged: true},
	{direction: graph.Across, rows: oneRow, width: 22, aged: true},
	{direction: graph.Across, rows: oneRow, width: 22, aged: true, tight: true},
	{direction: graph.Down, rows: oneRow, width: 22, aged: true},
	{direction: graph.Down, rows: oneRow, width: 22, aged: true, tight: true},
	{direction: graph.Across, rows: oneRow, width: 20, aged: true, tight: true, bare: true},
	{direction: graph.Down, rows: oneRow, width: 20, aged: true, tight: true, bare: true},
	{direction: graph.Across, rows: oneRow, width: 18, tight: true, bare: true},
	{direction: graph.Down, rows: oneRow, width: 18, tight: true, bare: true},
	{direction: graph.Across, rows: oneRow, width: 14, tight: true, bare: true},
	{direction: graph.Down, rows: oneRow, width: 14, tight: true, bare: true},
	{direction: graph.Across, rows: oneRow, width: 10, tight: true, bare: true},
	{direction: graph.Down, rows: oneRow, width: 10, tight: true, bare: true},
}

// widestBox is how wide a box becomes where there is room.
const widestBox = 60

// shorten a box to a form; a long line has more than the state.
func (a *artist) shorten(b *graph.Box, c *cell, f form, long bool) {
	switch f.rows {
	case allRows:
	case twoRows:
		if b.Lines = b.Lines[:min(1, len(b.Lines))]; c.plan == nil && table.Width(b.Lines[0].Text) > f.width-4 {
			// What it waits for is seen by the edges.
			state, since := a.stateOf(c)
			b.Lines[0].Text = a.state(state, since).Text
		}
	case oneRow:
		title := a.atOnce(c, f)
		if long && f.aged && len(b.Lines) > 1 {
			for _, l := range b.Lines[1:] {
				title += "  " + l.Text
			}
		}
		b.Title, b.Lines = title, nil
	}
}

// typical boxes are as large as those of these cells become: what form is chosen depends on
// the steps that there are and on the room, and not on the texts of the moment. It would
// change under people's eyes otherwise.
func (f form) typical(all []cell) []graph.Box {
	const longState, age = "x Waiting 59m59s", " 59m59s"
	boxes := make([]graph.Box, 0, len(all))
	for i := range all {
		c := &all[i]
		b := graph.Box{ID: c.id, Title: c.title()}
		if f.rows == oneRow {
			if c.plan == nil {
				b.Title = "x " + b.Title
			}
			if f.aged && c.plan == nil {
				b.Title += age
			}
		} else {
			b.Lines = []graph.Line{{Text: longState}}
		}
		if f.rows == allRows {
			long := graph.Line{Text: strings.Repeat("x", f.width)}
			b.Lines = append(b.Lines, slices.Repeat([]graph.Line{long}, c.rows()-1)...)
		}
		boxes = append(boxes, b)
	}
	return boxes
}

// title of the box of a cell.
func (c *cell) title() string {
	switch {
	case c.plan != nil:
		return table.OneLine(c.plan.Name)
	case c.run != nil:
		if c.run.Sequence > 0 {
			return fmt.Sprintf("run %d", c.run.Sequence)
		}
		return "newest run"
	case c.below != nil:
		return table.OneLine(c.below.Owner.Kind + "/" + c.below.Owner.Name)
	}
	return table.OneLine(c.step.Name)
}

// rows that the box of a cell has at most below its title.
func (c *cell) rows() int {
	switch {
	case c.plan != nil, c.below != nil:
		return 2
	case c.run != nil:
		return 4
	}
	return 3
}

// atOnce is how a box says all on one line: its state as a glyph, its name, and how long.
func (a *artist) atOnce(c *cell, f form) string {
	if c.plan != nil {
		return c.title()
	}
	state, since := a.stateOf(c)
	text := a.theme.Glyph(state) + " " + c.title()
	if f.aged {
		text = strings.TrimSpace(text + " " + age(a.now, since))
	}
	return text
}

// stateOf a cell, and since when it is in it.
func (a *artist) stateOf(c *cell) (feed.State, tree.Time) {
	switch {
	case c.run != nil:
		return stateOf(c.run.Ready), c.run.Ready.Since
	case c.below != nil:
		return treeState(c.below), c.below.Owner.Ready.Since
	}
	return stepState(a.tree, c.step), c.step.Ready.Since
}
