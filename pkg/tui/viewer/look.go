package viewer

import (
	"charm.land/lipgloss/v2"

	"github.com/carto-run/carto/pkg/tui/theme"
)

// Look is how a part of a line looks, by purpose: contents are made without a theme.
type Look uint8

// Looks. Step and those above it tell steps apart.
const (
	Plain Look = iota
	Faint
	Strong
	Title
	Head
	Good
	Bad
	Busy
	Flow
	Key
	String
	Number
	Bool
	Comment
	Added
	Removed
	firstStep
)

// Step is the look of one of several steps, pods or containers; n counts from 0.
func Step(n int) Look { return firstStep + Look(uint(n)%(256-uint(firstStep))) } //nolint:gosec // below 256

// style of a look; nil for text that looks like all else.
func (l Look) style(t *theme.Theme) *lipgloss.Style {
	switch l {
	case Plain:
		return nil
	case Faint:
		return &t.Faint
	case Strong:
		return &t.Strong
	case Title:
		return &t.Title
	case Head:
		return &t.Head
	case Good:
		return &t.Good
	case Bad:
		return &t.Bad
	case Busy:
		return &t.Busy
	case Flow:
		return &t.Flow
	case Key:
		return &t.YAMLKey
	case String:
		return &t.YAMLString
	case Number:
		return &t.YAMLNumber
	case Bool:
		return &t.YAMLBool
	case Comment:
		return &t.YAMLComment
	case Added:
		return &t.Added
	case Removed:
		return &t.Removed
	}
	return &t.Steps[int(l-firstStep)%len(t.Steps)]
}
