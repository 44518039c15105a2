// Package feed is what the full-screen view asks of the cluster and what it is told: data
// only. Screens name a Topic and are sent what it delivers until they stop it; an Action is
// done once. Who reads the cluster lives elsewhere, so every screen is tested by handing it
// deliveries.
package feed

import (
	"time"

	"github.com/carto-run/carto/pkg/tree"
)

// ID names one subscription.
type ID int

// Delivery is a message of a subscription: Payload is one of the types that its Topic
// names, or a Fault.
type Delivery struct {
	ID      ID
	Payload any
}

// Fault is a payload: what was asked for can not be had now.
type Fault struct {
	Err error
	// Final is true when nothing more comes: the object is gone, the kind is unknown, it
	// is forbidden. Otherwise it is tried again.
	Final bool
	// Gone is true when the object was there and was deleted.
	Gone bool
}

// Topic is something to follow. Everything but Contexts and Blueprints is kept up to date
// by watches.
type Topic interface{ topic() }

// Owners follows all owners of a kind, or all blueprints; it delivers OwnersChanged.
type Owners struct {
	// Kind is Workload, Deliverable, Runnable, ClusterSupplyChain or ClusterDelivery.
	Kind string
	// Namespace is empty for all, and for kinds without.
	Namespace string
}

// Owner follows one owner with its tree; it delivers Snapshot. A blueprint is followed with
// its owners.
type Owner struct{ Ref tree.Ref }

// Object follows one object; it delivers Manifest. What another topic holds already costs
// no request.
type Object struct{ Ref tree.Ref }

// Explained asks why an owner is as it is, with its params; it delivers Explanation: once,
// or, for an owner that another topic follows, whenever the answer may be another one.
type Explained struct{ Owner tree.Ref }

// Events follows the events of an owner and of all below it, or of one step; it delivers
// EventsSeen.
type Events struct {
	Owner tree.Ref
	Step  string
}

// Logs follows the containers of an owner, or of a step or pod; it delivers LogLines.
type Logs struct {
	Owner          tree.Ref
	Step           string
	Pod, Container string
	// Previous reads the instances before the present ones, once, instead.
	Previous bool
	// Since is how far to look back; 0 means to the beginning.
	Since time.Duration
}

// Runs follows the history of a step that makes one object for each change, or of a
// Runnable, for which Step is empty; it delivers RunsSeen.
type Runs struct {
	Owner tree.Ref
	Step  string
}

// Versions follows what was stamped for a step: the runs there are, or the versions of the
// object that were seen while the program has been open; it delivers VersionsSeen.
type Versions struct {
	Owner tree.Ref
	Step  string
}

// Namespaces follows the names of namespaces; it delivers Names.
type Namespaces struct{}

// Contexts asks once for the contexts of the kubeconfig; it delivers Names.
type Contexts struct{}

// Blueprints asks once for the blueprints of Workloads with their params, for the form that
// creates one; it delivers BlueprintsKnown.
type Blueprints struct{}

func (Owners) topic()     {}
func (Owner) topic()      {}
func (Object) topic()     {}
func (Explained) topic()  {}
func (Events) topic()     {}
func (Logs) topic()       {}
func (Runs) topic()       {}
func (Versions) topic()   {}
func (Namespaces) topic() {}
func (Contexts) topic()   {}
func (Blueprints) topic() {}
