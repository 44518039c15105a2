// Package sessions drives the full-screen view as a person does: the built program in a
// pseudo-terminal, against a real control plane with a shop in it.
package sessions

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/carto-run/carto/test/demo/scene"
	"github.com/carto-run/carto/test/harness"
	"github.com/carto-run/carto/test/terminal"
)

// patience is how long a picture may take on a busy machine.
const patience = 30 * time.Second

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
	root, err := harness.Root()
	if err != nil {
		t.Fatal(err)
	}
	return start(t, terminal.Options{Width: width, Height: height, Env: []string{"KUBECONFIG=" + kubeconfig, "HOME=" + t.TempDir()}},
		filepath.Join(root, "bin", "kubectl-carto"), append([]string{"tui"}, args...)...)
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
	s.patiently(func(ctx context.Context) error {
		return s.Wait(ctx, "no "+text, func(screen string) bool { return !strings.Contains(screen, text) })
	})
	return s
}

// line waits until one line has all of these texts.
func (s *session) line(texts ...string) *session {
	s.Helper()
	s.patiently(func(ctx context.Context) error {
		return s.Wait(ctx, "a line with "+strings.Join(texts, " and "), func(screen string) bool {
			for line := range strings.SplitSeq(screen, "\n") {
				all := true
				for _, text := range texts {
					all = all && strings.Contains(line, text)
				}
				if all {
					return true
				}
			}
			return false
		})
	})
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
