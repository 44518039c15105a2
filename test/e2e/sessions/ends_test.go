package sessions

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/carto-run/carto/test/terminal"
)

// TestEnds: however it ends, the terminal is as it was, and the exit code says how.
func TestEnds(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		reason string
		end    func(s *session)
		code   int
	}{
		{"q", func(s *session) { s.press("q") }, 0},
		{"ctrl-c is a key", func(s *session) { s.press("ctrl+c") }, 0},
		{":q", func(s *session) { s.press(":").types("q").press("enter") }, 0},
		{"ctrl-c on a question", func(s *session) { s.press("D").sees("Type cart to confirm").press("ctrl+c") }, 0},
		{"ctrl-c while a filter is typed", func(s *session) { s.press("/").types("qq").sees("/qq").press("ctrl+c") }, 0},
		{"q in a pane", func(s *session) { s.press("l").sees("› logs").press("q") }, 0},
		{"q closes help first", func(s *session) { s.press("?").sees("› keys").press("q").misses("› keys").press("q") }, 0},
		{"the job control of the shell", func(s *session) { s.must(s.Signal(os.Interrupt)) }, 130},
		{"a container that is stopped", func(s *session) { s.must(s.Signal(syscall.SIGTERM)) }, 130},
		{"a signal in the logs", func(s *session) { s.press("l").sees("› logs"); s.must(s.Signal(syscall.SIGTERM)) }, 130},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			t.Parallel()
			s := open(t, theShop(t).Kubeconfig, 80, 24, "-n", "shop", "--write")
			s.line("› cart")
			if !s.Taken() {
				t.Error("the screen was not taken")
			}
			tc.end(s)
			s.ends(tc.code)
		})
	}
}

// TestTheTerminalGoesAway: a window that is closed takes the program with it.
func TestTheTerminalGoesAway(t *testing.T) {
	t.Parallel()
	s := open(t, theShop(t).Kubeconfig, 80, 24, inShop...)
	s.line("› cart")
	s.must(s.HangUp())
	s.patiently(func(ctx context.Context) error {
		_, err := s.Exit(ctx)
		return err
	})
}

// TestTheScreenIsNotTaken where there is nothing to show on it.
func TestTheScreenIsNotTaken(t *testing.T) {
	t.Parallel()
	shop := theShop(t)
	t.Run("no terminal", func(t *testing.T) {
		t.Parallel()
		command := exec.CommandContext(t.Context(), program(t), "tui", "-n", "shop", "workload/cart")
		command.Env = append(os.Environ(), environment(t, shop.Kubeconfig)...)
		out, err := command.CombinedOutput()
		var exit *exec.ExitError
		want := "error: the full-screen view needs a terminal: standard input is no terminal; use: kubectl carto tree workload/cart --watch\n"
		if !errors.As(err, &exit) || exit.ExitCode() != 2 || string(out) != want {
			t.Errorf("%v: %s", err, out)
		}
	})
	for _, tc := range []struct {
		reason, args, env, says string
		code                    int
	}{
		{"it is piped into a file", "-n shop > /dev/null", "", "standard output is no terminal; use: kubectl carto tree workload --watch", 2},
		{"keys come from a file", "-n shop csc < /dev/null", "", "standard input is no terminal; use: kubectl carto supplychain list --watch", 2},
		{"a terminal that can nothing", "-A dlv", "TERM=dumb", "TERM=dumb); use: kubectl carto tree deliverable --all-namespaces --watch", 2},
		{"a slip of the pen", "-n shop workload/crat", "", `workload "crat" not found in namespace "shop"; did you mean "cart"?`, 1},
		{"a blueprint that is not there", "csc/stor", "", `supplychain "stor" not found; did you mean "store"?`, 1},
		{"a type that Carto does not have", "gizmo", "", `"gizmo"`, 2},
		{"a type of Kubernetes", "pod/cart", "", "those of Carto are: workload, deliverable", 2},
		{"a context that is not there", "--context nowhere", "", `there is no context "nowhere"`, 2},
		{"a namespace that is not there", "-n nowhere workload/cart", "", `namespace "nowhere" not found, where workload "cart" was looked for`, 1},
		{"a cluster that is not there", "--server https://127.0.0.1:1", "", "127.0.0.1:1", 2},
		{"nobody may see it", "-n shop --as jane", "", "jane", 2},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			t.Parallel()
			o := terminal.Options{Width: 250, Height: 10, Env: append(environment(t, shop.Kubeconfig), tc.env)}
			s := start(t, o, "sh", "-c", `"$0" tui `+tc.args, program(t))
			s.sees(tc.says).ends(tc.code)
			if s.Taken() || !strings.Contains(s.Screen(), "error: ") {
				t.Errorf("the screen was taken, or no error was said:\n%s", s.Screen())
			}
		})
	}
}
