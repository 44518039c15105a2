package completion

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// Several completes a list of values separated by commas, each once.
func Several(values ...string) cobra.CompletionFunc {
	return func(_ *cobra.Command, _ []string, toComplete string) ([]string, cobra.ShellCompDirective) {
		before := toComplete[:strings.LastIndex(toComplete, ",")+1]
		var found []string
		for _, value := range values {
			if strings.HasPrefix(value, toComplete[len(before):]) && !slices.Contains(strings.Split(before, ","), value) {
				found = append(found, before+value)
			}
		}
		return found, open
	}
}
