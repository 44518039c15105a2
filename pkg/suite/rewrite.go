package suite

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	yamlv3 "go.yaml.in/yaml/v3"
	"k8s.io/apimachinery/pkg/api/equality"
	sigsjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"
)

// parseNode reads the first document of a file for its lines and comments.
func parseNode(data []byte) (*yamlv3.Node, error) {
	document, decoder := &yamlv3.Node{}, yamlv3.NewDecoder(bytes.NewReader(data))
	if err := decoder.Decode(document); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	// Text that follows without the mark of a document is noticed only when it is read.
	if err := decoder.Decode(&yamlv3.Node{}); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return document, nil
}

// rewrite changes the first document of a text. Where nothing changes, the text stays as it
// is, with its comments and blank lines.
func rewrite(data []byte, change func(root *yamlv3.Node) error) ([]byte, error) {
	if bytes.Contains(data, []byte("\r\n")) { // the lines of Windows stay as they are, too
		content, err := rewrite(bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n")), change)
		return bytes.ReplaceAll(content, []byte("\n"), []byte("\r\n")), err
	}
	document, err := parseNode(data)
	if err != nil {
		return nil, err
	}
	if len(document.Content) != 1 {
		return nil, errors.New("it is empty")
	}
	spellNulls(document)
	// What the library makes of the text without any change is what the change is told
	// from: it writes values in other ways than people do.
	indent, marked := indentsLists(document), bytes.HasPrefix(data, []byte("---"))
	untouched, err := printNode(document, indent, marked)
	if err != nil {
		return nil, err
	}
	if err := change(document.Content[0]); err != nil {
		return nil, err
	}
	changed, err := printNode(document, indent, marked)
	if err != nil {
		return nil, err
	}
	merged := []byte(merge(string(untouched), string(data), string(changed)))
	if sameValue(merged, changed) {
		return merged, nil
	}
	return changed, nil
}

// spellNulls writes nulls out: the library would print nothing as an empty text where a map
// stands on one line.
func spellNulls(node *yamlv3.Node) {
	if node.Kind == yamlv3.ScalarNode && node.Tag == "!!null" && node.Value == "" {
		node.Value = "null"
	}
	for _, child := range node.Content {
		spellNulls(child)
	}
}

// sameValue says whether two texts mean the same.
func sameValue(a, b []byte) bool {
	left, err := parseNode(a)
	if err != nil {
		return false
	}
	right, err := parseNode(b)
	if err != nil {
		return false
	}
	x, err := valueOf(left)
	if err != nil {
		return false
	}
	y, err := valueOf(right)
	return err == nil && equality.Semantic.DeepEqual(x, y)
}

// printNode prints a document. indent puts lists in maps further right than their keys,
// marked begins with the mark of a document.
func printNode(document *yamlv3.Node, indent, marked bool) ([]byte, error) {
	var out bytes.Buffer
	if marked {
		out.WriteString("---\n")
	}
	encoder := yamlv3.NewEncoder(&out)
	encoder.SetIndent(2)
	if !indent {
		encoder.CompactSeqIndent()
	}
	if err := encoder.Encode(document); err != nil {
		return nil, err
	}
	return out.Bytes(), encoder.Close()
}

// indentsLists says whether the lists in maps stand further right than their keys.
func indentsLists(node *yamlv3.Node) bool {
	for i, child := range node.Content {
		if node.Kind == yamlv3.MappingNode && i%2 == 1 && child.Kind == yamlv3.SequenceNode && child.Style&yamlv3.FlowStyle == 0 && len(child.Content) > 0 {
			return child.Column > node.Content[i-1].Column
		}
		if indentsLists(child) {
			return true
		}
	}
	return false
}

// at finds the node of a value by keys and indexes; nil when there is none.
func at(node *yamlv3.Node, segments ...any) *yamlv3.Node {
	for _, segment := range segments {
		var next *yamlv3.Node
		switch s := segment.(type) {
		case string:
			if i := keyIndex(node, s); i >= 0 {
				next = node.Content[i+1]
			}
		case int:
			if node.Kind == yamlv3.SequenceNode && s < len(node.Content) {
				next = node.Content[s]
			}
		}
		if next == nil {
			return nil
		}
		node = next
	}
	return node
}

// keyIndex is where the key of a mapping stands; -1 where it has none.
func keyIndex(node *yamlv3.Node, key string) int {
	if node.Kind != yamlv3.MappingNode {
		return -1
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		if node.Content[i].Value == key {
			return i
		}
	}
	return -1
}

// errAnchor keeps a change from showing elsewhere.
var errAnchor = errors.New("what has to change is an anchor or an alias of YAML; change it by hand")

// setValue makes a node hold a value. What is equal stays as it was written, with its
// comments; so do nulls of maps, which mean nothing.
func setValue(node *yamlv3.Node, value any) error {
	if held, err := valueOf(node); err == nil && equality.Semantic.DeepEqual(held, value) {
		return nil
	}
	if node.Kind == yamlv3.AliasNode || node.Anchor != "" {
		return errAnchor
	}
	switch v := value.(type) {
	case map[string]any:
		if node.Kind == yamlv3.MappingNode && len(v) > 0 && len(node.Content) > 0 {
			return setMap(node, v)
		}
	case []any:
		if node.Kind == yamlv3.SequenceNode && len(v) > 0 && len(node.Content) > 0 {
			return setList(node, v)
		}
	}
	fresh, err := nodeOf(value)
	if err != nil {
		return err
	}
	fresh.HeadComment, fresh.LineComment, fresh.FootComment = node.HeadComment, node.LineComment, node.FootComment
	if quoted := node.Style & (yamlv3.DoubleQuotedStyle | yamlv3.SingleQuotedStyle); quoted != 0 && fresh.Tag == "!!str" && !strings.Contains(fresh.Value, "\n") {
		fresh.Style = quoted // a person quoted it
	}
	*node = *fresh
	return nil
}

func setMap(node *yamlv3.Node, value map[string]any) error {
	kept := node.Content[:0:0]
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, held := node.Content[i], node.Content[i+1]
		wanted, there := value[key.Value]
		if !there {
			if held.Tag == "!!null" {
				kept = append(kept, key, held)
			}
			continue
		}
		if err := setValue(held, wanted); err != nil {
			return err
		}
		if held.Style&yamlv3.FlowStyle == 0 && len(held.Content) > 0 && held.LineComment != "" {
			// What stood behind {} would end up behind the whole block.
			key.HeadComment = strings.TrimPrefix(key.HeadComment+"\n"+held.LineComment, "\n")
			held.LineComment = ""
		}
		kept = append(kept, key, held)
	}
	node.Content = kept
	for _, key := range slices.Sorted(maps.Keys(value)) {
		if keyIndex(node, key) >= 0 {
			continue
		}
		k, err := nodeOf(key)
		if err != nil {
			return err
		}
		v, err := nodeOf(value[key])
		if err != nil {
			return err
		}
		node.Content = append(node.Content, k, v)
	}
	return nil
}

func setList(node *yamlv3.Node, value []any) error {
	if len(node.Content) > len(value) {
		node.Content = node.Content[:len(value)]
	}
	for i, wanted := range value {
		if i < len(node.Content) {
			if err := setValue(node.Content[i], wanted); err != nil {
				return err
			}
			continue
		}
		fresh, err := nodeOf(wanted)
		if err != nil {
			return err
		}
		node.Content = append(node.Content, fresh)
	}
	return nil
}

// valueOf decodes a node as kubectl would.
func valueOf(node *yamlv3.Node) (any, error) {
	text, err := yamlv3.Marshal(node)
	if err != nil {
		return nil, err
	}
	encoded, err := yaml.YAMLToJSON(text)
	if err != nil {
		return nil, err
	}
	var value any
	err = sigsjson.UnmarshalCaseSensitivePreserveInts(encoded, &value)
	return value, err
}

// ordered is a map whose keys are written in an order.
type ordered struct {
	keys   []string
	values map[string]any
	// flow writes it on one line.
	flow bool
}

// first are the keys that people look for at the top.
var first = []string{"apiVersion", "kind", "metadata", "name", "generateName", "namespace"}

func rank(key string) int {
	if i := slices.Index(first, key); i >= 0 {
		return i
	}
	return len(first)
}

// nodeOf encodes a value so that the decoders of Kubernetes read it back: what YAML 1.1
// would take for something else is quoted.
func nodeOf(value any) (*yamlv3.Node, error) {
	switch v := value.(type) {
	case ordered:
		node, err := mappingOf(v.keys, v.values)
		if err == nil && v.flow {
			node.Style = yamlv3.FlowStyle
		}
		return node, err
	case map[string]any:
		keys := slices.Sorted(maps.Keys(v))
		slices.SortStableFunc(keys, func(a, b string) int { return rank(a) - rank(b) })
		return mappingOf(keys, v)
	case []any:
		list := &yamlv3.Node{Kind: yamlv3.SequenceNode, Tag: "!!seq"}
		if len(v) == 0 {
			list.Style = yamlv3.FlowStyle
		}
		for _, item := range v {
			node, err := nodeOf(item)
			if err != nil {
				return nil, err
			}
			list.Content = append(list.Content, node)
		}
		return list, nil
	}
	text, err := yaml.Marshal(value)
	if err != nil {
		return nil, err
	}
	document, err := parseNode(text)
	switch {
	case err != nil:
		return nil, err
	case len(document.Content) != 1:
		return nil, fmt.Errorf("encode %v: it has no form in YAML", value)
	}
	return document.Content[0], nil
}

func mappingOf(keys []string, values map[string]any) (*yamlv3.Node, error) {
	node := &yamlv3.Node{Kind: yamlv3.MappingNode, Tag: "!!map"}
	if len(keys) == 0 {
		node.Style = yamlv3.FlowStyle
	}
	for _, key := range keys {
		k, err := nodeOf(key)
		if err != nil {
			return nil, err
		}
		v, err := nodeOf(values[key])
		if err != nil {
			return nil, err
		}
		node.Content = append(node.Content, k, v)
	}
	return node, nil
}
