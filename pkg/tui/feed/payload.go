package feed

import (
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/carto-run/carto/pkg/tree"
	"github.com/carto-run/carto/pkg/why"
)

// State of an owner or blueprint in a word.
type State string

// States.
const (
	Ready    State = "Ready"
	Waiting  State = "Waiting"
	Failed   State = "Failed"
	Deleting State = "Deleting"
)

// Row is an owner or blueprint as the table of all of them needs it: a thousand of them are
// kept, so it is small.
type Row struct {
	Ref   tree.Ref
	UID   string
	State State
	// Ready and Healthy are those of the tree.
	Ready, Healthy tree.State
	// Step at fault, and what its root cause says, on one line; empty when it is ready.
	Step, Cause string
	// StepsReady of Steps are ready. A Runnable has none.
	StepsReady, Steps int
	// Type is the label of workloads, Blueprint what an owner goes through.
	Type, Blueprint string
	// Output is what came out of the last step that has one, on one line.
	Output string
	// Owners of a blueprint, where they are known; -1 elsewhere.
	Owners  int
	Created time.Time
	Labels  map[string]string
}

// Key names the row.
func (r *Row) Key() Key { return Key{r.Ref.Namespace, r.Ref.Name} }

// Key names a row within its kind.
type Key struct{ Namespace, Name string }

// OwnersChanged is what differs from the delivery before. Deliveries are coalesced: there
// are at most thirty a second, however much changes.
type OwnersChanged struct {
	Changed []Row
	Gone    []Key
	// Synced is true once everything that there is has been delivered.
	Synced bool
	// Reset is true when what was delivered before does not count any more.
	Reset bool
}

// Snapshot is an owner at one moment.
type Snapshot struct {
	// Tree is what tree -o json prints, Input what it was made of: the objects as they
	// were read.
	Tree  *tree.Tree
	Input tree.Input
	// Why words the root cause as the command why does, without further requests.
	Why *why.Why
	At  time.Time
}

// Manifest is an object as it was read last.
type Manifest struct{ Object *unstructured.Unstructured }

// Explanation is what the command why knows.
type Explanation struct{ Why *why.Why }

// Event is an event about an owner or something below it.
type Event struct {
	UID  string
	Time time.Time
	Type string
	// About is Kind/name, Step the step that it belongs to, if any.
	About, Step     string
	Reason, Message string
	Count           int64
}

// EventsSeen are new or repeated events, in the order of their times.
type EventsSeen struct {
	Events []Event
	// Synced is true once everything that the cluster remembers has been delivered.
	Synced bool
}

// LogLine is one line of a container.
type LogLine struct {
	Time                 time.Time
	Step, Pod, Container string
	Message              string
}

// LogLines are the next lines, in the order in which they arrived. Dropped counts those that
// came faster than they can be shown, and were left out before these.
type LogLines struct {
	Lines   []LogLine
	Dropped int
	// Note is what to know about the logs, such as pods that may not be read.
	Note string
	// Ended is true when nothing more comes.
	Ended bool
}

// Run is one object that a step made, or a run of a Runnable.
type Run struct {
	Object tree.Object
	// Current is true for the one whose outputs are used.
	Current bool
	// Ended is when it succeeded or failed; zero while it goes on.
	Ended time.Time
}

// RunsSeen is the whole history, the newest first.
type RunsSeen struct{ Runs []Run }

// Version is what was stamped, at one time.
type Version struct {
	// Name tells it from others: a run, or a generation.
	Name string
	At   time.Time
	// Object without its status and without what the API server keeps.
	Object *unstructured.Unstructured
}

// VersionsSeen is all that is known, the newest first; Note says what is not.
type VersionsSeen struct {
	Versions []Version
	Note     string
}

// Names are sorted.
type Names struct {
	Names []string
	// Current is the one in use, if any.
	Current string
}

// Param of a blueprint that a workload may set.
type Param struct {
	Name string
	// Default is the value as YAML, empty when there is none.
	Default string
	// From says where it is declared: a step, or the blueprint.
	From string
}

// Blueprint is what the form that creates a Workload needs.
type Blueprint struct {
	Name string
	// Labels that its selector asks for; empty where it can not be said as labels.
	Labels map[string]string
	Params []Param
	Ready  bool
}

// BlueprintsKnown are those of Workloads, by name.
type BlueprintsKnown struct{ Blueprints []Blueprint }

// ConnectionState in a word.
type ConnectionState string

// Connection states.
const (
	Connecting ConnectionState = "connecting"
	Live       ConnectionState = "live"
	Lost       ConnectionState = "lost"
)

// Connection is a message of its own: how the API server answers.
type Connection struct {
	Context, Server, Namespace string
	State                      ConnectionState
	// Since is when State began; Answered when the API server last answered.
	Since, Answered time.Time
	Err             error
}
