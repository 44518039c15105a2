package graph

import (
	"fmt"
	"strings"
	"testing"

	"github.com/carto-run/carto/pkg/tui/screen/screentest"
	"github.com/carto-run/carto/pkg/tui/theme"
)

func golden(t *testing.T, name, got string) {
	t.Helper()
	screentest.Golden(t, name, got)
}

// step is a box in one of the states that owners are in.
func step(name, state string, more ...string) Box {
	b := Box{ID: name, Title: name}
	switch state {
	case "ready":
		b.Look, b.Lines = Good, []Line{{"✓ Ready 3m", Good}}
	case "failed":
		b.Look, b.Lines = Bad, []Line{{"✗ Failed 40s", Bad}}
	case "busy":
		b.Look, b.Lines = Busy, []Line{{"◌ Running 12s", Busy}}
	case "passes":
		b.Look, b.Lines = Passing, []Line{{"⤳ passed through", Faint}}
	case "":
	default:
		b.Look, b.Lines = Faint, []Line{{"◌ waiting for " + state, Faint}}
	}
	for _, m := range more {
		b.Lines = append(b.Lines, Line{Text: m, Look: Faint})
	}
	return b
}

// there are edges whose value is there, waits those whose value is not: "from to label".
func there(edges ...string) []Edge { return read(true, edges) }
func waits(edges ...string) []Edge { return read(false, edges) }

func read(available bool, edges []string) (out []Edge) {
	for _, e := range edges {
		w := append(strings.Fields(e), "")
		out = append(out, Edge{From: w[0], To: w[1], Label: w[2], Available: available, Travel: -1})
	}
	return out
}

func names(s string) (out []Box) {
	for _, n := range strings.Fields(s) {
		out = append(out, step(n, ""))
	}
	return out
}

func travels(at float64, edges []Edge) []Edge {
	for i := range edges {
		edges[i].Travel = at
	}
	return edges
}

const image = "ghcr.io/acme/cart@sha256:1f2ab43"

type drawn struct {
	name, reason string
	boxes        []Box
	edges        []Edge
	options      Options
}

func cases() []drawn {
	web := []Box{
		step("fetch", "ready", "main@sha1:8a1fe0c"), step("build", "ready", image),
		step("configure", "busy"), step("run", "manifest"),
	}
	webEdges := append(there("fetch build code", "build configure app", "build run app"), waits("configure run manifest")...)
	scan := []Box{
		step("source", "ready", "main@8a1fe0c"), step("scan", "failed", "2 critical"), step("test", "passes"),
		step("build", "ready", image), step("config", "scan"), step("sign", "scan"), step("package", "config"), step("deliver", "package"),
	}
	scanEdges := append(there("source scan source", "source test source", "test build source", "build scan image", "build sign image"),
		waits("scan config verdict", "scan sign verdict", "build config image", "config package config", "sign package signed", "package deliver package")...)
	return []drawn{
		{"chain", "the usual chain reads left to right where there is room", []Box{
			step("source", "ready", "main@sha1:8a1fe0c"), step("test", "passes"), step("build", "ready", image),
			step("config", "busy"), step("deliver", "config"),
		}, append(there("source test source", "test build source", "build config image"), waits("config deliver config")...), Options{Width: 140}},
		{"chain-narrow", "and top to bottom where there is none", []Box{
			step("source", "ready", "main@sha1:8a1fe0c"), step("test", "passes"), step("build", "ready", image),
			step("config", "busy"), step("deliver", "config"),
		}, append(there("source test source", "test build source", "build config image"), waits("config deliver config")...), Options{Width: 50}},
		{"web", "docs/examples/web: an image is read by two steps, past one of them", web, webEdges, Options{Width: 140}},
		{"web-110", "boxes give way first", web, webEdges, Options{Width: 110, Selected: "build"}},
		{"web-down", "docs/examples/web beside a pane", web, webEdges, Options{Width: 60, Selected: "build"}},
		{"branches", "eight steps with branches and joins", scan, scanEdges, Options{Width: 200}},
		{"branches-down", "the same on a small terminal", scan, scanEdges, Options{Width: 80, Selected: "scan"}},
		{"diamond", "a branch and its join", names("a b c d"), there("a b", "a c", "b d", "c d"), Options{Width: 80}},
		{"diamond-down", "the same downwards", names("a b c d"), there("a b left", "a c right", "b d left", "c d right"), Options{Width: 80, Direction: Down}},
		{"fan", "one value for many", names("source a b c d e join"), there("source a", "source b", "source c", "source d", "source e",
			"a join one", "b join two", "c join three", "d join four", "e join five"), Options{Width: 80}},
		{"fan-down", "one value for many", names("source a b c d e join"), there("source a", "source b", "source c", "source d", "source e",
			"a join one", "b join two", "c join three", "d join four", "e join five"), Options{Width: 80, Direction: Down}},
		{"long", "an edge past several layers has a lane of its own", names("a b c d e"), there("a b", "b c", "c d", "d e", "a e first", "b e second"), Options{Width: 100}},
		{"long-down", "the same downwards", names("a b c d e"), there("a b", "b c", "c d", "d e", "a e first", "b e second"), Options{Width: 40, Direction: Down}},
		{"crossing", "lines that cross do not meet", names("a b c x y z"), there("a x", "a y", "a z", "b x", "b y", "b z", "c x", "c y", "c z"), Options{Width: 80}},
		{"swap", "two nets change places", names("a b x y"), append(there("a y one", "b x two"), there("a x three")...), Options{Width: 80}},
		{"pair", "several inputs from the same step", names("source build"), there("source build source", "source build image", "source build config"), Options{Width: 80}},
		{"pair-down", "several inputs from the same step", names("source build"), there("source build source", "source build image", "source build config"), Options{Width: 80, Direction: Down}},
		{"roots", "several roots stand beside those who read them", names("fetch build configure run"), there("fetch build code", "build run app", "configure run manifests"), Options{Width: 80}},
		{"apart", "what is not connected is not woven together", names("a b c d lone other"), there("a c", "b d"), Options{Width: 80}},
		{"apart-down", "downwards, parts stand beside each other", names("a b c d lone other"), there("a c", "b d"), Options{Width: 80, Direction: Down}},
		{"cycle", "a circle is seen: one edge leads back", names("a b c"), there("a b", "b c", "c a back"), Options{Width: 80}},
		{"cycle-down", "a circle is seen: one edge leads back", names("a b c"), there("a b", "b c", "c a back"), Options{Width: 80, Direction: Down}},
		{"self", "a step that reads itself", names("a b"), there("a b", "a a", "b b"), Options{Width: 80}},
		{"self-down", "a step that reads itself", names("a b"), there("a b", "a a", "b b"), Options{Width: 80, Direction: Down}},
		{"unknown", "an input from a step that is not there", []Box{step("build", "source")}, waits("sorce build source"), Options{Width: 80}},
		{"wide", "wide characters and combining marks keep borders straight", []Box{
			{ID: "1", Title: "購物車-服務-很長的名字-不合適", Lines: []Line{{Text: "e\u0301te\u0301 ✓"}}}, {ID: "2", Title: "\x1b[31mred\tx\nnext"},
		}, there("1 2 來源"), Options{Width: 80, MaxBox: 20}},
		{"travel", "a value on its way", []Box{step("source", "ready"), step("build", "busy"), step("scan", "source")},
			append(travels(0.7, there("source build source")), travels(0.6, waits("source scan source"))...), Options{Width: 80}},
		{"delivery", "docs/examples/delivery: what was deployed is promoted when it is proven", []Box{
			step("fetch", "ready", "ops@4c1d"), step("deploy", "ready", "ops@4c1d"), step("probe", "failed", "http 503"), step("promote", "probe"),
		}, append(there("fetch deploy deployment", "deploy probe deployment"), waits("probe promote proven")...), Options{Width: 120, Selected: "probe"}},
		{"options", "docs/examples/options: no test, so what was fetched passes", []Box{
			step("fetch", "ready", "main@8a1fe0c"), step("test", "passes"), step("release", "ready"),
		}, there("fetch test code", "test release tested"), Options{Width: 100, Selected: "test"}},
		{"ytt", "docs/examples/ytt: what needs no input stands beside its reader", []Box{
			step("fetch", "ready", "main@8a1fe0c"), step("build", "busy"), step("configure", "ready"), step("run", "build"),
		}, append(there("fetch build code", "configure run manifests"), waits("build run app")...), Options{Width: 120}},
		{"ytt-down", "the same downwards", []Box{
			step("fetch", "ready", "main@8a1fe0c"), step("build", "busy"), step("configure", "ready"), step("run", "build"),
		}, append(there("fetch build code", "configure run manifests"), waits("build run app")...), Options{Width: 80}},
		{"many-inputs", "configs of many steps are joined", names("source image configs service route scaling policy deliver"),
			append(there("source image code", "image service app", "image policy app", "source configs code", "configs deliver base", "service deliver service", "image route app", "route deliver route"), waits("policy deliver policy", "scaling deliver scaling", "image deliver image")...),
			Options{Width: 110}},
		{"many-inputs-down", "the same downwards", names("source image configs service route scaling policy deliver"),
			append(there("source image code", "image service app", "image policy app", "source configs code", "configs deliver base", "service deliver service", "image route app", "route deliver route"), waits("policy deliver policy", "scaling deliver scaling", "image deliver image")...),
			Options{Width: 110, Direction: Down}},
		{"forced-across", "what is forced across and too wide is as narrow as it can be", names("source test build config deliver"),
			there("source test source", "test build source", "build config image", "config deliver config"), Options{Width: 20, Direction: Across}},
		{"tight", "without names of inputs, and without space, more fits", scan, scanEdges, Options{Width: 180, MaxBox: 16, Tight: true, Selected: "scan"}},
		{"bare", "boxes without top and bottom still say which one is selected, failed or waits", scan, scanEdges, Options{Width: 180, MaxBox: 16, Tight: true, Bare: true, Selected: "build"}},
		{"bare-down", "the same downwards", scan, scanEdges, Options{Width: 60, Direction: Down, Tight: true, Bare: true, Selected: "build"}},
		{"bare-cycle", "a circle, and a step that reads itself", names("a b c"), there("a b", "b c", "c a back", "b b"), Options{Width: 80, Tight: true, Bare: true}},
		{"tiny", "a width of one cell", names("source build"), there("source build source"), Options{Width: 1, MaxBox: 1}},
		{"empty", "nothing", nil, nil, Options{Width: 80}},
	}
}

func TestDraw(t *testing.T) {
	for _, tc := range cases() {
		var all strings.Builder
		fmt.Fprintf(&all, "%s\n\n", tc.reason)
		for _, unicode := range []bool{true, false} {
			o := tc.options
			o.Theme = plain(unicode)
			p := Draw(tc.boxes, tc.edges, o)
			for _, l := range p.Lines {
				fmt.Fprintf(&all, "%s|\n", l)
			}
			fmt.Fprintf(&all, "%d x %d\n\n", p.Width, p.Height)
		}
		golden(t, tc.name+".golden", all.String())
	}
}

// TestColours holds the sequences of a theme: each state, what is selected, and what travels.
func TestColours(t *testing.T) {
	boxes := []Box{
		step("source", "ready", "main@8a1fe0c"), step("test", "passes"), step("scan", "failed"), step("build", "busy"),
		step("deliver", "build"), {ID: "note", Title: "note", Lines: []Line{{Text: "plain"}}},
	}
	edges := append(there("source test source", "source scan source"), waits("test build source", "build deliver image")...)
	edges = append(edges, travels(0.5, there("scan note verdict"))...)
	for _, name := range []theme.Name{theme.Dark, theme.Light, theme.None} {
		p := Draw(boxes, edges, Options{Width: 160, Theme: theme.New(name, true), Selected: "build"})
		golden(t, "colours-"+string(name)+".golden", strings.Join(p.Lines, "\n")+"\n")
	}
}

func TestNeighbour(t *testing.T) {
	// a ─ b ─ d
	//   ╰ c ╯     e stands apart, below
	across := Draw(names("a b c d e"), there("a b", "a c", "b d", "c d"), Options{Width: 80})
	down := Draw(names("a b c d e"), there("a b", "a c", "b d", "c d"), Options{Width: 80, Direction: Down})
	for _, tc := range []struct {
		reason string
		p      *Picture
		from   string
		dx, dy int
		want   string
	}{
		{"right is along the edge that goes straight", across, "a", 1, 0, "b"},
		{"right again", across, "b", 1, 0, "d"},
		{"nothing is right of the last", across, "d", 1, 0, "d"},
		{"left is back", across, "d", -1, 0, "b"},
		{"down is the other branch", across, "b", 0, 1, "c"},
		{"and up again", across, "c", 0, -1, "b"},
		{"down from the lowest of a chain is the next part", across, "c", 0, 1, "e"},
		{"nothing is above the first", across, "a", 0, -1, "a"},
		{"downwards, down is along the edge", down, "a", 0, 1, "b"},
		{"and right the other branch", down, "b", 1, 0, "c"},
		{"up from the join", down, "d", 0, -1, "b"},
		{"no direction", down, "d", 0, 0, "d"},
		{"a box that is not there stays", across, "gone", 1, 0, "gone"},
	} {
		if got := tc.p.Neighbour(tc.from, tc.dx, tc.dy); got != tc.want {
			t.Errorf("%s: from %s by %d,%d: got %s, want %s\n%s", tc.reason, tc.from, tc.dx, tc.dy, got, tc.want, strings.Join(tc.p.Lines, "\n"))
		}
	}
}

func TestAt(t *testing.T) {
	p := Draw(names("a b"), append(there("a b"), waits("gone a")...), Options{Width: 80, Theme: plain(true)})
	a := p.Boxes["a"]
	for _, tc := range []struct {
		reason string
		x, y   int
		want   string
	}{
		{"a corner belongs to the box", a.X, a.Y, "a"},
		{"the last cell does", a.X + a.Width - 1, a.Y + a.Height - 1, "a"},
		{"the edge behind it does not", a.X + a.Width, a.Y + 1, ""},
		{"a step that does not exist cannot be selected", 0, 0, ""},
		{"outside is nothing", -1, 100, ""},
	} {
		if got := p.At(tc.x, tc.y); got != tc.want {
			t.Errorf("%s: got %q, want %q\n%s", tc.reason, got, tc.want, strings.Join(p.Lines, "\n"))
		}
	}
}

// TestSixty: as many steps as anybody has, in a row and side by side.
func TestSixty(t *testing.T) {
	var boxes []Box
	var chain, fan []Edge
	for i := range 60 {
		boxes = append(boxes, step(fmt.Sprint("step-", i), "ready"))
		if i > 0 {
			chain = append(chain, there(fmt.Sprintf("step-%d %s source", i-1, boxes[i].ID))...)
			fan = append(fan, there(fmt.Sprintf("step-0 step-%d source", i))...)
		}
	}
	for _, tc := range []struct {
		reason        string
		edges         []Edge
		options       Options
		direction     Direction
		width, height int
	}{
		{"a chain goes down", chain, Options{Width: 120}, Down, 14, 60*4 + 59*2},
		{"or across, where that is asked for", chain, Options{Width: 120, Direction: Across}, Across, 60*14 + 59*8, 4},
		{"a fan goes across: its height is scrolled", fan, Options{Width: 120}, Across, 0, 59*4 + 58},
		{"no edges make a grid", nil, Options{Width: 120}, Across, 0, 4*9 + 8},
	} {
		p := Draw(boxes, tc.edges, tc.options)
		if len(p.Boxes) != 60 || p.Direction != tc.direction || p.Height != tc.height || tc.width > 0 && p.Width != tc.width {
			t.Errorf("%s: %d boxes, direction %d, %d x %d", tc.reason, len(p.Boxes), p.Direction, p.Width, p.Height)
		}
	}
}

// TestSame: a frame of an animation must not jump.
func TestSame(t *testing.T) {
	for _, tc := range cases() {
		first := Draw(tc.boxes, tc.edges, tc.options)
		for range 5 {
			if got := Draw(tc.boxes, tc.edges, tc.options); strings.Join(got.Lines, "\n") != strings.Join(first.Lines, "\n") {
				t.Errorf("%s is drawn differently the second time", tc.name)
			}
		}
	}
}

// plain is a theme without any sequences.
func plain(unicode bool) *theme.Theme { return &theme.Theme{Unicode: unicode} }
