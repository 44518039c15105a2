package follow

import (
	"fmt"
	"strings"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/table"
	"github.com/carto-run/carto/pkg/tree"
)

// reached tells whether a snapshot is what the watch is for.
func (o *Options) reached(t *tree.Tree) bool {
	// Not the root cause: a ready owner may have stamped another one that is not.
	if o.UntilReady && t.Owner.Ready.Status == "True" && t.Owner.Current {
		return true
	}
	step := stepOf(t, o.UntilStep)
	return step != nil && step.Ready.Status == "True" && t.Owner.Current
}

// UnknownStep is the finding for a step that the blueprint does not have; nil while the
// blueprint, or which one it is, is not known.
func UnknownStep(t *tree.Tree, name string) error {
	if name == "" || len(t.Steps) == 0 || !t.Owner.Current || stepOf(t, name) != nil {
		return nil
	}
	names := make([]string, len(t.Steps))
	for i := range t.Steps {
		names[i] = t.Steps[i].Name
	}
	return cmdutil.Findingf("%s %s has no step %q; it has: %s", strings.ToLower(t.Owner.Kind), t.Owner.Name, name, strings.Join(names, ", "))
}

// failure names what has failed, so that two snapshots can be compared; empty when
// nothing has that keeps the watch from its end.
func (o *Options) failure(t *tree.Tree) string {
	c := t.RootCause
	// A failure of an older generation says nothing about this one.
	if c == nil || !c.Failed || !t.Owner.Current || t.Owner.Ready.Status != "False" {
		return ""
	}
	if o.UntilStep != "" && c.Step != "" && c.Step != o.UntilStep {
		blocked := false
		for _, name := range c.Blocks {
			blocked = blocked || name == o.UntilStep
		}
		if !blocked {
			return ""
		}
	}
	return c.Step + "/" + c.Reason
}

// timedOut tells what is still at work from what has failed a moment ago.
func (o *Options) timedOut(t *tree.Tree) error {
	if o.UntilDeleted {
		return cmdutil.Findingf("not deleted after %s; a finalizer may hold it", o.Timeout)
	}
	missed := "not ready"
	if o.UntilStep != "" {
		missed = "step " + o.UntilStep + " is not ready"
	}
	switch {
	case t == nil:
		return cmdutil.Findingf("%s after %s: nothing was read", missed, o.Timeout)
	case o.failure(t) != "":
		return cmdutil.Findingf("%s after %s, failed: %s", missed, o.Timeout, why(t))
	}
	return cmdutil.Findingf("%s after %s, still running: %s", missed, o.Timeout, why(t))
}

// atWork tells whether a pod of a step that is not ready runs: one that ends by itself,
// such as that of a build, whose tree is the same for as long as it takes. Pods of
// applications prove nothing by running.
func atWork(t *tree.Tree) bool {
	for i := range t.Steps {
		s := &t.Steps[i]
		if s.Ready.Status != "True" && s.Object != nil && anyAtWork(s.Object) {
			return true
		}
	}
	for i := range t.Runs {
		if anyAtWork(&t.Runs[i]) {
			return true
		}
	}
	return false
}

func anyAtWork(o *tree.Object) bool {
	switch o.Kind {
	case "Deployment", "ReplicaSet", "StatefulSet", "DaemonSet":
		return false
	case "Pod":
		// The containers of a pod that is pending may be its init containers, which is
		// how kpack builds. One that can not be placed or has no image says so: False.
		return o.Ready.Status != "False" && (o.Ready.Reason == "Running" || o.Ready.Reason == "Pending")
	}
	if o.Tree != nil && atWork(o.Tree) {
		return true
	}
	for i := range o.Children {
		if anyAtWork(&o.Children[i]) {
			return true
		}
	}
	return false
}

// stepOf finds a step by its name; nil when there is none.
func stepOf(t *tree.Tree, name string) *tree.Step {
	for i := range t.Steps {
		if t.Steps[i].Name == name {
			return &t.Steps[i]
		}
	}
	return nil
}

// why is the root cause on one line.
func why(t *tree.Tree) string {
	if t == nil || t.RootCause == nil {
		return "nothing stands in the way"
	}
	c := t.RootCause
	text := c.Reason
	if c.Message != "" {
		text += ": " + table.Brief(table.Printable(c.Message))
	}
	if c.Step != "" {
		text = fmt.Sprintf("step %s: %s", c.Step, text)
	}
	return table.OneLine(text)
}
