// Package overview is the first screen: the live table of all owners of a kind, or of all
// blueprints.
package overview

import (
	"github.com/carto-run/carto/pkg/tree"
	"github.com/carto-run/carto/pkg/tui/screen"
)

// New makes the table of a kind.
func New(kind string) screen.Screen { return nil }

// NewOf makes the table of the owners of one blueprint.
func NewOf(blueprint tree.Ref) screen.Screen { return nil }
