// Package schema knows what fields the objects of a kind can have: of the kinds of
// Kubernetes from their Go types, of others from their CRDs.
//
// The package is pure: CRDs are read elsewhere.
package schema

import "k8s.io/apimachinery/pkg/runtime/schema"

// Type is what JSON calls a type.
type Type string

// Types of values. Any stands for values of which nothing is known.
const (
	Any     Type = ""
	Object  Type = "object"
	Array   Type = "array"
	String  Type = "string"
	Integer Type = "integer"
	Number  Type = "number"
	Boolean Type = "boolean"
)

// Schema describes a value. It is immutable and may be shared.
type Schema struct {
	Type Type
	// Properties of an object by name; nil when none are declared.
	Properties map[string]*Schema
	// Values of an object that is a map; nil when it is none.
	Values *Schema
	// Items of an array.
	Items *Schema
	// Open says that fields which are not declared are kept: nothing can be said of them.
	Open bool
	// IntOrString says that the value may be an integer or a text.
	IntOrString bool
	Nullable    bool
	Required    []string
	Enum        []any
}

// Kind is what is known of a kind.
type Kind struct {
	schema.GroupVersionKind
	Plural     string
	Namespaced bool
	Schema     *Schema
}

// Catalog finds kinds. It is filled before it is shared.
type Catalog struct {
	kinds map[schema.GroupVersionKind]*Kind
}

// BuiltIn has the kinds of Kubernetes.
func BuiltIn() *Catalog { return &Catalog{kinds: map[schema.GroupVersionKind]*Kind{}} }

// AddCRD adds the kinds of a CustomResourceDefinition. The error says why it can not be read.
func (c *Catalog) AddCRD(map[string]any) error { return nil }

// Kind finds a kind; nil when nothing is known of it.
func (c *Catalog) Kind(kind schema.GroupVersionKind) *Kind { return c.kinds[kind] }
