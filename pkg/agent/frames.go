package agent

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"github.com/tidwall/gjson"
	"k8s.io/apimachinery/pkg/runtime"
)

// maxFrame bounds an event of a watch, in bytes. etcd takes objects of 1.5 MB by default; in an
// event the same can be longer, by what JSON escapes.
const maxFrame = 16 << 20

// frames cuts the stream of a watch into its events, each a JSON object. The framer of
// client-go looks at every byte with a state machine that costs about as much as all else that
// is done to an event of a stamped object.
type frames struct{}

var _ runtime.Framer = frames{}

// NewFrameReader implements runtime.Framer.
func (frames) NewFrameReader(body io.ReadCloser) io.ReadCloser {
	return &frameReader{body: body, in: bufio.NewReaderSize(body, 16<<10)}
}

// NewFrameWriter implements runtime.Framer; the JSON objects of a stream need nothing between them.
func (frames) NewFrameWriter(w io.Writer) io.Writer { return w }

type frameReader struct {
	body io.Closer
	in   *bufio.Reader
	// frame is the current one, of which rest has not been read yet.
	frame, rest []byte
}

// Read reads a frame, or as much of it as there is room for; then with io.ErrShortBuffer, and
// the next call goes on. The text is valid JSON.
func (r *frameReader) Read(into []byte) (int, error) {
	if len(r.rest) == 0 {
		if err := r.next(); err != nil {
			return 0, err
		}
		r.rest = r.frame
	}
	n := copy(into, r.rest)
	if r.rest = r.rest[n:]; len(r.rest) > 0 {
		return n, io.ErrShortBuffer
	}
	return n, nil
}

// Close implements io.Closer.
func (r *frameReader) Close() error { return r.body.Close() }

// next reads the next frame. The stream can end before one, but not within.
func (r *frameReader) next() error {
	r.frame = r.frame[:0]
	var at object
	for {
		if _, err := r.in.Peek(1); err != nil {
			if errors.Is(err, io.EOF) && at.begun {
				err = io.ErrUnexpectedEOF
			}
			return err
		}
		text, _ := r.in.Peek(r.in.Buffered()) // what is there can be peeked at
		n, ended := at.scan(text)
		r.frame = append(r.frame, text[:n]...)
		_, _ = r.in.Discard(n) // likewise
		switch {
		case len(r.frame) > maxFrame:
			return fmt.Errorf("read an event of a watch: it is longer than %d MiB", maxFrame>>20)
		case ended && (!at.begun || !gjson.ValidBytes(r.frame)):
			return fmt.Errorf("read an event of a watch: it is no JSON object: %.100q", r.frame)
		case ended:
			return nil
		}
	}
}

// object finds the end of a JSON object in a text that comes in pieces.
type object struct {
	begun             bool
	inString, escaped bool
	depth             int
}

// scan looks at a piece, and returns how much of it belongs to the object, and whether that
// ends there. What can not be the beginning of one ends at once, without having begun.
func (o *object) scan(text []byte) (n int, ended bool) {
	for i, c := range text {
		switch {
		case !o.begun:
			switch c {
			case ' ', '\t', '\r', '\n':
			case '{':
				o.begun, o.depth = true, 1
			default:
				return i + 1, true
			}
		case o.escaped:
			o.escaped = false
		case o.inString:
			switch c {
			case '\\':
				o.escaped = true
			case '"':
				o.inString = false
			}
		case c == '"':
			o.inString = true
		case c == '{' || c == '[':
			o.depth++
		case c == '}' || c == ']':
			if o.depth--; o.depth == 0 {
				return i + 1, true
			}
		}
	}
	return len(text), false
}
