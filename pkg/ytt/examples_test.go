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
