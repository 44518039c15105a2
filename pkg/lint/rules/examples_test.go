package rules

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/carto-run/carto/pkg/lint"
)

// TestOwnExamples: what we show to people is clean, each example by itself.
func TestOwnExamples(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..", "..", "docs", "examples")
	examples, err := os.ReadDir(root)
	if err != nil || len(examples) == 0 {
		t.Fatalf("there are no examples: %v", err)
	}
	for _, example := range examples {
		paths, err := filepath.Glob(filepath.Join(root, example.Name(), "*.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		var files []lint.File
		for _, path := range paths {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, lint.File{Name: path, Data: data})
		}
		for _, f := range lint.Run(lint.ReadFiles(files), All(), lint.Options{}).Findings {
			if f.Level > lint.Info && f.Suppressed == "" {
				t.Errorf("%s: %s: %s: %s", f.At, f.Level, f.Rule, f.Message)
			}
		}
	}
}
