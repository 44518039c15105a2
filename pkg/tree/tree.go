// Package tree is the model of one owner: the steps of its blueprint in order with the
// inputs that join them, also those that are not stamped yet; the objects that were
// stamped; what Kubernetes made below them; and the one root cause, if the owner is not
// ready.
//
// Ownership alone, which is what other tree tools draw, can not answer why something is
// stuck: a step that waits for another owns nothing yet. So the model is a graph of
// steps, with ownership only below the stamped objects.
//
// The package is pure: package collect reads, Build decides, the printers write. Every
// reader of the model (tables, JSON, the full-screen view) draws the same snapshot.
package tree

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Version and kind of the JSON and YAML form. Fields are only ever added within one
// version.
const (
	APIVersion = "carto.run/tree/v1"
	Kind       = "Tree"
	KindList   = "TreeList"
	KindPath   = "Path"
)

// Tree is one owner at one moment; or a blueprint with its owners, or any other object
// with what is below it.
type Tree struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	// Owner at the root; absent when the root is something else.
	Owner OwnerNode `json:"owner,omitzero"`
	// Object at the root, if that is neither an owner nor a blueprint.
	Object *Object `json:"object,omitempty"`
	// Blueprint that the owner goes through, absent when none is selected; or the root.
	Blueprint *Ref `json:"blueprint,omitempty"`
	// BlueprintReady is the state of a blueprint at the root.
	BlueprintReady State `json:"blueprintReady,omitzero"`
	// Owners are those that last went through a blueprint at the root.
	Owners []*Tree `json:"owners,omitempty"`
	// Steps in topological order, the author's order among equals. A Runnable has none.
	Steps []Step `json:"steps"`
	// Runs of a Runnable, the newest first.
	Runs []Object `json:"runs,omitempty"`
	// RootCause is absent when the owner is ready.
	RootCause *RootCause `json:"rootCause,omitempty"`
	// Unread lists what could not be read; the tree is incomplete there.
	Unread []Unread `json:"unread,omitempty"`
}

// Ref names an object.
type Ref struct {
	APIVersion string `json:"apiVersion,omitempty"`
	Kind       string `json:"kind"`
	// Resource is plural.group, as kubectl takes it.
	Resource  string `json:"resource,omitempty"`
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name"`
}

// State is a condition: a status, and what explains it.
type State struct {
	// Status is True, False or Unknown; empty when the object says nothing.
	Status  string `json:"status,omitempty"`
	Reason  string `json:"reason,omitempty"`
	Message string `json:"message,omitempty"`
	// Since is when it last changed.
	Since Time `json:"since,omitempty"`
}

// Source is where an owner says that its code is, and what was found there.
type Source struct {
	// Git is the URL of a repository, and Ref the commit, tag or branch of it.
	Git string `json:"git,omitempty"`
	Ref string `json:"ref,omitempty"`
	// Image that holds the source, or that was built already.
	Image string `json:"image,omitempty"`
	// SubPath to treat as the root.
	SubPath string `json:"subPath,omitempty"`
	// Revision that was read: the first output of that name.
	Revision string `json:"revision,omitempty"`
}

// OwnerNode is the owner.
type OwnerNode struct {
	Ref     `json:",inline"`
	Source  *Source `json:"source,omitempty"`
	Ready   State   `json:"ready"`
	Healthy State   `json:"healthy"`
	Created Time    `json:"created,omitempty"`
	// Current is false while the status speaks of an older generation.
	Current            bool  `json:"current"`
	Generation         int64 `json:"generation"`
	ObservedGeneration int64 `json:"observedGeneration"`
	// Read is the owner as it was read, for readers that show more of it than its state;
	// nil where the owner was made up.
	Read *unstructured.Unstructured `json:"-"`
}

// Phase of a step.
type Phase string

// Phases.
const (
	// PhaseWaiting: nothing is stamped yet.
	PhaseWaiting Phase = "Waiting"
	// PhaseStamped: there is an object.
	PhaseStamped Phase = "Stamped"
	// PhasePassThrough: an input is the output; there never is an object.
	PhasePassThrough Phase = "PassThrough"
)

// Step is one step of the blueprint for this owner.
type Step struct {
	Name    string `json:"name"`
	Phase   Phase  `json:"phase"`
	Ready   State  `json:"ready"`
	Healthy State  `json:"healthy"`
	// Template that was selected, or that will be used.
	Template *Ref        `json:"template,omitempty"`
	Inputs   []StepInput `json:"inputs,omitempty"`
	// WaitsFor names the steps whose output is not there yet.
	WaitsFor []string `json:"waitsFor,omitempty"`
	// Remark is what the agent says of the object although it is applied, such as who keeps
	// changing it.
	Remark  string   `json:"remark,omitempty"`
	Object  *Object  `json:"object,omitempty"`
	Outputs []Output `json:"outputs,omitempty"`
}

// StepInput is an edge of the graph, and whether its value is there.
type StepInput struct {
	Edge      `json:",inline"`
	Available bool `json:"available"`
	// Values that flow along the edge: the outputs of the step that is read.
	Values []Output `json:"values,omitempty"`
}

// Output is a value that a step gives to others.
type Output struct {
	Name string `json:"name"`
	// Preview is the beginning of the value as YAML.
	Preview string `json:"preview"`
	Digest  string `json:"digest"`
	Since   Time   `json:"since,omitempty"`
}

// Rule says how the edge from an object to what is above it was found.
type Rule string

// Rules, from the most to the least certain.
const (
	// RuleStatus: the status of the owner names the object.
	RuleStatus Rule = "status"
	// RuleLabel: a label of the object names the owner or the step.
	RuleLabel Rule = "label"
	// RuleOwnerReference: the object's metadata.ownerReferences name its parent.
	RuleOwnerReference Rule = "ownerReference"
)

// Object is a stamped object, or something below one.
type Object struct {
	Ref   `json:",inline"`
	Ready State `json:"ready"`
	// FoundBy is the rule that found the object below its parent.
	FoundBy Rule `json:"foundBy,omitempty"`
	// Sequence numbers the runs of a step or Runnable; 0 for all other objects.
	Sequence int64 `json:"sequence,omitempty"`
	// Created is absent when the object was not read.
	Created Time `json:"created,omitempty"`
	// Containers is set for a pod.
	Containers *Containers `json:"containers,omitempty"`
	// URL is where the object says that it answers, as a service of Knative does.
	URL string `json:"url,omitempty"`
	// Missing is true for an object that the status names and the cluster lacks.
	Missing bool `json:"missing,omitempty"`
	// Tree of an object that is an owner with steps of its own, such as a Deliverable
	// that a Workload stamps; it has no Children then. The runs of a Runnable are its
	// Children.
	Tree     *Tree    `json:"tree,omitempty"`
	Children []Object `json:"children,omitempty"`
}
