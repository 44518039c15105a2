package overview

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/table"
	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/pkg/tui/filter"
	"github.com/carto-run/carto/pkg/tui/screen"
)

type column int

// Columns in the order in which they are drawn.
const (
	colNamespace column = iota
	colName
	colType
	colState
	colSteps
	colOwners
	colCause
	colBlueprint
	colOutput
	colLabels
	colAge
	columns
)

// byDefault is the order by namespace, then name.
const byDefault = colNamespace

var titles = [columns]string{
	"NAMESPACE", "NAME", "TYPE", "STATE", "STEPS", "OWNERS", "CAUSE", "BLUEPRINT", "OUTPUT", "LABELS", "AGE",
}

// columnsOf a kind.
func columnsOf(kind string) [columns]bool {
	var has [columns]bool
	for _, c := range []column{colName, colState, colSteps, colCause, colLabels, colAge} {
		has[c] = true
	}
	owner := namespaced(kind)
	has[colNamespace], has[colOutput], has[colOwners] = owner, owner, !owner
	has[colBlueprint] = v1alpha1.BlueprintKind(kind) != ""
	has[colType] = kind == v1alpha1.KindWorkload
	has[colSteps] = kind != v1alpha1.KindRunnable
	return has
}

// cellsOf a row, safe to draw. The age is not among them: it changes by itself.
func cellsOf(r *feed.Row) [columns]string {
	var cells [columns]string
	cells[colNamespace] = oneLine(r.Ref.Namespace)
	cells[colName] = oneLine(r.Ref.Name)
	cells[colType] = oneLine(r.Type)
	cells[colState] = string(stateOf(r))
	switch {
	case !namespaced(r.Ref.Kind):
		// The steps of a blueprint are neither ready nor not.
		cells[colSteps] = fmt.Sprint(r.Steps)
	case r.Steps > 0:
		cells[colSteps] = fmt.Sprintf("%d/%d", r.StepsReady, r.Steps)
	}
	if r.Owners >= 0 {
		cells[colOwners] = fmt.Sprint(r.Owners)
	}
	cells[colCause] = oneLine(filter.Cause(r))
	cells[colBlueprint] = oneLine(bareName(r.Blueprint))
	cells[colOutput] = oneLine(r.Output)
	cells[colLabels] = oneLine(labelsOf(r.Labels))
	return cells
}

// stateOf a row: one that says nothing is waited for.
func stateOf(r *feed.Row) feed.State {
	if r.State == "" {
		return feed.Waiting
	}
	return r.State
}

func labelsOf(labels map[string]string) string {
	if len(labels) == 0 {
		return ""
	}
	parts := make([]string, 0, len(labels))
	for k, v := range labels {
		parts = append(parts, k+"="+v)
	}
	slices.Sort(parts)
	return strings.Join(parts, ",")
}

// oneLine is table.OneLine, with a short way for the texts that need nothing: nearly all,
// and a thousand rows may change at once.
func oneLine(s string) string {
	if plain(s) {
		return s
	}
	return table.OneLine(s)
}

// plain is true for a short line of ASCII without doubled blanks; it is as wide as long.
func plain(s string) bool {
	if len(s) > 1000 || strings.HasPrefix(s, " ") || strings.HasSuffix(s, " ") {
		return false
	}
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' || s[i] == ' ' && s[i+1] == ' ' {
			return false
		}
	}
	return true
}

func width(s string) int {
	if plain(s) {
		return len(s)
	}
	return table.Width(s)
}

func age(created, now time.Time) string {
	if created.IsZero() {
		return ""
	}
	return screen.Age(now, created)
}

// urgency of states: problems come first.
var urgency = map[feed.State]int{feed.Failed: 0, feed.Waiting: 1, feed.Deleting: 2, feed.Ready: 3}

// compare two rows by a column; 0 leaves it to namespace and name.
func (c column) compare(a, b *entry) int {
	switch c {
	case colNamespace:
		return strings.Compare(a.key.Namespace, b.key.Namespace)
	case colName:
		return strings.Compare(a.key.Name, b.key.Name)
	case colState:
		return a.urgency - b.urgency
	case colSteps:
		// As fractions: 1/2 is less done than 4/5. What has no steps is done.
		return cmp.Or(
			cmp.Compare(min(b.row.Steps, 1), min(a.row.Steps, 1)),
			a.row.StepsReady*b.row.Steps-b.row.StepsReady*a.row.Steps,
			a.row.Steps-b.row.Steps,
		)
	case colOwners:
		return a.row.Owners - b.row.Owners
	case colAge:
		return b.row.Created.Compare(a.row.Created)
	}
	// What says nothing comes last.
	x, y := a.cells[c], b.cells[c]
	if x == "" || y == "" {
		return cmp.Compare(len(y), len(x))
	}
	return strings.Compare(x, y)
}
