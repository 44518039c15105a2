package blueprint

import (
	"fmt"
	"strings"
)

// sortTopologically puts every resource behind those that it reads from. Among
// resources that could come next the author's order decides, so the result is stable
// and equals the author's order wherever that is already possible. Members of cycles
// are appended in the author's order and reported: their inputs never arrive.
func sortTopologically(resources []*Resource, report *reporter) []*Resource {
	index := make(map[string]int, len(resources))
	for i, r := range resources {
		if _, seen := index[r.Name]; !seen {
			index[r.Name] = i
		}
	}
	waits := make([]int, len(resources)) // how many inputs are not placed yet
	readers := make([][]int, len(resources))
	for i, r := range resources {
		for _, in := range r.Inputs {
			if from, ok := index[in.From]; ok {
				waits[i]++
				readers[from] = append(readers[from], i)
			}
		}
	}

	// Blueprints have tens of resources: the quadratic scan for the first one that is
	// free keeps the order obvious and costs microseconds, once per change.
	order := make([]*Resource, 0, len(resources))
	placed := make([]bool, len(resources))
	for len(order) < len(resources) {
		next := -1
		for i := range resources {
			if !placed[i] && waits[i] == 0 {
				next = i
				break
			}
		}
		if next < 0 {
			break
		}
		placed[next] = true
		order = append(order, resources[next])
		for _, reader := range readers[next] {
			waits[reader]--
		}
	}
	if len(order) == len(resources) {
		return order
	}

	if cycle := findCycle(resources, index, placed); len(cycle) > 0 {
		names := make([]string, 0, len(cycle)+1)
		for _, i := range cycle {
			names = append(names, resources[i].Name)
		}
		names = append(names, resources[cycle[0]].Name)
		report.errorf(fmt.Sprintf("spec.resources[%d]", cycle[0]), "resources read from each other in a cycle, so none of them can ever be stamped: %s; remove one of these inputs", strings.Join(names, " <- "))
	}
	for i, r := range resources {
		if !placed[i] {
			order = append(order, r)
		}
	}
	return order
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
