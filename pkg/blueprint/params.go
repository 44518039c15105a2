package blueprint

import (
	"bytes"
	"fmt"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/util/json"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/stamp"
)

// Param is a value that a blueprint or a resource supplies.
type Param struct {
	Name  string
	Value any
	// Locked is true for a value, which owners can not change, false for a default.
	Locked bool
}

// compileParams decodes params. One with neither value nor default counts as absent;
// JSON null counts as unset (spec: api A9, A11).
func compileParams(params []v1alpha1.BlueprintParam, at string, report *reporter) []Param {
	var compiled []Param
	for i, p := range params {
		field := fmt.Sprintf("%s[%d]", at, i)
		raw, locked := p.Value, true
		if !isSet(raw) {
			raw, locked = p.Default, false
		} else if isSet(p.Default) {
			report.warnf("PAR004", field, "param %q sets both value and default; the value is used", p.Name)
		}
		if !isSet(raw) {
			report.warnf("PAR004", field, "param %q sets neither value nor default and is ignored", p.Name)
			continue
		}
		value, err := decode(*raw)
		if err != nil {
			report.warnf("SYN004", field, "param %q is no valid JSON and is ignored: %v", p.Name, err)
			continue
		}
		compiled = append(compiled, Param{Name: p.Name, Value: value, Locked: locked})
	}
	return compiled
}

func isSet(j *apiextensionsv1.JSON) bool {
	return j != nil && len(j.Raw) > 0 && !bytes.Equal(bytes.TrimSpace(j.Raw), []byte("null"))
}

// decode keeps integers as int64 (spec: reconcile Q32).
func decode(j apiextensionsv1.JSON) (any, error) {
	if len(j.Raw) == 0 {
		return nil, nil
	}
	var value any
	if err := json.Unmarshal(j.Raw, &value); err != nil {
		return nil, err
	}
	return value, nil
}

// Origin says who supplied the value of a param.
type Origin string

// Origins of params, in the order in which they are applied.
const (
	FromTemplate  Origin = "template"
	FromBlueprint Origin = "blueprint"
	FromResource  Origin = "resource"
	FromOwner     Origin = "owner"
)

// ResolvedParam is the value that a template sees.
type ResolvedParam struct {
	Value  any
	Origin Origin
	// Locked is true when an owner can not change the value.
	Locked bool
	// Ignored is true when the owner supplied a value that a lock kept out.
	Ignored bool
}

// ResolveParams merges the params of one resource: template defaults, then the
// blueprint, then the resource, which replaces both the blueprint's value and its
// lock, then the owner wherever nothing is locked (spec: reconcile §7). Among
// duplicates of one list the last wins.
func ResolveParams(template []stamp.Param, b *Blueprint, r *Resource, owner []OwnerParam) map[string]ResolvedParam {
	resolved := make(map[string]ResolvedParam, len(template)+len(b.Params)+len(r.Params)+len(owner))
	for _, p := range template {
		resolved[p.Name] = ResolvedParam{Value: p.Default, Origin: FromTemplate}
	}
	for _, p := range b.Params {
		resolved[p.Name] = ResolvedParam{Value: p.Value, Origin: FromBlueprint, Locked: p.Locked}
	}
	for _, p := range r.Params {
		resolved[p.Name] = ResolvedParam{Value: p.Value, Origin: FromResource, Locked: p.Locked}
	}
	for _, p := range owner {
		if current := resolved[p.Name]; current.Locked {
			current.Ignored = true
			resolved[p.Name] = current
			continue
		}
		resolved[p.Name] = ResolvedParam{Value: p.Value, Origin: FromOwner}
	}
	return resolved
}

// OwnerParam is a decoded param of an owner.
type OwnerParam struct {
	Name  string
	Value any
}

// DecodeOwnerParams decodes the params of an owner; an explicit null is a value.
func DecodeOwnerParams(params []v1alpha1.OwnerParam) ([]OwnerParam, error) {
	decoded := make([]OwnerParam, 0, len(params))
	for i, p := range params {
		value, err := decode(p.Value)
		if err != nil {
			return nil, fmt.Errorf("decode spec.params[%d] (%s): %w", i, p.Name, err)
		}
		decoded = append(decoded, OwnerParam{p.Name, value})
	}
	return decoded, nil
}
