package render

import (
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/carto-run/carto/pkg/offline"
	"github.com/carto-run/carto/pkg/table"
)

// stops says whether a walk, or one inside of it, does not come to its end. One that goes
// on for ever has none.
func stops(w *offline.Walk) bool {
	if w.Skipped || !w.Settled || w.Submitted().Status != metav1.ConditionTrue {
		return true
	}
	for i := range w.Steps {
		if inner := w.Steps[i].Inner; inner != nil && stops(inner) {
			return true
		}
	}
	return false
}

// sayf writes a line of talk. Names and messages are those of others.
func (o *Options) sayf(indent, format string, args ...any) {
	_, _ = fmt.Fprintln(o.Streams.ErrOut, indent+table.OneLine(fmt.Sprintf(format, args...)))
}

// maxNamed is how many objects are named of which nothing is shown.
const maxNamed = 10

// tellSet tells what of the files is not rendered.
func (o *Options) tellSet(s *set) {
	for _, text := range s.twice {
		o.sayf("", "%s", text)
	}
	if len(s.others) > 0 {
		o.sayf("", "not rendered, taken as in the cluster: %s", some(s.others))
	}
	if len(s.unusable) > 0 {
		o.sayf("", "left out: %s", some(s.unusable))
	}
}

func some(names []string) string {
	if more := len(names) - maxNamed; more > 0 {
		return strings.Join(names[:maxNamed], ", ") + fmt.Sprintf(" and %d more", more)
	}
	return strings.Join(names, ", ")
}

// tell tells of each walk what was chosen and invented, and where it stops; then what the
// files leave open.
func (o *Options) tell(s *set, walks []*offline.Walk) {
	t, n := talk{o, s}, &notes{used: map[string]bool{}}
	for _, walk := range walks {
		t.walk(walk, "")
		n.gather(walk)
	}
	if n.unobserved && slices.ContainsFunc(walks, stops) {
		o.tellUnused(s, n.used)
		if !o.Assume {
			o.sayf("", "to go on, give what the cluster holds with --observed, or invent it with --assume-outputs")
		}
	}
	if len(n.invented) > 0 {
		o.sayf("", "UID invented, and with it owner references and digests: %s; give the object as the cluster holds it with --observed", some(n.invented))
	}
	if len(n.guessed) > 0 {
		o.sayf("", "taken for namespaced, because no file defines them: %s", some(n.guessed))
	}
	o.tellSet(s)
}

// notes are about all walks together.
type notes struct {
	// invented are owners with an invented UID, and guessed kinds that nothing defines.
	invented, guessed []string
	// used are the observed objects that steps stamp; unobserved is true where one is
	// missing.
	used       map[string]bool
	unobserved bool
}

func (n *notes) gather(w *offline.Walk) {
	for i := range w.Steps {
		s := &w.Steps[i]
		if s.Sent != nil && w.InventedUID && !slices.Contains(n.invented, w.Owner.String()) {
			n.invented = append(n.invented, w.Owner.String())
		}
		kind := (&unstructured.Unstructured{Object: s.Rendered}).GroupVersionKind().GroupKind().String()
		if s.GuessedKind && !slices.Contains(n.guessed, kind) {
			n.guessed = append(n.guessed, kind)
		}
		if s.Observed != nil {
			u := unstructured.Unstructured{Object: s.Observed}
			n.used[inWords(u.GetKind(), u.GetNamespace(), u.GetName())] = true
		}
		n.unobserved = n.unobserved || s.Sent != nil && s.Observed == nil && s.Inner == nil && s.Submitted().Status == metav1.ConditionUnknown
		if s.Inner != nil {
			n.gather(s.Inner)
		}
	}
}

// tellUnused tells which observed objects no step stamps: where one is missing, it may be one
// of these under another name.
func (o *Options) tellUnused(s *set, used map[string]bool) {
	unused := slices.DeleteFunc(slices.Clone(s.observed), func(name string) bool { return used[name] })
	if len(unused) > 0 {
		o.sayf("", "observed, but stamped by no step: %s", some(unused))
	}
}
