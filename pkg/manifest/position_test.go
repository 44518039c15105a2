package manifest

import (
	"fmt"
	"strings"
	"testing"
)

// source is the text of a file at a range on one line.
func source(t *testing.T, data string, r Range) string {
	t.Helper()
	if r.Start.Line != r.End.Line {
		t.Fatalf("%v spans lines, to %v", r, r.End)
	}
	line := []rune(strings.Split(data, "\n")[r.Start.Line-1])
	return string(line[r.Start.Column-1 : r.End.Column-1])
}

const styles = `# a file with every way to write a text
---
apiVersion: v1
kind: Sample
data:
  plain: see $(tag)$ here
  wide: "ä→ $(tag)$"
  double: "a\t\"b\u00e9\" $(tag)$ c"
  single: 'it''s $(tag)$'
  literal: |
    first
      indented $(tag)$ x

    last
  folded: >-
    one
    two $(tag)$

    three
  flow: one
    two $(tag)$
  broken: "one \
    two $(tag)$"
  'a.b/c': $(tag)$
  list:
  - $(tag)$
  - inner: $(tag)$
  json: {"a": ["x", "$(tag)$"]}
  chomped: |+

    lead $(tag)$
  numbered: |2
      far $(tag)$
`

// TestInText: a part of a text is found in the source, whichever way the text is written.
func TestInText(t *testing.T) {
	t.Parallel()
	docs, faults := ParseAll("f.yaml", []byte(styles))
	if len(faults) > 0 || len(docs) != 1 {
		t.Fatalf("%v", faults)
	}
	doc := docs[0]
	for _, path := range []string{
		"data.plain", "data.wide", "data.double", "data.single", "data.literal", "data.folded", "data.flow", "data.broken", "data['a.b/c']",
		"data.list[0]", "data.list[1].inner", "data.json.a[1]", "data.chomped", "data.numbered",
	} {
		_, node := doc.find(path)
		if node == nil {
			t.Errorf("%s leads to nothing", path)
			continue
		}
		from := strings.Index(node.Value, "$(tag)$")
		if got := source(t, styles, doc.InText(path, from, from+len("$(tag)$"))); got != "$(tag)$" {
			t.Errorf("%s: got %q at %v", path, got, doc.InText(path, from, from+7))
		}
	}
}

// TestPlaces: keys, values, and what is said of a field that is not there.
func TestPlaces(t *testing.T) {
	t.Parallel()
	docs, _ := ParseAll("f.yaml", []byte(styles))
	doc := docs[0]
	for _, tc := range []struct{ why, got, want string }{
		{"a key", source(t, styles, doc.Key("data.list")), "list"},
		{"a plain value", source(t, styles, doc.Value("kind")), "Sample"},
		{"a quoted value, with its quotes", source(t, styles, doc.Value("data.single")), "'it''s $(tag)$'"},
		{"an object of one line", source(t, styles, doc.Value("data.json")), `{"a": ["x", "$(tag)$"]}`},
		{"an item that is an object: its first key", source(t, styles, doc.Key("data.list[1]")), "inner"},
		{"a field that is not there: the deepest that is", source(t, styles, doc.Key("data.list[1].other.deep")), "inner"},
		{"the object itself", source(t, styles, doc.Key("")), "apiVersion"},
		{"a line of a text", source(t, styles, doc.LineInText("data.literal", 2)), "indented $(tag)$ x"},
	} {
		if tc.got != tc.want {
			t.Errorf("%s: got %q, want %q", tc.why, tc.got, tc.want)
		}
	}
	for at, want := range map[Position]string{
		{6, 3}: "data.plain", {6, 12}: "data.plain", {26, 5}: "data.list[0]", {27, 14}: "data.list[1].inner", {12, 9}: "data.literal",
	} {
		if got, _ := doc.PathAt(at); got != want {
			t.Errorf("at %v is %s, want %s", at, got, want)
		}
	}
}

// TestFaults: everything that is wrong with a file is told at once.
func TestFaults(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"a: 1\nb: 2\na: 3\nc: {d: 1, d: 2}\n": "f.yaml:3: the key \"a\" occurs twice; it is already set on line 1\nf.yaml:4: the key \"d\" occurs twice; it is already set on line 4",
		"a: 1\n---\n\tb: 2\n":                 "f.yaml:3: found character that cannot start any token",
		"a: 1\n---\n- b\n---\nc: [\n":         "f.yaml:3: is no object\nf.yaml:5: did not find expected node content",
	} {
		_, err := Parse("f.yaml", []byte(text))
		if err == nil || err.Error() != want {
			t.Errorf("%q:\n got %v\nwant %s", text, err, want)
		}
	}
}

// TestUnreadable: what can not be read is told where the fault is, not where the library
// began to read what it is in.
func TestUnreadable(t *testing.T) {
	t.Parallel()
	for reason, c := range map[string]struct {
		text string
		want Position
	}{
		"a tab before a key":             {"a:\n  b: 1\n\tc: 2\n", Position{3, 1}},
		"a tab behind blanks":            {"a:\n  b: 1\n  \tc: 2\n", Position{3, 3}},
		"in the first line":              {"\ta: 1\n", Position{1, 1}},
		"in a later document":            {"a: 1\n---\na: 1\nb:\n  c: 1\n\td: 1\n", Position{6, 1}},
		"a key that is indented less":    {"a:\n  b: 1\n c: 2\n", Position{3, 2}},
		"a bracket that is not closed":   {"a: 1\nb: [1,\n  2\nc\n", Position{2, 1}},
		"on the first line":              {"a: [1, 2\nb: 1\n", Position{1, 1}},
		"a quote that is not closed":     {"a:\n  b: \"x\nc: 2\n", Position{2, 3}},
		"two values on a line":           {"a:\n  b: c: d\n", Position{2, 3}},
		"an alias without an anchor":     {"a: 1\nb: *x\nc: *y\n", Position{2, 1}},
		"a name without a colon":         {"a: 1\nb\nc: 1\n", Position{2, 1}},
		"text behind the document's key": {"--- 'x\nb: 1\n", Position{1, 5}},
	} {
		_, faults := ParseAll("f.yaml", []byte(c.text))
		if len(faults) != 1 || faults[0].Range.Start != c.want {
			t.Errorf("%s: %v, want one at %v", reason, faults, c.want)
		}
	}
}

// TestValues: values mean what they mean to kubectl.
func TestValues(t *testing.T) {
	t.Parallel()
	const text = `{a: on, b: "on", c: 012, d: 1.5, e: 0x1F, f: ~, g: 2001-01-01, h: !!str 5, i: 1_000, j: 9007199254740993, y: 1, 1: x}`
	docs, err := Parse("f.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]any{
		"a": true, "b": "on", "c": int64(10), "d": 1.5, "e": int64(31), "f": nil, "g": "2001-01-01", "h": "5", "i": int64(1000), "j": int64(9007199254740993), "true": int64(1), "1": "x",
	} {
		if got := docs[0].Object[key]; got != want {
			t.Errorf("%s is %#v, want %#v", key, got, want)
		}
	}
}

// FuzzParse: no text makes the reader fail, and every place lies in the file.
func FuzzParse(f *testing.F) {
	f.Add([]byte(styles))
	f.Add([]byte("a: &x [1]\nb: *x\n<<: {c: 1}\n"))
	f.Add([]byte("a: \"\\\n b\"\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		lines := len(newText(unixBreaks(data)).lines)
		docs, faults := ParseAll("f.yaml", data)
		for _, fault := range faults {
			if fault.Start.Line > lines {
				t.Errorf("%v lies behind the file of %d lines", fault, lines)
			}
		}
		for _, doc := range docs {
			for key, value := range doc.Object {
				r := doc.Value(Join("", key))
				if text, ok := value.(string); ok {
					r = doc.InText(Join("", key), 0, len(text))
				}
				if r.End.Before(r.Start) {
					t.Errorf("%s ends before it starts: %v to %v", key, r, r.End)
				}
			}
		}
	})
}

// TestLargeTexts: places in one long text, on one long line and under many keys are found at
// once; a walk from the beginning for each of them takes minutes.
func TestLargeTexts(t *testing.T) {
	t.Parallel()
	const parts = 10_000
	keys := &strings.Builder{}
	for i := range parts {
		fmt.Fprintf(keys, "k%d: $(x)$\n", i)
	}
	for name, text := range map[string]string{
		"quoted, with wide characters": `a: "日本 ` + strings.Repeat(`$(x)$ ü\t`, parts) + `"`,
		"literal":                      "a: |\n" + strings.Repeat("  é $(x)$\n", parts),
		"folded":                       "a: >\n" + strings.Repeat("  $(x)$\n\n", parts),
		"many keys":                    "a: b\n" + keys.String(),
	} {
		docs, err := Parse("f.yaml", []byte(text))
		if err != nil {
			t.Fatal(name, err)
		}
		doc := docs[0]
		check := func(path string, from int) {
			r := doc.InText(path, from, from+5)
			if rest := doc.text.from(r.Start); !strings.HasPrefix(rest, "$(x)$") || r.End != (Position{r.Start.Line, r.Start.Column + 5}) {
				t.Fatalf("%s: byte %d is at %v to %v, where %.20q is", name, from, r, r.End, rest)
			}
		}
		for _, key := range doc.Keys("")[1:] {
			check(key, 0)
		}
		value := doc.Scalar("a")
		for from := range len(value) {
			if value[from] == '$' && value[from+1] == '(' {
				check("a", from)
			}
		}
		for n := range strings.Count(value, "\n") {
			doc.LineInText("a", n+1)
		}
	}
}

// TestUnreadableBytes: bytes that no YAML may hold are found, though the library does not say
// where they are.
func TestUnreadableBytes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Position{
		"a: b\n---\nc: é\xff\n":           {3, 5},
		"a: b\nc: \x1b[31m\n":             {2, 4},
		"\xef\xbb\xbfa: b\r\nc: \x00\r\n": {2, 4},
		"\xfe":                            {1, 1},
	} {
		_, faults := ParseAll("f.yaml", []byte(text))
		if len(faults) != 1 || faults[0].Start != want {
			t.Errorf("%q: %v, want it at %v", text, faults, want)
		}
	}
}
