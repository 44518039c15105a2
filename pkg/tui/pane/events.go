package pane

import "github.com/carto-run/carto/pkg/tui/screen"

func newEvents(Target) (screen.Screen, string) { return nil, "there are no events yet" }
