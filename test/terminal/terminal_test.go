package terminal

import (
	"context"
	"strings"
	"testing"
	"time"
)

func start(t *testing.T, script string) (context.Context, *Terminal) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	term, err := Start(ctx, Options{Width: 40, Height: 5}, "sh", "-c", script)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := term.Close(); err != nil {
			t.Error(err)
		}
	})
	return ctx, term
}

func TestASession(t *testing.T) {
	ctx, term := start(t, `printf 'name? '; read name; echo "hello $name"; stty size; exit 3`)
	must(t, term.WaitFor(ctx, "name?"))
	must(t, term.Resize(60, 7))
	must(t, term.Type("world"))
	must(t, term.Press("enter"))
	must(t, term.WaitFor(ctx, "hello world", "7 60"))
	code, err := term.Exit(ctx)
	must(t, err)
	if code != 3 {
		t.Errorf("the exit code is %d, want 3", code)
	}
	must(t, term.Restored())
}

func TestATerminalThatIsNotRestoredIsFound(t *testing.T) {
	ctx, term := start(t, `stty -echo raw; printf '\033[?1049h\033[?25l'`)
	_, err := term.Exit(ctx)
	must(t, err)
	err = term.Restored()
	for _, want := range []string{"line discipline", "alternate screen", "hidden cursor"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the fault is %v; %q is missing", err, want)
		}
	}
}

func TestWaitingEndsWithTheProgram(t *testing.T) {
	ctx, term := start(t, `echo bye`)
	err := term.WaitFor(ctx, "never")
	if err == nil || !strings.Contains(err.Error(), "the program ended") || !strings.Contains(err.Error(), "bye") {
		t.Errorf("the fault is %v; it has to say that the program ended, and show the screen", err)
	}
}

func TestClipboardAndTitle(t *testing.T) {
	ctx, term := start(t, `printf '\033]2;a title\007\033]52;c;aGVsbG8=\007done'`)
	must(t, term.WaitFor(ctx, "done"))
	if term.Title() != "a title" || term.Clipboard() != "hello" {
		t.Errorf("title %q, clipboard %q", term.Title(), term.Clipboard())
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestWhatAProgramDidToTheTerminal(t *testing.T) {
	ctx, term := start(t, `printf 'plain \033[31mred\033[0m \033[48;2;1;2;3mpaper\033[0m'; read key; printf '\033[?1049h\033[?1049l'; read key`)
	must(t, term.WaitFor(ctx, "paper"))
	if got := strings.Join(term.Colors(), " "); got != "#010203 #d75f5f" || term.Taken() {
		t.Errorf("the colours are %s; the screen was taken: %v", got, term.Taken())
	}
	must(t, term.Press("enter"))
	must(t, term.Wait(ctx, "a screen that was taken", func(string) bool { return term.Taken() }))
	must(t, term.HangUp())
	code, err := term.Exit(ctx)
	if must(t, err); code != -1 {
		t.Errorf("the exit code is %d; a shell dies of a hang-up", code)
	}
}
