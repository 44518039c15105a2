package streams

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
)

// ReadAll reads standard input to its end, or until ctx is done: a blocked read must
// not keep Ctrl-C from working.
func (s *Streams) ReadAll(ctx context.Context) ([]byte, error) {
	type result struct {
		data []byte
		err  error
	}
	done := make(chan result, 1)
	go func() {
		data, err := io.ReadAll(s.In)
		done <- result{data, err}
	}()
	select {
	case r := <-done:
		return r.data, r.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Confirm asks a yes-or-no question on standard error; the default is no. Callers check
// CanPrompt first.
func (s *Streams) Confirm(ctx context.Context, question string) (bool, error) {
	answer, err := s.ask(ctx, question+" [y/N]: ")
	answer = strings.ToLower(answer)
	return answer == "y" || answer == "yes", err
}

// ConfirmWord asks for a word to be typed, for what cannot be undone.
func (s *Streams) ConfirmWord(ctx context.Context, question, word string) (bool, error) {
	answer, err := s.ask(ctx, question+" Type "+word+" to go on: ")
	return answer == word, err
}

func (s *Streams) ask(ctx context.Context, question string) (string, error) {
	if _, err := fmt.Fprint(s.ErrOut, question); err != nil {
		return "", err
	}
	type result struct {
		line string
		err  error
	}
	done := make(chan result, 1)
	go func() {
		line, err := bufio.NewReader(s.In).ReadString('\n')
		done <- result{line, err}
	}()
	select {
	case r := <-done:
		if r.err != nil && !errors.Is(r.err, io.EOF) {
			return "", r.err
		}
		return strings.TrimSpace(r.line), nil
	case <-ctx.Done():
		_, _ = fmt.Fprintln(s.ErrOut) // what comes next is not to stand behind the question
		return "", ctx.Err()
	}
}
