package stamp

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
)

// Field is a compiled requirement on one field of an object (spec: reconcile §3.1).
type Field struct {
	path     *Path
	operator v1alpha1.FieldSelectorOperator
	values   []string
}

// CompileField compiles a requirement.
func CompileField(r v1alpha1.FieldRequirement) (Field, error) {
	path, err := ParsePath(r.Key)
	if err != nil {
		return Field{}, fmt.Errorf("key: %w", err)
	}
	switch r.Operator {
	case v1alpha1.FieldSelectorOpIn, v1alpha1.FieldSelectorOpNotIn, v1alpha1.FieldSelectorOpExists, v1alpha1.FieldSelectorOpDoesNotExist:
	default:
		return Field{}, fmt.Errorf("operator of %s: %q is none of In, NotIn, Exists, DoesNotExist", r.Key, r.Operator)
	}
	return Field{path: path, operator: r.Operator, values: r.Values}, nil
}

// Path of the field.
func (f Field) Path() *Path { return f.path }

// Operator of the requirement.
func (f Field) Operator() v1alpha1.FieldSelectorOperator { return f.operator }

// Values of the requirement, which In and NotIn compare with.
func (f Field) Values() []string { return f.values }

// Matches evaluates the requirement. A missing path never matches NotIn, unlike a
// label that is absent; a null one does (spec: reconcile Q2).
func (f Field) Matches(root any) (bool, error) {
	value, found, err := f.path.Lookup(root)
	if err != nil {
		return false, err
	}
	switch f.operator {
	case v1alpha1.FieldSelectorOpIn:
		return found == Present && f.contains(value), nil
	case v1alpha1.FieldSelectorOpNotIn:
		return found == Null || found == Present && !f.contains(value), nil
	case v1alpha1.FieldSelectorOpExists:
		return found == Present, nil
	default:
		return found != Present, nil
	}
}

// contains compares strings, and the JSON text of numbers and booleans (spec:
// reconcile Q1).
func (f Field) contains(value any) bool {
	switch v := value.(type) {
	case string:
		return slices.Contains(f.values, v)
	case bool, int64, float64:
		text, err := json.Marshal(v)
		return err == nil && slices.Contains(f.values, string(text))
	}
	return false
}

// String shows the requirement: spec.source.git.url In [a, b].
func (f Field) String() string {
	text := f.path.String() + " " + string(f.operator)
	if len(f.values) > 0 {
		text += " [" + strings.Join(f.values, ", ") + "]"
	}
	return text
}
