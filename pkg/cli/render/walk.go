package render

import (
	"fmt"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/blueprint"
	"github.com/carto-run/carto/pkg/offline"
	"github.com/carto-run/carto/pkg/stamp"
	"github.com/carto-run/carto/pkg/table"
	"github.com/carto-run/carto/pkg/why"
)

// talk is about walks over one set.
type talk struct {
	*Options
	set *set
}

// walk tells of one walk.
func (o talk) walk(w *offline.Walk, indent string) {
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
		o.choice(&w.Choice, w.Owner, below)
		return
	}
	o.diagnostics(w.Blueprint, below)
	o.params(w, below)
	for i := range w.Steps {
		o.step(w, &w.Steps[i], below)
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
	o.stop(w, below)
}

func (o talk) step(w *offline.Walk, s *offline.Step, indent string) {
	if s.Choice != nil {
		switch {
		case s.Choice.Selected != "":
			o.sayf(indent, "step %s: option %s (score %d)", s.Name, s.Choice.Selected, s.Choice.Considered[0].Score)
		default:
			o.sayf(indent, "step %s: none of its options is the one that selects the %s", s.Name, strings.ToLower(w.Owner.Kind))
			o.choice(s.Choice, w.Owner, indent+"  ")
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
		o.walk(s.Inner, indent)
	}
}

func stepPrefix(step string) string {
	if step == "" {
		return ""
	}
	return "step " + step + ": "
}

// stop tells where a walk stops and why, without the steps that only wait for others.
func (o talk) stop(w *offline.Walk, indent string) {
	submitted := w.Submitted()
	if submitted.Status == metav1.ConditionTrue {
		return
	}
	stops, waiting := w.Stops()
	if len(stops) == 0 {
		o.reason(indent, fmt.Sprintf("stops: %s: %s", submitted.Reason, submitted.Message))
		return
	}
	for _, s := range stops {
		at := "stops at step " + s.Name
		if s.Template != nil {
			at += o.place(s.Template)
		}
		c := s.Submitted()
		o.reason(indent, fmt.Sprintf("%s: %s: %s", at, c.Reason, c.Message))
	}
	if len(waiting) > 0 {
		names := make([]string, len(waiting))
		for i, s := range waiting {
			names[i] = s.Name
		}
		o.sayf(indent, "steps that wait for it: %s", strings.Join(names, ", "))
	}
}

// place is where a template stands, or the first line of its text in ytt, from which errors
// count lines.
func (o talk) place(t *stamp.Template) string {
	doc := o.set.places[[2]string{t.Kind, t.Name}]
	if doc == nil {
		return ""
	}
	if text := doc.TextStart("spec.ytt"); text != "" {
		return " (line 1 of its ytt is " + text + ")"
	}
	return fmt.Sprintf(" (%s:%d)", doc.File, doc.Line)
}

// diagnostics tells what is wrong with a blueprint by itself.
func (o talk) diagnostics(b *blueprint.Blueprint, indent string) {
	if b == nil {
		return
	}
	for _, d := range b.Diagnostics {
		if doc := o.set.places[[2]string{b.Kind, b.Name}]; doc != nil {
			o.sayf(indent, "%v", doc.Errorf(d.Field, "%s: %s", d.Severity, d))
		}
	}
}

// params tells which params of the flags change nothing.
func (o talk) params(w *offline.Walk, indent string) {
	if w.Blueprint == nil {
		return
	}
	for _, given := range o.Options.params {
		declared, locked := false, false
		for i := range w.Steps {
			s := &w.Steps[i]
			if s.Template == nil {
				continue
			}
			resource := w.Blueprint.Resource(s.Name)
			p, here := blueprint.ResolveParams(s.Template.Params, w.Blueprint, resource, nil)[given.name]
			declared, locked = declared || here, locked || p.Locked
		}
		switch {
		case locked:
			o.sayf(indent, "param %s: %s %s locks it, so the value of the %s has no effect there", given.name, w.Blueprint.Kind, w.Blueprint.Name, strings.ToLower(w.Owner.Kind))
		case !declared && len(w.Steps) > 0:
			o.sayf(indent, "param %s: nothing that was used declares it, so check its name", given.name)
		}
	}
}

// reason says a text that may have several lines: those of ytt show where in a template the
// fault is.
func (o talk) reason(indent, text string) {
	for i, line := range strings.Split(strings.TrimSpace(table.Printable(text)), "\n") {
		switch {
		case i == 0:
			o.sayf(indent, "%s", line)
		case i > maxLines:
			return
		default:
			_, _ = fmt.Fprintln(o.Streams.ErrOut, indent+"  "+table.Brief(line))
		}
	}
}

// maxLines of one reason; nobody reads more.
const maxLines = 30

func (o talk) choice(c *why.Choice, owner offline.Owner, indent string) {
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
