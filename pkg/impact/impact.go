// Package impact foretells what would change in a cluster if templates, blueprints or
// owners of files were applied.
//
// It decides nothing itself. The files go through a server-side dry run, which checks them
// and fills in defaults; then the engine of the agent makes two passes over each owner
// that they concern, one with what is there and one with what would be there, over a
// realize.Cluster that reads the cluster and writes by dry run only. What differs between
// the two is the impact: drift, and work that the agent has yet to do, are the same in
// both and so are nobody's fault here.
//
// What objects say only once they run (their status) is not known beforehand. Steps that
// need it are named instead.
package impact

import (
	"github.com/carto-run/carto/pkg/api/v1alpha1"
)

// Version and kind of the JSON and YAML form. Fields are only ever added within one
// version.
const (
	APIVersion = "carto.run/impact/v1"
	Kind       = "Impact"
)

// Change is what would happen to an object.
type Change string

// Changes.
const (
	Created   Change = "created"
	Changed   Change = "changed"
	Removed   Change = "removed"
	Unchanged Change = "unchanged"
)

// Impact is what would change.
type Impact struct {
	APIVersion string  `json:"apiVersion"`
	Kind       string  `json:"kind"`
	Summary    Summary `json:"summary"`
	// Files are the objects that were given, in their order.
	Files []File `json:"files"`
	// Owners are those that the files concern, by kind, namespace and name; also those for
	// which nothing changes in the end.
	Owners []Owner `json:"owners"`
	// Degraded is what could not be asked, so that something is shown with less certainty.
	Degraded []Degraded `json:"degraded,omitempty"`
}

// Summary counts.
type Summary struct {
	// Templates, Blueprints and GivenOwners of the files that are not in the cluster as
	// they are in the files, and those that would be removed.
	Templates   int `json:"templates"`
	Blueprints  int `json:"blueprints"`
	GivenOwners int `json:"givenOwners"`
	// Owners that they concern.
	Owners int `json:"owners"`
	// Changed, Created and Removed count stamped objects.
	Changed int `json:"changed"`
	Created int `json:"created"`
	Removed int `json:"removed"`
	// Failing counts owners with a step that would fail, or that would stop as a whole, and
	// now do not.
	Failing int `json:"failing"`
	// Pending counts stamped objects that the agent changes whatever the files say. They
	// are left out of all else.
	Pending int `json:"pending"`
}

// File is one object of the files.
type File struct {
	Kind      string `json:"kind"`
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name"`
	// File and Line where it begins; empty for what is removed.
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`
	Change Change `json:"change"`
}

// Owner is an owner that the files concern.
type Owner struct {
	Kind      string `json:"kind"`
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	// Given is how the files change the owner itself; empty when they do not.
	Given Change `json:"given,omitempty"`
	// Blueprint that selects it with the files applied, and without; empty when none does,
	// or several do, and for Runnables.
	Blueprint       string `json:"blueprint,omitempty"`
	BlueprintBefore string `json:"blueprintBefore,omitempty"`
	// Stops is why no step would be worked on, where that is new.
	Stops *Reason `json:"stops,omitempty"`
	// Objects that would change, in the order in which the steps are worked on.
	Objects []Object `json:"objects"`
	// Steps of which there is something to say.
	Steps []Step `json:"steps,omitempty"`
}

// Quiet tells that nothing changes for the owner.
func (o *Owner) Quiet() bool {
	return o.Given == "" && o.Blueprint == o.BlueprintBefore && o.Stops == nil && len(o.Objects) == 0 && len(o.Steps) == 0
}

// Fails tells that it would stop, or that one of its steps would fail.
func (o *Owner) Fails() bool {
	if o.Stops != nil {
		return true
	}
	for i := range o.Steps {
		if o.Steps[i].State == Fails {
			return true
		}
	}
	return false
}

// Reason is that of a condition.
type Reason struct {
	Reason  string `json:"reason"`
	Message string `json:"message,omitempty"`
}

// Object is a stamped object that would change.
type Object struct {
	// Step is empty for the runs of a Runnable.
	Step       string `json:"step,omitempty"`
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	// Resource is plural.group.
	Resource  string `json:"resource"`
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	Change    Change `json:"change"`
	// Run: it is made anew for each change; those that are there stay, and their outputs
	// count until this one has succeeded.
	Run bool `json:"run,omitempty"`
	// AsRendered: no dry run was possible. Before and After are then what the templates
	// make, without what the API server adds.
	AsRendered bool `json:"asRendered,omitempty"`
	// Fields that differ, as paths: spec.template.spec.containers[0].image.
	Fields []string `json:"fields,omitempty"`
	// Before and After without what the API server and Carto keep for themselves; one of
	// them is absent for what is created or removed.
	Before map[string]any `json:"before,omitempty"`
	After  map[string]any `json:"after,omitempty"`
}

// State of a step.
type State string

// States.
const (
	// Waits: the step has no input from another that gives no output yet.
	Waits State = "waits"
	// NoOutput: its object gives no output yet. With a reason when the object stays as it
	// is, so that it may never do.
	NoOutput State = "noOutput"
	// Fails: it can not be stamped.
	Fails State = "fails"
	// Recovers: it fails or waits now, and no longer would.
	Recovers State = "recovers"
	// Unread: the objects of the step can not be read, so that nothing is known of it and of
	// those that read from it.
	Unread State = "unread"
	// Follows: it reads from an object that changes; what it gets next is known only then.
	Follows State = "follows"
)

// Step is something to say of a step that the objects do not tell.
type Step struct {
	Step  string `json:"step"`
	State State  `json:"state"`
	// From are the steps that it waits for, or follows.
	From    []string `json:"from,omitempty"`
	*Reason `json:",inline"`
}

// Degraded is something that could not be asked.
type Degraded struct {
	Verb      string `json:"verb"`
	Resource  string `json:"resource"`
	Namespace string `json:"namespace,omitempty"`
	// Forbidden: a permission is missing; else Message says what is.
	Forbidden bool   `json:"forbidden"`
	Message   string `json:"message"`
	// Objects that this concerns.
	Objects int `json:"objects"`
}

// Any tells whether anything would change, the objects of the files included.
func (i *Impact) Any() bool {
	for _, f := range i.Files {
		if f.Change != Unchanged {
			return true
		}
	}
	for n := range i.Owners {
		if !i.Owners[n].Quiet() {
			return true
		}
	}
	return false
}

// summarize counts.
func (i *Impact) summarize() {
	s := &i.Summary
	for _, f := range i.Files {
		switch {
		case f.Change == Unchanged:
		case v1alpha1.IsOwnerKind(f.Kind):
			s.GivenOwners++
		case f.Kind == v1alpha1.KindClusterSupplyChain, f.Kind == v1alpha1.KindClusterDelivery:
			s.Blueprints++
		default:
			s.Templates++
		}
	}
	s.Owners = len(i.Owners)
	for n := range i.Owners {
		if i.Owners[n].Fails() {
			s.Failing++
		}
		for _, o := range i.Owners[n].Objects {
			switch o.Change {
			case Changed:
				s.Changed++
			case Created:
				s.Created++
			case Removed:
				s.Removed++
			case Unchanged: // not among them
			}
		}
	}
}
