package viewer

import "time"

// How far a place is looked for in a text that has replaced another, and by how many lines
// it is recognised.
const (
	reach = 200
	sight = 12
)

// moved finds where the lines stand now that stood at an old place: where most of the lines
// that were in sight are found again, and among equals the nearest.
func moved(before, after []row, at int) int {
	best, most := at, -1
	for distance := 0; distance <= reach; distance++ {
		for _, to := range []int{at + distance, at - distance} {
			equal := 0
			for i := range sight {
				if at+i < len(before) && to+i >= 0 && to+i < len(after) && before[at+i].Text == after[to+i].Text {
					equal++
				}
			}
			if equal > most {
				best, most = to, equal
			}
		}
		if most == sight {
			break
		}
	}
	return max(0, best)
}

// markChanges tells lines that were not there before. A line that only moved is not new.
func markChanges(before, after []row, now time.Time) {
	first := 0
	for first < len(before) && first < len(after) && before[first].Text == after[first].Text {
		after[first].changed = before[first].changed
		first++
	}
	end, endAfter := len(before), len(after)
	for end > first && endAfter > first && before[end-1].Text == after[endAfter-1].Text {
		end, endAfter = end-1, endAfter-1
		after[endAfter].changed = before[end].changed
	}
	there := map[string][]time.Time{}
	for i := first; i < end; i++ {
		there[before[i].Text] = append(there[before[i].Text], before[i].changed)
	}
	for i := first; i < endAfter; i++ {
		old := there[after[i].Text]
		if len(old) == 0 {
			after[i].changed = now
			continue
		}
		after[i].changed, there[after[i].Text] = old[0], old[1:]
	}
}
