package cli

import (
	"strings"
	"testing"
)

// TestAsked runs commands that ask on a terminal, with each answer.
func TestAsked(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		args, answer string
		code         int
	}{
		"create-yes": {"workload create new --image x --app shop", "y\n", 0},
		"create-no":  {"workload create new --image x --app shop", "n\n", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, out, errOut := newFactory(t, true, objects(t)...)
			f.Streams.In = strings.NewReader(tc.answer)
			if code := Run(t.Context(), f, strings.Fields(tc.args)); code != tc.code {
				t.Errorf("exit code %d, want %d", code, tc.code)
			}
			golden(t, name+".tty.golden", out.String()+"-- stderr --\n"+errOut.String())
		})
	}
}
