// Package sessions drives the full-screen view as a person does: the built program in a
// pseudo-terminal, against a real control plane with a shop in it.
package sessions

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/carto-run/carto/test/demo/scene"
	"github.com/carto-run/carto/test/harness"
	"github.com/carto-run/carto/test/terminal"
)

// patience is how long a picture may take on a busy machine.
const patience = 60 * time.Second

// inShop is what most sessions look at.
var inShop = []string{"-n", scene.Namespace}

var shop struct {
	once  sync.Once
	scene *scene.Scene
	dir   string
	err   error
}

func TestMain(m *testing.M) {
	code := m.Run()
	if shop.scene != nil {
		if err := shop.scene.Stop(); err != nil {
			println("stop the shop:", err.Error())
			code = max(code, 1)
		}
	}
	_ = os.RemoveAll(shop.dir)
	os.Exit(code)
}

// theShop is the scene that the sessions share; under -short the test is skipped.
func theShop(t *testing.T) *scene.Scene {
	t.Helper()
	if testing.Short() {
		t.Skip("needs a control plane, which takes some seconds to start")
	}
	shop.once.Do(func() {
		if shop.dir, shop.err = os.MkdirTemp("", "carto-sessions-"); shop.err == nil {
			shop.scene, shop.err = scene.Start(context.Background(), shop.dir)
		}
	})
	if shop.err != nil {
		t.Fatal(shop.err)
	}
	return shop.scene
}

// session is one run of the program.
type session struct {
	*testing.T
	*terminal.Terminal
}

// open starts kubectl carto tui in a terminal of a size.
func open(t *testing.T, kubeconfig string, width, height int, args ...string) *session {
	t.Helper()
	return openIn(t, kubeconfig, terminal.Options{Width: width, Height: height}, args...)
}

// openIn is open for a terminal that is special in other ways.
func openIn(t *testing.T, kubeconfig string, o terminal.Options, args ...string) *session {
	t.Helper()
	o.Env = append(environment(t, kubeconfig), o.Env...)
	return start(t, o, program(t), append([]string{"tui"}, args...)...)
}

// environment says nothing of the terminal that the tests may be run in.
func environment(t *testing.T, kubeconfig string) []string {
	t.Helper()
	return []string{"KUBECONFIG=" + kubeconfig, "HOME=" + t.TempDir(), "NO_COLOR=", "LC_ALL=", "LC_CTYPE="}
}

func program(t *testing.T) string {
	t.Helper()
	root, err := harness.Root()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(root, "bin", "kubectl-carto")
}

func start(t *testing.T, o terminal.Options, program string, args ...string) *session {
	t.Helper()
	term, err := terminal.Start(context.Background(), o, program, args...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the last screen:\n%s", term.Screen())
		}
		if err := term.Close(); err != nil {
			t.Error(err)
		}
	})
	return &session{t, term}
}

func (s *session) patiently(do func(ctx context.Context) error) {
	s.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := do(ctx); err != nil {
		s.Fatal(err)
	}
}

// sees waits for texts on the screen.
func (s *session) sees(texts ...string) *session {
	s.Helper()
	s.patiently(func(ctx context.Context) error { return s.WaitFor(ctx, texts...) })
	return s
}

// misses waits until a text is gone.
func (s *session) misses(text string) *session {
	s.Helper()
	return s.until("no "+text, func(screen string) bool { return !strings.Contains(screen, text) })
}

// line waits until one line has all of these texts.
func (s *session) line(texts ...string) *session {
	s.Helper()
	return s.until("a line with "+strings.Join(texts, " and "), func(screen string) bool {
		for line := range strings.SplitSeq(screen, "\n") {
			if !slices.ContainsFunc(texts, func(text string) bool { return !strings.Contains(line, text) }) {
				return true
			}
		}
		return false
	})
}

// until waits until the screen is as wanted.
func (s *session) until(what string, wanted func(screen string) bool) *session {
	s.Helper()
	s.patiently(func(ctx context.Context) error { return s.Wait(ctx, what, wanted) })
	return s
}

// press presses keys by their names.
func (s *session) press(names ...string) *session {
	s.Helper()
	if err := s.Press(names...); err != nil {
		s.Fatal(err)
	}
	return s
}

// types sends text.
func (s *session) types(text string) *session {
	s.Helper()
	if err := s.Type(text); err != nil {
		s.Fatal(err)
	}
	return s
}

// ends waits for the end of the program, and checks what it leaves behind.
func (s *session) ends(code int) {
	s.Helper()
	s.patiently(func(ctx context.Context) error {
		got, err := s.Exit(ctx)
		if err == nil && got != code {
			s.Errorf("the exit code is %d, want %d", got, code)
		}
		return err
	})
	if err := s.Restored(); err != nil {
		s.Errorf("the terminal is not as it was: %v", err)
	}
}

// at is where a text is on the screen: its column and its line, from 0.
func (s *session) at(text string) (x, y int) {
	s.Helper()
	s.sees(text)
	for y, line := range strings.Split(s.Screen(), "\n") {
		if before, _, found := strings.Cut(line, text); found {
			return ansi.StringWidth(before), y
		}
	}
	s.Fatalf("%q was there, and is gone", text)
	return 0, 0
}

func (s *session) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// line4 is the first line below the header.
func (s *session) line4() string { return strings.Split(s.Screen(), "\n")[3] }

// revision is the one in the first box that has one.
func (s *session) revision() string {
	s.Helper()
	_, rest, _ := strings.Cut(s.Screen(), "main@sha1:")
	revision := strings.FieldsFunc(rest, func(r rune) bool { return !strings.ContainsRune("0123456789abcdef", r) })[0]
	return "main@sha1:" + revision
}
