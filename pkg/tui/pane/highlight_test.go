package pane

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/pkg/tui/keys"
	"github.com/carto-run/carto/pkg/tui/screen/screentest"
	"github.com/carto-run/carto/pkg/tui/viewer"
)

func TestHighlight(t *testing.T) {
	t.Parallel()
	letters := map[viewer.Look]string{viewer.Key: "k", viewer.String: "s", viewer.Number: "n", viewer.Bool: "b", viewer.Comment: "c"}
	for _, tc := range []struct{ reason, yaml, want string }{
		{"keys and values", "name: cart", "kkkk..ssss"},
		{"numbers", "a: -1.5e3", "k..nnnnnn"},
		{"words that are none", "a: true\nb: null\nc: ~", "k..bbbb|k..bbbb|k..b"},
		{"quoted keys and values", `"n": 'it: is'`, "kkk..ssssssss"},
		{"lists", "- a: 1\n- b", "..k..n|..s"},
		{"a block is text whatever it looks like", "a: |\n  b: 1\n  # no comment\nc: 2", "k...|..ssss|..ssssssssssss|k..n"},
		{"a folded text goes on in the next line", "a: one\n  two\nb: 1", "k..sss|..sss|k..n"},
		{"comments", "a: 1 # why", "k..n.ccccc"},
		{"flow", "{a: [1, x]}", ".k...n..s.."},
	} {
		var got []string
		for _, l := range highlight(tc.yaml) {
			line := []byte(strings.Repeat(".", len(l.Text)))
			for _, s := range l.Spans {
				for i := s.From; i < s.To; i++ {
					if letter := letters[s.Look]; letter != "" && l.Text[i] != ' ' || letter == "s" || letter == "c" {
						line[i] = letter[0]
					}
				}
			}
			got = append(got, string(line))
		}
		if joined := strings.Join(got, "|"); joined != tc.want {
			t.Errorf("%s: %q: got %s, want %s", tc.reason, tc.yaml, joined, tc.want)
		}
	}
}

// FuzzHighlight: highlighting never loses or changes text, and spans are in order.
func FuzzHighlight(f *testing.F) {
	for _, seed := range []string{imageYAML, "a: |\n\n  b\n", "a: 'b\n\n  c'\r\nd: \"\\\n e\"", "? a\n: b", "&a *a !t <<: {", "\t- %\n---\n...", "日本: 語 # x", "\xff: \x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 10_000 {
			return
		}
		var lines []string
		for _, l := range highlight(text) {
			end := 0
			for _, s := range l.Spans {
				if s.From < end || s.To <= s.From || s.To > len(l.Text) {
					t.Fatalf("span %+v of %q", s, l.Text)
				}
				end = s.To
			}
			lines = append(lines, l.Text)
		}
		if got, want := strings.Join(lines, "\n"), strings.TrimSuffix(text, "\n"); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func megabyte() *unstructured.Unstructured {
	data := map[string]any{}
	for i := range 5000 {
		data[fmt.Sprintf("key-%d.conf", i)] = strings.Repeat("a line of a file: with things\n", i%12) + "end"
	}
	data["one-line"] = strings.Repeat("x", 64<<10)
	return &unstructured.Unstructured{Object: map[string]any{"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"name": "large"}, "data": data}}
}

// TestLargeYAML: an object that takes long to write is written beside the loop, and of two
// that are written at once the newer one is shown.
func TestLargeYAML(t *testing.T) {
	t.Parallel()
	s, _ := Open(keys.YAML, ofBuild)
	d := screentest.New(t, s, 60, 10)
	older, newer := megabyte(), megabyte()
	older.SetName("older")
	newer.SetName("newer")
	for _, o := range []*unstructured.Unstructured{older, newer} {
		d.Deliver(feed.Object{Ref: image}, feed.Manifest{Object: o})
	}
	if got := d.View(); len(d.Sent) != 2 || !strings.Contains(got, "reading...") {
		t.Fatalf("%d texts are being written; shown is\n%s", len(d.Sent), got)
	}
	d.Send(d.Sent[1]).Send(d.Sent[0])
	d.Press("G")
	if got := d.View(); !strings.Contains(got, "name: newer") {
		t.Errorf("shown is\n%s", got)
	}
	last := newer.DeepCopy()
	last.SetName("last")
	d.Deliver(feed.Object{Ref: image}, feed.Manifest{Object: last})
	d.Deliver(feed.Object{Ref: image}, feed.Fault{Err: errors.New("was deleted"), Final: true, Gone: true})
	d.Send(d.Sent[2]).Press("G")
	if got := d.View(); !strings.Contains(got, "name: last") || !strings.Contains(got, "Deleted: this is how it was last.") {
		t.Errorf("it was deleted while it was written; shown is\n%s", got)
	}
}

// BenchmarkYAML is what a key costs in the text of an object of a megabyte, and what it
// costs to write that text and to put it into the place of another.
func BenchmarkYAML(b *testing.B) {
	object := megabyte()
	t := &testing.T{}
	b.Run("write", func(b *testing.B) {
		for b.Loop() {
			writeYAML(object, true)
		}
	})
	s, _ := Open(keys.YAML, ofBuild)
	d := screentest.New(t, s, 120, 50)
	update := func() {
		d.Deliver(feed.Object{Ref: image}, feed.Manifest{Object: object})
		for _, msg := range d.Sent {
			d.Send(msg)
		}
		d.Sent = nil
	}
	update()
	b.Run("key", func(b *testing.B) {
		for b.Loop() {
			d.Press("j")
			d.Env.Now = d.Env.Now.Add(time.Second)
			d.Screen.View(d.Env)
		}
	})
	b.Run("replace", func(b *testing.B) {
		lines := [][]viewer.Line{writeYAML(object, true).lines, writeYAML(object, true).lines}
		for i := 0; b.Loop(); i++ {
			s.(*text).view.Set(d.Env.Now, lines[i%2])
			d.Screen.View(d.Env)
		}
	})
}
