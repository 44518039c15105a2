package owner

import (
	"regexp"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/carto-run/carto/pkg/table"
	"github.com/carto-run/carto/pkg/tree"
)

// mainOutput is what a step gives to others, as short as a person still recognises it: the
// revision of a source, the last part of an image with the beginning of its digest.
func mainOutput(outputs []tree.Output) string {
	value := ""
	for i := range outputs {
		o := &outputs[i]
		switch o.Name {
		case "revision":
			return brief(firstLine(o.Preview))
		case "image":
			image := firstLine(o.Preview)
			return brief(image[strings.LastIndex(image, "/")+1:])
		case "config":
			value = "config " + digest(o.Digest)
		default:
			if value == "" {
				value = brief(firstLine(o.Preview))
			}
		}
	}
	return value
}

// longHash is a digest or commit behind its first twelve digits, which tell it from others.
var longHash = regexp.MustCompile(`\b([0-9a-f]{12})[0-9a-f]{8,}\b`)

func brief(s string) string { return longHash.ReplaceAllString(s, "$1") }

// middle cuts a text in its middle: of URLs and images both ends tell them from others.
func middle(s string, width int, unicode bool) string {
	all := table.Width(s)
	if all <= width {
		return s
	}
	marker := "…"
	if !unicode {
		marker = "~"
	}
	if width < 8 {
		return table.Cut(s, width, unicode)
	}
	end := ansi.TruncateLeft(s, all-width/2, "")
	return ansi.Truncate(s, width-1-table.Width(end), "") + marker + end
}

// digest is the beginning of a digest.
func digest(s string) string {
	s = table.OneLine(strings.TrimPrefix(s, "sha256:"))
	return s[:min(12, len(s))]
}

// firstLine of a preview, which is YAML.
func firstLine(s string) string {
	first, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return strings.Trim(table.OneLine(first), `"'`)
}
