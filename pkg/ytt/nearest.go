package ytt

// maxCandidates are looked at for a name that is like another.
const maxCandidates = 1000

// nearest is the name that is most like another; empty when none is like it.
func nearest(name string, names []string) string {
	best, fewest := "", max(len(name)/3, 1)+1
	for _, candidate := range names[:min(len(names), maxCandidates)] {
		if difference := len(candidate) - len(name); difference >= fewest || -difference >= fewest || len(name) > maxName {
			continue
		}
		if n := edits(name, candidate); n < fewest {
			best, fewest = candidate, n
		}
	}
	return best
}

// edits is how many letters have to be put in, left out or replaced to make b of a.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
