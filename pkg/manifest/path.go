package manifest

import (
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// find follows a path like spec.env[0].name or data['a.b'], as far as it goes, to a key
// and its value. The value is nil when the path leads further than the document. Without
// a path the value is the root, and there is no key.
func (d *Document) find(path string) (key, value *yaml.Node) {
	node := d.node
	for path != "" {
		var name string
		name, path = nextStep(path)
		var next *yaml.Node
		switch node = resolve(node); node.Kind {
		case yaml.MappingNode:
			if i, ok := d.text.keyOf(node, name); ok {
				key, next = node.Content[i], node.Content[i+1]
			}
		case yaml.SequenceNode:
			if i, err := strconv.Atoi(name); err == nil && i >= 0 && i < len(node.Content) {
				key, next = node.Content[i], node.Content[i]
			}
		}
		if next == nil {
			return key, nil
		}
		node = next
	}
	return key, resolve(node)
}

// nextStep cuts the first name or index off a path.
func nextStep(path string) (name, rest string) {
	path = strings.TrimPrefix(path, ".")
	if quoted, ok := strings.CutPrefix(path, "['"); ok {
		name, rest, _ = strings.Cut(quoted, "']")
		return name, rest
	}
	if index, ok := strings.CutPrefix(path, "["); ok {
		name, rest, _ = strings.Cut(index, "]")
		return name, rest
	}
	end := strings.IndexAny(path, ".[")
	if end < 0 {
		return path, ""
	}
	return path[:end], path[end:]
}

// Join appends a key to a path, quoted where it has to be.
func Join(path, key string) string {
	if key == "" || strings.ContainsAny(key, ".[]'") {
		return path + "['" + key + "']"
	}
	if path == "" {
		return key
	}
	return path + "." + key
}

// resolve follows aliases.
func resolve(node *yaml.Node) *yaml.Node {
	for range maxAliases {
		if node.Kind != yaml.AliasNode {
			return node
		}
		node = node.Alias
	}
	return node
}

// Append appends a path to another one.
func Append(path, more string) string {
	if path == "" || more == "" || more[0] == '[' {
		return path + more
	}
	return path + "." + more
}

// Names splits a path into its names; those of items of a list are their indexes.
func Names(path string) []string {
	var names []string
	for path != "" {
		var name string
		name, path = nextStep(path)
		names = append(names, name)
	}
	return names
}
