package cmdutil

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func object(name string, more map[string]any) unstructured.Unstructured {
	fields := map[string]any{"apiVersion": "v1", "kind": "Thing", "metadata": map[string]any{"name": name}}
	for k, v := range more {
		fields[k] = v
	}
	return unstructured.Unstructured{Object: fields}
}

func TestFormats(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "columns.txt")
	if err := os.WriteFile(file, []byte("WHO    COUNT\nmetadata.name   {.count}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	type plain struct {
		Name  string   `json:"name"`
		Count int      `json:"count"`
		Tags  []string `json:"tags,omitempty"`
	}
	things := []plain{{"a", 1000000, []string{"x", "y"}}, {"購物車", 2, nil}}
	objects := List([]unstructured.Unstructured{object("cart", map[string]any{"count": int64(3)}), object("購物車", nil)})
	for _, tc := range []struct {
		reason, args string
		data         any
		want         string
	}{
		{"a path to one field", "-o jsonpath={.count}", things[0], "1000000"},
		{"a list is a v1 List", "-o jsonpath={.items[*].name}", things, "a 購物車"},
		{"as JSON", "-o jsonpath-as-json={.tags}", things[0], "[\n    [\n        \"x\",\n        \"y\"\n    ]\n]\n"},
		{"a template alone", "--template={{.name}}", things[0], "a"},
		{"data without a kind as YAML", "-o yaml", things[1], "count: 2\nname: 購物車\n"},
		{"data without a kind as JSON, its fields in their own order", "-o json", things[1], "{\n    \"name\": \"購物車\",\n    \"count\": 2\n}\n"},
		{"data without a kind as KYAML", "-o kyaml", things[1], "---\n{\n  count: 2,\n  name: \"購物車\",\n}\n"},
		{"columns", "-o custom-columns=NAME:.name,COUNT:.count,TAGS:.tags[*]", things, "NAME     COUNT     TAGS\na        1000000   x,y\n購物車   2         <none>\n"},
		{"columns of objects", "-o custom-columns=N:metadata.name,C:{.count} --no-headers", objects, "cart     3\n購物車   <none>\n"},
		{"columns from a file", "-o custom-columns-file=" + file, objects, "WHO      COUNT\ncart     3\n購物車   <none>\n"},
		{"a comma in a filter is no end", `-o custom-columns=N:.items[?(@.metadata.name=="a,b")].count,M:.kind`, List(nil), "N   M\n"},
	} {
		o := NewOutputFlags("")
		cmd := &cobra.Command{}
		o.AddTo(cmd)
		if err := cmd.ParseFlags(strings.Fields(tc.args)); err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		if err := o.Validate(); err != nil {
			t.Errorf("%s: %v", tc.reason, err)
		}
		if err := o.PrintData(&out, tc.data); err != nil || out.String() != tc.want {
			t.Errorf("%s: got %v\n%s\nwant\n%s", tc.reason, err, out.String(), tc.want)
		}
	}
}

func TestBadFormats(t *testing.T) {
	t.Parallel()
	for format, want := range map[string]string{
		"xml":                           "unknown output format",
		"name":                          "unknown output format",
		"custom-columns":                "the columns are missing, as in custom-columns=NAME:.metadata.name",
		"custom-columns=NAME":           `"NAME" is no column; write TITLE:PATH`,
		"custom-columns=NAME:":          "is no column",
		"custom-columns=A:.a,":          `"" is no column`,
		"custom-columns=A:.a[":          "column A",
		"custom-columns=A:{.a}{.b}":     "is no path to a field",
		"custom-columns-file=not/there": "no such file",
		"jsonpath={":                    "-o jsonpath={",
		"go-template={{":                "-o go-template={{",
	} {
		o := NewOutputFlags("", "table").Without("name")
		o.Set(format)
		if err := o.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v", format, err)
		}
	}
}

func TestSort(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		reason string
		keys   []any
		want   string
	}{
		{"as a person counts", []any{"web-10", "web-9", "web-1"}, "web-1 web-9 web-10"},
		{"numbers by value", []any{int64(10), 9.5, int64(-1)}, "-1 9.5 10"},
		{"quantities by what they amount to", []any{"1Gi", "512Mi", "100m", "2"}, "100m 2 512Mi 1Gi"},
		{"times", []any{"2026-01-02T00:00:00Z", "2025-12-31T00:00:00Z"}, "2025-12-31T00:00:00Z 2026-01-02T00:00:00Z"},
		{"nothing comes first", []any{"a", nil, "0"}, "<nil> 0 a"},
		{"no before yes", []any{true, false}, "false true"},
	} {
		var items []unstructured.Unstructured
		for _, k := range tc.keys {
			more := map[string]any{}
			if k != nil {
				more["key"] = k
			}
			items = append(items, object("x", more))
		}
		s, err := NewSorter(".key")
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Sort(items); err != nil {
			t.Fatal(err)
		}
		if got := joined(items); got != tc.want {
			t.Errorf("%s: got %s", tc.reason, got)
		}
	}
}

func joined(items []unstructured.Unstructured) string {
	var keys []string
	for i := range items {
		keys = append(keys, fmt.Sprint(items[i].Object["key"]))
	}
	return strings.Join(keys, " ")
}

func FuzzColumns(f *testing.F) {
	for _, s := range []string{"NAME:.metadata.name", "A:{.a[?(@.b==\"c,d\")]},B:x", "A:.a[", ":", "A:..", "A:.a[*:9]"} {
		f.Add(s)
	}
	item := object("cart", map[string]any{"a": []any{map[string]any{"b": "c"}}})
	f.Fuzz(func(t *testing.T, spec string) {
		p, err := newColumnPrinter(formatColumns, spec, false)
		if err != nil {
			return
		}
		var out strings.Builder
		_ = p.PrintObj(&item, &out)
	})
}
