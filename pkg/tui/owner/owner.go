// Package owner is the screen of one owner: its supply chain as a graph, and beside it the
// detail of the selected step.
package owner

import (
	"github.com/carto-run/carto/pkg/tree"
	"github.com/carto-run/carto/pkg/tui/screen"
)

// New makes the screen of an owner.
func New(ref tree.Ref) screen.Screen { return nil }
