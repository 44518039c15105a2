// Package param holds the rules about params (PAR). What a template reads is known from its
// body (lint.Template.Reads); a body that can not be understood may read everything, so that
// nothing is said to be unread then.
package param

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/blueprint"
	"github.com/carto-run/carto/pkg/lint"
	"github.com/carto-run/carto/pkg/near"
	"github.com/carto-run/carto/pkg/stamp"
)

// Rules of the family.
var Rules = []*lint.Rule{
	undeclared, unreadOfBlueprint, unreadDefault, valueAndDefault, unreadOfOwner, ignored,
	shadowed, mismatch, duplicate, unaddressable, required,
}

// list is one list of params as it is written.
type list struct {
	of      *lint.Object
	path    string
	entries []entry
}

// entry is a param with a value.
type entry struct {
	name string
	// at is the field with the value: value or default.
	at  string
	raw []byte
}

// shape says of what kind the value is: object, list or scalar; empty for null, and for an
// empty text, which often stands for none.
func (e entry) shape() string {
	switch raw := bytes.TrimSpace(e.raw); {
	case len(raw) == 0, string(raw) == "null", string(raw) == `""`:
		return ""
	case raw[0] == '{':
		return "object"
	case raw[0] == '[':
		return "list"
	}
	return "scalar"
}

// name is the place of the name of an entry.
func (l list) name(i int) lint.Place {
	at := l.of.Value(fmt.Sprintf("%s[%d].name", l.path, i))
	at.Path = fmt.Sprintf("%s[%d]", l.path, i)
	return at
}

// value is the place of the value of an entry.
func (l list) value(i int) lint.Place {
	return l.of.Value(fmt.Sprintf("%s[%d].%s", l.path, i, l.entries[i].at))
}

// ofBlueprint is the list of a blueprint.
func ofBlueprint(b *lint.Blueprint) list {
	if b.Chain != nil {
		return listOf(b, "spec.params", b.Chain.Spec.Params)
	}
	return listOf(b, "spec.params", b.Delivery.Spec.Params)
}

// ofStep is the list of a step, by its index.
func ofStep(b *lint.Blueprint, i int) list {
	path := fmt.Sprintf("spec.resources[%d].params", i)
	if b.Chain != nil {
		return listOf(b, path, b.Chain.Spec.Resources[i].Params)
	}
	return listOf(b, path, b.Delivery.Spec.Resources[i].Params)
}

func listOf(b *lint.Blueprint, path string, params []v1alpha1.BlueprintParam) list {
	l := list{of: b.Object, path: path}
	for _, p := range params {
		switch {
		case p.Value != nil:
			l.entries = append(l.entries, entry{p.Name, "value", p.Value.Raw})
		case p.Default != nil:
			l.entries = append(l.entries, entry{p.Name, "default", p.Default.Raw})
		default:
			l.entries = append(l.entries, entry{name: p.Name, at: "name"})
		}
	}
	return l
}

func ofTemplate(t *lint.Template) list {
	l := list{of: t.Object, path: "spec.params"}
	for _, p := range t.Spec.Params {
		l.entries = append(l.entries, entry{p.Name, "default", p.Default.Raw})
	}
	return l
}

func ofOwner(o *lint.Owner) list {
	l := list{of: o.Object, path: "spec.params"}
	var params []v1alpha1.OwnerParam
	switch {
	case o.Workload != nil:
		params = o.Workload.Spec.Params
	case o.Deliverable != nil:
		params = o.Deliverable.Spec.Params
	}
	for _, p := range params {
		l.entries = append(l.entries, entry{p.Name, "value", p.Value.Raw})
	}
	return l
}

// declares says whether the template, the blueprint or the step gives a param a value.
func declares(use *lint.Use, name string) bool {
	return slices.ContainsFunc(use.Template.Params, func(p stamp.Param) bool { return p.Name == name }) ||
		slices.ContainsFunc(use.Blueprint.Params, func(p blueprint.Param) bool { return p.Name == name }) ||
		slices.ContainsFunc(use.Step.Params, func(p blueprint.Param) bool { return p.Name == name })
}

// read lists the params that a body reads by their names, in the order of the text.
func read(t *lint.Template) []string {
	var names []string
	for i := range t.Reads {
		if name, ok := paramOf(&t.Reads[i]); ok && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

func paramOf(r *lint.Read) (string, bool) {
	if r.Key || r.Root() != "params" || len(r.Names) < 2 {
		return "", false
	}
	return r.Names[1], true
}

// readBy lists the params that templates read.
func readBy(uses []*lint.Use) []string {
	var names []string
	for _, use := range uses {
		if use.Template != nil {
			names = append(names, read(use.Template)...)
		}
	}
	return names
}

// unread says that none of the templates reads a param, nor declares it: one that is declared
// and not read is a fault of the template. All templates have to be known.
func unread(uses []*lint.Use, name string) bool {
	return !slices.ContainsFunc(uses, func(use *lint.Use) bool {
		t := use.Template
		return t != nil && (t.CanRead("params", name) || slices.ContainsFunc(t.Params, func(p stamp.Param) bool { return p.Name == name }))
	})
}

// isAddressable says that $(params.NAME)$ reads the param.
func isAddressable(name string) bool {
	path, err := stamp.ParsePath("params." + name)
	return err == nil && slices.Equal(path.Names(), []string{"params", name})
}

// meant is a remedy for a name with a slip in it; empty when none is near.
func meant(name string, known []string) string {
	if names := near.Names(name, known); len(names) > 0 {
		return "did you mean " + strings.Join(names, ", or ") + "?"
	}
	return ""
}
