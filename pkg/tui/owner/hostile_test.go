package owner

import (
	"errors"
	"strings"
	"testing"

	"github.com/carto-run/carto/pkg/tree"
	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/pkg/tui/screen/screentest"
)

// TestHostileName: the name of a blueprint comes from a status, which takes any text.
func TestHostileName(t *testing.T) {
	t.Parallel()
	ref := tree.Ref{APIVersion: "carto.run/v1alpha1", Kind: "ClusterSupplyChain", Name: "a\x1b]52;c;ZXZpbA==\x07b"}
	d := screentest.New(t, New(ref), 80, 24)
	for _, payload := range []any{nil, feed.Fault{Err: errors.New("not found"), Final: true}, feed.Fault{Gone: true}} {
		if payload != nil {
			d.Deliver(feed.Owner{Ref: ref}, payload)
		}
		if got := d.Screen.View(d.Env); strings.ContainsAny(got, "\x07") {
			t.Errorf("after %+v it draws what steers a terminal: %q", payload, got)
		}
	}
}
