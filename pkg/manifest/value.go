package manifest

import (
	"fmt"
	"regexp"
	"strconv"

	"go.yaml.in/yaml/v3"
	sigsyaml "sigs.k8s.io/yaml"

	utiljson "k8s.io/apimachinery/pkg/util/json"
)

// Bounds on what aliases can make of a small file.
const (
	maxAliases = 32
	maxNodes   = 1 << 20
	maxDepth   = 512
)

// Fault is what is wrong with a file before anything is known of its objects.
type Fault struct {
	Range
	// Duplicate: a key occurs twice in one mapping, First is where it occurred before.
	// All other faults are about text that is no YAML, or no object, unless List.
	Duplicate bool
	First     Range
	// List: a document is a list, as files of other programs are.
	List    bool
	Message string
}

// String is FILE:LINE: MESSAGE.
func (f *Fault) String() string {
	if f.Start.IsZero() {
		return f.File + ": " + f.Message
	}
	return fmt.Sprintf("%s:%d: %s", f.File, f.Start.Line, f.Message)
}

// decoder makes values of nodes, with the meaning that kubectl gives them: that of YAML
// 1.1, where on is true, and of JSON, where all keys are texts.
type decoder struct {
	doc    *Document
	nodes  int
	faults []*Fault
}

func (d *decoder) faultf(node *yaml.Node, format string, args ...any) {
	d.faults = append(d.faults, &Fault{Range: d.doc.rangeOf(node), Message: fmt.Sprintf(format, args...)})
}

func (d *decoder) value(node *yaml.Node, depth int) any {
	if d.nodes++; d.nodes > maxNodes || depth > maxDepth {
		if d.nodes == maxNodes+1 || depth == maxDepth+1 {
			d.faultf(node, "the document is too large or too deep: at most %d values, %d levels", maxNodes, maxDepth)
		}
		return nil
	}
	switch node.Kind {
	case yaml.AliasNode:
		return d.value(node.Alias, depth+1)
	case yaml.SequenceNode:
		list := make([]any, len(node.Content))
		for i, item := range node.Content {
			list[i] = d.value(item, depth+1)
		}
		return list
	case yaml.MappingNode:
		return d.mapping(node, depth)
	case yaml.ScalarNode:
		return d.scalar(node)
	}
	return nil
}

func (d *decoder) mapping(node *yaml.Node, depth int) map[string]any {
	m := make(map[string]any, len(node.Content)/2)
	first := make(map[string]*yaml.Node, len(node.Content)/2)
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		if key.Tag == "!!merge" || key.Value == "<<" && key.Tag == "" {
			d.merge(m, first, value, depth)
			continue
		}
		name, ok := d.key(key)
		if !ok {
			continue
		}
		if earlier := first[name]; earlier != nil {
			d.faults = append(d.faults, &Fault{
				Range: d.doc.rangeOf(key), Duplicate: true, First: d.doc.rangeOf(earlier),
				Message: fmt.Sprintf("the key %q occurs twice; it is already set on line %d", name, d.doc.before+earlier.Line),
			})
		}
		first[name] = key
		m[name] = d.value(value, depth+1)
	}
	return m
}

// merge adds the entries of other mappings, which yield to those that are written out.
func (d *decoder) merge(into map[string]any, first map[string]*yaml.Node, from *yaml.Node, depth int) {
	switch from = resolve(from); from.Kind {
	case yaml.SequenceNode:
		for _, one := range from.Content {
			d.merge(into, first, one, depth+1)
		}
	case yaml.MappingNode:
		for name, value := range d.mapping(from, depth+1) {
			if _, set := into[name]; !set {
				into[name] = value
			}
		}
	default:
		d.faultf(from, "only mappings can be merged with <<")
	}
}

func (d *decoder) key(node *yaml.Node) (string, bool) {
	switch value := d.value(resolve(node), 0).(type) {
	case string:
		return value, true
	case bool, int64, float64:
		return fmt.Sprint(value), true
	}
	d.faultf(node, "a key has to be a text")
	return "", false
}

// plainText is what YAML 1.1 takes for a text whatever it says; the rest is decided by
// the library.
var (
	plainText = regexp.MustCompile(`^[A-Za-z_/$*][^\n]*$`)
	words     = map[string]bool{
		"y": true, "yes": true, "on": true, "true": true, "n": true, "no": true, "off": true, "false": true, "null": true,
		"Y": true, "Yes": true, "On": true, "True": true, "N": true, "No": true, "Off": true, "False": true, "Null": true,
		"YES": true, "ON": true, "TRUE": true, "NO": true, "OFF": true, "FALSE": true, "NULL": true,
	}
	wholeNumber = regexp.MustCompile(`^(0|-?[1-9][0-9]{0,17})$`)
)

func (d *decoder) scalar(node *yaml.Node) any {
	text := node.Value
	tagged := node.Style&yaml.TaggedStyle != 0
	if !tagged {
		switch {
		case node.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0:
			return text
		case text == "true":
			return true
		case text == "false":
			return false
		case text == "" || text == "null" || text == "~":
			return nil
		case plainText.MatchString(text) && !words[text]:
			return text
		case wholeNumber.MatchString(text):
			n, err := strconv.ParseInt(text, 10, 64)
			if err == nil {
				return n
			}
		}
	}
	source := text
	if tagged {
		if node.Tag == "!!str" {
			return text
		}
		source = node.Tag + " " + strconv.Quote(text)
	}
	encoded, err := sigsyaml.YAMLToJSON([]byte(source))
	if err != nil {
		if !tagged {
			return text // a text that is no document of its own, such as "- a"
		}
		d.faultf(node, "%s %q is no valid value", node.Tag, text)
		return nil
	}
	var value any
	if err := utiljson.Unmarshal(encoded, &value); err != nil {
		d.faultf(node, "%q has no form in JSON", text)
		return nil
	}
	switch value.(type) {
	case map[string]any, []any:
		return text
	}
	return value
}
