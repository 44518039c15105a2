package tree

// order puts every step behind those that it reads from; the author's order decides
// among equals, and members of a cycle come last in that order (blueprints made without
// admission can have one).
func order(steps []BlueprintStep) []BlueprintStep {
	known := map[string]bool{}
	for _, s := range steps {
		known[s.Name] = true
	}
	done := map[string]bool{}
	placed := make([]bool, len(steps))
	sorted := make([]BlueprintStep, 0, len(steps))
	for len(sorted) < len(steps) {
		next := -1
		for i, s := range steps {
			if !placed[i] && free(s, known, done) {
				next = i
				break
			}
		}
		if next < 0 {
			break
		}
		placed[next], done[steps[next].Name] = true, true
		sorted = append(sorted, steps[next])
	}
	for i, s := range steps {
		if !placed[i] {
			sorted = append(sorted, s)
		}
	}
	return sorted
}

func free(s BlueprintStep, known, done map[string]bool) bool {
	for _, in := range s.Inputs {
		if known[in.From] && !done[in.From] {
			return false
		}
	}
	return true
}
