package ytt

import "github.com/carto-run/carto/pkg/near"

// maxCandidates are looked at for a name that is like another.
const maxCandidates = 1000

// nearest is the name that is most like another; empty when none is like it. What it costs
// is bounded: names of data values are made by others.
func nearest(name string, names []string) string {
	if len(name) > maxName {
		return ""
	}
	var candidates []string
	for _, candidate := range names[:min(len(names), maxCandidates)] {
		if len(candidate) <= maxName {
			candidates = append(candidates, candidate)
		}
	}
	for _, like := range near.Names(name, candidates) {
		return like
	}
	return ""
}
