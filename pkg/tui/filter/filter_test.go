package filter

import (
	"slices"
	"strings"
	"testing"

	"github.com/carto-run/carto/pkg/tree"
	"github.com/carto-run/carto/pkg/tui/feed"
)

func cart() *feed.Row {
	return &feed.Row{
		Ref:   tree.Ref{Kind: "Workload", Namespace: "shop", Name: "cart-API"},
		State: feed.Failed, Type: "web", Blueprint: "web-chain",
		Step: "image", Cause: "BuildFailed: exit code 1",
		Labels: map[string]string{"app": "cart", "team": "a"},
	}
}

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		typed, why string
		match      bool
	}{
		{"", "nothing typed takes all", true},
		{"  ", "blanks are nothing", true},
		{"cart", "part of the name", true},
		{"CART-api", "in any case", true},
		{"shop", "the namespace", true},
		{"shop/cart", "namespace and name as they are written elsewhere", true},
		{"web-ch", "the blueprint", true},
		{"failed", "the state", true},
		{"exit code", "a cause, with a blank", true},
		{"image: buildfailed", "a cause as the column shows it", true},
		{"checkout", "not there", false},
		{"!checkout", "inverse of what is not there", true},
		{"!cart", "inverse", false},
		{"! cart", "a blank after the mark changes nothing", false},
		{"!", "only begun: the table must not flicker", true},
		{"-l app=cart", "a label", true},
		{"-l app=cart,team!=b", "several, one inverse", true},
		{"-l app in (cart, basket)", "the set form", true},
		{"-l tier", "a label that must be there", false},
		{"-l", "only begun", true},
		{"-local", "an option needs its blank: this is a text", false},
		{"-f shcart", "characters in their order, over namespace and name", true},
		{"-f trac", "not in this order", false},
		{"-f", "only begun", true},
		{"-f   s c  a ", "blanks do not count in fuzzy ones", true},
		{"/^cart.*/", "a field has to begin so; the key is shop/cart-api", false},
		{"/^web$/", "a whole field", true},
		{"!/^web$/", "inverse of an expression", false},
		{"/cart", "a slash alone begins no expression: the key has it", true},
		{"//", "no expression between the slashes: a text", false},
	} {
		f, err := Parse(c.typed)
		if err != nil {
			t.Errorf("%q: %v", c.typed, err)
			continue
		}
		if _, ok := f.Match(SubjectOf(cart())); ok != c.match {
			t.Errorf("%q matches: %v, but %s", c.typed, ok, c.why)
		}
	}
}

func TestBad(t *testing.T) {
	for typed, want := range map[string]string{
		"-l app==,":  "not a label selector",
		"-l =":       "not a label selector",
		"-l a in (b": "not a label selector",
		"/cart(/":    "not a regular expression",
	} {
		if _, err := Parse(typed); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v; want it to say %q", typed, err, want)
		}
	}
}

func TestFuzzyRanks(t *testing.T) {
	f, err := Parse("-f cart")
	if err != nil || !f.Ranks() {
		t.Fatal("fuzzy filters rank", err)
	}
	whole, _ := f.Match(Subject{Key: "shop/cart"})
	apart, ok := f.Match(Subject{Key: "shop/c-a-very-tall"})
	if ok && apart >= whole {
		t.Errorf("scores: %d for characters far apart, %d for a whole word", apart, whole)
	}
}

func TestSpans(t *testing.T) {
	for _, c := range []struct {
		typed, text, why string
		want             []string
	}{
		{"ca", "cart-CAfe", "all of them, in any case", []string{"ca", "CA"}},
		{"!ca", "cart", "an inverse filter found nothing to point at", nil},
		{"-l app=x", "app", "a selector neither", nil},
		{"", "cart", "no filter", nil},
		{"日", "x日本", "wide characters are whole", []string{"日"}},
		{"/a./", "cart", "an expression", []string{"ar"}},
		{"/x*/", "cart", "an empty match is not drawn", nil},
		{"-f shrt", "shop/cart", "fuzzy, neighbours together", []string{"sh", "rt"}},
		{"-f 本", "shop/日本", "fuzzy and wide", []string{"本"}},
	} {
		f, err := Parse(c.typed)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, s := range f.Spans(c.text) {
			got = append(got, c.text[s.From:s.To])
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%q in %q: %q, want %q: %s", c.typed, c.text, got, c.want, c.why)
		}
	}
}

// FuzzFilter: whatever is typed or pasted, and whatever rows say, nothing panics and spans
// lie in their text.
func FuzzFilter(f *testing.F) {
	for _, s := range []string{"cart", "!a", "-l a=b", "-f xyz", "/a+/", "-f \x00a", "İ", "\xff"} {
		f.Add(s, "shop/cart")
	}
	f.Fuzz(func(t *testing.T, typed, text string) {
		filter, err := Parse(typed)
		if err != nil {
			return
		}
		row := cart()
		row.Ref.Name, row.Cause = text, text
		subject := SubjectOf(row)
		_, ok := filter.Match(subject)
		if filter.All() && !ok {
			t.Errorf("%q takes all, but not %q", typed, text)
		}
		end := 0
		for _, s := range filter.Spans(text) {
			if s.From < end || s.To <= s.From || s.To > len(text) {
				t.Fatalf("%q in %q: span %v after %d", typed, text, s, end)
			}
			end = s.To
		}
	})
}
