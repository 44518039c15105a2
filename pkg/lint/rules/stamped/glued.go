package stamped

import (
	"maps"
	"slices"
	"strings"

	"github.com/carto-run/carto/pkg/blueprint"
	"github.com/carto-run/carto/pkg/lint"
	"github.com/carto-run/carto/pkg/manifest"
	"github.com/carto-run/carto/pkg/schema"
	"github.com/carto-run/carto/pkg/stamp"
)

// gluedParams reports params that are objects or lists, and stand in a text without anything
// between them and its words: as JSON they make no sense there.
func gluedParams(p *lint.Pass, t *lint.Template) {
	for _, tag := range t.Tags() {
		if tag.Alone || !tag.Whole || len(tag.Names) != 2 || tag.Names[0] != "params" || !isGlued(textAt(t.Body, tag.Location), tag) {
			continue
		}
		if field := fieldOf(p, t, &lint.Read{Field: tag.Location}); field != nil && field.Type != schema.String && !field.IntOrString {
			continue // TPL022 says that no text belongs there
		}
		value, what, why := structuredForAll(p, t, tag.Names[1])
		if what == "" {
			continue
		}
		at := t.InText(manifest.Append(lint.BodyPath, tag.Location), tag.Offset, tag.Offset+len("$()$")+len(tag.Expression))
		p.Report(at, "$(%s)$ is %s, and becomes JSON in the middle of a text in %s", tag.Expression, what, tag.Location).
			Because(why.Range, "it has its value here").
			Do("read %s", partsOf(tag.Names[1], value))
	}
}

// isGlued says that what stands next to a tag goes on with its value as with a word: a letter, a
// slash, another tag. Next to blanks, quotes, brackets, commas, colons and equals signs JSON may
// be meant.
func isGlued(text string, tag stamp.Tag) bool {
	end := tag.Offset + len("$()$") + len(tag.Expression)
	if tag.Offset < 0 || end > len(text) {
		return false
	}
	before, after := text[:tag.Offset], text[end:]
	if before != "" && goesOn(before[len(before)-1]) || strings.HasSuffix(before, ")$") {
		return true
	}
	switch {
	case after == "":
		return false
	case after[0] == '.' || after[0] == ':': // not where a sentence ends
		return len(after) > 1 && goesOn(after[1]) || strings.HasPrefix(after[1:], "$(")
	}
	return goesOn(after[0]) || strings.HasPrefix(after, "$(")
}

func goesOn(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("/@_-", c) >= 0
}

// structuredForAll is the value of a param that is an object or a list in each blueprint that
// uses the template, and for each owner in the set: in the first of them, with where it is
// written. Without blueprints it is the default.
func structuredForAll(p *lint.Pass, t *lint.Template, name string) (value any, what string, why lint.Place) {
	for _, owner := range p.Owners {
		for _, given := range owner.Params {
			if given.Name == name && words(given.Value) == "" {
				return nil, "", why
			}
		}
	}
	for _, use := range t.Uses {
		resolved := blueprint.ResolveParams(t.Params, use.Blueprint.Blueprint, use.Step, nil)[name]
		if words(resolved.Value) == "" {
			return nil, "", why
		}
		if value == nil {
			value = resolved.Value
		}
	}
	if len(t.Uses) == 0 {
		for _, declared := range t.Params {
			if declared.Name == name {
				value = declared.Default
			}
		}
		if words(value) == "" {
			return nil, "", why
		}
	}
	what, why = param(t, name)
	return value, what, why
}

// maxParts bounds how many fields of a value are named.
const maxParts = 3

// partsOf are the tags that read the parts of a param.
func partsOf(name string, value any) string {
	fields, isObject := value.(map[string]any)
	if !isObject {
		return "an item of it: $(params." + name + "[0])$"
	}
	var tags []string
	for _, field := range slices.Sorted(maps.Keys(fields)) {
		if len(tags) < maxParts && words(fields[field]) == "" && manifest.Join("", field) == field {
			tags = append(tags, "$(params."+name+"."+field+")$")
		}
	}
	if len(tags) == 0 {
		return "a field of it"
	}
	return "a field of it: " + strings.Join(tags, ", ")
}
