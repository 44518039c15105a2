package spec

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/validation"
	"sigs.k8s.io/yaml"

	"github.com/carto-run/carto/pkg/cli/noun"
)

const partOfLabel = noun.AppLabel

// annotationsParam is a map that supply chains put on what they make; --annotation edits
// it, not the metadata of the workload.
const annotationsParam = "annotations"

var (
	paramsPath   = []string{"spec", "params"}
	envPath      = []string{"spec", "env"}
	buildEnvPath = []string{"spec", "build", "env"}
	claimsPath   = []string{"spec", "serviceClaims"}
)

// layer puts the flags on top of the workload and returns all faults.
func (o *Options) layer(obj *unstructured.Unstructured, isNew bool) []error {
	if _, ok := obj.Object["spec"].(map[string]any); !ok {
		if obj.Object["spec"] != nil {
			return []error{fmt.Errorf("spec is no object")}
		}
		obj.Object["spec"] = map[string]any{}
	}
	l := &layering{obj: obj}
	o.layerLabels(l, isNew)
	o.layerParams(l)
	o.layerEnv(l)
	o.layerSource(l)
	o.layerResources(l)
	o.layerClaims(l)
	if o.changed("service-account") {
		l.text(o.ServiceAccount, "spec", "serviceAccountName")
	}
	l.prune()
	return l.faults
}

// layering is a workload on which flags are put, with the faults that were found.
type layering struct {
	obj    *unstructured.Unstructured
	faults []error
}

func (l *layering) faultf(format string, args ...any) {
	l.faults = append(l.faults, fmt.Errorf(format, args...))
}

func (l *layering) set(value any, path ...string) {
	if err := unstructured.SetNestedField(l.obj.Object, value, path...); err != nil {
		l.faultf("%s: %w", strings.Join(path, "."), err)
	}
}

func (l *layering) drop(path ...string) { unstructured.RemoveNestedField(l.obj.Object, path...) }

// text sets a field; an empty text unsets it.
func (l *layering) text(value string, path ...string) {
	if value == "" {
		l.drop(path...)
		return
	}
	l.set(value, path...)
}

// each gives the pairs of a flag.
func (l *layering) each(flag string, values []string, do func(pair)) {
	for _, v := range values {
		p, err := parsePair(flag, v)
		if err != nil {
			l.faults = append(l.faults, err)
			continue
		}
		do(p)
	}
}

// prune removes the objects that removals left empty: they would say nothing, and a
// template would find a source where there is none.
func (l *layering) prune() {
	for _, path := range [][]string{
		{"spec", "source", "git", "ref"}, {"spec", "source", "git"}, {"spec", "source"}, {"spec", "build"},
		{"spec", "resources", "limits"}, {"spec", "resources", "requests"}, {"spec", "resources"},
	} {
		if m, ok, _ := unstructured.NestedMap(l.obj.Object, path...); ok && len(m) == 0 {
			l.drop(path...)
		}
	}
}

func (o *Options) layerLabels(l *layering, isNew bool) {
	labels := l.obj.GetLabels()
	if labels == nil {
		labels = map[string]string{}
	}
	put := func(flag, key, value string) {
		for _, msg := range validation.IsValidLabelValue(value) {
			l.faultf("--%s value %q: %s", flag, value, msg)
		}
		labels[key] = value
	}
	l.each("label", o.Labels, func(p pair) {
		for _, msg := range validation.IsQualifiedName(p.key) {
			l.faultf("--label key %q: %s", p.key, msg)
		}
		if p.remove {
			delete(labels, p.key)
			return
		}
		put("label "+p.key, p.key, p.value)
	})
	if o.changed("app") {
		if put("app", partOfLabel, o.App); o.App == "" {
			delete(labels, partOfLabel)
		}
	}
	// The default only fills a gap: a type that the file gives, or --label, stays.
	if _, has := labels[noun.TypeLabel]; o.changed("type") || !has && isNew {
		if put("type", noun.TypeLabel, o.Type); o.Type == "" {
			delete(labels, noun.TypeLabel)
		}
	}
	if len(labels) == 0 {
		labels = nil // none, not an empty map
	}
	l.obj.SetLabels(labels)
}

func (o *Options) layerParams(l *layering) {
	param := func(name string, value any, remove bool) {
		l.named(paramsPath, name, map[string]any{"value": value}, remove)
	}
	l.each("param", o.Params, func(p pair) { param(p.key, p.value, p.remove) })
	l.each("param-yaml", o.ParamsYAML, func(p pair) {
		var value any
		if !p.remove {
			if err := yaml.UnmarshalStrict([]byte(p.value), &value); err != nil {
				l.faultf("--param-yaml %s: not valid YAML or JSON: %w", p.key, err)
				return
			}
		}
		param(p.key, value, p.remove)
	})
	// In a fixed order: new params are appended, and two runs must make the same list.
	for _, s := range []struct {
		flag string
		on   bool
	}{{"debug", o.Debug}, {"live-update", o.LiveUpdate}} {
		if o.changed(s.flag) {
			param(s.flag, "true", !s.on)
		}
	}
	l.each("annotation", o.Annotations, func(p pair) {
		annotations, ok := l.param(annotationsParam).(map[string]any)
		if !ok && l.param(annotationsParam) != nil {
			l.faultf("--annotation %s: the parameter %s is no map", p.key, annotationsParam)
			return
		}
		changed := map[string]any{}
		for k, v := range annotations {
			changed[k] = v
		}
		if changed[p.key] = p.value; p.remove {
			delete(changed, p.key)
		}
		param(annotationsParam, changed, len(changed) == 0)
	})
}

func (o *Options) layerEnv(l *layering) {
	for _, list := range []struct {
		flag  string
		flags *EnvFlags
		path  []string
	}{{"env", &o.Env, envPath}, {"build-env", &o.BuildEnv, buildEnvPath}} {
		variables, err := list.flags.entries(list.flag)
		if err != nil {
			l.faults = append(l.faults, err)
			continue
		}
		for _, v := range variables {
			l.named(list.path, v.name, v.value, v.remove)
		}
	}
}

func (o *Options) layerResources(l *layering) {
	for _, q := range o.quantities() {
		if o.changed(q.flag) {
			l.text(*q.value, "spec", "resources", q.group, q.resource)
		}
	}
}

// param is the value of a parameter; nil when there is none.
func (l *layering) param(name string) any {
	list, _, _ := unstructured.NestedSlice(l.obj.Object, paramsPath...)
	for _, entry := range list {
		if m, ok := entry.(map[string]any); ok && m["name"] == name {
			return m["value"]
		}
	}
	return nil
}

// named sets or removes one entry of a list whose entries have names, and keeps its
// place; an empty list is removed.
func (l *layering) named(path []string, name string, fields map[string]any, remove bool) {
	list, _, err := unstructured.NestedSlice(l.obj.Object, path...)
	if err != nil {
		l.faultf("%s: %w", strings.Join(path, "."), err)
		return
	}
	made := map[string]any{"name": name}
	for k, v := range fields {
		made[k] = jsonValue(v)
	}
	kept := make([]any, 0, len(list)+1)
	done := remove
	for _, entry := range list {
		if m, ok := entry.(map[string]any); !ok || m["name"] != name {
			kept = append(kept, entry)
		} else if !done {
			kept, done = append(kept, made), true
		}
	}
	if !done {
		kept = append(kept, made)
	}
	if len(kept) == 0 {
		l.drop(path...)
		return
	}
	l.set(kept, path...)
}

// jsonValue makes whole numbers int64, the only integer type that unstructured objects
// may hold.
func jsonValue(v any) any {
	switch t := v.(type) {
	case []any:
		for i := range t {
			t[i] = jsonValue(t[i])
		}
	case map[string]any:
		for k := range t {
			t[k] = jsonValue(t[k])
		}
	case float64:
		if i := int64(t); float64(i) == t && i > -(1<<53) && i < 1<<53 {
			return i
		}
	}
	return v
}
