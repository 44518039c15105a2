package rules

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/carto-run/carto/pkg/lint"
)

func TestZZ(t *testing.T) {
	for _, dir := range strings.Fields(os.Getenv("DIRS")) {
		var files []lint.File
		filepath.Walk(dir, func(p string, i os.FileInfo, err error) error {
			if err == nil && !i.IsDir() && strings.HasSuffix(p, ".yaml") {
				d, _ := os.ReadFile(p)
				files = append(files, lint.File{Name: p, Data: d})
			}
			return nil
		})
		fmt.Println("==", dir)
		set := lint.ReadFiles(files)
		for _, f := range lint.Run(set, All(), lint.Options{}).Findings {
			if os.Getenv("ALL") == "" && f.Rule.ID[:3] != "SEL" && f.Rule.ID[:3] != "PAR" && f.Rule.ID[:3] != "OWN" { continue }
			fmt.Printf("%s %s %s: %s\n     do: %s\n", f.At, f.Level, f.Rule, f.Message, f.Remedy)
			for _, e := range f.Evidence { fmt.Printf("     %s: %s\n", e.At, e.Message) }
		}
	}
}
