package cmdutil

import (
	"slices"

	"github.com/spf13/cobra"
)

// Near is the candidate that a person may have meant; empty when none is near. It asks
// cobra, so that names are as near as commands.
func Near(word string, candidates []string) string {
	typos := 2
	switch {
	case len(word) < 3:
		return "" // near to everything
	case len(word) < 4:
		typos = 1
	}
	for distance := 1; distance <= typos; distance++ {
		words := &cobra.Command{SuggestionsMinimumDistance: distance}
		for _, c := range candidates {
			if c != "" && c != word {
				words.AddCommand(&cobra.Command{Use: c, Run: func(*cobra.Command, []string) {}})
			}
		}
		if near := words.SuggestionsFor(word); len(near) > 0 {
			slices.Sort(near)
			return near[0]
		}
	}
	return ""
}

// DidYouMean ends an error about a word that is not known.
func DidYouMean(word string, candidates []string) string {
	if near := Near(word, candidates); near != "" {
		return `; did you mean "` + near + `"?`
	}
	return ""
}
