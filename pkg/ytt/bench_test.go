package ytt

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
)

// benchValues are a context as supply chains give it.
func benchValues() map[string]any {
	var env []any
	for i := range 5 {
		env = append(env, map[string]any{"name": fmt.Sprintf("NAME_%d", i), "value": "value"})
	}
	return map[string]any{
		"image":  "registry.example.com/apps/shop@sha256:0123456789abcdef",
		"params": map[string]any{"replicas": 3.0, "port": 8080.0},
		"workload": map[string]any{
			"metadata": map[string]any{"name": "shop", "namespace": "dev", "labels": map[string]any{"app.kubernetes.io/part-of": "shop", "team": "core", "tier": "web"}},
			"spec":     map[string]any{"env": env, "source": map[string]any{"git": map[string]any{"url": "https://example.com/shop.git"}}},
		},
	}
}

func benchSource(tb testing.TB, name string) []byte {
	tb.Helper()
	src, err := os.ReadFile("testdata/bench/" + name + ".yml")
	if err != nil {
		tb.Fatal(err)
	}
	return src
}

func benchCompile(tb testing.TB, src []byte) *Template {
	tb.Helper()
	t, err := Compile(src, Options{})
	if err != nil {
		tb.Fatal(err)
	}
	return t
}

func benchRender(tb testing.TB, t *Template, values map[string]any) *Result {
	tb.Helper()
	r, err := t.Render(context.Background(), values)
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

// benchObjects is what a stamp does with a result.
func benchObjects(tb testing.TB, r *Result) {
	tb.Helper()
	if objects, err := r.Objects(); err != nil || len(objects) == 0 {
		tb.Fatal(err)
	}
}

// TestBenchTemplates keeps the templates of the benchmarks honest.
func TestBenchTemplates(t *testing.T) {
	for name, want := range map[string]struct {
		lines    int // about
		mentions string
	}{
		"small":   {40, "name: NAME_4"},
		"large":   {300, "name: shop-12"},
		"overlay": {40, "team: core"},
	} {
		src := benchSource(t, name)
		if n := strings.Count(string(src), "\n"); n < want.lines*9/10 || n > want.lines*11/10 {
			t.Errorf("%s has %d lines", name, n)
		}
		out, err := benchRender(t, benchCompile(t, src), benchValues()).YAML()
		if err != nil || !strings.Contains(string(out), want.mentions) {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

// BenchmarkFirst compiles, renders and converts: what the first stamp of a template takes.
func BenchmarkFirst(b *testing.B) {
	for _, name := range []string{"small", "large", "overlay"} {
		b.Run(name, func(b *testing.B) {
			src, values := benchSource(b, name), benchValues()
			b.SetBytes(int64(len(src)))
			b.ReportAllocs()
			for b.Loop() {
				benchObjects(b, benchRender(b, benchCompile(b, src), values))
			}
		})
	}
}

// BenchmarkCompile compiles alone.
func BenchmarkCompile(b *testing.B) {
	for _, name := range []string{"small", "large", "overlay"} {
		b.Run(name, func(b *testing.B) {
			src := benchSource(b, name)
			b.SetBytes(int64(len(src)))
			b.ReportAllocs()
			for b.Loop() {
				benchCompile(b, src)
			}
		})
	}
}

// BenchmarkObjects renders a compiled template: what every further stamp takes.
func BenchmarkObjects(b *testing.B) {
	for _, name := range []string{"small", "large", "overlay"} {
		b.Run(name, func(b *testing.B) {
			t, values := benchCompile(b, benchSource(b, name)), benchValues()
			b.ReportAllocs()
			for b.Loop() {
				benchObjects(b, benchRender(b, t, values))
			}
		})
	}
}

// BenchmarkYAML renders and prints: what the command line does.
func BenchmarkYAML(b *testing.B) {
	for _, name := range []string{"small", "large", "overlay"} {
		b.Run(name, func(b *testing.B) {
			t, values := benchCompile(b, benchSource(b, name)), benchValues()
			b.ReportAllocs()
			for b.Loop() {
				if _, err := benchRender(b, t, values).YAML(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkLoop renders loops of different lengths: the time for an item stays the same.
func BenchmarkLoop(b *testing.B) {
	t := benchCompile(b, benchSource(b, "loop"))
	for _, count := range []int{100, 1000, 10_000} {
		b.Run(fmt.Sprint(count), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				benchObjects(b, benchRender(b, t, map[string]any{"count": float64(count)}))
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*count), "ns/item")
		})
	}
}

// BenchmarkContext renders with contexts of 2, 20 and 200 KB. A template that reads one
// field of them must not pay for the rest.
func BenchmarkContext(b *testing.B) {
	for _, name := range []string{"small", "context"} {
		t := benchCompile(b, benchSource(b, name))
		for _, count := range []int{10, 100, 1000} {
			b.Run(fmt.Sprintf("%s/%dKB", name, count/5), func(b *testing.B) {
				values := benchValues()
				var objects []any
				for i := range count {
					objects = append(objects, map[string]any{
						"name": fmt.Sprintf("object-%d", i), "size": float64(i), "enabled": true, "ports": []any{80.0, 443.0},
						"labels": map[string]any{"app": "shop", "tier": "web"}, "text": strings.Repeat("x", 60),
					})
				}
				values["objects"] = objects
				b.ReportAllocs()
				for b.Loop() {
					benchObjects(b, benchRender(b, t, values))
				}
			})
		}
	}
}
