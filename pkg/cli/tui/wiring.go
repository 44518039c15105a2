package tui

import (
	tea "charm.land/bubbletea/v2"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/tui/world"
	"github.com/carto-run/carto/pkg/tui/screen"
)

// World is the cluster as the screens ask it.
type World interface {
	screen.World
	// Bind says where messages go. It is called once, before the first subscription; send
	// does nothing once the program has ended.
	Bind(send func(tea.Msg))
	// End ends everything, and does not wait.
	End()
	// Close ends everything, and waits for it.
	Close()
}

func newWorld(f *cmdutil.Factory) (World, error) {
	return world.New(world.FromFactory(f))
}

// quiet drops what client-go logs.
func quiet(f *cmdutil.Factory) {
	if f.LogLevel != nil {
		f.LogLevel(0)
	}
}
