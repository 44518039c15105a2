package reason

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/blueprint"
	"github.com/carto-run/carto/pkg/quantity"
	"github.com/carto-run/carto/pkg/stamp"
)

// Owner is an owner that answers a question, with as little as possible in it.
type Owner struct {
	// Object as it would be written.
	Object  map[string]any
	Subject blueprint.Subject
}

func newOwner(kind string, found map[string]any) (*Owner, error) {
	object, _ := asWritten(found).(map[string]any)
	for _, part := range []string{"metadata", "spec"} {
		if object[part] == nil {
			object[part] = map[string]any{}
		}
	}
	object["apiVersion"], object["kind"] = v1alpha1.GroupVersion.String(), kind
	metadata, _ := object["metadata"].(map[string]any)
	if metadata["name"] == nil {
		metadata["name"] = metadataShape.fields["name"].example
	}
	if err := quantity.Decodable(object); err != nil {
		return nil, err
	}
	encoded, err := json.Marshal(object)
	if err != nil {
		return nil, err
	}
	o := &Owner{Object: object}
	var typed any
	switch kind {
	case v1alpha1.KindWorkload:
		w := &v1alpha1.Workload{}
		err = json.Unmarshal(encoded, w)
		typed, o.Subject.Labels = w, w.Labels
	default:
		d := &v1alpha1.Deliverable{}
		err = json.Unmarshal(encoded, d)
		typed, o.Subject.Labels = d, d.Labels
	}
	if err != nil {
		return nil, err
	}
	o.Subject.View, err = stamp.View(typed)
	return o, err
}

// asWritten makes lists of objects whose parts are items.
func asWritten(value any) any {
	object, ok := value.(map[string]any)
	if !ok {
		return value
	}
	var items []any
	written := make(map[string]any, len(object))
	for _, name := range slices.Sorted(maps.Keys(object)) {
		part := asWritten(object[name])
		if !isItem(name) {
			written[name] = part
			continue
		}
		entry, _ := part.(map[string]any)
		entry["name"] = strings.TrimSuffix(strings.TrimPrefix(name, "["), "]")
		items = append(items, entry)
	}
	if items != nil {
		return items
	}
	return written
}

// answers evaluates the selectors on the owner.
func (o *Owner) answers(q Question) bool {
	for _, selector := range q.All {
		if ok, err := selector.Matches(o.Subject); !ok || err != nil {
			return false
		}
	}
	for _, selector := range q.None {
		if ok, _ := selector.Matches(o.Subject); ok {
			return false
		}
	}
	if q.Missing != nil {
		_, found, err := q.Missing.Lookup(o.Subject.View)
		return err == nil && found == stamp.Missing
	}
	return true
}

// YAML is the owner as a file.
func (o *Owner) YAML() string {
	text, err := yaml.Marshal(o.Object)
	if err != nil {
		return "" // it is plain data, which always encodes
	}
	return string(text)
}

// String is what matters of the owner on one line: its kind, labels and fields, as YAML.
func (o *Owner) String() string {
	parts := map[string]any{}
	metadata, _ := o.Object["metadata"].(map[string]any)
	rest := maps.Clone(metadata)
	if rest["name"] == metadataShape.fields["name"].example {
		delete(rest, "name")
	}
	if len(rest) > 0 {
		parts["metadata"] = rest
	}
	if spec, _ := o.Object["spec"].(map[string]any); len(spec) > 0 {
		parts["spec"] = spec
	}
	kind, _ := o.Object["kind"].(string)
	if len(parts) == 0 {
		return "a " + kind + " with nothing set"
	}
	var b strings.Builder
	b.WriteString("a " + kind + " with ")
	first := true
	for _, name := range []string{"metadata", "spec"} {
		if part, ok := parts[name]; ok {
			if !first {
				b.WriteString(" and ")
			}
			first = false
			b.WriteString(name + " ")
			flow(&b, part)
		}
	}
	return b.String()
}

// flow writes YAML on one line.
func flow(b *strings.Builder, value any) {
	switch v := value.(type) {
	case map[string]any:
		b.WriteByte('{')
		for i, key := range slices.Sorted(maps.Keys(v)) {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(scalar(key) + ": ")
			flow(b, v[key])
		}
		b.WriteByte('}')
	case []any:
		b.WriteByte('[')
		for i, item := range v {
			if i > 0 {
				b.WriteString(", ")
			}
			flow(b, item)
		}
		b.WriteByte(']')
	case string:
		b.WriteString(scalar(v))
	default:
		b.WriteString("null")
	}
}

// plain is what mostly is to be written, and word what YAML takes for something else.
var (
	plain = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9._/-]*$`)
	word  = regexp.MustCompile(`(?i)^(y|n|yes|no|on|off|true|false|null)$`)
)

// scalar quotes a text where YAML would read it otherwise.
func scalar(text string) string {
	if plain.MatchString(text) && !word.MatchString(text) {
		return text
	}
	encoded, err := yaml.Marshal(text)
	if line := strings.TrimSuffix(string(encoded), "\n"); err == nil && !strings.ContainsAny(line, "{}[],\n") {
		return line
	}
	quoted, err := json.Marshal(text)
	if err != nil {
		return text
	}
	return string(quoted)
}
