package sessions

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"github.com/carto-run/carto/test/terminal"
)

// TestSizes: from a corner of the screen to the whole wall.
func TestSizes(t *testing.T) {
	t.Parallel()
	s := open(t, theShop(t).Kubeconfig, 80, 24, "-n", "shop")
	s.line("› cart", "✓ Ready", "7/7").line("workloads", "✓ 5 ready").fits(80)

	t.Log("300×80")
	s.must(s.Resize(300, 80))
	s.line("payment", "no ClusterSupplyChain selects an owner with the labels apps.tanzu.vmware.com/workload-type=wep").line("cart", "registry.example/shop/cart@sha256:").fits(300)
	s.press("enter").line("fetch", "test", "build", "scan", "configure", "promote", "Deliverable/ca").fits(300)

	t.Log("smaller and smaller, while it is open")
	s.must(s.Resize(80, 24))
	s.line("fetch").sees("7 of 7 steps").line("live").fits(80)
	s.must(s.Resize(40, 12))
	s.line("fetch").fits(40)
	s.press("esc").line("› cart").press("G").line("› search", "✗ Failed").press("g").line("› cart").fits(40)
	s.press("y").sees("apiVersion").fits(40)
	s.must(s.Resize(20, 5))
	s.sees("too small")
	s.must(s.Resize(1, 1))
	s.must(s.Resize(80, 24))
	s.sees("› yaml", "apiVersion").fits(80)
	s.press("esc").line("› cart").press("q").ends(0)
}

// TestSmallFromTheStart: 20×5 says what is wrong, and q still works.
func TestSmallFromTheStart(t *testing.T) {
	t.Parallel()
	shop := theShop(t)
	open(t, shop.Kubeconfig, 20, 5, inShop...).sees("too small").press("q").ends(0)
	open(t, shop.Kubeconfig, 40, 12, inShop...).line("› cart", "✓").press("q").ends(0)
	open(t, shop.Kubeconfig, 300, 80, "-n", "shop", "workload/cart").line("fetch", "promote").press("q").ends(0)
}

// fits waits until the picture has been drawn for a width: the first line goes from side to side.
func (s *session) fits(width int) *session {
	s.Helper()
	return s.until(fmt.Sprintf("a picture of %d columns", width), func(screen string) bool {
		first, _, _ := strings.Cut(screen, "\n")
		return ansi.StringWidth(first) == width && strings.HasSuffix(first, "live")
	})
}

// TestLooks: colours where they are wanted and can be read; glyphs where the locale has them.
func TestLooks(t *testing.T) {
	t.Parallel()
	shop := theShop(t)
	const width, height = 100, 30
	picture := func(o terminal.Options, args ...string) *session {
		t.Helper()
		o.Width, o.Height = width, height
		s := openIn(t, shop.Kubeconfig, o, append([]string{"-n", "shop", "workload/checkout"}, args...)...)
		return s.sees("Failed: workload shop/checkout", "1 of 7 steps ready", "live", "step test")
	}
	const dark, light = "#5fd787", "#008700" // what is ready, in each theme
	for _, tc := range []struct {
		reason string
		o      terminal.Options
		args   []string
		want   string
	}{
		{"a dark terminal", terminal.Options{}, nil, dark},
		{"a white one answers that it is", terminal.Options{Light: true}, nil, light},
		{"light by a flag", terminal.Options{}, []string{"--theme", "light"}, light},
		{"dark by a flag", terminal.Options{Light: true}, []string{"--theme", "dark"}, dark},
		{"whatever NO_COLOR says", terminal.Options{Env: []string{"NO_COLOR=1"}}, []string{"--color", "always"}, dark},
	} {
		s := picture(tc.o, tc.args...)
		s.until(tc.reason+": "+tc.want, func(string) bool {
			colors := s.Colors()
			return slices.Contains(colors, tc.want) && slices.Contains(colors, dark) != slices.Contains(colors, light)
		})
		s.press("q").ends(0)
	}
	for _, tc := range []struct {
		reason string
		o      terminal.Options
		args   []string
	}{
		{"NO_COLOR", terminal.Options{Env: []string{"NO_COLOR=1"}}, nil},
		{"--color never", terminal.Options{}, []string{"--color", "never"}},
		{"--theme none", terminal.Options{}, []string{"--theme", "none"}},
		{"NO_COLOR on white", terminal.Options{Light: true, Env: []string{"NO_COLOR=1"}}, nil},
	} {
		s := picture(tc.o, tc.args...)
		if colors := s.Colors(); len(colors) > 0 {
			t.Errorf("%s: the colours are %v", tc.reason, colors)
		}
		s.press("q").ends(0)
	}
}

// TestAnASCIITerminal has borders and states as well.
func TestAnASCIITerminal(t *testing.T) {
	t.Parallel()
	for _, env := range []string{"LANG=C", "LC_ALL=POSIX"} {
		s := openIn(t, theShop(t).Kubeconfig, terminal.Options{Width: 100, Height: 30, Env: []string{env}}, inShop...)
		s.line("> cart", "Ready", "7/7").line("checkout", "Failed").ascii(env)
		s.press("enter").sees("7 of 7 steps", "--", "fetch").ascii(env)
		s.press("d").sees("> describe").ascii(env).press("esc").misses("> describe")
		s.press("l").sees("> logs").ascii(env).press("esc").misses("> logs")
		s.press("?").sees("> keys").ascii(env).press("esc").misses("> keys")
		s.press("q").ends(0)
	}
}

func (s *session) ascii(env string) *session {
	s.Helper()
	for _, r := range s.Screen() {
		if r > '~' {
			s.Errorf("%s: %q is shown:\n%s", env, r, s.Screen())
			break
		}
	}
	return s
}
