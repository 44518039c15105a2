// Package create is the form that creates a Workload.
package create

import "github.com/carto-run/carto/pkg/tui/screen"

// New makes the form.
func New() screen.Screen { return nil }
