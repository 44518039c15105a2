package follow

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/carto-run/carto/pkg/tree"
)

// TestLinesHostile: a reason is what a controller wrote. It must neither steer the terminal
// nor look like a line of its own.
func TestLinesHostile(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	s := tree.Single(&tree.Tree{Owner: tree.OwnerNode{
		Ref:   tree.Ref{Kind: "Workload", Name: "cart"},
		Ready: tree.State{Status: "False", Reason: "Bad\x1b[2J\n2026-01-01T00:00:00Z  Workload/other"},
	}})
	if err := Lines(&out, func() time.Time { return time.Unix(0, 0) }).Show(s); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); strings.ContainsRune(got, '\x1b') || strings.Count(got, "\n") != 1 {
		t.Errorf("got %q", got)
	}
}
