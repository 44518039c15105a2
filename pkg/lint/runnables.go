package lint

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/manifest"
)

// Runnable is one that uses a run template: among the files, or in the body of a
// template that stamps it.
type Runnable struct {
	*Object
	// Prefix of the Runnable's fields in the object: empty, or spec.template.
	Prefix string
	// Written is the Runnable in a ytt body, without its code; nil for others.
	Written *manifest.Document
	// Inputs by name; nil when they only show when it is stamped.
	Inputs map[string]any
	// Selects says whether it has a selector.
	Selects bool
}

// Field is the path of a field of the Runnable, where that is no ytt body.
func (r *Runnable) Field(path string) string { return manifest.Append(r.Prefix, path) }

// Part is the place of the key of a field.
func (r *Runnable) Part(path string) Place {
	if r.Written != nil {
		return r.Object.Line(yttPath, r.Written.Key(path).Start.Line)
	}
	return r.Object.Key(r.Field(path))
}

// Words names the Runnable in a sentence.
func (r *Runnable) Words() string {
	if r.Prefix == "" && r.Written == nil {
		return r.String()
	}
	return "the Runnable that " + r.String() + " stamps"
}

type runnableIndex struct {
	once sync.Once
	of   map[string][]*Runnable
}

// RunnablesOf are the Runnables that name a run template, as far as they are known.
func (s *Set) RunnablesOf(t *Template) []*Runnable {
	s.runnables.once.Do(func() {
		s.runnables.of = map[string][]*Runnable{}
		for _, o := range s.Owners {
			if o.Runnable != nil {
				s.addRunnable(o.Object, "", o.Doc.Object)
			}
		}
		for _, t := range s.Templates {
			switch kind, known := t.Stamps(); {
			case !known || kind != v1alpha1.GroupVersion.WithKind(v1alpha1.KindRunnable):
			case t.Body != nil:
				s.addRunnable(t.Object, BodyPath, t.Body)
			default:
				s.addYttRunnable(t)
			}
		}
	})
	return s.runnables.of[t.Template.Name]
}

// addYttRunnable adds what a ytt body stamps, as far as its samples and what it writes out agree.
func (s *Set) addYttRunnable(t *Template) {
	written := t.Written()
	if written == nil {
		return
	}
	value, certain := t.Certain(written, "spec", "runTemplateRef", "name")
	name, _ := value.(string)
	selects, alike := sameIn(t, written, "selector")
	if !certain || name == "" || !alike {
		return
	}
	run := &Runnable{Object: t.Object, Written: written, Selects: selects}
	if given, alike := sameIn(t, written, "inputs"); alike {
		run.Inputs = map[string]any{}
		inputs, _ := field(written.Object, []string{"spec", "inputs"})
		keys, isObject := inputs.(map[string]any)
		for key := range keys {
			run.Inputs[key] = nil // its value only shows when it is stamped
		}
		for _, object := range t.Objects() {
			rendered, _ := field(object, []string{"spec", "inputs"})
			if has, _ := rendered.(map[string]any); given && !isObject || !sameKeys(has, keys) {
				run.Inputs = nil
				break
			}
		}
	}
	s.runnables.of[name] = append(s.runnables.of[name], run)
}

// sameIn says whether a field of the spec is there, and whether that is so in all samples.
func sameIn(t *Template, written *manifest.Document, name string) (there, alike bool) {
	_, there = field(written.Object, []string{"spec", name})
	for _, object := range t.Objects() {
		if _, has := field(object, []string{"spec", name}); has != there {
			return false, false
		}
	}
	return there, true
}

func sameKeys(a, b map[string]any) bool {
	return len(a) == len(b) && !slices.ContainsFunc(slices.Collect(maps.Keys(a)), func(key string) bool { _, has := b[key]; return !has })
}

func (s *Set) addRunnable(o *Object, prefix string, runnable map[string]any) {
	spec, _ := runnable["spec"].(map[string]any)
	ref, _ := spec["runTemplateRef"].(map[string]any)
	name, _ := ref["name"].(string)
	if name == "" || strings.Contains(name, "$(") {
		return
	}
	run := &Runnable{Object: o, Prefix: prefix, Selects: spec["selector"] != nil}
	switch inputs := spec["inputs"].(type) {
	case map[string]any:
		run.Inputs = inputs
	case nil:
		run.Inputs = map[string]any{}
	}
	s.runnables.of[name] = append(s.runnables.of[name], run)
}
