package pane

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/tree"
	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/pkg/tui/screen"
	"github.com/carto-run/carto/pkg/tui/viewer"
)

// newDescribe tells what a person wants to know of an owner, a blueprint, a step or any
// object, and what has happened to it.
func newDescribe(t Target) (screen.Screen, string) {
	d := &description{target: t, object: t.Object, events: map[string]feed.Event{}}
	head := named(t.Ref)
	var topics []feed.Topic
	if t.Owner.Name != "" {
		topics = append(topics, feed.Owner{Ref: t.Owner})
	}
	switch t.Owner.Kind {
	case v1alpha1.KindWorkload, v1alpha1.KindDeliverable, v1alpha1.KindRunnable: // those of a blueprint are its owners'
		topics = append(topics, feed.Events{Owner: t.Owner, Step: t.Step})
	}
	switch {
	case t.Owner.Name == "" && t.Ref.Name == "":
		return nil, "nothing is selected"
	case t.Step != "" && t.Ref.Name == "":
		head = "Step " + t.Step + " of " + named(t.Owner)
	case t.Ref.Name == "":
		head = named(t.Owner)
	case !d.ofOwner():
		topics = append(topics, feed.Object{Ref: t.Ref})
	}
	return newText("describe", head, d, topics...), ""
}

// description of a target.
type description struct {
	target   Target
	snapshot *feed.Snapshot
	object   *unstructured.Unstructured
	// events by their UIDs: one that happens again comes again.
	events map[string]feed.Event
}

// ofOwner tells that the owner itself is selected, not a part of it.
func (d *description) ofOwner() bool {
	t := d.target
	return t.Ref.Name == "" && t.Step == "" || isRef(t.Ref, t.Owner)
}

// isRef compares what everybody knows of an object; the version may have been left out.
func isRef(a, b tree.Ref) bool {
	return a.Kind == b.Kind && a.Namespace == b.Namespace && a.Name == b.Name
}

func (d *description) take(payload any) {
	switch is := payload.(type) {
	case feed.Snapshot:
		d.snapshot = &is
	case feed.Manifest:
		d.object = is.Object
	case feed.EventsSeen:
		for _, e := range is.Events {
			d.events[e.UID] = e
		}
		d.forget()
	}
}

// forget the oldest events, of which there is no end while a person looks.
func (d *description) forget() {
	excess := len(d.events) - eventsKept
	if excess <= 0 {
		return
	}
	oldest := slices.SortedFunc(maps.Values(d.events), func(a, b feed.Event) int { return a.Time.Compare(b.Time) })
	for _, e := range oldest[:excess] {
		delete(d.events, e.UID)
	}
}

func (d *description) write(env *screen.Env, width int) page {
	s := &sheet{env: env, width: width}
	switch t := d.tree(); {
	case d.ofOwner() && t != nil && t.Owner.Kind == "" && t.Blueprint != nil:
		s.blueprint(d.snapshot)
	case d.ofOwner() && t != nil:
		s.owner(d.snapshot)
	case d.ofOwner():
		if d.object != nil {
			s.object(d.object)
		}
	default:
		d.part(s, t)
	}
	if len(s.lines) == 0 {
		return page{}
	}
	s.events(d.happened())
	return page{lines: s.lines}
}

func (d *description) tree() *tree.Tree {
	if d.snapshot == nil {
		return nil
	}
	return d.snapshot.Tree
}

// part of an owner: the step when its own object is selected, and the object.
func (d *description) part(s *sheet, t *tree.Tree) {
	if step := stepOf(t, d.target.Step); step != nil && (d.target.Ref.Name == "" || step.Object != nil && isRef(step.Object.Ref, d.target.Ref)) {
		s.title("Step " + step.Name)
		s.step(step, "  ")
	}
	if d.object != nil {
		s.object(d.object)
	}
}

func stepOf(t *tree.Tree, name string) *tree.Step {
	if t == nil || name == "" {
		return nil
	}
	if i := slices.IndexFunc(t.Steps, func(s tree.Step) bool { return s.Name == name }); i >= 0 {
		return &t.Steps[i]
	}
	return nil
}

// happened are the events of the target, the newest first.
func (d *description) happened() []feed.Event {
	about := ""
	if !d.ofOwner() && d.target.Ref.Name != "" {
		about = d.target.Ref.Kind + "/" + d.target.Ref.Name
	}
	var all []feed.Event
	for _, e := range d.events {
		if about == "" || e.About == about {
			all = append(all, e)
		}
	}
	slices.SortFunc(all, func(a, b feed.Event) int {
		if c := b.Time.Compare(a.Time); c != 0 {
			return c
		}
		return strings.Compare(a.UID, b.UID)
	})
	return all
}

func (s *sheet) owner(snapshot *feed.Snapshot) {
	t := snapshot.Tree
	s.state("  ", "Ready", t.Owner.Ready)
	s.state("  ", "Healthy", t.Owner.Healthy)
	if t.Blueprint != nil {
		s.field("Blueprint", t.Blueprint.Kind+"/"+t.Blueprint.Name)
	} else if t.Owner.Kind != v1alpha1.KindRunnable {
		s.field("Blueprint", "none is selected")
	}
	if t.Owner.Source != nil {
		s.field("Source", t.Owner.Source.String())
	}
	if read := t.Owner.Read; read != nil {
		account, _, _ := unstructured.NestedString(read.Object, "spec", "serviceAccountName")
		s.field("Acts as", account)
	}
	s.field("Created", s.time(t.Owner.Created))
	generation := fmt.Sprint(t.Owner.Generation)
	if !t.Owner.Current {
		generation += fmt.Sprintf("; the status still speaks of %d", t.Owner.ObservedGeneration)
	}
	s.field("Generation", generation)
	if t.Owner.Read != nil {
		s.labels(t.Owner.Read)
	}
	s.cause(snapshot)
	if t.Owner.Read != nil {
		s.conditions(t.Owner.Read)
	}
	if len(t.Steps) > 0 {
		s.title(fmt.Sprintf("Steps (%d)", len(t.Steps)))
		for i := range t.Steps {
			s.say("  ", t.Steps[i].Name, viewer.Strong)
			s.step(&t.Steps[i], "    ")
		}
	}
	if len(t.Runs) > 0 {
		s.title(fmt.Sprintf("Runs (%d)", len(t.Runs)))
		for i := range t.Runs {
			s.state("  ", t.Runs[i].Name, t.Runs[i].Ready)
		}
	}
	s.unread(t)
}

func (s *sheet) unread(t *tree.Tree) {
	if len(t.Unread) == 0 {
		return
	}
	s.title("Not everything could be read")
	for _, u := range t.Unread {
		s.say("  ", u.Verb+" "+strings.TrimSuffix(u.Resource+" "+u.Name, " ")+": "+u.Message, viewer.Busy)
	}
}

// cause is the root cause, in the words of the command why.
func (s *sheet) cause(snapshot *feed.Snapshot) {
	c := snapshot.Tree.RootCause
	if c == nil {
		return
	}
	s.title("Root cause")
	look := viewer.Busy
	if c.Failed {
		look = viewer.Bad
	}
	if snapshot.Why == nil {
		s.say("  ", strings.TrimSpace(c.Step+" "+c.Reason+": "+c.Message), look)
		return
	}
	s.say("  ", snapshot.Why.Sentence, look)
	for i, next := range snapshot.Why.Next {
		name := ""
		if i == 0 {
			name = "Next"
		}
		s.field(name, tree.Command(next, s.env.Program))
	}
}

// step tells of a step what it reads, makes and gives.
func (s *sheet) step(step *tree.Step, indent string) {
	s.state(indent, "Ready", step.Ready)
	s.state(indent, "Healthy", step.Healthy)
	field := func(name, value string) { s.styled(indent, name, value, viewer.Plain) }
	switch {
	case step.Phase == tree.PhasePassThrough:
		field("Stamps", "nothing: it passes its input through")
	case step.Object != nil && step.Object.Missing:
		field("Stamped", step.Object.Kind+"/"+step.Object.Name+", which is missing")
	case step.Object != nil:
		field("Stamped", step.Object.Kind+"/"+step.Object.Name)
	default:
		field("Stamped", "nothing yet")
	}
	if step.Template != nil {
		field("Template", step.Template.Kind+"/"+step.Template.Name)
	}
	field("Waits for", strings.Join(step.WaitsFor, ", "))
	for _, in := range step.Inputs {
		text := in.Type + " of step " + in.From
		if in.Name != "" && in.Name != in.Type {
			text = in.Name + " (" + in.Type + "), of step " + in.From
		}
		if !in.Available {
			text += ": not there yet"
		}
		field("Input", text)
		for _, v := range in.Values {
			field("", v.Name+" = "+v.Preview)
		}
	}
	for _, out := range step.Outputs {
		text := out.Name + " = " + out.Preview
		if out.Since != nil {
			text += ", for " + screen.Age(s.env.Now, out.Since.Time)
		}
		field("Output", text)
		field("", out.Digest)
	}
}

// maxEvents of a description; the pane of events has all.
const maxEvents = 20

func (s *sheet) events(all []feed.Event) {
	if len(all) == 0 {
		return
	}
	s.title("Events, the newest first")
	for _, e := range all[:min(len(all), maxEvents)] {
		look := viewer.Plain
		if e.Type == "Warning" {
			look = viewer.Busy
		}
		text := e.Type + " " + e.Reason + " of " + e.About + ": " + e.Message
		if e.Count > 1 {
			text += fmt.Sprintf(" (%d times)", e.Count)
		}
		s.styled("  ", screen.Age(s.env.Now, e.Time)+" ago", text, look)
	}
	if more := len(all) - maxEvents; more > 0 {
		s.say("  ", fmt.Sprintf("and %d more, among the events", more), viewer.Faint)
	}
}
