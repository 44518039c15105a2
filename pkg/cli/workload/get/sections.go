package get

import (
	"fmt"
	"io"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/duration"
	"k8s.io/cli-runtime/pkg/printers"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/cli/workload/shared"
)

// style says how times are shown: relative for a person, absolute for a program.
type style struct {
	now      time.Time
	relative bool
}

func (s style) time(t metav1.Time) string {
	switch {
	case t.IsZero():
		return "-"
	case s.relative:
		return duration.HumanDuration(s.now.Sub(t.Time))
	}
	return t.UTC().Format(time.RFC3339)
}

// sections writes overview, source, steps and messages, with an empty line between.
func sections(out io.Writer, w *v1alpha1.Workload, s style) error {
	p := printers.GetNewTabWriter(out)
	line := func(cells ...string) { _, _ = fmt.Fprintln(p, strings.Join(cells, "\t")) }

	ready := shared.Condition(w.Status.Conditions, v1alpha1.ConditionReady)
	line("Overview")
	line("  name:", w.Name)
	line("  namespace:", w.Namespace)
	line("  type:", dash(w.Labels[shared.TypeLabel]))
	line("  supply chain:", dash(w.Status.SupplyChainRef.Name))
	status := string(ready.Status)
	if ready.Reason != "" {
		status += " (" + ready.Reason + ")"
	}
	if w.Status.ObservedGeneration != w.Generation {
		status += fmt.Sprintf(", of generation %d; the workload is at %d", w.Status.ObservedGeneration, w.Generation)
	}
	line("  ready:", status)
	line("  created:", s.time(w.CreationTimestamp))
	line("")

	line("Source")
	source(line, w)
	line("")

	line("Steps")
	if len(w.Status.Resources) == 0 {
		line("  none yet")
	} else {
		line("  STEP", "READY", "HEALTHY", "UPDATED", "RESOURCE")
	}
	for i := range w.Status.Resources {
		r := &w.Status.Resources[i]
		stepReady := shared.Condition(r.Conditions, v1alpha1.ConditionReady)
		healthy := "-" // a step that passes an input through has no health
		for _, c := range r.Conditions {
			if c.Type == v1alpha1.ConditionHealthy {
				healthy = string(c.Status)
			}
		}
		resource := "-"
		if ref := r.StampedRef; ref != nil {
			resource = strings.ToLower(ref.Kind) + "/" + ref.Name
			if ref.Resource != "" {
				resource = ref.Resource + "/" + ref.Name
			}
		}
		line("  "+r.Name, string(stepReady.Status), healthy, s.time(stepReady.LastTransitionTime), resource)
	}
	line("")

	line("Messages")
	if messages := messages(w); len(messages) > 0 {
		for _, m := range messages {
			line("  " + m)
		}
	} else {
		line("  none")
	}
	return p.Flush()
}

func source(line func(...string), w *v1alpha1.Workload) {
	show := func(label string, value *string) {
		if value != nil && *value != "" {
			line("  "+label+":", *value)
		}
	}
	show("image", w.Spec.Image)
	src := w.Spec.Source
	if src == nil {
		if w.Spec.Image == nil {
			line("  none")
		}
		return
	}
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
	// What was really read says more than the branch.
	for _, r := range w.Status.Resources {
		for _, o := range r.Outputs {
			if o.Name == "revision" {
				line("  revision:", strings.Trim(strings.TrimSpace(o.Preview), `"'`))
				return
			}
		}
	}
}

// messages are those of Ready and, where different, of ResourcesHealthy.
func messages(w *v1alpha1.Workload) []string {
	var all []string
	seen := map[string]bool{}
	for _, kind := range []string{v1alpha1.ConditionReady, v1alpha1.ConditionResourcesHealthy} {
		c := shared.Condition(w.Status.Conditions, kind)
		text := strings.Join(strings.Fields(c.Message), " ")
		if c.Status == metav1.ConditionTrue || text == "" || seen[text] {
			continue
		}
		seen[text] = true
		all = append(all, c.Reason+": "+text)
	}
	return all
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
