// Package table prints rows in columns that align whatever the script of their text is,
// and that fit a terminal.
//
// The tables of Kubernetes' own printers count characters, so that a name of wide
// characters moves all that is right of it, and they never cut.
package table

import (
	"io"
	"strings"
)

// Spaces between columns: what kubectl prints, and what is left of it where the terminal is
// too narrow. Then a column that may be cut keeps at least crumb.
const (
	usualGap  = 3
	narrowGap = 1
	crumb     = 6
)

// Column of a table.
type Column struct {
	Title string
	// Min is the width below which the column is not cut; 0 means it is never cut. What
	// is left of room is taken from the last such column first.
	Min int
	// Spare is true for a column that is left out where others would be cut below their
	// Min for it. It is for tables that are printed at once: what is left out stays out.
	Spare bool
}

// Options say how a table looks.
type Options struct {
	// Width to fit rows into; 0 means never cut.
	Width int
	// Unicode allows a marker beyond ASCII where something is cut.
	Unicode bool
	// NoHeaders leaves the titles out.
	NoHeaders bool
	// Indent of every row.
	Indent string
	// Gap is how many spaces stand between columns; 0 means the three of kubectl.
	Gap int
	// Paint colours a cell that has its final width; nil means no colour.
	Paint func(column, cell string) string
}

// Printer prints rows that come in portions, as those of a watch do: the columns of the
// first portion stay, and only grow when a later cell needs more.
type Printer struct {
	columns []Column
	options Options
	widths  []int
	left    []bool // out, of the columns
	begun   bool
}

// New makes a printer.
func New(columns []Column, o Options) *Printer {
	if o.Gap == 0 {
		o.Gap = usualGap
	}
	return &Printer{columns: columns, options: o, widths: make([]int, len(columns)), left: make([]bool, len(columns))}
}

// Write prints rows, before the first ones the titles.
func (p *Printer) Write(w io.Writer, rows [][]string) error {
	all := make([][]string, 0, len(rows)+1)
	if !p.begun && !p.options.NoHeaders {
		titles := make([]string, len(p.columns))
		for i, c := range p.columns {
			titles[i] = c.Title
		}
		all = append(all, titles)
	}
	p.begun = true
	for _, row := range rows {
		cells := make([]string, len(row))
		for i, cell := range row {
			cells[i] = Cell(cell)
			p.widths[i] = max(p.widths[i], Width(cells[i]))
		}
		all = append(all, cells)
	}
	if !p.options.NoHeaders {
		for i, c := range p.columns {
			p.widths[i] = max(p.widths[i], Width(c.Title))
		}
	}
	p.spare()
	widths, space := p.fit()
	out := &strings.Builder{}
	for _, row := range all {
		p.row(out, widths, space, row)
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// spare leaves columns out, from the last to the first, while those that may be cut would
// say next to nothing.
func (p *Printer) spare() {
	for i := len(p.columns) - 1; i >= 0 && p.options.Width > 0; i-- {
		if p.columns[i].Spare && !p.left[i] && p.over(func(i int) int {
			if least := p.columns[i].Min; least > 0 {
				return min(p.widths[i], least)
			}
			return p.widths[i]
		}) > 0 {
			p.left[i] = true
		}
	}
}

// over is by how much a line is too long for columns of these widths.
func (p *Printer) over(width func(column int) int) int {
	over := Width(p.options.Indent) - p.options.Gap - p.options.Width
	for i := range p.columns {
		if !p.left[i] {
			over += width(i) + p.options.Gap
		}
	}
	return over
}

// fit takes the room that is missing from the columns that may be cut, and only then from
// the space between columns and from what such columns say at the least.
func (p *Printer) fit() (widths []int, space int) {
	widths = append(widths, p.widths...)
	if p.options.Width <= 0 {
		return widths, p.options.Gap
	}
	over := p.over(func(i int) int { return widths[i] })
	if over = p.take(widths, over, func(least int) int { return least }); over <= 0 {
		return widths, p.options.Gap
	}
	for i := range widths[1:] {
		if !p.left[i+1] {
			over -= p.options.Gap - narrowGap
		}
	}
	p.take(widths, over, func(least int) int { return min(least, crumb) })
	return widths, narrowGap
}

// take shortens columns from the last to the first, and returns what is still over.
func (p *Printer) take(widths []int, over int, least func(int) int) int {
	for i := len(widths) - 1; i >= 0 && over > 0; i-- {
		if p.columns[i].Min > 0 && !p.left[i] {
			less := min(over, max(0, widths[i]-least(p.columns[i].Min)))
			widths[i] -= less
			over -= less
		}
	}
	return over
}

func (p *Printer) row(out *strings.Builder, widths []int, space int, cells []string) {
	line := &strings.Builder{}
	line.WriteString(p.options.Indent)
	for i, cell := range cells {
		if p.left[i] {
			continue
		}
		if i > 0 {
			line.WriteString(strings.Repeat(" ", space))
		}
		cell = Cut(cell, widths[i], p.options.Unicode)
		room := widths[i] - Width(cell)
		if p.options.Paint != nil {
			cell = p.options.Paint(p.columns[i].Title, cell)
		}
		line.WriteString(cell)
		line.WriteString(strings.Repeat(" ", max(0, room)))
	}
	text := strings.TrimRight(line.String(), " ")
	if p.options.Width > 0 {
		// The columns that are never cut may be too many for the terminal.
		text = Cut(text, p.options.Width, p.options.Unicode)
	}
	out.WriteString(text + "\n")
}

// Cell is a text of others as it may stand in a row: on one line, without what steers a
// terminal.
func Cell(s string) string {
	return strings.NewReplacer("\r\n", " ", "\n", " ", "\t", " ").Replace(Printable(s))
}

// PaintStatus colours the cells of columns that hold the status of a condition. The word
// itself stays, so that colour is never the only signal.
func PaintStatus(column, cell string) string {
	if column != "READY" && column != "HEALTHY" {
		return cell
	}
	code := map[string]string{"True": "32", "False": "31", "Unknown": "33"}[cell]
	if code == "" {
		return cell
	}
	return "\x1b[" + code + "m" + cell + "\x1b[0m"
}
