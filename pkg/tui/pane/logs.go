package pane

import "github.com/carto-run/carto/pkg/tui/screen"

func newLogs(Target) (screen.Screen, string) { return nil, "there are no logs yet" }
