package tree

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"sigs.k8s.io/yaml"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/table"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// load reads a case: an owner, its blueprint, and objects by step.
func load(t *testing.T, name string) Input {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Workload  v1alpha1.Workload            `json:"workload"`
		Blueprint *v1alpha1.ClusterSupplyChain `json:"blueprint"`
		Objects   map[string]struct {
			Missing  bool             `json:"missing"`
			Object   map[string]any   `json:"object"`
			Children []map[string]any `json:"children"`
		} `json:"objects"`
		Unread []Unread `json:"unread"`
	}
	if err := yaml.UnmarshalStrict(data, &file); err != nil {
		t.Fatal(err)
	}
	in := Input{Owner: FromWorkload(&file.Workload), Objects: map[string]*Found{}, Unread: file.Unread}
	if file.Blueprint != nil {
		in.Blueprint = FromSupplyChain(file.Blueprint)
	}
	for step, o := range file.Objects {
		f := &Found{Missing: o.Missing}
		if o.Object != nil {
			f.Object = &unstructured.Unstructured{Object: o.Object}
		}
		for _, c := range o.Children {
			f.Children = append(f.Children, &Found{Object: &unstructured.Unstructured{Object: c}})
		}
		in.Objects[step] = f
	}
	return in
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; run with -update and look at the difference\ngot:\n%s\nwant:\n%s", path, got, want)
	}
}

// TestGolden draws every case of testdata in every format.
func TestGolden(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 1, 0, 0, 0, time.UTC)
	cases, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(cases) == 0 {
		t.Fatal("no cases", err)
	}
	formats := map[string]func(*bytes.Buffer, *Tree) error{
		"tty80": func(b *bytes.Buffer, tr *Tree) error {
			return WriteTable(b, tr, TableOptions{Now: now, Unicode: true, Color: true, Width: 80})
		},
		"tty40": func(b *bytes.Buffer, tr *Tree) error {
			return WriteTable(b, tr, TableOptions{Now: now, Unicode: true, Width: 40})
		},
		"table": func(b *bytes.Buffer, tr *Tree) error { return WriteTable(b, tr, TableOptions{Now: now, Unicode: true}) },
		"ascii": func(b *bytes.Buffer, tr *Tree) error { return WriteTable(b, tr, TableOptions{Now: now}) },
		"wide": func(b *bytes.Buffer, tr *Tree) error {
			return WriteTable(b, tr, TableOptions{Now: now, Unicode: true, Wide: true, Width: 80})
		},
		"dot":      func(b *bytes.Buffer, tr *Tree) error { return WriteDOT(b, tr) },
		"mermaid":  func(b *bytes.Buffer, tr *Tree) error { return WriteMermaid(b, tr) },
		"names":    func(b *bytes.Buffer, tr *Tree) error { return WriteNames(b, tr) },
		"json":     func(b *bytes.Buffer, tr *Tree) error { return WriteJSON(b, tr, false) },
		"yamltext": func(b *bytes.Buffer, tr *Tree) error { return WriteYAML(b, tr) },
	}
	for _, path := range cases {
		name := strings.TrimSuffix(filepath.Base(path), ".yaml")
		for format, write := range formats {
			t.Run(name+"/"+format, func(t *testing.T) {
				t.Parallel()
				var out bytes.Buffer
				if err := write(&out, Build(load(t, name))); err != nil {
					t.Fatal(err)
				}
				golden(t, name+"."+format+".golden", out.Bytes())
			})
		}
	}
}

func TestTableFitsTheTerminal(t *testing.T) {
	t.Parallel()
	many := Build(load(t, "waiting"))
	for i := range 60 {
		step := Step{Name: fmt.Sprintf("step-%d-製品", i), Ready: State{Status: "False", Reason: "AReasonThatIsLonger"}}
		for j := range i {
			step.Inputs = append(step.Inputs, StepInput{Edge: Edge{From: fmt.Sprintf("step-%d", j)}})
		}
		many.Steps = append(many.Steps, step)
	}
	for _, width := range []int{20, 40, 80, 300} {
		for name, tr := range map[string]*Tree{"four steps": Build(load(t, "waiting")), "sixty more": many} {
			var out bytes.Buffer
			if err := WriteTable(&out, tr, TableOptions{Unicode: true, Width: width, Namespace: true}); err != nil {
				t.Fatal(err)
			}
			rows, _, _ := strings.Cut(out.String(), "\n\n")
			if n := strings.Count(rows, "\n"); n < len(tr.Steps) {
				t.Errorf("%s, %d columns: only %d rows", name, width, n)
			}
			for _, l := range strings.Split(rows, "\n") {
				if n := table.Width(l); n > width {
					t.Errorf("%s, %d columns: %d: %s", name, width, n, l)
				}
			}
		}
	}
}

func TestRootCause(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		reason, file, step, code string
		failed                   bool
		object                   string
	}{
		{"the victim downstream is False, the cause upstream only Unknown", "waiting", "build", "MissingValueAtPath", false, "cart-build-1-pod"},
		{"a blueprint that is not found comes before every step", "notfound", "", "SupplyChainNotFound", true, ""},
		{"what an earlier pass stamped is not to blame for a template that fails now", "ytt", "configure", "TemplateStampFailure", true, ""},
		{"a new workload has no status", "new", "", ReasonNotSeen, false, ""},
	} {
		t.Run(tc.file, func(t *testing.T) {
			t.Parallel()
			c := Build(load(t, tc.file)).RootCause
			if c == nil {
				t.Fatalf("%s: no root cause", tc.reason)
			}
			object := ""
			if c.Object != nil {
				object = c.Object.Name
			}
			if c.Step != tc.step || c.Reason != tc.code || c.Failed != tc.failed || object != tc.object {
				t.Errorf("%s: got %+v", tc.reason, c)
			}
		})
	}
	if c := Build(load(t, "ready")).RootCause; c != nil {
		t.Errorf("a ready owner has a root cause: %+v", c)
	}
}

// TestChangesOfSeveral: a line of a log stands alone, so it has to name the owner.
func TestChangesOfSeveral(t *testing.T) {
	t.Parallel()
	owner := func(name, ready string) *Tree {
		return &Tree{
			Owner: OwnerNode{Ref: Ref{Kind: "Workload", Namespace: "shop", Name: name}, Ready: State{Status: ready}},
			Steps: []Step{{Name: "fetch", Ready: State{Status: ready}}},
		}
	}
	before := NewForest([]*Tree{owner("cart", "True"), owner("till", "True")}, nil)
	after := NewForest([]*Tree{owner("cart", "True"), owner("till", "False")}, nil)
	var got []string
	for _, c := range Changes(before, after) {
		got = append(got, c.Name+" "+c.Ready.Status)
	}
	if want := "Workload/till False, shop/till fetch False"; strings.Join(got, ", ") != want {
		t.Errorf("got %q, want %s", got, want)
	}
}

func TestOrder(t *testing.T) {
	t.Parallel()
	step := func(name string, from ...string) BlueprintStep {
		s := BlueprintStep{Name: name}
		for _, f := range from {
			s.Inputs = append(s.Inputs, Edge{From: f})
		}
		return s
	}
	for _, tc := range []struct {
		reason string
		steps  []BlueprintStep
		want   string
	}{
		{"the author's order is kept where it can be", []BlueprintStep{step("a"), step("b"), step("c", "a")}, "a b c"},
		{"a forward reference moves a step back", []BlueprintStep{step("a", "c"), step("b"), step("c")}, "b c a"},
		{"a cycle comes last and loses nothing", []BlueprintStep{step("a", "b"), step("b", "a"), step("c")}, "c a b"},
		{"an unknown step is no reason to wait", []BlueprintStep{step("a", "zzz")}, "a"},
	} {
		var names []string
		for _, s := range order(tc.steps) {
			names = append(names, s.Name)
		}
		if got := strings.Join(names, " "); got != tc.want {
			t.Errorf("%s: got %s, want %s", tc.reason, got, tc.want)
		}
	}
}

func FuzzTableWidths(f *testing.F) {
	f.Add("cart", "Ready", 80)
	f.Add("…日本", "", 1)
	f.Fuzz(func(t *testing.T, name, reason string, width int) {
		tr := &Tree{Owner: OwnerNode{Ref: Ref{Kind: "Workload", Name: name}, Ready: State{Status: "False", Reason: reason}}, Steps: []Step{{Name: name}}}
		if err := WriteTable(&bytes.Buffer{}, tr, TableOptions{Width: width % 200}); err != nil {
			t.Fatal(err)
		}
	})
}

func BenchmarkTree500(b *testing.B) {
	tr := &Tree{Owner: OwnerNode{Ref: Ref{Kind: "Workload", Name: "w"}}}
	for range 500 {
		tr.Steps = append(tr.Steps, Step{Name: "step", Object: &Object{Ref: Ref{Kind: "Pod", Name: "pod"}}})
	}
	for b.Loop() {
		_ = WriteTable(&bytes.Buffer{}, tr, TableOptions{Unicode: true, Width: 80})
	}
}

// TestHostileWords: whatever the conditions of others hold, a terminal gets text of which
// each line is one of the tree's, and no megabyte.
func TestHostileWords(t *testing.T) {
	t.Parallel()
	const evil = "\x1b[2J\x1b]0;pwned\a\nsecond line\u202e\xff"
	huge := evil + strings.Repeat("long ", 200_000)
	condition := map[string]any{"type": "Ready", "status": "False" + evil, "reason": "Broken" + evil, "message": huge}
	object := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "kpack.io/v1alpha2", "kind": "Image", "metadata": map[string]any{"name": "cart", "namespace": "shop"},
		"status": map[string]any{"conditions": []any{condition}},
	}}
	w := &v1alpha1.Workload{}
	w.Name, w.Namespace = "cart", "shop"
	w.Status.Conditions = []metav1.Condition{{Type: "Ready", Status: "Unknown", Reason: "Waits" + evil, Message: huge}}
	w.Status.Resources = []v1alpha1.ResourceStatus{{
		Name:       "build" + evil,
		StampedRef: &v1alpha1.StampedRef{ObjectReference: corev1.ObjectReference{APIVersion: "kpack.io/v1alpha2", Kind: "Image" + evil, Namespace: "shop", Name: "cart" + evil}},
		Inputs:     []v1alpha1.Input{{Name: "fetch" + evil}},
		Outputs:    []v1alpha1.Output{{Name: "image", Preview: "registry/cart" + evil}},
		Conditions: []metav1.Condition{{Type: "Ready", Status: "Unknown", Reason: "Waits" + evil, Message: huge}},
	}}
	built := Build(Input{
		Owner: FromWorkload(w), Objects: map[string]*Found{"build" + evil: {Object: object}},
		Unread: []Unread{{Verb: "get", Resource: "x" + evil, Name: "y" + evil, Message: huge}},
	})
	for name, snapshot := range map[string]Snapshot{
		"tree": Single(built), "forest": NewForest([]*Tree{built}, built.Unread),
		"path": BuildPath([]*Found{{Object: object}, {Object: object, Owner: &Input{Owner: FromWorkload(w)}}}, built.Unread),
	} {
		var out bytes.Buffer
		if err := WriteTable(&out, snapshot, TableOptions{Wide: true}); err != nil {
			t.Fatal(err)
		}
		for _, c := range Changes(nil, snapshot) {
			out.WriteString(c.Name + c.Ready.Status + c.Healthy + c.Reason + "\n")
		}
		text := out.String()
		if strings.ContainsAny(text, "\x1b\a\u202e") || !utf8.ValidString(text) {
			t.Errorf("%s: control characters reach the terminal: %q", name, text)
		}
		for line := range strings.SplitSeq(text, "\n") {
			if strings.HasPrefix(line, "second line") {
				t.Errorf("%s: a line of somebody else: %q", name, line)
			}
		}
		if len(text) > 50_000 {
			t.Errorf("%s: %d bytes", name, len(text))
		}
	}
}
