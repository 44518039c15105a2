package graph

// Arms of a cell: where a line leaves it.
const (
	north uint8 = 1 << iota
	east
	south
	west

	upright = north | south
	level   = east | west
)

// glyphs are the characters of a picture.
type glyphs struct {
	// lines by arms.
	lines [16]string
	// dashed and strong variants of straight lines: a level one and an upright one.
	dashed, strong [2]string
	// heads by the arm on which the box is.
	heads map[uint8]string
	// dot is a value that travels.
	dot                                  string
	plain, faint, passing, bad, selected border
}

// border is how a box is drawn: its corners from the left top, its sides, and the places
// where a line leaves it, by arm.
type border struct {
	corners        [4]string
	level, upright string
	out            map[uint8]string
}

func glyphsOf(unicode bool) *glyphs {
	if unicode {
		return &unicodeGlyphs
	}
	return &asciiGlyphs
}

var (
	lightOut  = map[uint8]string{north: "┴", east: "├", south: "┬", west: "┤"}
	heavyOut  = map[uint8]string{north: "┷", east: "┠", south: "┯", west: "┨"}
	doubleOut = map[uint8]string{north: "╧", east: "╟", south: "╤", west: "╢"}
	plusOut   = map[uint8]string{north: "+", east: "+", south: "+", west: "+"}

	unicodeGlyphs = glyphs{
		lines:  [16]string{" ", "│", "─", "╰", "│", "│", "╭", "├", "─", "╯", "─", "┴", "╮", "┤", "┬", "┼"},
		dashed: [2]string{"┄", "┆"},
		strong: [2]string{"━", "┃"},
		heads:  map[uint8]string{north: "▲", east: "▶", south: "▼", west: "◀"},
		dot:    "●",

		plain:    border{[4]string{"┌", "┐", "└", "┘"}, "─", "│", lightOut},
		faint:    border{[4]string{"┌", "┐", "└", "┘"}, "┄", "┆", lightOut},
		passing:  border{[4]string{"╭", "╮", "╰", "╯"}, "─", "│", lightOut},
		bad:      border{[4]string{"┏", "┓", "┗", "┛"}, "━", "┃", heavyOut},
		selected: border{[4]string{"╔", "╗", "╚", "╝"}, "═", "║", doubleOut},
	}
	asciiGlyphs = glyphs{
		lines:  [16]string{" ", "|", "-", "+", "|", "|", "+", "+", "-", "+", "-", "+", "+", "+", "+", "+"},
		dashed: [2]string{".", ":"},
		strong: [2]string{"=", "|"},
		heads:  map[uint8]string{north: "^", east: ">", south: "v", west: "<"},
		dot:    "*",

		plain:    border{[4]string{"+", "+", "+", "+"}, "-", "|", plusOut},
		faint:    border{[4]string{"+", "+", "+", "+"}, ".", ":", plusOut},
		passing:  border{[4]string{".", ".", "'", "'"}, "-", "|", plusOut},
		bad:      border{[4]string{"#", "#", "#", "#"}, "=", "#", plusOut},
		selected: border{[4]string{"+", "+", "+", "+"}, "=", "H", plusOut},
	}
)

// line is the character of a cell. Where two lines cross, the upright one goes on and the
// level one passes below it: a cross would say that they meet.
func (g *glyphs) line(arms, solid uint8, crossing bool) string {
	if crossing {
		arms = upright
	}
	switch dashed := solid&arms == 0; {
	case dashed && arms&upright == 0:
		return g.dashed[0]
	case dashed && arms&level == 0:
		return g.dashed[1]
	}
	return g.lines[arms]
}

// tail is the character of a cell that a value has just passed.
func (g *glyphs) tail(arms uint8, crossing bool) string {
	switch {
	case crossing:
	case arms&upright == 0:
		return g.strong[0]
	case arms&level == 0:
		return g.strong[1]
	}
	return g.lines[arms]
}
