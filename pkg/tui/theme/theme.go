// Package theme is how the full-screen view looks: colours for dark and light terminals and
// for none, and glyphs for terminals with and without Unicode. Nothing is said by colour
// alone.
package theme

import "charm.land/lipgloss/v2"

// Name of a theme, as --theme takes it.
type Name string

// Names. Auto asks the terminal for its background.
const (
	Auto  Name = "auto"
	Dark  Name = "dark"
	Light Name = "light"
	None  Name = "none"
)

// Names in the order of help.
var Names = []Name{Auto, Dark, Light, None}

// Theme is styles by purpose.
type Theme struct {
	Name    Name
	Unicode bool

	Text, Faint, Strong, Title lipgloss.Style
	// Head is a row of column titles, Selected the row or box that is selected, Marked one
	// that is marked.
	Head, Selected, Marked lipgloss.Style
	// Border of a box, and BorderFocus of the pane that takes the keys.
	Border, BorderFocus lipgloss.Style
	// Key is a key in hints and help, Match what a search found, Prompt the line that is
	// typed into.
	Key, Match, Prompt lipgloss.Style
	// States, and Flow for a value that travels.
	Good, Bad, Busy, Flow lipgloss.Style
	// Parts of YAML.
	YAMLKey, YAMLString, YAMLNumber, YAMLBool, YAMLComment lipgloss.Style
	// Lines of a diff.
	Added, Removed lipgloss.Style
	// Steps are colours to tell steps apart in logs; it is never empty.
	Steps []lipgloss.Style
}

// New makes a theme; Auto is Dark.
func New(name Name, unicode bool) *Theme {
	s := lipgloss.NewStyle
	if name == None {
		bold, faint, reverse := s().Bold(true), s().Faint(true), s().Reverse(true)
		return &Theme{
			Name: None, Unicode: unicode,
			Text: s(), Faint: faint, Strong: bold, Title: bold,
			Head: bold, Selected: reverse, Marked: bold.Underline(true),
			Border: s(), BorderFocus: bold, Key: bold, Match: reverse, Prompt: bold,
			Good: s(), Bad: bold, Busy: s(), Flow: bold,
			YAMLKey: bold, YAMLString: s(), YAMLNumber: s(), YAMLBool: s(), YAMLComment: faint,
			Added: bold, Removed: faint, Steps: []lipgloss.Style{s()},
		}
	}
	// Colours of the terminal's own palette where they are legible on both backgrounds, so
	// that people keep theirs.
	c := func(dark, light string) lipgloss.Style {
		if name == Light {
			return s().Foreground(lipgloss.Color(light))
		}
		return s().Foreground(lipgloss.Color(dark))
	}
	selected := s().Background(lipgloss.Color("24")).Foreground(lipgloss.Color("255"))
	if name == Light {
		selected = s().Background(lipgloss.Color("153")).Foreground(lipgloss.Color("16"))
	}
	return &Theme{
		Name: name, Unicode: unicode,
		Text: s(), Faint: c("245", "243"), Strong: s().Bold(true), Title: c("81", "25").Bold(true),
		Head: c("250", "238").Bold(true), Selected: selected, Marked: c("213", "91").Bold(true),
		Border: c("240", "250"), BorderFocus: c("81", "25"),
		Key: c("81", "25").Bold(true), Match: s().Background(lipgloss.Color("220")).Foreground(lipgloss.Color("16")), Prompt: c("220", "94"),
		Good: c("78", "28"), Bad: c("203", "160").Bold(true), Busy: c("220", "130"), Flow: c("213", "91").Bold(true),
		YAMLKey: c("81", "25"), YAMLString: c("114", "28"), YAMLNumber: c("215", "130"), YAMLBool: c("213", "91"), YAMLComment: c("245", "243"),
		Added: c("78", "28"), Removed: c("203", "160"),
		Steps: []lipgloss.Style{c("81", "25"), c("213", "91"), c("220", "130"), c("114", "28"), c("215", "94"), c("147", "61")},
	}
}
