// Package streams owns what the program knows about its terminal: which of the three
// streams are terminals, how wide they are, whether colour and non-ASCII glyphs may be
// used, and whether a question can be asked.
//
// Standard output is data, standard error is talk. Nothing outside this package looks
// at file descriptors or at NO_COLOR, so every command is tested against buffers with
// a terminal switched on or off.
package streams

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/signal"
	"strings"
	"sync/atomic"
	"syscall"

	"golang.org/x/term"
)

// Color says when to colour.
type Color string

// Values of --color.
const (
	ColorAuto   Color = "auto"
	ColorAlways Color = "always"
	ColorNever  Color = "never"
)

// Streams are the three streams of a command and what is known about them.
type Streams struct {
	In     io.Reader
	Out    io.Writer
	ErrOut io.Writer

	// Color is the value of --color.
	Color Color
	// Getenv reads the environment; tests replace it.
	Getenv func(string) string

	inTTY, outTTY, errTTY bool
	size                  func() (width, height int)
	broken                *atomic.Bool
}

// System are the streams of the process. When the reader of standard output goes away,
// onBroken is called once, so that the command can stop early.
func System(onBroken func()) *Streams {
	// With SIGPIPE ignored a write to a closed pipe returns EPIPE instead of killing
	// the process, which lets `kubectl carto tree … | head -1` end as a success.
	signal.Ignore(syscall.SIGPIPE)
	broken := &atomic.Bool{}
	return &Streams{
		In:     os.Stdin,
		Out:    &pipeWriter{w: os.Stdout, broken: broken, onBroken: onBroken},
		ErrOut: os.Stderr,
		Color:  ColorAuto,
		Getenv: os.Getenv,
		inTTY:  term.IsTerminal(int(os.Stdin.Fd())),
		outTTY: term.IsTerminal(int(os.Stdout.Fd())),
		errTTY: term.IsTerminal(int(os.Stderr.Fd())),
		size: func() (int, int) {
			w, h, err := term.GetSize(int(os.Stdout.Fd()))
			if err != nil {
				return 0, 0
			}
			return w, h
		},
		broken: broken,
	}
}

// Test are streams over buffers that are no terminal.
func Test() (s *Streams, in, out, errOut *bytes.Buffer) {
	in, out, errOut = &bytes.Buffer{}, &bytes.Buffer{}, &bytes.Buffer{}
	return &Streams{
		In: in, Out: out, ErrOut: errOut, Color: ColorAuto,
		Getenv: func(string) string { return "" },
		size:   func() (int, int) { return 0, 0 },
		broken: &atomic.Bool{},
	}, in, out, errOut
}

// SetTTY makes test streams pretend to be a UTF-8 terminal of a size.
func (s *Streams) SetTTY(width, height int) {
	s.inTTY, s.outTTY, s.errTTY = true, true, true
	s.size = func() (int, int) { return width, height }
	s.Getenv = func(name string) string {
		return map[string]string{"LANG": "C.UTF-8", "TERM": "xterm"}[name]
	}
}

// OutIsTerminal tells whether a person watches standard output.
func (s *Streams) OutIsTerminal() bool { return s.outTTY }

// ErrIsTerminal tells whether a person watches standard error.
func (s *Streams) ErrIsTerminal() bool { return s.errTTY && s.Getenv("TERM") != "dumb" }

// InIsTerminal says whether a person at a keyboard is what is read.
func (s *Streams) InIsTerminal() bool { return s.inTTY }

// CanPrompt tells whether a question can be asked and answered.
func (s *Streams) CanPrompt() bool { return s.inTTY && s.errTTY }

// Width of the terminal; 0 when standard output is none, which means unlimited.
func (s *Streams) Width() int {
	if !s.outTTY {
		return 0
	}
	if w, _ := s.size(); w > 0 {
		return w
	}
	return 80
}

// UseColor tells whether standard output may be coloured. --color wins over the
// environment, and within it NO_COLOR over CLICOLOR_FORCE, as https://no-color.org asks.
func (s *Streams) UseColor() bool { return s.useColor(s.outTTY) }

// UseErrColor tells the same of standard error.
func (s *Streams) UseErrColor() bool { return s.useColor(s.errTTY) }

func (s *Streams) useColor(terminal bool) bool {
	switch s.Color {
	case ColorAlways:
		return true
	case ColorNever:
		return false
	}
	if s.Getenv("NO_COLOR") != "" {
		return false
	}
	if v := s.Getenv("CLICOLOR_FORCE"); v != "" && v != "0" {
		return true
	}
	return terminal && s.Getenv("TERM") != "dumb"
}

// CanRepaint tells whether the screen can be drawn over.
func (s *Streams) CanRepaint() bool { return s.outTTY && s.Getenv("TERM") != "dumb" }

// Terminal is what a program reads and writes that takes the whole screen: files, where
// they are some, whose state it sets.
func (s *Streams) Terminal() (in io.Reader, out io.Writer) {
	if p, ok := s.Out.(*pipeWriter); ok {
		return s.In, p.w
	}
	return s.In, s.Out
}

// Unicode tells whether tree glyphs can be shown: only where the locale is known to be
// UTF-8. The order of the variables is that of POSIX.
func (s *Streams) Unicode() bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := s.Getenv(name); v != "" {
			v = strings.ToLower(v)
			return strings.Contains(v, "utf-8") || strings.Contains(v, "utf8")
		}
	}
	return false
}

// Broken tells whether the reader of standard output went away.
func (s *Streams) Broken() bool { return s.broken.Load() }

// WriteError is the first fault of standard output, such as a disk that is full; nil when
// all was written or its reader went away. Not every printer of kubectl passes it on.
func (s *Streams) WriteError() error {
	if p, ok := s.Out.(*pipeWriter); ok {
		if err := p.failed.Load(); err != nil {
			return *err
		}
	}
	return nil
}

// MindReader ends the command as soon as nobody reads standard output any more, until stop
// is called. One that follows something may have nothing to write for hours, and would
// learn only then that the grep -m1 behind it has found its line. It is not for commands
// that change something: those do all of it, whoever reads.
func (s *Streams) MindReader() (stop func()) {
	p, ok := s.Out.(*pipeWriter)
	if !ok {
		return func() {}
	}
	out, ok := p.w.(*os.File)
	if !ok {
		return func() {}
	}
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		if readerLeft(out, done) {
			p.leave()
		}
	}()
	return func() {
		close(done)
		<-ended
	}
}

type pipeWriter struct {
	w        io.Writer
	broken   *atomic.Bool
	onBroken func()
	failed   atomic.Pointer[error]
}

func (p *pipeWriter) Write(b []byte) (int, error) {
	n, err := p.w.Write(b)
	switch {
	case errors.Is(err, syscall.EPIPE):
		p.leave()
	case err != nil:
		p.failed.CompareAndSwap(nil, &err)
	}
	return n, err
}

// leave is called when the reader went away.
func (p *pipeWriter) leave() {
	if p.broken.CompareAndSwap(false, true) && p.onBroken != nil {
		p.onBroken()
	}
}
