package agent

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/tidwall/gjson"
	"k8s.io/apimachinery/pkg/runtime"
)

// maxFrame bounds an event of a watch, and an item of a list, in bytes. etcd takes objects of
// 1.5 MB by default; here the same can be longer, by what JSON escapes.
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
	// lines reads the stream from the first line break within an object on; nil before. The API
	// server writes an event in one line. What has more of them is printed for people, or is
	// garbage of somebody in between, of which the end may never come: the next event would be
	// taken for more of it, and nothing would be heard any more.
	lines *json.Decoder
	bound bounded
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
	if r.lines != nil {
		return r.nextOfLines()
	}
	var at braces
	frame, how, err := at.read(r.in, r.frame[:0])
	r.frame = frame
	switch {
	case errors.Is(err, errLongFrame):
		return fmt.Errorf("read an event of a watch: %w", err)
	case err != nil:
		return err // of the connection: client-go looks at what it is
	case how == breaks:
		r.bound.Reader = io.MultiReader(bytes.NewReader(r.frame), r.in)
		r.lines = json.NewDecoder(&r.bound)
		return r.nextOfLines()
	case !at.begun || !gjson.ValidBytes(r.frame):
		return fmt.Errorf("read an event of a watch: it is no JSON object: %.100q", r.frame)
	}
	return nil
}

// nextOfLines is next by the decoder of the standard library, which notices at once where a text
// is no JSON.
func (r *frameReader) nextOfLines() error {
	r.bound.left = 2 * maxFrame // it reads ahead by as much as it has
	var value json.RawMessage
	err := r.lines.Decode(&value)
	switch {
	case err == nil && value[0] == '{':
		r.frame = value
		return nil
	case err == nil:
		return fmt.Errorf("read an event of a watch: it is no JSON object: %.100q", value)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return err // likewise
	}
	return fmt.Errorf("read an event of a watch: %w", err)
}

var errLongFrame = fmt.Errorf("it is longer than %d MiB", maxFrame>>20)

// bounded is a reader that gives no more than so many bytes.
type bounded struct {
	io.Reader
	left int
}

func (b *bounded) Read(into []byte) (int, error) {
	if b.left <= 0 {
		return 0, errLongFrame
	}
	n, err := b.Reader.Read(into)
	b.left -= n
	return n, err
}

// braces find the end of a JSON object in a text that comes in pieces.
type braces struct {
	begun             bool
	inString, escaped bool
	depth             int
}

// What a piece of text does to an object.
type piece int

const (
	goesOn piece = iota
	ends         // the object is complete; what can not be the beginning of one ends without having begun
	breaks       // there is a line break in the object
)

// read appends to text what comes next, up to the end of the object or a line break within it,
// and says which. Before an object there may be an end, io.EOF, but not within.
func (b *braces) read(in *bufio.Reader, text []byte) ([]byte, piece, error) {
	for {
		if _, err := in.Peek(1); err != nil {
			if errors.Is(err, io.EOF) && b.begun {
				err = io.ErrUnexpectedEOF
			}
			return text, goesOn, err
		}
		there, _ := in.Peek(in.Buffered()) // what is there can be peeked at
		n, how := b.scan(there)
		text = append(text, there[:n]...)
		_, _ = in.Discard(n) // likewise
		switch {
		case len(text) > maxFrame:
			return text, goesOn, errLongFrame
		case how != goesOn:
			return text, how, nil
		}
	}
}

// scan looks at a piece, and returns how much of it belongs to the object, and why no more.
func (b *braces) scan(text []byte) (n int, how piece) {
	for i, c := range text {
		switch {
		case !b.begun:
			switch c {
			case ' ', '\t', '\r', '\n':
			case '{':
				b.begun, b.depth = true, 1
			default:
				return i + 1, ends
			}
		case c == '\n':
			return i + 1, breaks
		case b.escaped:
			b.escaped = false
		case b.inString:
			switch c {
			case '\\':
				b.escaped = true
			case '"':
				b.inString = false
			}
		case c == '"':
			b.inString = true
		case c == '{' || c == '[':
			b.depth++
		case c == '}' || c == ']':
			if b.depth--; b.depth == 0 {
				return i + 1, ends
			}
		}
	}
	return len(text), goesOn
}
