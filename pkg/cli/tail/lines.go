package tail

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"maps"
	"strings"
	"time"
	"unicode/utf8"
)

// maxLine bounds a line in bytes; what is longer is cut, and says so.
const maxLine = 64 << 10

// lines calls emit for each line of a log with timestamps. at is zero for a line that has
// none: the kubelet puts its own faults between the lines. A last line without its end is
// kept only with whole: on a connection that dropped, it is a part of a line.
func lines(r io.Reader, whole bool, emit func(stamp, message string, at time.Time) error) error {
	in := bufio.NewReaderSize(r, maxLine)
	for {
		text, cut, err := line(in)
		if len(text) > 0 && (err == nil || (whole && errors.Is(err, io.EOF))) {
			stamp, message, at := split(strings.TrimRight(string(text), "\r\n"))
			if cut > 0 {
				message = fmt.Sprintf("%s... [%d bytes cut]", wholeRunes(message), cut)
			}
			if err := emit(stamp, message, at); err != nil {
				return err
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
	}
}

// line reads to the end of a line, and counts what does not fit.
func line(in *bufio.Reader) (text []byte, cut int, err error) {
	text, err = in.ReadSlice('\n')
	if !errors.Is(err, bufio.ErrBufferFull) {
		return text, 0, err
	}
	text = bytes.Clone(text)
	for errors.Is(err, bufio.ErrBufferFull) {
		var rest []byte
		rest, err = in.ReadSlice('\n')
		cut += len(bytes.TrimRight(rest, "\n"))
	}
	return text, cut, err
}

func split(text string) (stamp, message string, at time.Time) {
	stamp, message, _ = strings.Cut(text, " ")
	at, err := time.Parse(time.RFC3339Nano, stamp)
	if err != nil {
		return "", text, time.Time{}
	}
	return stamp, message, at
}

// wholeRunes drops a rune that was cut in two.
func wholeRunes(s string) string {
	for i := 1; i < utf8.UTFMax && i <= len(s); i++ {
		if c := s[len(s)-i]; utf8.RuneStart(c) {
			if !utf8.FullRuneInString(s[len(s)-i:]) {
				return s[:len(s)-i]
			}
			break
		}
	}
	return s
}

// seam joins a log that is read in pieces. The API server takes the beginning of a piece
// in whole seconds, so each piece repeats the lines of the second in which the piece
// before ended. They are told by their hashes, which hold timestamps of nanoseconds.
type seam struct {
	// second is the newest of which a line was seen; zero when none was.
	second time.Time
	// seen counts the lines of that second, repeated those that the present piece will
	// repeat.
	seen, repeated map[uint64]int
}

var seed = maphash.MakeSeed()

// resume begins the next piece, and returns from when on it is wanted.
func (s *seam) resume() time.Time {
	s.repeated = maps.Clone(s.seen)
	return s.second
}

// fresh tells whether a line was not seen before. A line without a time belongs to the
// second of the line before.
func (s *seam) fresh(text string, at time.Time) bool {
	h := maphash.String(seed, text)
	if s.repeated[h] > 0 {
		s.repeated[h]--
		return false
	}
	if second := at.Truncate(time.Second); second.After(s.second) || s.seen == nil {
		s.second, s.seen = second, map[uint64]int{}
	}
	if at.IsZero() || !at.Before(s.second) {
		s.seen[h]++
	}
	return true
}
