package stamp

import (
	"strings"
	"testing"
)

// FuzzTags: the parts of a text put together are the text, and each tag knows its place.
func FuzzTags(f *testing.F) {
	for _, text := range []string{
		"$(a.b)$", "$(a)$$(b)$", "5$(n)$", "$(a)$ and )$", "$(date) $(x", "é$(a['b\\.c'])$$(", "$()$", "$(a[?(@.b==\")$\")])$", "$($(a)$)$", "a$(b)$c$(d[0].e)$",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		parts, single := splitTags(text, "at")
		var again strings.Builder
		for _, p := range parts {
			if p.tag == nil {
				again.WriteString(p.literal)
				continue
			}
			whole := "$(" + p.tag.Expression + ")$"
			if p.tag.Offset != again.Len() || !strings.HasPrefix(text[p.tag.Offset:], whole) {
				t.Errorf("%q: tag %q at %d", text, whole, p.tag.Offset)
			}
			if p.tag.Alone != single || single && (len(parts) != 1 || whole != text) {
				t.Errorf("%q: tag %q alone: %v, single: %v", text, whole, p.tag.Alone, single)
			}
			if p.tag.err == nil && p.tag.Whole && len(p.tag.Names) == 0 || p.tag.Root != "" && p.tag.Root != p.tag.Names[0] {
				t.Errorf("%q: names %q, whole: %v", text, p.tag.Names, p.tag.Whole)
			}
			again.WriteString(whole)
		}
		if again.String() != text {
			t.Errorf("the parts of %q are %q", text, again.String())
		}
	})
}
