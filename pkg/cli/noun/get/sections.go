package get

import (
	"bytes"
	"fmt"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/printers"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/noun"
	"github.com/carto-run/carto/pkg/tree"
)

// sections are the parts of what get shows, with an empty line between.
type sections struct {
	out  bytes.Buffer
	noun *noun.Noun
	item *noun.Item
	when func(metav1.Time) string
}

// section writes one part; its rows are aligned with each other only.
func (s *sections) section(title string, rows ...[]string) {
	if s.out.Len() > 0 {
		s.out.WriteString("\n")
	}
	s.out.WriteString(title + "\n")
	if len(rows) == 0 {
		rows = [][]string{{"none"}}
	}
	table := printers.GetNewTabWriter(&s.out)
	for _, row := range rows {
		_, _ = fmt.Fprintln(table, "  "+strings.Join(row, "\t")) // a buffer takes everything
	}
	_ = table.Flush()
}

// overview is the first section; rows are what the noun adds to it.
func (s *sections) overview(rows ...[]string) {
	item := s.item
	all := [][]string{{"name:", item.Name}}
	if !s.noun.Cluster {
		all = append(all, []string{"namespace:", item.Namespace})
	}
	ready := item.Ready()
	status := string(ready.Status)
	if ready.Reason != "" {
		status += " (" + ready.Reason + ")"
	}
	if item.Status.ObservedGeneration != item.Generation {
		status += fmt.Sprintf(", of generation %d; the %s is at %d", item.Status.ObservedGeneration, s.noun, item.Generation)
	}
	all = append(append(all, rows...), []string{"ready:", status}, []string{"created:", s.when(item.CreationTimestamp)})
	s.section("Overview", all...)
}

// owner shows a workload or a deliverable.
func (s *sections) owner() {
	if s.item.Workload != nil {
		s.overview([]string{"type:", cmdutil.Dash(s.item.Labels[noun.TypeLabel])}, []string{"supply chain:", cmdutil.Dash(s.item.UsedBlueprint())})
	} else {
		s.overview([]string{"delivery:", cmdutil.Dash(s.item.UsedBlueprint())})
	}
	s.section("Source", s.source()...)
	s.section("Steps", s.steps()...)
	s.messages(v1alpha1.ConditionReady, v1alpha1.ConditionResourcesHealthy)
}

func (s *sections) steps() [][]string {
	if len(s.item.Status.Resources) == 0 {
		return [][]string{{"none yet"}}
	}
	rows := [][]string{{"STEP", "READY", "HEALTHY", "UPDATED", "RESOURCE"}}
	for i := range s.item.Status.Resources {
		r := &s.item.Status.Resources[i]
		ready := noun.Condition(r.Conditions, v1alpha1.ConditionReady)
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
		rows = append(rows, []string{r.Name, string(ready.Status), healthy, s.when(ready.LastTransitionTime), resource})
	}
	return rows
}

func (s *sections) source() [][]string {
	var rows [][]string
	show := func(label string, value *string) {
		if value != nil && *value != "" {
			rows = append(rows, []string{label + ":", *value})
		}
	}
	image := s.item.Image()
	show("image", &image)
	src := s.item.Source()
	if src == nil {
		return rows
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
	for _, r := range s.item.Status.Resources {
		for _, o := range r.Outputs {
			if o.Name == "revision" {
				return append(rows, []string{"revision:", strings.Trim(strings.TrimSpace(o.Preview), `"'`)})
			}
		}
	}
	return rows
}

// messages are those of conditions that are not True, each once.
func (s *sections) messages(types ...string) {
	var rows [][]string
	seen := map[string]bool{}
	for _, kind := range types {
		c := noun.Condition(s.item.Status.Conditions, kind)
		text := strings.Join(strings.Fields(tree.Printable(c.Message)), " ")
		if c.Status == metav1.ConditionTrue || text == "" || seen[text] {
			continue
		}
		seen[text] = true
		rows = append(rows, []string{c.Reason + ": " + text})
	}
	// The conditions of an owner tell of one step only, which may merely wait.
	for i := range s.item.Status.Resources {
		step := &s.item.Status.Resources[i]
		c := noun.Condition(step.Conditions, v1alpha1.ConditionReady)
		text := strings.Join(strings.Fields(tree.Printable(c.Message)), " ")
		if c.Status == metav1.ConditionFalse && c.Reason != v1alpha1.ReasonTemplateStampFailure && text != "" && !told(rows, text) {
			rows = append(rows, []string{fmt.Sprintf("step %s: %s: %s", step.Name, c.Reason, text)})
		}
	}
	s.section("Messages", rows...)
}

func told(rows [][]string, text string) bool {
	for _, row := range rows {
		if strings.Contains(row[0], text) {
			return true
		}
	}
	return false
}
