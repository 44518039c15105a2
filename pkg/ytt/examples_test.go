package ytt

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestExamples renders examples whose results the original ytt gave, byte for byte.
func TestExamples(t *testing.T) {
	raw, err := os.ReadFile("testdata/examples.json")
	if err != nil {
		t.Fatal(err)
	}
	var examples []struct {
		Name, Shows, Template string
		Values                map[string]any
		Output                string
		Error                 *struct {
			Lines    []int
			Mentions []string
		}
	}
	if err := json.Unmarshal(raw, &examples); err != nil {
		t.Fatal(err)
	}
	if len(examples) < 31 {
		t.Fatalf("only %d examples: the file is not whole", len(examples))
	}
	for _, e := range examples {
		t.Run(e.Name, func(t *testing.T) {
			got, err := render(e.Template, e.Values)
			if e.Error == nil {
				if err != nil {
					t.Fatalf("%s: %v", e.Shows, err)
				}
				if diff := cmp.Diff(e.Output, got); diff != "" {
					t.Errorf("%s (-want +got):\n%s", e.Shows, diff)
				}
				return
			}
			var failed *Error
			if !errors.As(err, &failed) {
				t.Fatalf("%s: want an error, got %v and\n%s", e.Shows, err, got)
			}
			if lines := linesOf(failed); !slices.Equal(lines, e.Error.Lines) {
				t.Errorf("lines %v, want %v:\n%v", lines, e.Error.Lines, err)
			}
			for _, mention := range e.Error.Mentions {
				if !strings.Contains(err.Error(), mention) {
					t.Errorf("the error does not mention %q:\n%v", mention, err)
				}
			}
		})
	}
}

// render compiles and renders a template with default options.
func render(template string, values map[string]any) (string, error) {
	return renderWith(template, values, Options{})
}

func renderWith(template string, values map[string]any, o Options) (string, error) {
	compiled, err := Compile([]byte(template), o)
	if err != nil {
		return "", err
	}
	result, err := compiled.Render(context.Background(), values)
	if err != nil {
		return "", err
	}
	out, err := result.YAML()
	return string(out), err
}

// linesOf lists the lines that an error points at, in order.
func linesOf(e *Error) []int {
	var lines []int
	for _, p := range e.Problems {
		for _, f := range p.Frames {
			lines = append(lines, f.Line)
		}
	}
	return lines
}

// TestRenderTakes says what the values of a render may be.
func TestRenderTakes(t *testing.T) {
	template, err := Compile([]byte("#@ load(\"@ytt:data\", \"data\")\na: #@ [k for k in data.values]\n"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	values, err := ReadValues("values.yaml", []byte("z: 1\na: {big: 9007199254740993, x: 1.0}\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		reason string
		values any
		want   string
	}{
		{"nothing", nil, "a: []\n"},
		{"no values file", (*Values)(nil), "a: []\n"},
		{"decoded JSON is sorted", map[string]any{"z": 1, "a": 2}, "a:\n- a\n- z\n"},
		{"a values file keeps its order", values, "a:\n- z\n- a\n"},
	} {
		result, err := template.Render(context.Background(), c.values)
		if err != nil {
			t.Errorf("%s: %v", c.reason, err)
			continue
		}
		if out, err := result.YAML(); err != nil || string(out) != c.want {
			t.Errorf("%s: %v\n%s", c.reason, err, out)
		}
	}
	if _, err := template.Render(context.Background(), []string{"a"}); err == nil || !strings.Contains(err.Error(), "data values are a map, not []string") {
		t.Errorf("a list is refused, got %v", err)
	}
}

// TestNumbersOfValues: JSON loses what a float64 can not hold, a values file nothing.
func TestNumbersOfValues(t *testing.T) {
	const template = "#@ load(\"@ytt:data\", \"data\")\na: #@ [data.values.big, type(data.values.f)]\n"
	compiled, err := Compile([]byte(template), Options{})
	if err != nil {
		t.Fatal(err)
	}
	file, err := ReadValues("values.yaml", []byte("big: 9007199254740993\nf: 1.0\n"))
	if err != nil {
		t.Fatal(err)
	}
	for want, values := range map[string]any{
		"a:\n- 9007199254740992\n- int\n":   map[string]any{"big": int64(9007199254740993), "f": 1.0},
		"a:\n- 9007199254740993\n- float\n": file,
	} {
		result, err := compiled.Render(context.Background(), values)
		if err != nil {
			t.Fatal(err)
		}
		if out, err := result.YAML(); err != nil || string(out) != want {
			t.Errorf("%v\n%s", err, out)
		}
	}
}
