package lint

import (
	"slices"
	"strings"

	kubeschema "k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"

	"github.com/carto-run/carto/pkg/schema"
)

// stamped is what a body says about the kind of the object that it makes.
type stamped struct {
	gvk   kubeschema.GroupVersionKind
	known bool
	// versionLine and kindLine in the text of a ytt body, from 1; 0 for others.
	versionLine, kindLine int
}

// Stamps is the kind of the object that the template makes, and whether that is certain: the
// body says it in plain words, and not by tags.
func (t *Template) Stamps() (kind kubeschema.GroupVersionKind, known bool) {
	return t.stamps.gvk, t.stamps.known
}

// StampsVersion and StampsKind are the places where the body says it.
func (t *Template) StampsVersion() Place { return t.inBody("apiVersion", t.stamps.versionLine) }

// StampsKind is the place of the kind in the body.
func (t *Template) StampsKind() Place { return t.inBody("kind", t.stamps.kindLine) }

func (t *Template) inBody(field string, line int) Place {
	if line > 0 {
		return t.Line(YttPath, line)
	}
	return t.Value(BodyPath + "." + field)
}

// StampedKind is what is known of the kind of the object that the template makes; nil when
// the body does not say the kind, or nothing is known of it.
func (s *Set) StampedKind(t *Template) *schema.Kind {
	if !t.stamps.known {
		return nil
	}
	return s.Schemas.Kind(t.stamps.gvk)
}

func (t *Template) readKind() {
	var version, kind string
	if t.Body != nil {
		version, _ = t.Body["apiVersion"].(string)
		kind, _ = t.Body["kind"].(string)
	} else {
		version, kind, t.stamps.versionLine, t.stamps.kindLine = yttKind(t.Spec.Ytt)
	}
	if version == "" || kind == "" || strings.Contains(version+kind, "$(") {
		return
	}
	gv, err := kubeschema.ParseGroupVersion(version)
	t.stamps.gvk, t.stamps.known = gv.WithKind(kind), err == nil
}

// yttKind finds the kind of a ytt body: when the text has, all in all, one apiVersion and
// one kind at the left margin, both plain, and no way to change them after.
func yttKind(text string) (version, kind string, versionLine, kindLine int) {
	if strings.Contains(text, "overlay") || strings.Contains(text, "template.replace") {
		return "", "", 0, 0
	}
	var blocks []string
	for i, line := range strings.Split(text, "\n") {
		if code, isCode := strings.CutPrefix(strings.TrimSpace(line), "#@"); isCode {
			blocks = follow(blocks, strings.TrimLeft(code, "- "))
			continue
		}
		for _, field := range []struct {
			name string
			into *string
			line *int
		}{{"apiVersion:", &version, &versionLine}, {"kind:", &kind, &kindLine}} {
			value, ok := strings.CutPrefix(line, field.name)
			if !ok {
				continue
			}
			plain, certain := plainText(value)
			if !certain || *field.line > 0 || slices.Contains(blocks, "def") {
				return "", "", 0, 0
			}
			*field.into, *field.line = plain, i+1
		}
	}
	if version == "" || kind == "" {
		return "", "", 0, 0
	}
	return version, kind, versionLine, kindLine
}

// follow keeps the words with which blocks of code began that are still open.
func follow(blocks []string, code string) []string {
	word, _, _ := strings.Cut(code, " ")
	switch word = strings.TrimRight(word, ":"); {
	case word == "end":
		return blocks[:max(len(blocks)-1, 0)]
	case strings.HasSuffix(strings.TrimSpace(code), ":") && word != "elif" && word != "else":
		return append(blocks, word)
	}
	return blocks
}

// plainText reads a value that is written out on its line. Code in it is a comment.
func plainText(value string) (text string, certain bool) {
	if strings.Contains(value, "#@") || strings.Contains(value, "(@") {
		return "", false
	}
	var read any
	if yaml.Unmarshal([]byte(value), &read) != nil {
		return "", false
	}
	text, certain = read.(string)
	return text, certain
}
