// Package near finds the name that a person may have meant.
package near

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/agnivade/levenshtein"
)

// maxNear is how many proposals are made.
const maxNear = 3

// Names picks the candidates that a person who typed a word may have meant, the nearest
// first: those that a slip of the hand makes of it, and those that it is a part of.
func Names(word string, candidates []string) []string {
	type match struct {
		name     string
		distance int
	}
	if len([]rune(word)) < 2 {
		return nil // near to everything
	}
	slips := min(3, max(1, len([]rune(word))/3))
	var near []match
	for _, name := range candidates {
		if name == "" || name == word || slices.ContainsFunc(near, func(m match) bool { return m.name == name }) {
			continue
		}
		isPart := len(word) > 2 && strings.Contains(name, word)
		if difference := utf8.RuneCountInString(word) - utf8.RuneCountInString(name); !isPart && max(difference, -difference) > slips {
			continue // no need to compare them
		}
		distance := levenshtein.ComputeDistance(strings.ToLower(word), strings.ToLower(name))
		switch {
		case swapped(word, name):
			distance = 1
		case distance > slips && isPart:
		case distance > slips:
			continue
		}
		near = append(near, match{name, distance})
	}
	slices.SortFunc(near, func(a, b match) int { return cmp.Or(a.distance-b.distance, strings.Compare(a.name, b.name)) })
	var names []string
	for _, m := range near[:min(len(near), maxNear)] {
		names = append(names, m.name)
	}
	return names
}

// swapped tells whether two neighbours are in the wrong order, which is one slip and not
// the two that it counts as.
func swapped(a, b string) bool {
	s, t := []rune(a), []rune(b)
	if len(s) != len(t) {
		return false
	}
	for i := range s {
		if s[i] != t[i] {
			return i+1 < len(s) && s[i] == t[i+1] && s[i+1] == t[i] && string(s[i+2:]) == string(t[i+2:])
		}
	}
	return false
}

// DidYouMean ends an error about a word that is not known; empty when no candidate is
// near.
func DidYouMean(word string, candidates []string) string {
	meant := Names(word, candidates)
	if len(meant) == 0 {
		return ""
	}
	return "; did you mean " + Or(meant) + "?"
}

// Or lists names for a sentence: "cart" or "crab". It is empty for no names.
func Or(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = strconv.Quote(name)
	}
	return strings.Join(quoted, " or ")
}
