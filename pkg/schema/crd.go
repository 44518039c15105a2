package schema

import (
	"errors"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// AddCRD adds the kinds of a CustomResourceDefinition of version v1. The error says why it
// can not be read. The definition must not change afterwards: its schemas are read when
// they are asked for.
func (c *Catalog) AddCRD(definition map[string]any) error {
	kinds, err := definedKinds(definition)
	for _, d := range kinds {
		c.add(d.kind, d.load)
	}
	return err
}

// defined is one version of a CRD.
type defined struct {
	kind schema.GroupVersionKind
	load func() *Kind
}

func definedKinds(definition map[string]any) ([]defined, error) {
	if v, _ := definition["apiVersion"].(string); v != "apiextensions.k8s.io/v1" {
		return nil, fmt.Errorf("read a CustomResourceDefinition: its apiVersion is %q, not apiextensions.k8s.io/v1", v)
	}
	spec := object(definition, "spec")
	names := object(spec, "names")
	group, kind, plural, scope := text(spec, "group"), text(names, "kind"), text(names, "plural"), text(spec, "scope")
	if group == "" || kind == "" || plural == "" || scope == "" {
		return nil, errors.New("read a CustomResourceDefinition: it needs spec.group, spec.scope, spec.names.kind and spec.names.plural")
	}
	versions, _ := spec["versions"].([]any)
	var kinds []defined
	for _, item := range versions {
		version, _ := item.(map[string]any)
		if served, _ := version["served"].(bool); !served || text(version, "name") == "" {
			continue
		}
		gvk := schema.GroupVersionKind{Group: group, Version: text(version, "name"), Kind: kind}
		kinds = append(kinds, defined{gvk, func() *Kind {
			k := &Kind{GroupVersionKind: gvk, Plural: plural, Namespaced: scope == "Namespaced"}
			k.Schema = ofResource(version)
			k.Lifecycle.IsDeprecated, _ = version["deprecated"].(bool)
			k.Lifecycle.Warning = text(version, "deprecationWarning")
			return k
		}})
	}
	if len(kinds) == 0 {
		return nil, errors.New("read a CustomResourceDefinition: no version of it is served")
	}
	return kinds, nil
}

// ofResource is the schema of the objects of a version.
func ofResource(version map[string]any) *Schema {
	s := *ofProps(object(object(version, "schema"), "openAPIV3Schema"), 0)
	if s.Type != Object {
		return Unknown // no schema, or none that the API server would take
	}
	embed(&s)
	return &s
}

// embed adds what every object has, and what the schema can not change.
func embed(s *Schema) {
	properties := make(map[string]*Schema, len(s.Properties)+3)
	for name, property := range s.Properties {
		properties[name] = property
	}
	for _, name := range []string{"apiVersion", "kind"} {
		if properties[name] == nil {
			properties[name] = &Schema{Type: String}
		}
	}
	meta := *objectMeta()
	if declared := properties["metadata"]; declared != nil && declared.Properties["name"] != nil {
		// A CRD can only limit the name further.
		meta.Properties = make(map[string]*Schema, len(objectMeta().Properties))
		for name, property := range objectMeta().Properties {
			meta.Properties[name] = property
		}
		meta.Properties["name"] = declared.Properties["name"]
	}
	properties["metadata"] = &meta
	s.Properties = properties
}

// deepest schema that is read: a CRD can be made by anyone.
const deepest = 200

// ofProps reads an OpenAPI v3 schema. What anyOf, oneOf, allOf and not say on top only
// forbids more, and is left out.
func ofProps(props map[string]any, depth int) *Schema {
	if props == nil || depth > deepest {
		return Unknown
	}
	s := &Schema{
		Type: Type(text(props, "type")), Description: text(props, "description"),
		Pattern: text(props, "pattern"), Format: text(props, "format"), Default: props["default"],
		MinLength: integer(props, "minLength"), MaxLength: integer(props, "maxLength"),
		MinItems: integer(props, "minItems"), MaxItems: integer(props, "maxItems"),
		MinProperties: integer(props, "minProperties"), MaxProperties: integer(props, "maxProperties"),
		Minimum: number(props, "minimum"), Maximum: number(props, "maximum"),
		Required: texts(props, "required"), ListKeys: texts(props, "x-kubernetes-list-map-keys"),
	}
	s.Enum, _ = props["enum"].([]any)
	s.Nullable, _ = props["nullable"].(bool)
	s.Open, _ = props["x-kubernetes-preserve-unknown-fields"].(bool)
	s.IntOrString, _ = props["x-kubernetes-int-or-string"].(bool)
	if properties := object(props, "properties"); properties != nil {
		s.Properties = make(map[string]*Schema, len(properties))
		for name := range properties {
			s.Properties[name] = ofProps(object(properties, name), depth+1)
		}
	}
	switch more := props["additionalProperties"].(type) {
	case map[string]any:
		s.Values = ofProps(more, depth+1)
	case bool:
		s.Open = s.Open || more
	}
	if items := object(props, "items"); items != nil {
		s.Items = ofProps(items, depth+1)
	} else if s.Type == Array {
		s.Items = Unknown
	}
	switch s.Type {
	case Object, Array, String, Integer, Number, Boolean:
	default:
		s.Type, s.Open = Any, !s.IntOrString
	}
	if embedded, _ := props["x-kubernetes-embedded-resource"].(bool); embedded {
		s.Type = Object
		embed(s)
	}
	return s
}

func object(m map[string]any, key string) map[string]any {
	value, _ := m[key].(map[string]any)
	return value
}

func text(m map[string]any, key string) string {
	value, _ := m[key].(string)
	return strings.TrimSpace(value)
}

func texts(m map[string]any, key string) []string {
	list, _ := m[key].([]any)
	all := make([]string, 0, len(list))
	for _, item := range list {
		if s, ok := item.(string); ok {
			all = append(all, s)
		}
	}
	if len(all) == 0 {
		return nil
	}
	return all
}

func integer(m map[string]any, key string) *int64 {
	value := number(m, key)
	if value == nil {
		return nil
	}
	whole := int64(*value)
	return &whole
}

func number(m map[string]any, key string) *float64 {
	var value float64
	switch v := m[key].(type) {
	case int64:
		value = float64(v)
	case int:
		value = float64(v)
	case float64:
		value = v
	default:
		return nil
	}
	return &value
}
