package overview

import (
	"github.com/carto-run/carto/pkg/tui/screen"
)

// frame is how the lines of the screen are used.
type frame struct {
	head bool
	rows int
	// foot is true for a line at the bottom: the filter that is typed, or a fault.
	foot bool
}

func (o *overview) frame(env *screen.Env) frame {
	f := frame{foot: o.prompt.open || o.fault != nil && len(o.rows.all) > 0, rows: env.Height}
	if f.foot {
		f.rows--
	}
	if f.rows >= 2 {
		f.head = true
		f.rows--
	}
	f.rows = max(0, f.rows)
	return f
}

// slot is where a column stands, in cells.
type slot struct {
	column   column
	x, width int
}

const (
	// gutter is the room on the left for what says that a row is selected or marked.
	gutter = 2
	gap    = 2
	// roomy screens show what came out without being asked.
	roomy = 200
)

// leastImportant columns go first where there is no room for all.
var leastImportant = []column{colLabels, colOutput, colBlueprint, colType, colAge, colOwners, colSteps, colCause, colNamespace, colState}

// leastImportantWide keeps the columns that were asked for.
var leastImportantWide = []column{colAge, colType, colBlueprint, colOwners, colLabels, colSteps, colOutput, colCause, colNamespace, colState}

// atLeast is how narrow a column may become; the others keep the width of their text.
var atLeast = map[column]int{colNamespace: 8, colName: 16, colType: 8, colBlueprint: 12, colOutput: 16, colLabels: 16}

// causeBeside is how much of a cause has to be seen before a column may stand beside it;
// nothing for what tells rows apart.
var causeBeside = map[column]int{
	colLabels: 14, colOutput: 14, colBlueprint: 36, colType: 36, colAge: 26, colOwners: 26, colSteps: 26,
}

// layout chooses columns and their widths. It only depends on all rows together, so that
// nothing moves while a person scrolls.
func (o *overview) layout(env *screen.Env) []slot {
	p := plan{total: env.Width, has: o.wanted(env), natural: o.natural()}
	if o.wide {
		p.drop(leastImportantWide)
	} else {
		p.drop(leastImportant)
	}
	p.grow()
	return p.slots()
}

// wanted are the columns that would be shown if there were room for all.
func (o *overview) wanted(env *screen.Env) [columns]bool {
	has := columnsOf(o.kind)
	has[colNamespace] = has[colNamespace] && o.namespace == ""
	has[colBlueprint] = has[colBlueprint] && o.of == nil
	has[colOutput] = has[colOutput] && (o.wide || env.Width >= roomy)
	has[colLabels] = has[colLabels] && o.wide
	has[colOwners] = has[colOwners] && o.rows.widths[colOwners].max > 0
	return has
}

// natural widths hold every text.
func (o *overview) natural() [columns]int {
	var natural [columns]int
	for c := range columns {
		natural[c] = max(len(titles[c]), o.rows.widths[c].max)
	}
	// With the glyph; and for the longest words there are, so that they move nothing.
	natural[colState] = len("+ Deleting")
	natural[colAge] = len("5y300d")
	by := o.rows.rule.by
	natural[by] = max(natural[by], len(titles[by])+2)
	if by == byDefault {
		natural[colName] = max(natural[colName], len(titles[colName])+2)
	}
	return natural
}

// plan of the columns of a table of a total width.
type plan struct {
	total           int
	has             [columns]bool
	natural, widths [columns]int
}

// least is how narrow a column may become.
func (p *plan) least(c column) int {
	if w, ok := atLeast[c]; ok {
		return min(p.natural[c], w)
	}
	return p.natural[c]
}

// room is what is left for the cause where the others are as narrow as can be.
func (p *plan) room() int {
	rest := p.total - gutter
	for c := range columns {
		if p.has[c] && c != colCause {
			rest -= p.least(c) + gap
		}
	}
	if p.has[colCause] {
		return rest
	}
	return rest + gap
}

// drop gives up columns until there is room.
func (p *plan) drop(order []column) {
	for _, c := range order {
		cause := causeBeside[c]
		switch {
		case c == colCause:
			// Better the beginning of a cause than nothing.
			cause = len("CAUSE") + 3
		case !p.has[colCause]:
			cause = 0
		}
		if p.room() < cause {
			p.has[c] = false
		}
	}
}

// grow shares the room out: to what tells rows apart first, then to some of the cause, then
// to all that is there.
func (p *plan) grow() {
	rest := max(0, p.room())
	for c := range columns {
		if p.has[c] && c != colCause {
			p.widths[c] = p.least(c)
		}
	}
	full := p.natural
	for _, g := range []struct {
		column column
		upTo   int
	}{
		{colCause, 26},
		{colNamespace, min(full[colNamespace], 14)}, {colName, min(full[colName], 26)},
		{colCause, 40},
		{colName, min(full[colName], 40)}, {colNamespace, full[colNamespace]},
		// Names that begin alike are cut to the same.
		{colBlueprint, min(full[colBlueprint], 20)},
		{colCause, 60},
		{colName, full[colName]}, {colType, full[colType]}, {colBlueprint, full[colBlueprint]},
		{colOutput, min(full[colOutput], 60)}, {colLabels, min(full[colLabels], 40)},
		// In steps, so that columns behind it rarely move.
		{colCause, max(80, (full[colCause]+39)/40*40)},
		{colLabels, full[colLabels]}, {colOutput, full[colOutput]},
	} {
		if p.has[g.column] && p.widths[g.column] < g.upTo {
			by := min(rest, g.upTo-p.widths[g.column])
			p.widths[g.column] += by
			rest -= by
		}
	}
}

// slots of the columns that have any room. The last one is cut where not even its least
// fits.
func (p *plan) slots() []slot {
	var slots []slot
	x := gutter
	for c := range columns {
		if w := min(p.widths[c], p.total-x); p.has[c] && w > 0 {
			slots = append(slots, slot{c, x, w})
			x += w + gap
		}
	}
	return slots
}
