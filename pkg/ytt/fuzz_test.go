package ytt

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	yamlv2 "gopkg.in/yaml.v2"
	k8sjson "k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/yaml"
)

// nastyTexts are what the reader has to tell apart, in few bytes.
var nastyTexts = []string{
	"# c\na: 1 #@ x\n",
	"#@ a\n---\nb:\n  #@ c\n- d\n",
	"a: \"x # y\" #@ z\nb: 'it''s' # c\n",
	"a: [1, #@ x\n 2\n#@ y\n]#@ z\n",
	"a: {b: c, \"d\": [e]}# f\n",
	"a: | # dropped\n  # text\n # comment\nb: >-2\n    # text\n",
	"--- |\n x\n# c\n--- foo # d\n...\n",
	"k: &a\n#@ x\n- !!str 1\n- *a\n",
	"- - a\n  - b # c\n-\n- #@ d\n",
	"? a\n: b # c\n? |\n  d # text\n: e\n",
	"é: \"ü\" # c\r\nb: x#y\r\n",
	"a: b]#c\nd: &x !!map {e: f}\n<<: *x\n",
	"- \"a\n- b # c\"\n- d\n",
	"a: x\n  y # c\n\"b\" : # d\n  - 0x1F\n  - 1_0.5\n  - .5\n",
	"\u2028a: 1 # b\u2028c: 2\n",
	"%TAG ! !x\n---\na\n...\n%TAG ! tag:y,2000:\n--- !z b # c\n",
}

// FuzzRead compares what is read with what another reader, which knows no comments,
// makes of the same text; and the attachment with a literal reading of its rules.
func FuzzRead(f *testing.F) {
	for _, text := range append(nastyTexts, exampleTemplates(f)...) {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, content string) {
		if len(content) > 4<<10 {
			return
		}
		text := newText("stdin.yml", content)
		set, comments, err := read(text)
		if err != nil {
			requireLines(t, err, text)
			return
		}
		want := attachedByRule(set, comments)
		attach(set, comments)
		got := map[comment]*node{}
		count := 0
		walk(set, func(n *node) {
			if n.line > len(text.starts) || n.line < 0 || n.line == 0 && slices.Contains([]kind{mapItem, sequenceItem}, n.kind) {
				t.Errorf("%s on line %d of %d", n.kind, n.line, len(text.starts))
			}
			for _, c := range n.source.comments {
				got[c] = n
				count++
			}
		})
		if count != len(comments) {
			t.Fatalf("%d comments, %d attached", len(comments), count)
		}
		for c, n := range got {
			if w := want[c]; w != n && (w != nil || !n.injected) {
				t.Errorf("comment %v is attached to the %s on line %d", c, n.kind, n.line)
			}
		}
		compareReaders(t, text, set, comments)
	})
}

// attachedByRule follows §4.2 word by word; left-over comments have the document that
// follows, or none.
func attachedByRule(set *node, comments []comment) map[comment]*node {
	owners := map[comment]*node{}
	var left []comment
	for i, d := range set.children {
		for _, c := range left {
			owners[c] = d
		}
		left = nil
		table := map[int][]*node{}
		for _, n := range carriers(nil, d) {
			table[n.line] = append(table[n.line], n)
		}
		for _, c := range comments {
			if i > 0 && c.line < d.line || i+1 < len(set.children) && c.line >= set.children[i+1].line {
				continue
			}
			smallest := 0
			for line := range table {
				if line >= c.line && (smallest == 0 || line < smallest) {
					smallest = line
				}
			}
			switch {
			case smallest == 0:
				left = append(left, c)
			case smallest == c.line:
				owners[c] = table[smallest][len(table[smallest])-1]
			default:
				owners[c] = table[smallest][0]
			}
		}
	}
	return owners
}

func walk(n *node, visit func(*node)) {
	visit(n)
	if below, ok := n.value.(*node); ok {
		walk(below, visit)
	}
	for _, child := range n.children {
		walk(child, visit)
	}
}

// compareReaders reads the text with yaml.v2, whose types and structure are those of
// ytt; then without the comments that were found, and with every other # changed, which
// must only change the same signs of strings.
func compareReaders(t *testing.T, text *text, set *node, comments []comment) {
	// Merge keys mean something else there, and errors of decoding differ.
	if strings.Contains(text.content, "<<") || strings.Contains(text.content, "!") {
		return
	}
	before := "---\n"
	if startsWithMarker.MatchString(text.content) {
		before = ""
	}
	want, err := readV2(before + text.content)
	if err != nil {
		return
	}
	var got []any
	for _, d := range set.children {
		if d.injected {
			continue
		}
		lastKeyWins(d)
		got = append(got, unordered(d.value, nil))
	}
	if !same(want, got) {
		t.Fatalf("yaml.v2 reads %#v\nhere     %#v", want, got)
	}

	if strings.ContainsAny(text.content, `\%`) || headerComment(text) {
		return
	}
	var b strings.Builder
	at := 0
	for _, c := range comments {
		start, _ := text.bounds(c.line)
		line := text.line(c.line)
		hash := start + strings.LastIndex(line, "#"+c.data)
		if hash < start {
			return // a line break inside of the comment for one reader only
		}
		if strings.Trim(text.content[start:hash], " \t") == "" {
			// Not even an empty line may stay: a block scalar before it would take it.
			_, end := text.bounds(c.line)
			b.WriteString(text.content[at:max(at, start)])
			at = end
			continue
		}
		b.WriteString(text.content[at:hash])
		at = start + len(line)
	}
	b.WriteString(text.content[at:])
	stripped := strings.ReplaceAll(b.String(), "#", "é")
	want, err = readV2(before + stripped)
	if err != nil {
		t.Fatalf("without its comments the text is no YAML: %v\n%s", err, stripped)
	}
	got = got[:0]
	for _, d := range set.children {
		if !d.injected {
			got = append(got, unordered(d.value, strings.NewReplacer("#", "é")))
		}
	}
	if !same(want, got) {
		t.Fatalf("without its comments the text is\n%s\nwhich reads %#v\nnot         %#v", stripped, want, got)
	}
}

// headerComment says that a block scalar may have a comment on its header, which is
// dropped and not a comment of the tree.
func headerComment(text *text) bool {
	for i := range text.starts {
		before, _, found := strings.Cut(text.line(i+1), "#")
		if found && strings.ContainsAny(before, "|>") {
			return true
		}
	}
	return false
}

func readV2(content string) (docs []any, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("yaml.v2 panics: %v", r)
		}
	}()
	decoder := yamlv2.NewDecoder(strings.NewReader(content))
	for {
		var v any
		if err := decoder.Decode(&v); errors.Is(err, io.EOF) {
			return docs, nil
		} else if err != nil {
			return nil, err
		}
		docs = append(docs, v)
	}
}

// unordered is a tree as yaml.v2 decodes it, with strings changed.
func unordered(v any, change *strings.Replacer) any {
	n, ok := v.(*node)
	if !ok {
		switch v := v.(type) {
		case int64:
			return int(v)
		case string:
			if change != nil {
				return change.Replace(v)
			}
		}
		return v
	}
	if n.kind == sequence {
		list := make([]any, len(n.children))
		for i, child := range n.children {
			list[i] = unordered(child.value, change)
		}
		return list
	}
	m := map[any]any{}
	for _, child := range n.children {
		m[unordered(child.key, change)] = unordered(child.value, change)
	}
	return m
}

// same is reflect.DeepEqual, with NaN equal to itself.
func same(a, b any) bool {
	return reflect.DeepEqual(a, b) || fmt.Sprintf("%#v", a) == fmt.Sprintf("%#v", b)
}

// requireLines checks that an error is one of ours, no panic, and points into the text.
func requireLines(t *testing.T, err error, text *text) {
	t.Helper()
	var failed *Error
	if !errors.As(err, &failed) || len(failed.Problems) == 0 {
		t.Fatalf("no *Error: %v", err)
	}
	if strings.Contains(err.Error(), "internal error") || strings.Contains(err.Error(), prefix) && !strings.Contains(text.content, prefix) {
		t.Fatalf("the inside shows: %v", err)
	}
	for _, p := range failed.Problems {
		for _, frame := range p.Frames {
			if frame.Line < 1 || frame.Line > len(text.starts) {
				t.Fatalf("line %d of %d: %v", frame.Line, len(text.starts), err)
			}
		}
	}
}

// FuzzCompile compiles anything: no panic, errors with lines, and soon.
func FuzzCompile(f *testing.F) {
	for _, text := range append(nastyTexts, exampleTemplates(f)...) {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, content string) {
		if len(content) > 8<<10 {
			return
		}
		begun := spent()
		_, err := Compile([]byte(content), Options{})
		if took := spent() - begun; took > 5*time.Second {
			t.Errorf("took %v", took)
		}
		if err != nil {
			requireLines(t, err, newText("stdin.yml", content))
		}
	})
}

// FuzzRender runs anything with little of everything allowed.
func FuzzRender(f *testing.F) {
	for _, text := range append(nastyTexts, exampleTemplates(f)...) {
		f.Add(text)
	}
	limits := Limits{Steps: 20_000, Memory: 1 << 20, Nodes: 2_000, Output: 64 << 10, String: 32 << 10, Entries: 2_000, CallDepth: 50}
	values := map[string]any{
		"app": "cart", "size": 2.0, "tier": "silver", "list": []any{"a", map[string]any{"k": 5.0}},
		"workload": map[string]any{"metadata": map[string]any{"name": "shop", "labels": map[string]any{"a/b": "c"}}},
		"params":   map[string]any{"secret": "s1"},
	}
	f.Fuzz(func(t *testing.T, content string) {
		if len(content) > 4<<10 {
			return
		}
		template, err := Compile([]byte(content), Options{Limits: limits})
		if err != nil {
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		result, err := template.Render(ctx, values)
		if err != nil {
			requireLines(t, err, newText("stdin.yml", content))
			if ctx.Err() != nil {
				t.Fatal("the limits let it run for 5 s")
			}
			return
		}
		printed, err := result.YAML()
		var limit *LimitError
		switch {
		case errors.As(err, &limit):
			return
		case err != nil:
			t.Fatalf("print: %v", err)
		}
		if _, err := result.Objects(); errors.As(err, &limit) && !strings.Contains(err.Error(), "memory") {
			t.Fatalf("the limits let it be printed, but not converted: %v\n%s", err, printed)
		}
		again, err := template.Render(ctx, values)
		if err != nil {
			t.Fatalf("it renders only once: %v", err)
		}
		if second, err := again.YAML(); err != nil || string(second) != string(printed) {
			t.Fatalf("it renders, %v,\n%s\nand then\n%s", err, printed, second)
		}
	})
}

func exampleTemplates(f *testing.F) []string {
	raw, err := os.ReadFile("testdata/examples.json")
	if err != nil {
		f.Fatal(err)
	}
	var examples []struct{ Template string }
	if err := json.Unmarshal(raw, &examples); err != nil {
		f.Fatal(err)
	}
	templates := make([]string, len(examples))
	for i, e := range examples {
		templates[i] = e.Template
	}
	return templates
}

// FuzzPrint prints trees and reads them again.
func FuzzPrint(f *testing.F) {
	f.Add([]byte{7, 3, 0, 5, 1, 'a', 6, 2, 2, 1, 0, 0, 0, 0, 0, 0, 0, 8, 3, 9, 4})
	for i := range nastyStrings {
		f.Add([]byte{6, 2, 8, byte(i), 8, byte(i), 8, byte(i + 1), 7, 1, 8, byte(i)})
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 512 {
			return
		}
		b := treeBuilder{data: data}
		value := b.value(0)
		result := &Result{documents: []*node{{kind: document, value: value}}, limits: Limits{}.withDefaults()}
		printed, err := result.YAML()
		var limit *LimitError
		if errors.As(err, &limit) {
			return // a tree deeper than any that is printed
		}
		if err != nil {
			t.Fatal(err)
		}
		if value == nil {
			if len(printed) > 0 {
				t.Fatalf("null is printed: %q", printed)
			}
			return
		}
		set, _, err := read(newText("printed", string(printed)))
		if err != nil {
			t.Fatalf("what is printed is no YAML: %v\n%s", err, printed)
		}
		if len(set.children) != 1 || !sameTree(value, set.children[0].value) {
			t.Fatalf("read again it is another tree:\n%s\n%#v", printed, unordered(set.children[0].value, nil))
		}
		compareObjects(t, result, value, printed)
	})
}

// compareObjects checks the conversion against printing, and reading as Kubernetes does.
func compareObjects(t *testing.T, result *Result, value any, printed []byte) {
	n, ok := value.(*node)
	if !ok || n.kind != mapping || hasOddKeys(n) {
		return
	}
	var want map[string]any
	asJSON, err := yaml.YAMLToJSON(printed)
	if err == nil {
		err = k8sjson.Unmarshal(asJSON, &want)
	}
	got, gotErr := result.Objects()
	if (err == nil) != (gotErr == nil) {
		t.Fatalf("Kubernetes: %v; here: %v\n%s", err, gotErr, printed)
	}
	if err == nil && !reflect.DeepEqual(want, got[0]) {
		t.Fatalf("Kubernetes reads %#v\nhere            %#v\n%s", want, got[0], printed)
	}
}

// hasOddKeys says that two keys are the same as strings, of which either may win there,
// or that one is a float, which sigs.k8s.io/yaml shortens to 32 bits, or above int64,
// which it refuses.
func hasOddKeys(n *node) bool {
	seen := map[string]bool{}
	for _, child := range n.children {
		if n.kind == mapping {
			switch child.key.(type) {
			case float64, uint64:
				return true
			}
			key, _ := objectKey(child.key)
			if seen[key] {
				return true
			}
			seen[key] = true
		}
		if below, ok := child.value.(*node); ok && hasOddKeys(below) {
			return true
		}
	}
	return false
}

var nastyStrings = []string{
	"", " ", "yes", "n", "~", "null", "1", "0x1F", "1_000", "1:30", ".5", "1e3", "-", "- x", "a: b", "a #b", "#", "a#b", "'", `"`, "@a", "`", "%", "&a", "*a", "!a",
	"|", ">", "[", "]", "{}", "a,b", "\n", "a\n", "a\n\n", "\na", " a\nb", "a \nb", "a\n\tb", "a\r\nb", "\t", "\x00", "\x7f", "\u0085", "\u2028", "a\u2028b\nc", "\ufeff", "\U0001F600",
	"\xff", "é", "---", "--- a", "...", "a\n---\nb", "# a\n# b", "2001-01-01", "<<", "=", "?", "? a", ":", "a:", ":a", strings.Repeat("long ", 60), "a\n# b", "\n\n", "\n a", "true\n", "\u00a0", "\ue000", "\ufffd",
}

// treeBuilder makes a tree of bytes.
type treeBuilder struct{ data []byte }

func (b *treeBuilder) next() byte {
	if len(b.data) == 0 {
		return 0
	}
	c := b.data[0]
	b.data = b.data[1:]
	return c
}

func (b *treeBuilder) eight() uint64 {
	var raw [8]byte
	b.data = b.data[copy(raw[:], b.data):]
	return binary.LittleEndian.Uint64(raw[:])
}

func (b *treeBuilder) scalar(what byte) any {
	switch what % 10 {
	case 1:
		return b.next()%2 == 0
	case 2:
		return int64(b.eight())
	case 3:
		if u := b.eight(); u > math.MaxInt64 {
			return u
		}
		return uint64(math.MaxUint64)
	case 4:
		return math.Float64frombits(b.eight())
	case 5:
		s := string(b.data[:min(int(b.next()%32), len(b.data))])
		b.data = b.data[len(s):]
		return s
	case 8:
		return nastyStrings[int(b.next())%len(nastyStrings)]
	case 9:
		return float64(int8(b.next()))
	}
	return nil
}

func (b *treeBuilder) value(depth int) any {
	what := b.next()
	switch what % 10 {
	case 6:
		m := &node{kind: mapping, computed: true}
		for range b.next() % 8 {
			key := b.scalar(b.next())
			value := b.value(depth + 1)
			// A plain << is a merge key for whoever reads it; ytt prints it so all the same.
			if m.find(readAgain(key)) < 0 && key != "<<" {
				m.add(&node{kind: mapItem, key: readAgain(key), value: value})
			}
		}
		return m
	case 7:
		s := &node{kind: sequence, computed: true}
		for range b.next() % 8 {
			s.add(&node{kind: sequenceItem, value: b.value(depth + 1)})
		}
		return s
	}
	return b.scalar(what)
}

// readAgain is what a scalar is after it was printed: floats without a fraction are
// printed as integers.
func readAgain(v any) any {
	f, ok := v.(float64)
	if !ok || f != math.Trunc(f) || math.Abs(f) >= 1e21 {
		return v
	}
	return resolvePlain(fmt.Sprintf("%v", yamlFloat(f)))
}

func yamlFloat(f float64) string {
	out, _ := yamlv2.Marshal(f)
	return strings.TrimSpace(string(out))
}

func sameTree(a, b any) bool {
	n, ok := a.(*node)
	if !ok {
		if s, ok := a.(string); ok && !utf8.ValidString(s) {
			return s == b
		}
		a = readAgain(a)
		return a == b || same([]any{a}, []any{b})
	}
	m, ok := b.(*node)
	if !ok || n.kind != m.kind || len(n.children) != len(m.children) {
		return false
	}
	for i := range n.children {
		if !sameTree(n.children[i].key, m.children[i].key) || !sameTree(n.children[i].value, m.children[i].value) {
			return false
		}
	}
	return true
}

// FuzzAnalyze runs a template with values that note when they are read: each has to be
// among what the analysis says that the template may read.
func FuzzAnalyze(f *testing.F) {
	for _, text := range append(nastyTexts, exampleTemplates(f)...) {
		f.Add(text)
	}
	for _, code := range []string{
		"#@ p = data.values.params\na: #@ p.secret\nb: #@ p[\"list\"][0].k\n",
		"#@ def f(v, key, d=None):\n#@   return getattr(v, key, d)\n#@ end\na: #@ f(data.values.params, \"secret\")\nb: #@ f(data.values, \"app\", f)\n",
		"#@ def g(*a, **k): return a[0].secret\na: #@ g(data.values.params, x=data.values.workload)\n",
		"#@ for k in [\"secret\", \"list\"]:\na: #@ data.values.params[k]\n#@yaml/map-key-override\nb: #@ [x for x in data.values.params if x]\n#@ end\n",
		"#@ x = data.values.params if hasattr(data.values, \"params\") else None\n#@ x, y = x, data.values.workload.metadata\na: #@ x.secret + y.name\n",
		"#@ l = lambda v=data.values.params: v.secret\na: #@ l()\nb: #@ (lambda w: w.metadata.name)(data.values.workload)\n",
	} {
		f.Add("#@ load(\"@ytt:data\", \"data\")\n" + code)
	}
	limits := Limits{Steps: 20_000, Memory: 1 << 20, Nodes: 2_000, Output: 64 << 10, String: 32 << 10, Entries: 2_000, CallDepth: 50}
	plain := map[string]any{
		"app": "cart", "size": 2.0, "tier": "silver", "list": []any{"a", map[string]any{"k": 5.0}},
		"workload": map[string]any{"metadata": map[string]any{"name": "shop", "labels": map[string]any{"a/b": "c"}}},
		"params":   map[string]any{"secret": "s1", "list": []any{map[string]any{"k": "v"}}},
	}
	f.Fuzz(func(t *testing.T, content string) {
		if len(content) > 4<<10 {
			return
		}
		begun := spent()
		found, err := Analyze([]byte(content), Options{})
		if took := spent() - begun; took > 5*time.Second {
			t.Errorf("took %v", took)
		}
		template, compileErr := Compile([]byte(content), Options{Limits: limits})
		if err != nil {
			requireLines(t, err, newText("stdin.yml", content))
			if compileErr == nil {
				t.Fatalf("it compiles, but can not be analyzed: %v", err)
			}
			return
		}
		for _, r := range found.Reads {
			if r.Offset < 0 || r.End < r.Offset || r.End > len(content) || len(r.Names) == 0 || r.Tested > len(r.Names) {
				t.Errorf("%+v in a text of %d bytes", r, len(content))
			}
		}
		if compileErr != nil {
			return
		}
		_ = compareReads(t, content, template, found, plain)
	})
}

// checkAnalysis does the same for a text that compiles.
func checkAnalysis(t *testing.T, content string, values map[string]any) (*Analysis, error) {
	t.Helper()
	found, err := Analyze([]byte(content), Options{})
	template, compileErr := Compile([]byte(content), Options{Limits: Limits{Steps: 20_000}})
	if err != nil || compileErr != nil {
		t.Fatalf("%v, %v:\n%s", err, compileErr, content)
	}
	return found, compareReads(t, content, template, found, values)
}

// compareReads gives the error of the render: what was read before it failed counts, too.
func compareReads(t *testing.T, content string, template *Template, found *Analysis, values map[string]any) error {
	t.Helper()
	var read [][]string
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_, err := template.Render(ctx, noting(values, nil, &read))
	for _, path := range read {
		known := found.ReadsAll(path...)
		for _, r := range found.Reads {
			known = known || hasPrefix(r.Names, path)
		}
		if !known && !slices.ContainsFunc(found.whole, func(w []string) bool { return hasPrefix(w, path) }) {
			t.Fatalf("it reads %q, which is not among %+v, %q:\n%s", path, found.Reads, found.whole, content)
		}
	}
	return err
}

// noting are values whose fields add their paths to a list when they are read.
func noting(m map[string]any, at []string, read *[][]string) map[string]any {
	noted := make(map[string]any, len(m))
	for name, value := range m {
		path := append(slices.Clone(at), name)
		noted[name] = func() any {
			*read = append(*read, path)
			if below, ok := value.(map[string]any); ok {
				return noting(below, path, read)
			}
			return value
		}
	}
	return noted
}
