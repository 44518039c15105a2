package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// commandInPage is a command in a code span, or in a block of code up to a pipe.
var commandInPage = regexp.MustCompile("(?:`|\n    )kubectl carto ([^`\n|]+)")

// TestCommandsInRunbooks: who follows a page at night must not find that a command or a
// flag in it does not exist.
func TestCommandsInRunbooks(t *testing.T) {
	pages, err := filepath.Glob("../../docs/operations/*.md")
	if err != nil || len(pages) == 0 {
		t.Fatalf("no pages: %v", err)
	}
	checked := 0
	for _, page := range append(pages, "../../docs/operations.md") {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range commandInPage.FindAllStringSubmatch(string(text), -1) {
			f, _, _ := newFactory(t, false)
			command, rest, err := NewRoot(f).Find(strings.Fields(m[1]))
			if err == nil && !command.HasParent() {
				t.Errorf("%s: no command %q", page, m[1])
				continue
			}
			if err == nil {
				err = command.ParseFlags(rest)
			}
			if err != nil {
				t.Errorf("%s: %q: %v", page, m[1], err)
			}
			checked++
		}
	}
	if checked == 0 {
		t.Fatal("no page has a command: the test would check nothing")
	}
}
