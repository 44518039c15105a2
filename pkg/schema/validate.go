package schema

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/carto-run/carto/pkg/manifest"
	"github.com/carto-run/carto/pkg/near"
)

// Breach says in which way a value does not fit its schema.
type Breach int

// Breaches.
const (
	// UnknownField: the schema has no such field, so the API server drops it.
	UnknownField Breach = iota
	// MissingField: a required field is not there.
	MissingField
	// WrongType: the value is of another type.
	WrongType
	// NotInEnum: the value is none of those that are allowed.
	NotInEnum
	// OutOfLimits: the value is too long, too short, too large, too small, or does not have
	// the form that it must.
	OutOfLimits
)

// Fault is one place where a value does not fit its schema.
type Fault struct {
	Breach Breach
	// Path of the value; of the object that lacks it when a field is missing.
	Path string
	// Field that is unknown or missing.
	Field string
	// Message goes on after the name of the value: "is a text, but has to be a list". It has
	// the name of the field when that is unknown or missing: "has no field imagepath".
	Message string
	// Meant are names of fields, or values, that may have been meant, the nearest first.
	Meant []string
}

// Certainty is how much is known of a value before it is there.
type Certainty int

// Certainties, from the most to the least.
const (
	// Certain: the value is what it will be.
	Certain Certainty = iota
	// OfThisType: only the type of the value is known, as that of a text with tags in it.
	OfThisType
	// Uncertain: nothing is known, as of a tag that stands alone.
	Uncertain
)

// Validate finds everything in which a value does not fit a schema, in the order of the paths'
// names. Nulls fit everything: clients and the API server drop most of them. certainty tells
// values that are not known yet; nil when all are.
//
// Of formats nothing is checked, and of texts only what the schema says of length and pattern.
func Validate(value any, s *Schema, certainty func(value any) Certainty) []Fault {
	v := validator{certainty: certainty}
	v.value(value, s, "")
	return v.faults
}

type validator struct {
	certainty func(value any) Certainty
	faults    []Fault
}

func (v *validator) fault(breach Breach, path, format string, args ...any) *Fault {
	v.faults = append(v.faults, Fault{Breach: breach, Path: path, Message: fmt.Sprintf(format, args...)})
	return &v.faults[len(v.faults)-1]
}

func (v *validator) value(value any, s *Schema, path string) {
	if value == nil || s == nil {
		return
	}
	sure := Certain
	if v.certainty != nil {
		sure = v.certainty(value)
	}
	if sure == Uncertain {
		return
	}
	if !fits(value, s) {
		v.fault(WrongType, path, "is %s, but has to be %s", words(value), s.Words())
		return
	}
	if sure == Certain {
		v.limits(value, s, path)
	}
	switch value := value.(type) {
	case map[string]any:
		v.object(value, s, path)
	case []any:
		for i, item := range value {
			v.value(item, s.Items, fmt.Sprintf("%s[%d]", path, i))
		}
	}
}

func (v *validator) object(value map[string]any, s *Schema, path string) {
	for _, name := range slices.Sorted(maps.Keys(value)) {
		at := manifest.Join(path, name)
		switch property := s.Properties[name]; {
		case property != nil:
			v.value(value[name], property, at)
		case s.Values != nil:
			v.value(value[name], s.Values, at)
		case !s.Open && s.Type == Object:
			f := v.fault(UnknownField, at, "has no field %s", name)
			f.Field, f.Meant = name, near.Names(name, s.Fields())
		}
	}
	for _, name := range s.Required {
		if _, given := value[name]; given {
			continue
		}
		if property := s.Properties[name]; property == nil || property.Default == nil {
			v.fault(MissingField, path, "lacks the field %s", name).Field = name
		}
	}
}

// limits checks what the schema says of a value beyond its type.
func (v *validator) limits(value any, s *Schema, path string) {
	if len(s.Enum) > 0 && !slices.ContainsFunc(s.Enum, func(allowed any) bool { return fmt.Sprint(allowed) == fmt.Sprint(value) }) {
		allowed := make([]string, len(s.Enum))
		for i := range s.Enum {
			allowed[i] = fmt.Sprint(s.Enum[i])
		}
		v.fault(NotInEnum, path, "is %v, but has to be one of %s", value, strings.Join(allowed, ", ")).
			Meant = near.Names(fmt.Sprint(value), allowed)
		return
	}
	switch value := value.(type) {
	case string:
		v.size(utf8.RuneCountInString(value), s.MinLength, s.MaxLength, "character", path)
		if p := pattern(s.Pattern); p != nil && !p.MatchString(value) {
			v.fault(OutOfLimits, path, "is %q, which does not have the form %s", value, s.Pattern)
		}
	case []any:
		v.size(len(value), s.MinItems, s.MaxItems, "item", path)
	case map[string]any:
		v.size(len(value), s.MinProperties, s.MaxProperties, "field", path)
	case int64:
		v.number(float64(value), s, path)
	case float64:
		v.number(value, s, path)
	}
}

func (v *validator) size(n int, least, most *int64, of, path string) {
	switch {
	case least != nil && int64(n) < *least:
		v.fault(OutOfLimits, path, "has %s, but needs at least %d", count(int64(n), of), *least)
	case most != nil && int64(n) > *most:
		v.fault(OutOfLimits, path, "has %s, but can have at most %d", count(int64(n), of), *most)
	}
}

func (v *validator) number(n float64, s *Schema, path string) {
	switch {
	case s.Minimum != nil && n < *s.Minimum:
		v.fault(OutOfLimits, path, "is %v, but has to be at least %v", n, *s.Minimum)
	case s.Maximum != nil && n > *s.Maximum:
		v.fault(OutOfLimits, path, "is %v, but can be at most %v", n, *s.Maximum)
	}
}

func count(n int64, of string) string {
	if n == 1 {
		return "1 " + of
	}
	return fmt.Sprintf("%d %ss", n, of)
}

// patterns that were compiled: the same few stand in many schemas. One that Go can not compile
// is nil, and limits nothing.
var patterns sync.Map

func pattern(text string) *regexp.Regexp {
	if text == "" {
		return nil
	}
	if p, ok := patterns.Load(text); ok {
		return p.(*regexp.Regexp)
	}
	p, err := regexp.Compile(text)
	if err != nil {
		p = nil
	}
	patterns.Store(text, p)
	return p
}

// fits says whether a value is of the type of a schema.
func fits(value any, s *Schema) bool {
	if s.IntOrString {
		switch value.(type) {
		case string, int64, float64:
			return true
		}
		return false
	}
	switch value := value.(type) {
	case map[string]any:
		return s.Type == Object || s.Type == Any
	case []any:
		return s.Type == Array || s.Type == Any
	case string:
		return s.Type == String || s.Type == Any
	case bool:
		return s.Type == Boolean || s.Type == Any
	case int64:
		return s.Type == Integer || s.Type == Number || s.Type == Any
	case float64:
		return s.Type == Number || s.Type == Any || s.Type == Integer && value == float64(int64(value))
	}
	return true
}

// words says what a value is.
func words(value any) string {
	switch value.(type) {
	case map[string]any:
		return "an object"
	case []any:
		return "a list"
	case string:
		return "a text"
	case bool:
		return "a boolean"
	}
	return "a number"
}
