package render

import (
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/offline"
	"github.com/carto-run/carto/pkg/table"
	"github.com/carto-run/carto/pkg/tree"
	"github.com/carto-run/carto/pkg/why"
)

// stops says whether a walk, or one inside of it, does not come to its end.
func stops(w *offline.Walk) bool {
	if w.Skipped || w.Submitted().Status != metav1.ConditionTrue {
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
	for _, walk := range walks {
		o.tellWalk(walk, "")
	}
	var invented, guessed []string
	unobserved := false
	var gather func(*offline.Walk)
	gather = func(w *offline.Walk) {
		made := slices.ContainsFunc(w.Steps, func(s offline.Step) bool { return s.Sent != nil })
		if made && w.InventedUID && !slices.Contains(invented, w.Owner.String()) {
			invented = append(invented, w.Owner.String())
		}
		for i := range w.Steps {
			s := &w.Steps[i]
			kind := (&unstructured.Unstructured{Object: s.Rendered}).GroupVersionKind().GroupKind().String()
			if s.GuessedKind && !slices.Contains(guessed, kind) {
				guessed = append(guessed, kind)
			}
			unobserved = unobserved || s.Sent != nil && s.Observed == nil && s.Inner == nil && s.Submitted().Status == metav1.ConditionUnknown
			if s.Inner != nil {
				gather(s.Inner)
			}
		}
	}
	for _, walk := range walks {
		gather(walk)
	}
	if unobserved && !o.Assume && slices.ContainsFunc(walks, stops) {
		o.sayf("", "to go on, give what the cluster holds with --observed, or invent it with --assume-outputs")
	}
	if len(invented) > 0 {
		o.sayf("", "UID invented, and with it owner references and digests: %s; give the object as the cluster holds it with --observed", some(invented))
	}
	if len(guessed) > 0 {
		o.sayf("", "taken for namespaced, because no file defines them: %s", some(guessed))
	}
	o.tellSet(s)
}

// tellWalk tells of one walk.
func (o *Options) tellWalk(w *offline.Walk, indent string) {
	below := indent + "  "
	switch {
	case w.Skipped:
		o.sayf(indent, "%s: it is being deleted, so nothing is stamped for it", w.Owner)
		return
	case w.Owner.Kind == v1alpha1.KindRunnable:
		o.sayf(indent, "%s:", w.Owner)
	case w.Blueprint != nil:
		chosen := w.Choice.Considered[0] // the one that matches with the highest score
		o.sayf(indent, "%s: selected by %s %s (score %d)", w.Owner, w.Blueprint.Kind, w.Blueprint.Name, chosen.Score)
	default:
		o.sayf(indent, "%s: %s", w.Owner, w.Submitted().Message)
		o.tellChoice(&w.Choice, w.Owner, below)
		return
	}
	for i := range w.Steps {
		o.tellStep(w, &w.Steps[i], below)
	}
	for _, ref := range w.Removed {
		o.sayf(below, "removes %s/%s", ref.Resource, ref.Name)
	}
	for _, fault := range w.Faults {
		o.sayf(below, "fault: %v", fault)
	}
	if !w.Settled {
		o.sayf(below, "does not settle: each pass changes something again")
	}
	o.tellStop(w, below)
}

func (o *Options) tellStep(w *offline.Walk, s *offline.Step, indent string) {
	if s.Choice != nil {
		switch {
		case s.Choice.Selected != "":
			o.sayf(indent, "step %s: option %s (score %d)", s.Name, s.Choice.Selected, s.Choice.Considered[0].Score)
		default:
			o.sayf(indent, "step %s: none of its options is the one that selects the %s", s.Name, strings.ToLower(w.Owner.Kind))
			o.tellChoice(s.Choice, w.Owner, indent+"  ")
		}
	}
	if len(s.Assumed) > 0 {
		object := unstructured.Unstructured{Object: s.Sent}
		of := object.GetKind() + "/" + object.GetName()
		paths := make([]string, len(s.Assumed))
		for i, a := range s.Assumed {
			paths[i] = a.Path
		}
		o.sayf(indent, "%sassumed of %s: %s", stepPrefix(s.Name), of, strings.Join(paths, ", "))
	}
	if s.Inner != nil {
		o.tellWalk(s.Inner, indent)
	}
}

func stepPrefix(step string) string {
	if step == "" {
		return ""
	}
	return "step " + step + ": "
}

// tellStop tells where a walk stops and why, without the steps that only wait for others.
func (o *Options) tellStop(w *offline.Walk, indent string) {
	submitted := w.Submitted()
	if submitted.Status == metav1.ConditionTrue {
		return
	}
	if len(w.Steps) == 0 || w.Owner.Kind == v1alpha1.KindRunnable {
		o.sayf(indent, "stops: %s: %s", submitted.Reason, submitted.Message)
		return
	}
	t := w.Tree()
	var waiting []string
	for i := range w.Steps {
		s := &w.Steps[i]
		c := s.Submitted()
		if c.Status == metav1.ConditionTrue {
			continue
		}
		if waitsFor(t, s.Name) {
			waiting = append(waiting, s.Name)
			continue
		}
		o.sayf(indent, "stops at step %s: %s: %s", s.Name, c.Reason, c.Message)
	}
	if len(waiting) > 0 {
		o.sayf(indent, "for it wait: %s", strings.Join(waiting, ", "))
	}
}

// waitsFor says whether a step only waits for the output of another.
func waitsFor(t *tree.Tree, name string) bool {
	for i := range t.Steps {
		s := &t.Steps[i]
		if s.Name == name {
			return len(s.WaitsFor) > 0 && s.Object == nil
		}
	}
	return false
}

func (o *Options) tellChoice(c *why.Choice, owner offline.Owner, indent string) {
	if len(c.Considered) == 0 {
		return
	}
	text := &strings.Builder{}
	if err := why.WriteChoice(text, c, strings.ToLower(owner.Kind), why.TextOptions{AllCandidates: true}); err != nil {
		return
	}
	for line := range strings.SplitSeq(strings.TrimRight(text.String(), "\n"), "\n") {
		o.sayf(indent, "%s", line)
	}
}
