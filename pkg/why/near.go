package why

import (
	"cmp"
	"slices"
	"strings"
)

// Distance is how many letters have to be added, removed, replaced, or swapped with their
// neighbour to turn one text into another.
func Distance(a, b string) int {
	s, t := []rune(a), []rune(b)
	rows := make([][]int, len(s)+1)
	for i := range rows {
		rows[i] = make([]int, len(t)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(s); i++ {
		for j := 1; j <= len(t); j++ {
			cost := 1
			if s[i-1] == t[j-1] {
				cost = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && s[i-1] == t[j-2] && s[i-2] == t[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(s)][len(t)]
}

// maxNear is how many names are offered instead of an unknown one.
const maxNear = 3

// Near picks the names that somebody who typed another may have meant, the nearest first.
func Near(typed string, names []string) []string {
	type match struct {
		name     string
		distance int
	}
	var near []match
	for _, name := range names {
		d := Distance(strings.ToLower(typed), strings.ToLower(name))
		contains := len(typed) > 2 && (strings.Contains(name, typed) || strings.Contains(typed, name) && len(name) > 2)
		if d <= max(1, len(typed)/3) || contains {
			near = append(near, match{name, d})
		}
	}
	slices.SortStableFunc(near, func(a, b match) int {
		return cmp.Or(cmp.Compare(a.distance, b.distance), cmp.Compare(a.name, b.name))
	})
	var found []string
	for _, m := range near[:min(len(near), maxNear)] {
		found = append(found, m.name)
	}
	return found
}
