package faultproxy

import (
	"bufio"
	"context"
	"errors"
	"io"
)

// stream is the body of a watch, one event after the other.
type stream struct {
	context context.Context //nolint:containedctx // of the request whose answer this is
	body    io.ReadCloser
	events  *bufio.Reader
	pass    func(event []byte) ([]byte, error)
	rest    []byte
	ended   error
}

func newStream(ctx context.Context, body io.ReadCloser, pass func([]byte) ([]byte, error)) *stream {
	return &stream{context: ctx, body: body, events: bufio.NewReader(body), pass: pass}
}

// Read gives what the rules make of the next event.
func (s *stream) Read(into []byte) (int, error) {
	for len(s.rest) == 0 {
		if s.ended != nil {
			return 0, s.ended
		}
		event, err := s.events.ReadBytes('\n')
		if err != nil {
			s.rest, s.ended = event, err
			continue
		}
		s.rest, s.ended = s.pass(event)
		if errors.Is(s.ended, errStall) {
			<-s.context.Done()
			s.ended = s.context.Err()
		}
	}
	n := copy(into, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}

// Close ends the watch at the API server.
func (s *stream) Close() error { return s.body.Close() }
