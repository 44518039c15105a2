package graph

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/carto-run/carto/pkg/tui/theme"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; run with -update and look at the difference\ngot:\n%s\nwant:\n%s", path, got, want)
	}
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
		{"web-120", "boxes give way first", web, webEdges, Options{Width: 110, Selected: "build"}},
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

// plain is a theme without any sequences.
func plain(unicode bool) *theme.Theme { return &theme.Theme{Unicode: unicode} }
