// Package rows makes the rows of the overview: what a table says of an owner or blueprint,
// of that object alone. A thousand of them are made at once, so nothing else is looked at.
package rows

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/table"
	"github.com/carto-run/carto/pkg/tree"
	"github.com/carto-run/carto/pkg/tui/feed"
)

// Of makes the row of an owner or blueprint. One that is not as its type says is a row that
// says so: whoever looks for it has to find it.
func Of(obj *unstructured.Unstructured) feed.Row {
	row := feed.Row{
		Ref: tree.Ref{
			APIVersion: obj.GetAPIVersion(), Kind: obj.GetKind(), Resource: tree.OwnerResource(obj.GetKind()),
			Namespace: obj.GetNamespace(), Name: obj.GetName(),
		},
		UID: string(obj.GetUID()), Created: obj.GetCreationTimestamp().Time, Labels: obj.GetLabels(), Owners: -1,
		Type: obj.GetLabels()[v1alpha1.LabelWorkloadType],
	}
	var err error
	switch obj.GetKind() {
	case v1alpha1.KindClusterSupplyChain, v1alpha1.KindClusterDelivery:
		err = blueprint(&row, obj)
	default:
		err = owner(&row, obj)
	}
	switch {
	case err != nil:
		row.State, row.Cause = feed.Failed, table.OneLine(err.Error())
	case obj.GetDeletionTimestamp() != nil:
		row.State = feed.Deleting
	}
	return row
}

func owner(row *feed.Row, obj *unstructured.Unstructured) error {
	decoded, err := tree.DecodeOwner(obj)
	if err != nil {
		return err
	}
	t := tree.Build(tree.Input{Owner: decoded})
	row.Ready, row.Healthy = brief(t.Owner.Ready), brief(t.Owner.Healthy)
	row.State = stateOf(row.Ready, t.Owner.Current)
	if c := t.RootCause; c != nil {
		row.Step, row.Cause = c.Step, telling(c)
		if c.Failed {
			row.State = feed.Failed
		}
	}
	if t.Blueprint != nil {
		row.Blueprint = t.Blueprint.Name
	}
	row.Steps = len(t.Steps)
	for i := range t.Steps {
		if t.Steps[i].Ready.Status == "True" {
			row.StepsReady++
		}
	}
	row.Output = output(t.Steps)
	if obj.GetKind() == v1alpha1.KindRunnable {
		row.Output = runOutput(obj)
	}
	return nil
}

func blueprint(row *feed.Row, obj *unstructured.Unstructured) error {
	steps, found, err := unstructured.NestedFieldNoCopy(obj.Object, "spec", "resources")
	list, ok := steps.([]any)
	if err != nil || found && !ok {
		return fmt.Errorf("%s %s is not as %s says: spec.resources is no list", obj.GetKind(), obj.GetName(), v1alpha1.GroupVersion)
	}
	row.Steps = len(list)
	row.Ready = brief(tree.ObjectState(obj))
	observed, _, _ := unstructured.NestedInt64(obj.Object, "status", "observedGeneration")
	current := observed == obj.GetGeneration()
	row.State = stateOf(row.Ready, current)
	switch {
	case row.State == feed.Ready:
		// What the agent says of one that is ready is what lint found.
		row.Cause = said(row.Ready.Message, "")
	case row.Ready.Status == "":
		row.Cause = "the agent has written no status yet; is it running?"
	case !current:
		row.Cause = "the agent has not looked at its last change yet"
	default:
		row.Cause = said(row.Ready.Message, row.Ready.Reason)
	}
	return nil
}

func stateOf(ready tree.State, current bool) feed.State {
	switch {
	case ready.Status == "True" && current:
		return feed.Ready
	case ready.Status == "False":
		return feed.Failed
	}
	return feed.Waiting
}

// brief keeps no more of a message than a person reads.
func brief(s tree.State) tree.State {
	s.Message = table.Brief(s.Message)
	return s
}

// said is the first line of a message, or the reason where there is none.
func said(message, reason string) string {
	first, _, _ := strings.Cut(strings.TrimSpace(message), "\n")
	return cmp.Or(table.OneLine(first), table.OneLine(reason))
}

// cannot is how the agent begins what it could not do, with the step and where it is, which
// the row says in other places.
var cannot = regexp.MustCompile(`^(cannot (?:stamp|apply)(?: \S+ \S+)?)(?: for)? resource \S+ of \S+ [^\s,:]+(, \S+ [^\s:]+)?(?: as service account \S+)?: (.+)`)

// telling is a cause with the words first by which it is told from others: tables show only
// the beginning.
func telling(c *tree.RootCause) string {
	text := said(c.Message, c.Reason)
	if c.Step == "" {
		if c.Failed && !strings.HasPrefix(text, c.Reason) {
			return table.OneLine(c.Reason) + ": " + text
		}
		return text
	}
	text = strings.TrimPrefix(text, "resource "+c.Step+": ")
	if m := cannot.FindStringSubmatch(text); m != nil {
		return m[3] + " (" + m[1] + m[2] + ")"
	}
	return text
}

// versions are the outputs that say which version came out, the most telling first.
var versions = []string{"image", "revision"}

// output is the last image or revision that came out, else the last output of all.
func output(steps []tree.Step) string {
	for _, names := range [][]string{versions, nil} {
		for _, step := range slices.Backward(steps) {
			if len(step.Outputs) == 0 {
				continue
			}
			if names == nil {
				return value(step.Outputs[0].Preview)
			}
			for _, name := range names {
				for _, o := range step.Outputs {
					if o.Name == name {
						return value(o.Preview)
					}
				}
			}
		}
	}
	return ""
}

// runOutput is what came out of the last run that succeeded.
func runOutput(obj *unstructured.Unstructured) string {
	field, _, _ := unstructured.NestedFieldNoCopy(obj.Object, "status", "outputs")
	outputs, _ := field.(map[string]any)
	names := slices.Sorted(maps.Keys(outputs))
	for _, name := range append(slices.Clone(versions), names...) {
		switch out := outputs[name].(type) {
		case nil:
		case string:
			return value(out)
		default:
			text, err := json.Marshal(out)
			if err != nil {
				return ""
			}
			return value(string(text))
		}
	}
	return ""
}

// value is one line of an output.
func value(preview string) string { return said(preview, "") }
