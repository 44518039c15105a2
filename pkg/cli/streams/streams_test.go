package streams

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
)

func TestUseColor(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		reason string
		tty    bool
		color  Color
		env    map[string]string
		want   bool
	}{
		{"a pipe gets none", false, ColorAuto, nil, false},
		{"a terminal gets it", true, ColorAuto, nil, true},
		{"NO_COLOR", true, ColorAuto, map[string]string{"NO_COLOR": "1"}, false},
		{"NO_COLOR wins over CLICOLOR_FORCE", true, ColorAuto, map[string]string{"NO_COLOR": "1", "CLICOLOR_FORCE": "1"}, false},
		{"CLICOLOR_FORCE colours a pipe", false, ColorAuto, map[string]string{"CLICOLOR_FORCE": "1"}, true},
		{"the flag wins", false, ColorAlways, map[string]string{"NO_COLOR": "1"}, true},
		{"the flag wins", true, ColorNever, nil, false},
		{"a dumb terminal", true, ColorAuto, map[string]string{"TERM": "dumb"}, false},
	} {
		s, _, _, _ := Test()
		if tc.tty {
			s.SetTTY(80, 24)
		}
		s.Getenv, s.Color = func(n string) string { return tc.env[n] }, tc.color
		if got := s.UseColor(); got != tc.want {
			t.Errorf("%s: got %v", tc.reason, got)
		}
	}
}

func TestUnicode(t *testing.T) {
	t.Parallel()
	for env, want := range map[string]bool{"": false, "LANG=C": false, "LANG=en_US.UTF-8": true, "LC_ALL=C LANG=en_US.UTF-8": false, "LC_CTYPE=de_DE.utf8": true} {
		s, _, _, _ := Test()
		s.Getenv = func(n string) string {
			for _, pair := range strings.Fields(env) {
				if k, v, _ := strings.Cut(pair, "="); k == n {
					return v
				}
			}
			return ""
		}
		if got := s.Unicode(); got != want {
			t.Errorf("%q: got %v", env, got)
		}
	}
}

func TestConfirm(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]bool{"y\n": true, "YES\n": true, "n\n": false, "\n": false, "": false} {
		s, in, out, errOut := Test()
		in.WriteString(answer)
		got, err := s.Confirm(context.Background(), "Sure?")
		if err != nil || got != want {
			t.Errorf("%q: got %v, %v", answer, got, err)
		}
		if out.Len() > 0 || errOut.String() != "Sure? [y/N]: " {
			t.Errorf("the question is talk: stdout %q, stderr %q", out, errOut)
		}
	}
}

func TestConfirmInterrupted(t *testing.T) {
	t.Parallel()
	s, _, _, errOut := Test()
	s.In, _ = io.Pipe() // nobody answers
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if sure, err := s.Confirm(ctx, "Sure?"); sure || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, %v", sure, err)
	}
	if errOut.String() != "Sure? [y/N]: \n" {
		t.Errorf("the prompt of the shell stands behind the question: %q", errOut)
	}
}

func TestPaint(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		reason, text string
		want         string
	}{
		{"what fits", "a\nb\n", "a\nb\n"},
		{"a wide line takes several, and a colour ends with each", "\x1b[31m1234567\x1b[0m\n", "\x1b[31m12345\x1b[0m\n67\x1b[0m\x1b[0m\n"},
		{"too many lines lose their middle: the end says why", "a\nb\nc\nd\ne\nf\n", "a\nb\n...\nf\n"},
		{"wide characters", "日本語\n", "日本\n語\n"},
	} {
		var out bytes.Buffer
		p := &Painter{W: &out, Size: func() (int, int) { return 5, 5 }}
		if err := p.Paint(tc.text); err != nil {
			t.Fatal(err)
		}
		if got, want := out.String(), "\r\x1b[J"+tc.want; got != want {
			t.Errorf("%s: got %q, want %q", tc.reason, got, want)
		}
		out.Reset()
		if err := p.Paint("x\n"); err != nil {
			t.Fatal(err)
		}
		if got, want := out.String(), fmt.Sprintf("\x1b[%dA\r\x1b[Jx\n", strings.Count(tc.want, "\n")); got != want {
			t.Errorf("%s: the next picture: got %q, want %q", tc.reason, got, want)
		}
	}
}

// TestWriteError: what could not be written is known even where a printer forgets it; a
// reader that has seen enough is no fault.
func TestWriteError(t *testing.T) {
	t.Parallel()
	for reason, tc := range map[string]struct {
		err            error
		broken, failed bool
	}{
		"all is written": {nil, false, false},
		"head, less":     {syscall.EPIPE, true, false},
		"a full disk":    {syscall.ENOSPC, false, true},
	} {
		s, _, _, _ := Test()
		stopped := false
		s.Out = &pipeWriter{w: failing{tc.err}, broken: s.broken, onBroken: func() { stopped = true }}
		_, _ = io.WriteString(s.Out, "one")
		_, _ = io.WriteString(s.Out, "two")
		if s.Broken() != tc.broken || stopped != tc.broken || (s.WriteError() != nil) != tc.failed {
			t.Errorf("%s: broken %v, stopped %v, %v", reason, s.Broken(), stopped, s.WriteError())
		}
	}
}

type failing struct{ err error }

func (f failing) Write(b []byte) (int, error) { return len(b), f.err }

// TestMindReader: whoever follows something is told when the reader goes, without a word
// being written; a pipe that is read, and a file, go on.
func TestMindReader(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("known only on Unix")
	}
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = writer.Close() }()
	left := make(chan struct{})
	s := &Streams{broken: &atomic.Bool{}}
	s.Out = &pipeWriter{w: writer, broken: s.broken, onBroken: func() { close(left) }}
	s.MindReader()()
	if s.Broken() {
		t.Fatal("a pipe that is read counts as broken")
	}
	stop := s.MindReader()
	if err := reader.Close(); err != nil {
		t.Fatal(err)
	}
	<-left
	stop()
	if !s.Broken() {
		t.Error("nobody reads the pipe, and it does not count as broken")
	}

	file, err := os.CreateTemp(t.TempDir(), "out")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	s = &Streams{broken: &atomic.Bool{}}
	s.Out = &pipeWriter{w: file, broken: s.broken}
	s.MindReader()()
	if s.Broken() {
		t.Error("a file counts as a broken pipe")
	}
}
