package cmdutil

import (
	"errors"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

func TestUsageArgs(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		use   string
		check cobra.PositionalArgs
		args  string
		want  string
	}{
		{"get NAME", cobra.ExactArgs(1), "", "NAME is missing"},
		{"get NAME", cobra.ExactArgs(1), "a b c", "too many arguments: b c"},
		{"tree TYPE/NAME...", cobra.MinimumNArgs(1), "", "TYPE/NAME is missing"},
		{"why TYPE/NAME", cobra.RangeArgs(1, 2), "a b c", "too many arguments: c"},
		{"list", cobra.NoArgs, "x", "too many arguments: x"},
		{"shell bash|zsh", cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs), "tcsh", `invalid argument "tcsh"`},
	} {
		cmd := &cobra.Command{Use: tc.use, ValidArgs: []string{"bash", "zsh"}}
		err := UsageArgs(tc.check)(cmd, strings.Fields(tc.args))
		var usage *UsageError
		if !errors.As(err, &usage) || !strings.HasPrefix(err.Error(), tc.want) {
			t.Errorf("%s, given %q: got %v", tc.use, tc.args, err)
		}
	}
}
