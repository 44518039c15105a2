// Package schema knows what fields the objects of a kind can have: of the kinds of
// Kubernetes from their Go types, of others from their CRDs.
//
// What it costs is paid when a kind is asked for first: a lint of ten files needs ten kinds
// of some hundred.
//
// The package is pure: CRDs are read elsewhere.
package schema

import (
	"maps"
	"slices"
)

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

// Schema describes a value. It is immutable and may be shared. Schemas of recursive types
// contain themselves.
type Schema struct {
	Type        Type
	Description string
	// Properties of an object by name; nil when none are declared.
	Properties map[string]*Schema
	// Values of an object that is a map; nil when it is none.
	Values *Schema
	// Items of an array.
	Items *Schema
	// Open says that fields which are not declared are kept: nothing can be said of them.
	Open bool
	// IntOrString says that the value may be a number or a text.
	IntOrString bool
	Nullable    bool
	// Required fields of an object. Those with a default need not be given.
	Required []string
	// Default is what the API server fills in; nil when it does not.
	Default any
	Enum    []any
	// Pattern is a regular expression for texts; Format a name such as date-time.
	Pattern, Format string
	// ListKeys are the fields that tell the items of a list apart.
	ListKeys []string
	// Limits of lengths, sizes and numbers; nil where there are none.
	MinLength, MaxLength, MinItems, MaxItems, MinProperties, MaxProperties *int64
	Minimum, Maximum                                                       *float64
}

// Fields lists the names of the declared fields of an object, sorted.
func (s *Schema) Fields() []string { return slices.Sorted(maps.Keys(s.Properties)) }

// Unknown describes values of which nothing is known.
var Unknown = &Schema{Open: true, Nullable: true}

// Words says what the type is called to people: "an object", "a list".
func (s *Schema) Words() string {
	switch {
	case s.IntOrString:
		return "a number or text"
	case s.Type == Object && s.Values != nil:
		return "a map"
	case s.Type == Object:
		return "an object"
	case s.Type == Array:
		return "a list"
	case s.Type == String:
		return "a text"
	case s.Type == Integer:
		return "a whole number"
	case s.Type == Number:
		return "a number"
	case s.Type == Boolean:
		return "a boolean"
	}
	return "any value"
}

// IsScalar says that the value is neither object nor list.
func (s *Schema) IsScalar() bool {
	switch s.Type {
	case String, Integer, Number, Boolean:
		return true
	}
	return s.IntOrString
}
