package why

import (
	"fmt"
	"slices"
	"strings"

	"github.com/carto-run/carto/pkg/blueprint"
	"github.com/carto-run/carto/pkg/tree"
)

// Owners are those that a blueprint serves, counted by state.
type Owners struct {
	Ready   int `json:"ready"`
	Waiting int `json:"waiting"`
	Failed  int `json:"failed"`
	// NotReady names those that are not, what failed first, at most maxOwners of them.
	NotReady []OwnerState `json:"notReady,omitempty"`
}

// OwnerState is an owner that is not ready.
type OwnerState struct {
	tree.Ref `json:",inline"`
	Ready    tree.State `json:"ready"`
}

// maxOwners is how many owners are named; there can be thousands.
const maxOwners = 20

// BlueprintFacts are what is known of a blueprint.
type BlueprintFacts struct {
	Blueprint *blueprint.Blueprint
	// Ready is its condition; Observed and Generation tell whether it is up to date.
	Ready                tree.State
	Observed, Generation int64
	// Missing templates.
	Missing []blueprint.TemplateUse
	Owners  []OwnerState
	Unread  []tree.Unread
}

// BuildBlueprint explains a supply chain or a delivery.
func BuildBlueprint(ref tree.Ref, f BlueprintFacts) *Why {
	w := &Why{APIVersion: APIVersion, Kind: Kind, Subject: ref, Verdict: Ready, Since: f.Ready.Since, Owners: owners(f.Owners), Unread: f.Unread}
	for _, d := range f.Blueprint.Diagnostics {
		w.Faults = append(w.Faults, string(d.Severity)+": "+d.String())
	}
	for _, m := range f.Missing {
		w.Faults = append(w.Faults, fmt.Sprintf("error: %s %s of step %s does not exist", m.Kind, m.Name, m.Resource))
	}
	link := Link{What: "blueprint", Name: ref.Kind + "/" + ref.Name, Status: f.Ready.Status, Reason: f.Ready.Reason, Message: f.Ready.Message}
	subject := named(ref)
	switch {
	case len(f.Missing) > 0:
		w.Verdict = Failed
		m := f.Missing[0]
		w.Sentence = fmt.Sprintf("%s is not ready: %s %s of step %s does not exist", subject, m.Kind, m.Name, m.Resource)
		if more := len(f.Missing) - 1; more > 0 {
			w.Sentence += fmt.Sprintf(", and %s more", count(more, "template"))
		}
		w.Next = []string{fmt.Sprintf("kubectl get %ss.carto.run", strings.ToLower(m.Kind))}
	case len(f.Blueprint.Errors()) > 0:
		w.Verdict = Failed
		w.Sentence = fmt.Sprintf("%s is faulty: %s", subject, f.Blueprint.Errors()[0])
		w.Next = []string{fmt.Sprintf("kubectl edit %s %s", ref.Resource, ref.Name)}
	case f.Ready.Status == "" || f.Ready.Status == "Unknown" && f.Ready.Reason == "":
		w.Verdict = Waiting
		w.Sentence = subject + " is not ready: the agent has written no status for it: is the agent running?"
		w.Next = []string{tree.Program + " doctor"}
	case f.Ready.Status != "True":
		w.Verdict = Waiting
		if f.Ready.Status == "False" {
			w.Verdict = Failed
		}
		w.Sentence = fmt.Sprintf("%s is not ready: %s", subject, f.Ready.Message)
		w.Next = []string{fmt.Sprintf("kubectl describe %s %s", ref.Resource, ref.Name)}
	case f.Observed != f.Generation:
		w.Verdict = Waiting
		w.Sentence = subject + " is not ready: the agent has not looked at its last change yet"
		w.Next = []string{tree.Program + " doctor"}
	default:
		kind := strings.ToLower(f.Blueprint.OwnerKind())
		w.Sentence = fmt.Sprintf("%s is ready: it has %s and serves %s, of which %d failed and %d wait", subject, count(len(f.Blueprint.Resources), "step"),
			count(len(f.Owners), kind), w.Owners.Failed, w.Owners.Waiting)
		if f.Ready.Message != "" {
			// What the agent's lint finds, which keeps nobody from using the blueprint.
			w.Faults = append(w.Faults, f.Ready.Message)
		}
		if len(w.Owners.NotReady) > 0 {
			o := w.Owners.NotReady[0]
			w.Next = []string{fmt.Sprintf(tree.Program+" why %s/%s -n %s", kind, o.Name, o.Namespace)}
		}
	}
	w.Sentence = finish(w.Sentence)
	if w.Verdict != Ready {
		w.Chain = []Link{link}
	}
	return w
}

func owners(states []OwnerState) *Owners {
	o := &Owners{}
	var failed, waiting []OwnerState
	for _, s := range states {
		switch s.Ready.Status {
		case "True":
			o.Ready++
		case "False":
			o.Failed++
			failed = append(failed, s)
		default:
			o.Waiting++
			waiting = append(waiting, s)
		}
	}
	order := func(a, b OwnerState) int { return strings.Compare(a.Namespace+"/"+a.Name, b.Namespace+"/"+b.Name) }
	slices.SortFunc(failed, order)
	slices.SortFunc(waiting, order)
	o.NotReady = append(failed, waiting...)
	o.NotReady = o.NotReady[:min(len(o.NotReady), maxOwners)]
	return o
}
