package overview

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"github.com/carto-run/carto/pkg/tui/screen"
)

// frame is how the lines of the screen are used.
type frame struct {
	head bool
	rows int
	// cause is true for a line below the rows: the whole cause of the selected one, where the
	// column cuts causes.
	cause bool
	// foot is true for a line at the bottom: the filter that is typed, or a fault.
	foot bool
}

// causeFrom is the height from which a line can be spared for the cause.
const causeFrom = 12

func (o *overview) frame(env *screen.Env) frame {
	f := frame{foot: o.prompt.open || o.fault != nil && len(o.rows.all) > 0, rows: env.Height}
	if f.foot {
		f.rows--
	}
	if f.rows >= 2 {
		f.head = true
		f.rows--
	}
	// It depends on all rows together: nothing moves while a person goes through them.
	if f.rows >= causeFrom && o.cut(env, o.rows.widths[colCause].max) {
		f.cause = true
		f.rows--
	}
	f.rows = max(0, f.rows)
	return f
}

// cut tells whether a cause of a width is not seen as a whole in its column.
func (o *overview) cut(env *screen.Env, wide int) bool {
	for _, s := range o.layout(env) {
		if s.column == colCause {
			return wide > s.width
		}
	}
	return wide > 0
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
	p, aside := o.plan(env)
	if len(aside) > 0 {
		return o.sideways(env, p, aside)
	}
	p.grow()
	return p.slots()
}

// plan of the columns that there is room for, and those that were asked for besides.
func (o *overview) plan(env *screen.Env) (*plan, []column) {
	p := &plan{total: env.Width, has: o.wanted(env, o.wide), natural: o.natural()}
	asked := p.has
	if p.drop(leastImportant); !o.wide || p.has == asked {
		return p, nil
	}
	// What was seen before more was asked for is not taken away.
	p.has = o.wanted(env, false)
	p.drop(leastImportant)
	var aside []column
	for c := range columns {
		if asked[c] && !p.has[c] && c != colNamespace {
			aside = append(aside, c)
		}
	}
	return p, aside
}

// wanted are the columns that would be shown if there were room for all.
func (o *overview) wanted(env *screen.Env, wide bool) [columns]bool {
	has := columnsOf(o.kind)
	has[colNamespace] = has[colNamespace] && o.namespace == ""
	has[colBlueprint] = has[colBlueprint] && o.of == nil
	has[colOutput] = has[colOutput] && (wide || env.Width >= roomy)
	has[colLabels] = has[colLabels] && wide
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

// widestAside is how much of a text is seen in a table that is wider than the screen.
const widestAside = 40

// sideways are the columns of a table that is wider than the screen: those that there is room
// for anyway, and to the right of them the others that were asked for. The names stay, and
// of the rest so many are to the left of what is seen, as far as the last one.
func (o *overview) sideways(env *screen.Env, p *plan, aside []column) []slot {
	p.grow()
	for _, c := range aside {
		p.widths[c] = min(p.natural[c], widestAside)
	}
	p.widths[colCause] = min(p.widths[colCause], widestAside)
	var slots []slot
	x := gutter
	put := func(c column) {
		if w := min(p.widths[c], env.Width-x); w > 0 && w >= min(p.widths[c], len("CAUSE")) {
			slots = append(slots, slot{c, x, w})
			x += w + gap
		}
	}
	for _, c := range []column{colNamespace, colName} {
		if p.has[c] {
			put(c)
		}
	}
	rest, long := p.rest(aside), -gap
	for _, c := range rest {
		long += p.widths[c] + gap
	}
	for left := o.left; left > 0 && len(rest) > 1 && long > env.Width-x; left-- {
		long -= p.widths[rest[0]] + gap
		rest = rest[1:]
	}
	for _, c := range rest {
		put(c)
	}
	return slots
}

// rest are the columns behind the names, in order.
func (p *plan) rest(aside []column) []column {
	var rest []column
	for c := range columns {
		if p.has[c] && c != colName && c != colNamespace {
			rest = append(rest, c)
		}
	}
	return append(rest, aside...)
}

// aside are the columns that were asked for and are not seen: to the left, and to the right.
func (o *overview) aside(env *screen.Env) (left, right []string) {
	p, all := o.plan(env)
	if len(all) == 0 {
		return nil, nil
	}
	slots, after := o.layout(env), false
	for _, c := range p.rest(all) {
		switch {
		case slices.ContainsFunc(slots, func(s slot) bool { return s.column == c }):
			after = true
		case after:
			right = append(right, titles[c])
		default:
			left = append(left, titles[c])
		}
	}
	return left, right
}

// sidle scrolls by a column; going to the right asks for more columns first.
func (o *overview) sidle(env *screen.Env, by int) tea.Cmd {
	left, right := o.aside(env)
	switch {
	case by > 0 && !o.wide:
		o.wide, o.left = true, 0
	case by > 0 && len(right) > 0, by < 0 && len(left) > 0:
		o.left = len(left) + by
	case by > 0:
		return toast("these are all columns")
	case o.wide:
		o.wide = false
	default:
		return toast("these are the first columns; right shows more")
	}
	return nil
}
