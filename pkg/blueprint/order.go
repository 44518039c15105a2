package blueprint

import (
	"fmt"
	"strings"
)

// Order puts everything behind what it reads from, by name. Among things that could
// come next the given order decides, so the result is stable and equals the given order
// wherever that is already possible. It returns indexes; the last ones, as many as
// stuck says, are members of cycles or wait for one, in the given order. Names that are
// not among the given ones hold nothing up, and the first of equal names counts.
func Order(names []string, reads [][]string) (order []int, stuck int) {
	index := indexOf(names)
	waits := make([]int, len(names)) // how many inputs are not placed yet
	readers := make([][]int, len(names))
	for i := range names {
		for _, name := range reads[i] {
			if from, ok := index[name]; ok {
				waits[i]++
				readers[from] = append(readers[from], i)
			}
		}
	}

	// Blueprints have tens of resources: the quadratic scan for the first one that is
	// free keeps the order obvious and costs microseconds, once per change.
	order = make([]int, 0, len(names))
	placed := make([]bool, len(names))
	for {
		next := -1
		for i := range names {
			if !placed[i] && waits[i] == 0 {
				next = i
				break
			}
		}
		if next < 0 {
			break
		}
		placed[next] = true
		order = append(order, next)
		for _, reader := range readers[next] {
			waits[reader]--
		}
	}
	stuck = len(names) - len(order)
	for i := range names {
		if !placed[i] {
			order = append(order, i)
		}
	}
	return order, stuck
}

func indexOf(names []string) map[string]int {
	index := make(map[string]int, len(names))
	for i, name := range names {
		if _, seen := index[name]; !seen {
			index[name] = i
		}
	}
	return index
}

// sortTopologically orders resources, and reports cycles: the inputs of their members
// never arrive.
func sortTopologically(resources []*Resource, report *reporter) []*Resource {
	names, reads := make([]string, len(resources)), make([][]string, len(resources))
	for i, r := range resources {
		names[i] = r.Name
		for _, in := range r.Inputs {
			reads[i] = append(reads[i], in.From)
		}
	}
	order, stuck := Order(names, reads)
	sorted := make([]*Resource, len(order))
	for i, at := range order {
		sorted[i] = resources[at]
	}
	for stuck > 0 {
		placed := make([]bool, len(resources))
		for _, at := range order[:len(order)-stuck] {
			placed[at] = true
		}
		cycle := findCycle(resources, indexOf(names), placed)
		if len(cycle) == 0 {
			break
		}
		reportCycle(resources, cycle, report)
		for _, at := range cycle { // as if it were none, to find the others
			reads[at] = nil
		}
		order, stuck = Order(names, reads)
	}
	return sorted
}

// reportCycle reports resources that read from each other, each from the next one.
func reportCycle(resources []*Resource, cycle []int, report *reporter) {
	names := make([]string, 0, len(cycle)+1)
	for _, i := range cycle {
		names = append(names, resources[i].Name)
	}
	names = append(names, resources[cycle[0]].Name)
	report.errorf("GRF001", fmt.Sprintf("spec.resources[%d]", cycle[0]), "resources read from each other in a cycle, so none of them can ever be stamped: %s; remove one of these inputs", strings.Join(names, " <- "))
	for n, i := range cycle {
		for _, in := range resources[i].Inputs {
			if in.From == names[n+1] {
				report.becausef(in.Path, "%s reads from %s", names[n], names[n+1])
				break
			}
		}
	}
}

// findCycle follows inputs among the resources that could not be placed until it meets
// one again, and returns that loop, beginning with its first member by the author's
// order. Every unplaced resource has an unplaced input, so the walk can not end
// elsewhere.
func findCycle(resources []*Resource, index map[string]int, placed []bool) []int {
	at := -1
	for i := range resources {
		if !placed[i] {
			at = i
			break
		}
	}
	position := map[int]int{}
	var walk []int
	for at >= 0 {
		if from, met := position[at]; met {
			return rotateToSmallest(walk[from:])
		}
		position[at] = len(walk)
		walk = append(walk, at)
		next := -1
		for _, in := range resources[at].Inputs {
			if from, ok := index[in.From]; ok && !placed[from] {
				next = from
				break
			}
		}
		at = next
	}
	return nil
}

func rotateToSmallest(loop []int) []int {
	smallest := 0
	for i := range loop {
		if loop[i] < loop[smallest] {
			smallest = i
		}
	}
	return append(append([]int{}, loop[smallest:]...), loop[:smallest]...)
}
