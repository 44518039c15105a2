package viewer

// Top is the first line that is seen, counted from 0.
func (v *Viewer) Top() int { return v.top.line }

// Left is the first cell that is seen, counted from 0.
func (v *Viewer) Left() int { return v.left }

// Restate replaces the lines by others that say the same, such as with times. The line top
// is the first one to be seen then, unless the end is followed; the search stays.
func (v *Viewer) Restate(top int, lines []Line) {
	rows := make([]row, len(lines))
	for i, l := range lines {
		rows[i] = keep(l)
	}
	count, current := len(v.search.matches), v.search.current
	v.rows = rows
	if v.top.line != top {
		v.top = place{line: top}
	}
	v.find()
	if len(v.search.matches) == count {
		v.search.current = current // what was found only moved within its line
	}
	v.settle()
}
