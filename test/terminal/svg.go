package terminal

import (
	"fmt"
	"html"
	"strings"
)

// Sizes of a drawing, in the units of SVG.
const (
	cellWidth  = 8.4
	cellHeight = 18
	margin     = 12
	bar        = 28
)

// svg draws the screen in a window, with one text for each run of cells that look the same:
// each begins at its column, so that fonts without a glyph move nothing else.
func (s *screen) svg(title string) string {
	fore, back, chrome := "#d0d0d0", "#16181d", "#262a33"
	if s.light {
		fore, back, chrome = "#24292f", "#ffffff", "#e6e8eb"
	}
	width, height := float64(s.width)*cellWidth+2*margin, s.height*cellHeight+2*margin+bar
	out := &strings.Builder{}
	_, _ = fmt.Fprintf(out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %d" width="%.0f" height="%d" font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace" font-size="14">`+"\n", width, height, width, height)
	_, _ = fmt.Fprintf(out, `<title>%s</title><rect width="100%%" height="100%%" rx="8" fill="%s"/><rect width="100%%" height="%d" rx="8" fill="%s"/>`+"\n", html.EscapeString(title), back, bar, chrome)
	for i, dot := range []string{"#ff5f57", "#febc2e", "#28c840"} {
		_, _ = fmt.Fprintf(out, `<circle cx="%d" cy="%d" r="5" fill="%s"/>`, 18+18*i, bar/2, dot)
	}
	_, _ = fmt.Fprintf(out, "\n"+`<text x="50%%" y="%d" text-anchor="middle" fill="%s" font-size="12">%s</text>`+"\n", bar/2+4, fore, html.EscapeString(title))
	for y, row := range s.cells {
		for x := 0; x < len(row); {
			end := x + 1
			for end < len(row) && row[end].style == row[x].style && len(row[end].text) > 0 && len(row[x].text) > 0 {
				end++
			}
			for end < len(row) && row[end].text == "" {
				end++
			}
			s.run(out, row[x:end], x, y, fore, back)
			x = end
		}
	}
	return out.String() + "</svg>\n"
}

func (s *screen) run(out *strings.Builder, cells []cell, x, y int, fore, back string) {
	text := &strings.Builder{}
	for _, c := range cells {
		text.WriteString(c.text)
	}
	look := cells[0].style
	paper := look.back
	if look.fore != "" {
		fore = look.fore
	}
	if look.invert {
		if paper == "" {
			paper = back
		}
		fore, paper = paper, fore
	}
	left, top := margin+float64(x)*cellWidth, bar+margin+y*cellHeight
	if paper != "" && paper != back {
		_, _ = fmt.Fprintf(out, `<rect x="%.1f" y="%d" width="%.1f" height="%d" fill="%s"/>`, left, top, float64(len(cells))*cellWidth, cellHeight, paper)
	}
	if strings.TrimSpace(text.String()) == "" {
		return
	}
	attributes := ""
	if look.bold {
		attributes += ` font-weight="bold"`
	}
	if look.faint {
		attributes += ` opacity="0.6"`
	}
	if look.underline {
		attributes += ` text-decoration="underline"`
	}
	_, _ = fmt.Fprintf(out, `<text x="%.1f" y="%d" fill="%s"%s textLength="%.1f" lengthAdjust="spacingAndGlyphs" xml:space="preserve">%s</text>`+"\n",
		left, top+cellHeight-5, fore, attributes, float64(len(cells))*cellWidth, html.EscapeString(text.String()))
}
