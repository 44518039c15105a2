package lint

import (
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
	// Inputs by name; nil when they only show when it is stamped.
	Inputs map[string]any
	// Selects says whether it has a selector.
	Selects bool
}

// Field is the path of a field of the Runnable.
func (r *Runnable) Field(path string) string { return manifest.Append(r.Prefix, path) }

// Words names the Runnable in a sentence.
func (r *Runnable) Words() string {
	if r.Prefix == "" {
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
			if kind, known := t.Stamps(); known && kind == v1alpha1.GroupVersion.WithKind(v1alpha1.KindRunnable) && t.Body != nil {
				s.addRunnable(t.Object, BodyPath, t.Body)
			}
		}
	})
	return s.runnables.of[t.Template.Name]
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
