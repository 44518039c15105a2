package terminal

import (
	"fmt"

	"github.com/charmbracelet/x/ansi"
)

// style of a cell. Colours are as CSS writes them; empty is the terminal's own.
type style struct {
	fore, back                             string
	bold, faint, italic, underline, invert bool
}

// basic is the usual palette of sixteen colours.
var basic = [16]string{
	"#1c1c1c", "#d75f5f", "#5faf5f", "#d7af5f", "#5f87d7", "#af87d7", "#5fafaf", "#bcbcbc",
	"#767676", "#ff8787", "#87d787", "#ffd787", "#87afff", "#d7afff", "#87d7d7", "#ffffff",
}

// color of the palette of 256.
func color(n int) string {
	switch {
	case n < 16:
		return basic[max(0, n)]
	case n < 232:
		level := func(v int) int {
			if v == 0 {
				return 0
			}
			return 55 + 40*v
		}
		n -= 16
		return fmt.Sprintf("#%02x%02x%02x", level(n/36), level(n/6%6), level(n%6))
	}
	grey := 8 + 10*(n-232)
	return fmt.Sprintf("#%02x%02x%02x", grey, grey, grey)
}

// apply changes the style as SGR says.
func (s *style) apply(params ansi.Params) {
	if len(params) == 0 {
		*s = style{}
	}
	for i := 0; i < len(params); i++ {
		n, _, _ := params.Param(i, 0)
		switch {
		case n == 0:
			*s = style{}
		case n == 1:
			s.bold = true
		case n == 2:
			s.faint = true
		case n == 3:
			s.italic = true
		case n == 4:
			s.underline = true
		case n == 7:
			s.invert = true
		case n == 22:
			s.bold, s.faint = false, false
		case n == 23:
			s.italic = false
		case n == 24:
			s.underline = false
		case n == 27:
			s.invert = false
		case n >= 30 && n < 38:
			s.fore = color(n - 30)
		case n == 39:
			s.fore = ""
		case n >= 40 && n < 48:
			s.back = color(n - 40)
		case n == 49:
			s.back = ""
		case n >= 90 && n < 98:
			s.fore = color(n - 90 + 8)
		case n >= 100 && n < 108:
			s.back = color(n - 100 + 8)
		case n == 38 || n == 48:
			chosen, used := extended(params[i+1:])
			if n == 38 {
				s.fore = chosen
			} else {
				s.back = chosen
			}
			i += used
		}
	}
}

// extended reads a colour of 256 or of all, and how many parameters that took.
func extended(params ansi.Params) (string, int) {
	at := func(i int) int { v, _, _ := params.Param(i, 0); return v }
	switch at(0) {
	case 5:
		return color(at(1)), 2
	case 2:
		return fmt.Sprintf("#%02x%02x%02x", at(1), at(2), at(3)), 4
	}
	return "", 0
}
