package rules

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/carto-run/carto/pkg/lint"
	"github.com/carto-run/carto/pkg/manifest"
)

// odd are values that nobody expects in a field.
var odd = []any{nil, "", "\x1b[2J\n", true, -1, 1e300, []any{}, []any{nil}, map[string]any{}, map[string]any{"": nil, "a.b['c']": "$(x"}, "$(params[0].a)$ $(", strings.Repeat("é", 300)}

// TestBrokenObjects: whatever a single field of an example becomes, no rule panics, and findings
// point into the file.
func TestBrokenObjects(t *testing.T) {
	t.Parallel()
	for _, rule := range All() {
		for which, text := range []string{rule.Bad, rule.Good} {
			files := lint.Files(text)
			for i, file := range files {
				docs, _ := manifest.ParseAll(file.Name, file.Data)
				for n, doc := range docs {
					breakEach(doc.Object, func(what string, value any) {
						raw, err := json.MarshalIndent(doc.Object, "", " ")
						if err != nil {
							t.Fatal(err)
						}
						broken := append([]lint.File{}, files...)
						broken[i].Data = raw
						if docs[0].Object != nil && n > 0 { // the first object stays beside it
							first, _ := json.Marshal(docs[0].Object)
							broken[i].Data = append(append(raw, "\n---\n"...), first...)
						}
						defer func() {
							if p := recover(); p != nil {
								t.Fatalf("%s (%d) with %s = %v: panic: %v", rule.ID, which, what, value, p)
							}
						}()
						check(t, fmt.Sprintf("%s (%d) with %s = %v", rule.ID, which, what, value), broken)
					})
				}
			}
		}
	}
}

func check(t *testing.T, what string, files []lint.File) {
	t.Helper()
	lines := map[string]int{}
	for _, f := range files {
		lines[f.Name] = len(manifest.Lines(f.Data))
	}
	for _, f := range lint.Run(lint.ReadFiles(files), All(), lint.Options{TargetVersion: "0.7.0"}).Findings {
		if f.At.Start.Line > lines[f.At.File] || f.At.End.Before(f.At.Start) || f.Message == "" {
			t.Errorf("%s: %s at %s to %v: %s", what, f.Rule, f.At, f.At.End, f.Message)
		}
	}
}

// breakEach puts odd values into each field in turn, one for each, and takes the field away;
// the object is whole again after it. Which value is decided by the number of the field: all
// for each would take minutes.
func breakEach(object map[string]any, try func(what string, value any)) {
	count := 0
	var visit func(path string, value any)
	visit = func(path string, value any) {
		each := func(at string, old any, set func(any)) {
			for k := range 2 {
				v := odd[(count+k*5)%len(odd)]
				set(v)
				try(at, v)
			}
			count++
			set(old)
			visit(at, old)
		}
		switch v := value.(type) {
		case map[string]any:
			for key, old := range v {
				delete(v, key)
				try(path+"."+key, "nothing")
				each(path+"."+key, old, func(to any) { v[key] = to })
			}
		case []any:
			for i, old := range v {
				each(fmt.Sprintf("%s[%d]", path, i), old, func(to any) { v[i] = to })
			}
		}
	}
	visit("", object)
}
