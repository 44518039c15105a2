package agent

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// readFrames reads all frames of a stream, with room for a few bytes at a time.
func readFrames(stream io.Reader, room int) (all []string, err error) {
	reader := frames{}.NewFrameReader(io.NopCloser(stream))
	into := make([]byte, room)
	var frame []byte
	for {
		n, err := reader.Read(into)
		frame = append(frame, into[:n]...)
		switch {
		case err == nil:
			all = append(all, string(frame))
			frame = nil
		case !errors.Is(err, io.ErrShortBuffer):
			return all, err
		}
	}
}

func TestFrames(t *testing.T) {
	for name, tc := range map[string]struct {
		stream string
		want   []string
		err    string // what the end says; "EOF" at the end of a frame
	}{
		"nothing":                          {"", nil, "EOF"},
		"one on each line":                 {"{\"a\":1}\n{\"b\":2}\n", []string{`{"a":1}`, "\n" + `{"b":2}`}, "EOF"},
		"without anything between":         {`{"a":1}{"b":2}`, []string{`{"a":1}`, `{"b":2}`}, "EOF"},
		"printed for people":               {"{\n  \"a\": [\n    1\n  ]\n}\n", []string{"{\n  \"a\": [\n    1\n  ]\n}"}, "EOF"},
		"printed for people, and then not": {"{\n}{}\n{}", []string{"{\n}", "{}", "{}"}, "EOF"},
		"garbage in place of an event":     {"{\"a\":1}\n{\"type\":<html>\x00\n{\"b\":2}\n", []string{`{"a":1}`}, "invalid character '<'"},
		"garbage that opens a string":      {"{\"a\":\"x\n{\"b\":2}\n", nil, "invalid character '\\n' in string literal"},
		"lines without end":                {"{\n" + strings.Repeat("\n", 2*maxFrame), nil, "longer than 16 MiB"},
		"brackets and quotes in strings":   {`{"a":"}]\"{[\\"}{"b":"\\"}`, []string{`{"a":"}]\"{[\\"}`, `{"b":"\\"}`}, "EOF"},
		"longer than the reader's buffer":  {`{"a":"` + strings.Repeat("x", 100_000) + `"}{}`, []string{`{"a":"` + strings.Repeat("x", 100_000) + `"}`, "{}"}, "EOF"},
		"cut in a string":                  {`{"a":1}{"b":"`, []string{`{"a":1}`}, "unexpected EOF"},
		"cut in an object":                 {`{"b":{}`, nil, "unexpected EOF"},
		"brackets that do not match":       {`{"b":[1}}`, nil, "no JSON object"},
		"an error of a proxy in between":   {`{"a":1}upstream error`, []string{`{"a":1}`}, "no JSON object"},
		"no object":                        {`"a"`, nil, "no JSON object"},
		"longer than any event":            {`{"a":"` + strings.Repeat("x", maxFrame), nil, "longer than 16 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			for how, stream := range map[string]io.Reader{
				"at once": strings.NewReader(tc.stream), "in halves": iotest.HalfReader(strings.NewReader(tc.stream)),
			} {
				got, err := readFrames(stream, 1000)
				if diff := cmp.Diff(tc.want, got); diff != "" {
					t.Errorf("%s (-want +got):\n%s", how, diff)
				}
				if !strings.Contains(err.Error(), tc.err) {
					t.Errorf("%s: ended with %q, want %q", how, err, tc.err)
				}
			}
		})
	}
}

// FuzzFrames: of a stream of JSON objects the frames are what the standard library reads there, however the stream is cut into
// pieces; of anything else, what comes before the first mistake.
func FuzzFrames(f *testing.F) {
	for _, stream := range []string{"{}\n{}", `{"a":"}\""}`, `{"a":[{}]} {"b":null}`, `{]}`, `{"a":"`, `[1]`} {
		f.Add([]byte(stream))
	}
	f.Fuzz(func(t *testing.T, stream []byte) {
		var want []string
		decoder := json.NewDecoder(bytes.NewReader(stream))
		for {
			var value json.RawMessage
			if decoder.Decode(&value) != nil || value[0] != '{' {
				break
			}
			want = append(want, string(value))
		}
		got, err := readFrames(iotest.OneByteReader(bytes.NewReader(stream)), 7)
		for i := range got {
			got[i] = strings.TrimLeft(got[i], " \t\r\n")
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-standard +ours), which ended with %v:\n%s", err, diff)
		}
	})
}

func BenchmarkFrames(b *testing.B) {
	event := []byte(`{"type":"MODIFIED","object":` + storedExamples["managed fields in the middle"] + "}\n")
	b.SetBytes(int64(len(event)))
	into := make([]byte, len(event)+1)
	reader := frames{}.NewFrameReader(io.NopCloser(&endless{event: event}))
	for b.Loop() {
		if _, err := reader.Read(into); err != nil {
			b.Fatal(err)
		}
	}
}

// endless is a stream of the same event.
type endless struct{ event, rest []byte }

func (e *endless) Read(into []byte) (int, error) {
	if len(e.rest) == 0 {
		e.rest = e.event
	}
	n := copy(into, e.rest)
	e.rest = e.rest[n:]
	return n, nil
}
