package tail

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"testing/iotest"
	"time"
	"unicode/utf8"
)

func TestLines(t *testing.T) {
	t.Parallel()
	const at = "2026-01-01T00:00:00.5Z "
	long := strings.Repeat("é", maxLine)
	for reason, tc := range map[string]struct {
		in    string
		whole bool
		want  []string
	}{
		"lines":                      {at + "a\n" + at + "b c\n", false, []string{"a", "b c"}},
		"an empty line":              {at + "\n", false, []string{""}},
		"carriage return":            {at + "a\r\n", false, []string{"a"}},
		"half a line of a drop":      {at + "a\n" + at + "b", false, []string{"a"}},
		"a last line without an end": {at + "a\n" + at + "b", true, []string{"a", "b"}},
		"no timestamp":               {"unable to retrieve\n", false, []string{"!unable to retrieve"}},
		"nothing":                    {"", true, nil},
		// 22 bytes are the timestamp and the space; one more is half of a rune.
		"too long": {at + long + "\n" + at + "b\n", false, []string{long[:maxLine-24] + fmt.Sprintf("... [%d bytes cut]", maxLine+23), "b"}},
	} {
		var got []string
		err := lines(iotest.HalfReader(strings.NewReader(tc.in)), tc.whole, func(stamp, message string, at time.Time) error {
			if (stamp == "") != at.IsZero() {
				t.Errorf("%s: stamp %q, time %s", reason, stamp, at)
			}
			if stamp == "" {
				message = "!" + message
			}
			got = append(got, message)
			return nil
		})
		if err != nil || len(got) != len(tc.want) {
			t.Fatalf("%s: got %d lines, %v", reason, len(got), err)
		}
		for i := range got {
			if got[i] != tc.want[i] {
				t.Errorf("%s: line %d has %d bytes and ends with %q, want %d and %q", reason, i, len(got[i]), got[i][max(0, len(got[i])-30):], len(tc.want[i]), tc.want[i][max(0, len(tc.want[i])-30):])
			}
		}
	}
}

// FuzzSeam: wherever a log is cut, each line is shown once.
func FuzzSeam(f *testing.F) {
	f.Add([]byte("aaabbc"), uint8(3), uint8(1))
	f.Add([]byte{0, 0, 0, 200, 200, 1}, uint8(5), uint8(5))
	f.Fuzz(func(t *testing.T, steps []byte, cut1, cut2 uint8) {
		at := time.Unix(1000, 0).UTC()
		var all []string
		var times []time.Time
		for i, step := range steps {
			at = at.Add(time.Duration(step)*5*time.Millisecond + time.Nanosecond)
			all, times = append(all, fmt.Sprintf("%s %d", at.Format(time.RFC3339Nano), i%2)), append(times, at)
		}
		var s seam
		var got []string
		piece := func(to int) {
			since := s.resume()
			for i := 0; i < to; i++ {
				if !times[i].Before(since) && s.fresh(all[i], times[i]) {
					got = append(got, all[i])
				}
			}
		}
		piece(min(int(cut1), len(all)))
		piece(min(max(int(cut1), int(cut2)), len(all)))
		piece(len(all))
		if strings.Join(got, "\n") != strings.Join(all, "\n") {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(all, "\n"))
		}
	})
}

// FuzzLines: no log breaks the reader, and no message is longer than it may be.
func FuzzLines(f *testing.F) {
	f.Add([]byte("2026-01-01T00:00:00Z a\nb\n\xff"))
	f.Fuzz(func(t *testing.T, log []byte) {
		err := lines(bytes.NewReader(log), true, func(_, message string, _ time.Time) error {
			if len(message) > maxLine+30 {
				t.Errorf("%d bytes", len(message))
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestSinks(t *testing.T) {
	t.Parallel()
	line := Line{Time: "2026-01-01T00:00:00.5Z", Step: "build", Pod: "p", Container: "c", Message: "a <b> \x1b[31mred\x1b[0m\x00", place: 1}
	odd := Line{Pod: "p", Container: "c", Message: "of a Runnable"}
	var out bytes.Buffer
	for _, sink := range []func(Line) error{Text(&out, false, false), Text(&out, true, true), NDJSON(&out)} {
		for _, l := range []Line{line, odd} {
			if err := sink(l); err != nil {
				t.Fatal(err)
			}
		}
	}
	const want = "build/p[c] a <b> \ufffd[31mred\ufffd[0m\ufffd\n" +
		"p[c] of a Runnable\n" +
		"\x1b[33mbuild/p[c]\x1b[0m 2026-01-01T00:00:00.5Z a <b> \ufffd[31mred\ufffd[0m\ufffd\n" +
		"\x1b[36mp[c]\x1b[0m of a Runnable\n" +
		`{"time":"2026-01-01T00:00:00.5Z","step":"build","pod":"p","container":"c","message":"a <b> \u001b[31mred\u001b[0m\u0000"}` + "\n" +
		`{"time":"","step":"","pod":"p","container":"c","message":"of a Runnable"}` + "\n"
	if out.String() != want {
		t.Errorf("got\n%swant\n%s", out.String(), want)
	}
	if !utf8.ValidString(out.String()) {
		t.Error("not UTF-8")
	}
}
