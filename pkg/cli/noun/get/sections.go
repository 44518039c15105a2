package get

import (
	"fmt"
	"strconv"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/noun"
	"github.com/carto-run/carto/pkg/table"
	"github.com/carto-run/carto/pkg/tree"
)

// sectionsOf names the sections of a noun in the order in which they are shown.
func sectionsOf(n *noun.Noun) []string {
	switch n {
	case noun.Workload:
		return []string{"overview", "source", "steps", "delivery", "messages", "services", "pods", "knative"}
	case noun.Deliverable:
		return []string{"overview", "source", "steps", "messages", "pods", "knative"}
	case noun.Runnable:
		return []string{"overview", "inputs", "outputs", "runs", "messages", "pods"}
	}
	return []string{"overview", "steps", "params", "owners", "faults", "messages"}
}

// sections are all sections of a view, in the order of sectionsOf; what could not be read
// is told after them.
func (o *Options) sections(v *view) []section {
	var all []section
	switch {
	case v.item.Blueprint != nil:
		return o.blueprintSections(v)
	case v.item.Runnable != nil:
		all = o.runnableSections(v)
	case v.item.Workload != nil:
		all = []section{
			o.overview(v, []string{"type:", cmdutil.Dash(v.item.Labels[noun.TypeLabel])}),
			source(v), o.steps("steps", "Supply Chain", v.tree), o.delivery(v), messages(v.tree), services(v.item.Workload), o.pods(v), knative(v),
		}
	default:
		all = []section{o.overview(v), source(v), o.steps("steps", "Delivery", v.tree), messages(v.tree), o.pods(v), knative(v)}
	}
	return all
}

// overview is the first section; rows are what the noun adds to it.
func (o *Options) overview(v *view, rows ...[]string) section {
	item := v.item
	all := [][]string{{"name:", item.Name}}
	if !o.Noun.Cluster {
		all = append(all, []string{"namespace:", item.Namespace})
	}
	ready := item.Ready()
	status := string(ready.Status)
	if ready.Reason != "" {
		status += " (" + ready.Reason + ")"
	}
	if item.Status.ObservedGeneration != item.Generation {
		status += fmt.Sprintf(", of generation %d; the %s is at %d", item.Status.ObservedGeneration, o.Noun, item.Generation)
	}
	created := "-"
	if !item.CreationTimestamp.IsZero() {
		created = fmt.Sprintf("%s (%s ago)", item.CreationTimestamp.UTC().Format("2006-01-02T15:04:05Z"), o.Age(item.CreationTimestamp))
	}
	all = append(append(all, rows...), []string{"ready:", status}, []string{"created:", created})
	return section{key: "overview", title: "Overview", rows: all}
}

func source(v *view) section {
	s := section{key: "source", title: "Source"}
	show := func(label string, value *string) {
		if value != nil && *value != "" {
			s.rows = append(s.rows, []string{label + ":", *value})
		}
	}
	image := v.item.Image()
	show("image", &image)
	if src := v.item.Source(); src != nil {
		show("source image", src.Image)
		if src.Git != nil {
			show("git url", src.Git.URL)
			if src.Git.Ref != nil {
				show("branch", src.Git.Ref.Branch)
				show("tag", src.Git.Ref.Tag)
				show("commit", src.Git.Ref.Commit)
			}
		}
		show("sub-path", src.SubPath)
	}
	// What was really read says more than the branch.
	for _, step := range v.tree.Steps {
		for _, out := range step.Outputs {
			if out.Name == "revision" {
				revision := preview(out)
				show("revision", &revision)
				return s
			}
		}
	}
	return s
}

// steps are those of a tree, also the ones that are not stamped yet.
func (o *Options) steps(key, title string, t *tree.Tree) section {
	s := section{key: key, title: title, nothing: "none selected"}
	if t.Blueprint != nil {
		s.title += " (" + t.Blueprint.Name + ")"
		s.nothing = "no steps yet"
	}
	if len(t.Steps) == 0 {
		return s
	}
	s.titles = []string{"STEP", "READY", "HEALTHY", "UPDATED", "RESOURCE"}
	wide := o.Output.Format() == "wide"
	if wide {
		s.titles = append(s.titles, "OUTPUT")
	}
	for i := range t.Steps {
		step := &t.Steps[i]
		row := []string{step.Name, cmdutil.Dash(step.Ready.Status), cmdutil.Dash(step.Healthy.Status), o.since(step.Ready.Since), resource(step.Object)}
		if wide {
			row = append(row, outputs(step.Outputs))
		}
		s.rows = append(s.rows, row)
	}
	return s
}

func (o *Options) since(t tree.Time) string {
	if t == nil {
		return "-"
	}
	return o.Age(*t)
}

func resource(object *tree.Object) string {
	if object == nil {
		return "-"
	}
	kind := object.Resource
	if kind == "" {
		kind = strings.ToLower(object.Kind)
	}
	text := kind + "/" + object.Name
	if object.Missing {
		text += " (missing)"
	}
	return text
}

func outputs(all []tree.Output) string {
	texts := make([]string, len(all))
	for i, out := range all {
		texts[i] = out.Name + "=" + preview(out)
	}
	return cmdutil.Dash(strings.Join(texts, ","))
}

// preview is the first line of a value.
func preview(out tree.Output) string {
	first, rest, _ := strings.Cut(strings.TrimSpace(out.Preview), "\n")
	if rest != "" {
		first += " ..."
	}
	return strings.Trim(first, `"'`)
}

// delivery is that of the Deliverable that the supply chain stamped.
func (o *Options) delivery(v *view) section {
	for i := range v.tree.Steps {
		object := v.tree.Steps[i].Object
		if object == nil || object.Kind != v1alpha1.KindDeliverable || !strings.HasPrefix(object.APIVersion, v1alpha1.Group+"/") {
			continue
		}
		if object.Tree != nil {
			return o.steps("delivery", "Delivery", object.Tree)
		}
		name := "deliverable " + object.Namespace + "/" + object.Name
		if object.Missing {
			return section{key: "delivery", title: "Delivery", nothing: name + " is not in the cluster"}
		}
		return section{key: "delivery", title: "Delivery", nothing: name + "; its steps were not read"}
	}
	return section{key: "delivery", title: "Delivery"}
}

func services(w *v1alpha1.Workload) section {
	s := section{key: "services", title: "Services"}
	for _, claim := range w.Spec.ServiceClaims {
		row := []string{claim.Name, "-", "-", "-"}
		if ref := claim.Ref; ref != nil {
			row = []string{claim.Name, ref.Name, ref.Kind, ref.APIVersion}
		}
		s.rows = append(s.rows, row)
	}
	if len(s.rows) > 0 {
		s.titles = []string{"CLAIM", "NAME", "KIND", "API VERSION"}
	}
	return s
}

// below is an object of a tree, and the step that it is below.
type below struct {
	step   string
	object *tree.Object
}

// objectsOf are all objects of a tree that fit. The step of one below a Deliverable is
// named after the step that stamped that: deliver/run.
func objectsOf(t *tree.Tree, prefix string, fits func(*tree.Object) bool) []below {
	var all []below
	var walk func(step string, object *tree.Object)
	walk = func(step string, object *tree.Object) {
		if fits(object) {
			all = append(all, below{step, object})
		}
		if object.Tree != nil {
			all = append(all, objectsOf(object.Tree, step+"/", fits)...)
		}
		for i := range object.Children {
			walk(step, &object.Children[i])
		}
	}
	for i := range t.Steps {
		if t.Steps[i].Object != nil {
			walk(prefix+t.Steps[i].Name, t.Steps[i].Object)
		}
	}
	for i := range t.Runs {
		walk(strings.TrimSuffix(prefix, "/"), &t.Runs[i])
	}
	return all
}

func podsOf(t *tree.Tree) []below {
	return objectsOf(t, "", func(o *tree.Object) bool { return o.Containers != nil })
}

func (o *Options) pods(v *view) section {
	s := section{key: "pods", title: "Pods"}
	for _, p := range podsOf(v.tree) {
		c := p.object.Containers
		s.rows = append(s.rows, []string{
			p.object.Name, fmt.Sprintf("%d/%d", c.Ready, c.Total), cmdutil.Dash(p.object.Ready.Reason),
			strconv.FormatInt(c.Restarts, 10), o.since(p.object.Created), cmdutil.Dash(p.step),
		})
	}
	if len(s.rows) > 0 {
		s.titles = []string{"NAME", "READY", "STATUS", "RESTARTS", "AGE", "STEP"}
		return s
	}
	for _, u := range unread(v.tree) {
		if u.Resource == "pods" {
			s.nothing = "not known: " + table.Printable(u.Message)
		}
	}
	return s
}

func knative(v *view) section {
	s := section{key: "knative", title: "Knative Services", optional: true}
	for _, k := range objectsOf(v.tree, "", func(o *tree.Object) bool {
		return o.Kind == "Service" && strings.HasPrefix(o.APIVersion, "serving.knative.dev/")
	}) {
		s.rows = append(s.rows, []string{k.object.Name, cmdutil.Dash(k.object.Ready.Status), cmdutil.Dash(k.object.URL)})
	}
	if len(s.rows) > 0 {
		s.titles = []string{"NAME", "READY", "URL"}
	}
	return s
}

// unread is what could not be read of a tree and of those below it.
func unread(t *tree.Tree) []tree.Unread {
	all := t.Unread
	for _, b := range objectsOf(t, "", func(o *tree.Object) bool { return o.Tree != nil }) {
		all = append(all[:len(all):len(all)], b.object.Tree.Unread...)
	}
	return all
}

// notRead tells what could not be read, whatever sections were asked for.
func notRead(v *view) section {
	s := section{title: "Not everything could be read"}
	var all []tree.Unread
	switch {
	case v.tree != nil:
		all = unread(v.tree)
	case v.use != nil:
		all = v.use.Unread
	}
	for _, u := range all {
		s.lines = append(s.lines, fmt.Sprintf("%s %s: %s", u.Verb, strings.TrimSuffix(u.Resource+" "+u.Name, " "), table.OneLine(u.Message)))
	}
	return s
}

// conditionMessages are those of conditions that are not True, or are True and have something
// to say all the same, each once.
func conditionMessages(conditions []metav1.Condition, types ...string) []string {
	var lines []string
	for _, kind := range types {
		if c := noun.Condition(conditions, kind); c.Status != metav1.ConditionTrue || c.Message != "" {
			lines = tell(lines, "", c.Reason, c.Message)
		}
	}
	return lines
}
