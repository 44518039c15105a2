package feed

import "github.com/carto-run/carto/pkg/tree"

// Action is done once; Done tells how it ended. Those that change the cluster are only
// asked for where writing was switched on and a person has confirmed.
type Action interface{ action() }

// Retry asks the agent for one more run of what has failed, or of one step.
type Retry struct {
	Owner tree.Ref
	Step  string
}

// Delete deletes an object; Kubernetes then removes what it owns.
type Delete struct {
	Ref tree.Ref
	UID string
}

// Edit opens an object in the person's editor and applies what was changed.
type Edit struct{ Ref tree.Ref }

// Create creates a Workload from its manifest, as YAML. With Check the API server only
// checks it.
type Create struct {
	YAML  string
	Check bool
}

// Use goes over to another context of the kubeconfig; all subscriptions end.
type Use struct{ Context string }

// Refresh reads everything that is followed again.
type Refresh struct{}

func (Retry) action()   {}
func (Delete) action()  {}
func (Edit) action()    {}
func (Create) action()  {}
func (Use) action()     {}
func (Refresh) action() {}

// Done is the message at the end of an action.
type Done struct {
	Action Action
	// Text says what was done, Err why it was not. Both are empty when a person gave up.
	Text string
	Err  error
}
