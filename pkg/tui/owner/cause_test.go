package owner

import (
	"strings"
	"testing"
	"time"

	"github.com/carto-run/carto/pkg/tui/screen/screentest"
)

// TestReadyForALongTime: nothing is delivered while all is well, and time passes.
func TestReadyForALongTime(t *testing.T) {
	t.Parallel()
	d, _ := show(t, cart, allReady(imageOne), 100, 30)
	for _, tc := range []struct {
		later time.Duration
		want  string
	}{{0, "ready for 10m:"}, {time.Hour, "ready for 70m:"}, {8 * time.Hour, "ready for 8h:"}} {
		d.Env.Now = screentest.Now.Add(tc.later)
		if view := d.View(); !strings.Contains(view, tc.want) {
			t.Errorf("after %v, %q is missing:\n%s", tc.later, tc.want, view)
		}
	}
}
