package main

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// TestEveryPictureIsOnThePage: a picture that is made and never shown, or a place that is
// never filled, is a mistake of whoever changed one of both.
func TestEveryPictureIsOnThePage(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "..", "..", page))
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]string{}
	for _, m := range regexp.MustCompile("(?s)<!-- capture (\\S+) -->\n(.*?)<!-- end -->").FindAllStringSubmatch(string(data), -1) {
		shown[m[1]] = m[2]
	}
	for _, p := range pictures {
		if shown[p.name] == "" {
			t.Errorf("%s does not show %s: give it a place and run make captures", page, p.name)
		}
		delete(shown, p.name)
		if _, err := os.Stat(filepath.Join("..", "..", "..", folder, p.name+".svg")); err != nil {
			t.Errorf("%s: %v: run make captures", p.name, err)
		}
	}
	for name := range shown {
		t.Errorf("%s has a place for %s, which is no picture", page, name)
	}
}
