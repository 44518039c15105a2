package pane

import (
	"slices"
	"strings"

	"github.com/carto-run/carto/pkg/table"
	"github.com/carto-run/carto/pkg/tui/feed"
)

// maxPrefix is how wide what stands before a line of a log may be, leastPrefix what a narrow
// screen gives it, which else is a third of it.
const (
	maxPrefix   = 36
	leastPrefix = 8
)

// prefixes tell the lines of several containers apart with as few words as will do: where
// all come from one pod, its name would only take room.
type prefixes struct {
	sources []source
	names   map[source]prefix
}

// source of lines.
type source struct{ step, pod, container string }

// prefix is what stands before a line, with the number of its colour.
type prefix struct {
	text string
	look int
}

// see takes note of where lines come from. It tells whether what stands before earlier lines
// is another now, on a screen of some columns.
func (p *prefixes) see(lines []feed.LogLine, screen int, unicode bool) bool {
	known := len(p.sources)
	var last source
	for i := range lines {
		s := source{lines[i].Step, lines[i].Pod, lines[i].Container}
		if s == last { // most lines follow one of the same container
			continue
		}
		last = s
		if _, is := p.names[s]; !is {
			if p.names == nil {
				p.names = map[source]prefix{}
			}
			p.names[s] = prefix{}
			p.sources = append(p.sources, s)
		}
	}
	if len(p.sources) == known {
		return false
	}
	before := p.names
	p.names = p.name(max(leastPrefix, min(maxPrefix, screen/3)), unicode)
	for _, s := range p.sources[:known] {
		if before[s] != p.names[s] {
			return true
		}
	}
	return false
}

// of is what stands before the lines of a container.
func (p *prefixes) of(step, pod, container string) prefix {
	return p.names[source{step, pod, container}]
}

// only is the one source that there is, which then stands before no line.
func (p *prefixes) only() string {
	if len(p.sources) != 1 {
		return ""
	}
	s := p.sources[0]
	var parts []string
	for _, part := range []string{s.pod, s.container} {
		if part != "" {
			parts = append(parts, table.Cell(part))
		}
	}
	return strings.Join(parts, "/")
}

// name finds a name for each source: its step, its pod where the step has several, and its
// container where the pod is not the only one or has several.
func (p *prefixes) name(most int, unicode bool) map[source]prefix {
	var steps []string
	pods, containers := map[string][]string{}, map[string][]string{}
	add := func(list []string, s string) []string {
		if slices.Contains(list, s) {
			return list
		}
		return append(list, s)
	}
	for _, s := range p.sources {
		steps = add(steps, s.step)
		pods[s.step] = add(pods[s.step], s.pod)
		containers[s.step] = add(containers[s.step], s.container)
	}
	short := map[string]map[string]string{}
	for _, step := range steps {
		short[step] = shortened(pods[step])
	}
	names, width := map[source]prefix{}, 0
	for _, s := range p.sources {
		var parts []string
		look := slices.Index(steps, s.step)
		if len(steps) > 1 && s.step != "" {
			parts = append(parts, s.step)
		}
		if len(pods[s.step]) > 1 || len(steps) > 1 && s.step == "" {
			parts = append(parts, short[s.step][s.pod])
		}
		if len(containers[s.step]) > 1 {
			parts = append(parts, s.container)
		}
		switch {
		case len(steps) > 1:
		case len(pods[s.step]) > 1:
			look = slices.Index(pods[s.step], s.pod)
		default:
			look = slices.Index(containers[s.step], s.container)
		}
		text := table.Cut(table.Cell(strings.Join(parts, " ")), most, unicode)
		names[s], width = prefix{text, look}, max(width, table.Width(text))
	}
	if width == 0 {
		return names
	}
	for s, n := range names {
		n.text += strings.Repeat(" ", width-table.Width(n.text)) + "  "
		names[s] = n
	}
	return names
}

// shortened leaves out the parts, between hyphens, with which all names begin and end.
func shortened(names []string) map[string]string {
	var parts [][]string
	least := len(strings.Split(names[0], "-"))
	for _, n := range names {
		parts = append(parts, strings.Split(n, "-"))
		least = min(least, len(parts[len(parts)-1]))
	}
	same := func(at func([]string) string) bool {
		return !slices.ContainsFunc(parts, func(p []string) bool { return at(p) != at(parts[0]) })
	}
	begin, end := 0, 0
	for begin < least-1 && same(func(p []string) string { return p[begin] }) {
		begin++
	}
	for begin+end < least-1 && same(func(p []string) string { return p[len(p)-1-end] }) {
		end++
	}
	short := map[string]string{}
	for i, n := range names {
		short[n] = strings.Join(parts[i][begin:len(parts[i])-end], "-")
	}
	return short
}
