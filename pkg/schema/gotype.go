package schema

import (
	"encoding/json"
	"reflect"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

var (
	metaType   = reflect.TypeFor[metav1.ObjectMeta]()
	decodes    = reflect.TypeFor[json.Unmarshaler]()
	bytesType  = reflect.TypeFor[[]byte]()
	intOrText  = &Schema{IntOrString: true, Nullable: true}
	timeSchema = &Schema{Type: String, Format: "date-time", Nullable: true}
)

// written are types that are written otherwise than their fields say.
var written = map[reflect.Type]*Schema{
	reflect.TypeFor[resource.Quantity]():  intOrText, // also 0.5
	reflect.TypeFor[intstr.IntOrString](): intOrText,
	reflect.TypeFor[metav1.Time]():        timeSchema,
	reflect.TypeFor[metav1.MicroTime]():   timeSchema,
	reflect.TypeFor[metav1.Duration]():    {Type: String, Nullable: true},
	bytesType:                             {Type: String, Format: "byte", Nullable: true},
}

// ofType is the schema of a Go type of the API. The cache has to be locked.
//
// What is required, and which words a text may be, the types do not tell. The API server
// takes null for everything: it means that the field is not set.
func ofType(typ reflect.Type) *Schema {
	for typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	if s := written[typ]; s != nil {
		return s
	}
	if s := cache.schemas[typ]; s != nil {
		return s
	}
	s := &Schema{Nullable: true}
	cache.schemas[typ] = s                          // before its fields, which may be of the same type
	if reflect.PointerTo(typ).Implements(decodes) { // embedded objects, JSON of any shape
		s.Open = true
		return s
	}
	switch typ.Kind() {
	case reflect.Struct:
		s.Type, s.Properties = Object, map[string]*Schema{}
		addFields(s.Properties, typ)
	case reflect.Map:
		s.Type, s.Values = Object, ofType(typ.Elem())
	case reflect.Slice, reflect.Array:
		if typ.Elem().Kind() == reflect.Uint8 {
			s.Type, s.Format = String, "byte"
			break
		}
		s.Type, s.Items = Array, ofType(typ.Elem())
	case reflect.String:
		s.Type = String
	case reflect.Bool:
		s.Type = Boolean
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		s.Type = Integer
	case reflect.Float32, reflect.Float64:
		s.Type = Number
	default: // interfaces
		s.Open = true
	}
	return s
}

func addFields(properties map[string]*Schema, typ reflect.Type) {
	for i := range typ.NumField() {
		field := typ.Field(i)
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		switch {
		case !field.IsExported() || name == "-":
		case name == "" && (field.Anonymous || strings.Contains(options, "inline")):
			of := field.Type
			if of.Kind() == reflect.Pointer {
				of = of.Elem()
			}
			addFields(properties, of)
		case name != "":
			properties[name] = ofType(field.Type)
		}
	}
}
