package create

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/validation"
	"sigs.k8s.io/yaml"

	"github.com/carto-run/carto/pkg/cli/noun"
)

// pair is KEY=VALUE, or KEY- for a removal.
type pair struct {
	key, value string
	remove     bool
}

func parsePair(flag, s string) (pair, error) {
	if key, value, ok := strings.Cut(s, "="); ok {
		if key == "" {
			return pair{}, fmt.Errorf("--%s %q has no key before =", flag, s)
		}
		return pair{key: key, value: value}, nil
	}
	if key, ok := strings.CutSuffix(s, "-"); ok && key != "" {
		return pair{key: key, remove: true}, nil
	}
	return pair{}, fmt.Errorf("--%s %q is neither KEY=VALUE nor KEY-", flag, s)
}

// layer puts the flags on top of the workload and returns all faults.
func (o *Options) layer(obj *unstructured.Unstructured) []error {
	var faults []error
	set := func(value any, fields ...string) {
		if err := unstructured.SetNestedField(obj.Object, value, fields...); err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", strings.Join(fields, "."), err))
		}
	}
	drop := func(fields ...string) { unstructured.RemoveNestedField(obj.Object, fields...) }
	text := func(value string, fields ...string) {
		if value == "" {
			drop(fields...)
			return
		}
		set(value, fields...)
	}
	each := func(flag string, values []string, do func(pair)) {
		for _, v := range values {
			p, err := parsePair(flag, v)
			if err != nil {
				faults = append(faults, err)
				continue
			}
			do(p)
		}
	}

	if _, ok := obj.Object["spec"].(map[string]any); !ok {
		if obj.Object["spec"] != nil {
			return []error{fmt.Errorf("spec is no object")}
		}
		obj.Object["spec"] = map[string]any{}
	}

	labels := obj.GetLabels()
	if labels == nil {
		labels = map[string]string{}
	}
	each("label", o.Labels, func(p pair) {
		for _, msg := range validation.IsQualifiedName(p.key) {
			faults = append(faults, fmt.Errorf("--label key %q: %s", p.key, msg))
		}
		if p.remove {
			delete(labels, p.key)
			return
		}
		for _, msg := range validation.IsValidLabelValue(p.value) {
			faults = append(faults, fmt.Errorf("--label %s value %q: %s", p.key, p.value, msg))
		}
		labels[p.key] = p.value
	})
	// The default only fills a gap: a type that the file gives, or --label, stays.
	if _, has := labels[noun.TypeLabel]; o.changed("type") || !has {
		for _, msg := range validation.IsValidLabelValue(o.Type) {
			faults = append(faults, fmt.Errorf("--type %q: %s", o.Type, msg))
		}
		if labels[noun.TypeLabel] = o.Type; o.Type == "" {
			delete(labels, noun.TypeLabel)
		}
	}
	obj.SetLabels(labels)

	each("param", o.Params, func(p pair) {
		faults = append(faults, setNamed(obj, p.key, "value", p.value, p.remove, "spec", "params")...)
	})
	each("param-yaml", o.ParamsYAML, func(p pair) {
		var value any
		if !p.remove {
			if err := yaml.UnmarshalStrict([]byte(p.value), &value); err != nil {
				faults = append(faults, fmt.Errorf("--param-yaml %s: not valid YAML or JSON: %w", p.key, err))
				return
			}
		}
		faults = append(faults, setNamed(obj, p.key, "value", value, p.remove, "spec", "params")...)
	})
	each("env", o.Env, func(p pair) {
		faults = append(faults, setNamed(obj, p.key, "value", p.value, p.remove, "spec", "env")...)
	})
	each("build-env", o.BuildEnv, func(p pair) {
		faults = append(faults, setNamed(obj, p.key, "value", p.value, p.remove, "spec", "build", "env")...)
	})

	if o.gitChanged() {
		// One source at a time: git replaces an image that the file gives.
		drop("spec", "image")
		drop("spec", "source", "image")
		if o.changed("git-repo") {
			text(o.GitRepo, "spec", "source", "git", "url")
		}
		for flag, ref := range map[string]struct{ value, field string }{
			"git-branch": {o.GitBranch, "branch"},
			"git-tag":    {o.GitTag, "tag"},
			"git-commit": {o.GitCommit, "commit"},
		} {
			if o.changed(flag) {
				text(ref.value, "spec", "source", "git", "ref", ref.field)
			}
		}
		if o.changed("git-repo") && o.GitRepo == "" {
			drop("spec", "source", "git")
		}
	}
	if o.changed("sub-path") {
		text(o.SubPath, "spec", "source", "subPath")
	}
	if o.changed("image") {
		text(o.Image, "spec", "image")
		if o.Image != "" {
			drop("spec", "source")
		}
	}
	if o.changed("service-account") {
		text(o.ServiceAccount, "spec", "serviceAccountName")
	}
	for _, path := range [][]string{{"spec", "source", "git", "ref"}, {"spec", "source", "git"}, {"spec", "source"}, {"spec", "build"}} {
		if m, ok, _ := unstructured.NestedMap(obj.Object, path...); ok && len(m) == 0 {
			drop(path...)
		}
	}
	return faults
}

// setNamed sets or removes one entry of a list whose entries have names; an empty list
// is removed.
func setNamed(obj *unstructured.Unstructured, name, field string, value any, remove bool, path ...string) []error {
	list, _, err := unstructured.NestedSlice(obj.Object, path...)
	if err != nil {
		return []error{fmt.Errorf("%s: %w", strings.Join(path, "."), err)}
	}
	kept := make([]any, 0, len(list)+1)
	done := false
	for _, entry := range list {
		m, ok := entry.(map[string]any)
		if !ok || m["name"] != name {
			kept = append(kept, entry)
			continue
		}
		if !remove && !done {
			kept, done = append(kept, map[string]any{"name": name, field: value}), true
		}
	}
	if !remove && !done {
		kept = append(kept, map[string]any{"name": name, field: value})
	}
	if len(kept) == 0 {
		unstructured.RemoveNestedField(obj.Object, path...)
		return nil
	}
	if err := unstructured.SetNestedField(obj.Object, jsonValue(kept), path...); err != nil {
		return []error{fmt.Errorf("%s: %w", strings.Join(path, "."), err)}
	}
	return nil
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

// check looks at the workload as it will be sent.
func check(obj *unstructured.Unstructured) []error {
	var faults []error
	str := func(fields ...string) string {
		s, _, _ := unstructured.NestedString(obj.Object, fields...)
		return s
	}
	if obj.GetName() == "" {
		faults = append(faults, fmt.Errorf("a name is needed, as argument or as metadata.name in the file"))
	} else {
		for _, msg := range validation.IsDNS1123Subdomain(obj.GetName()) {
			faults = append(faults, fmt.Errorf("name %q: %s", obj.GetName(), msg))
		}
		// It becomes a label value on everything that is stamped.
		if len(obj.GetName()) > validation.LabelValueMaxLength {
			faults = append(faults, fmt.Errorf("name %q is longer than %d characters", obj.GetName(), validation.LabelValueMaxLength))
		}
	}
	if _, ok, _ := unstructured.NestedMap(obj.Object, "spec", "source", "git"); ok {
		if str("spec", "source", "git", "url") == "" {
			faults = append(faults, fmt.Errorf("a git source needs a URL: --git-repo"))
		}
		ref := []string{"spec", "source", "git", "ref"}
		if str(append(ref, "branch")...) == "" && str(append(ref, "tag")...) == "" && str(append(ref, "commit")...) == "" {
			faults = append(faults, fmt.Errorf("a git source needs a ref: --git-branch, --git-tag or --git-commit"))
		}
	}
	if str("spec", "source", "subPath") != "" && str("spec", "image") == "" &&
		str("spec", "source", "git", "url") == "" && str("spec", "source", "image") == "" {
		faults = append(faults, fmt.Errorf("--sub-path needs a source: --git-repo"))
	}
	return faults
}
