package realize

import (
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/carto-run/carto/pkg/blueprint"
	"github.com/carto-run/carto/pkg/stamp"
)

// Result is everything that a pass found out. The caller writes the status, records
// the events, and registers the dependencies.
type Result struct {
	// Pending: the pass was abandoned, because the cluster's answer is on its way.
	// Nothing else of the result counts but the dependencies.
	Pending bool
	// Skipped: the owner is being deleted; there is nothing to do.
	Skipped bool
	// Status of the owner after the pass.
	Status OwnerStatus
	// Changed says whether Status differs from the owner's.
	Changed bool
	// Events to record on the owner, in the order in which things happened.
	Events []Event
	// Retry is the error because of which the pass should be tried again soon; nil
	// when it is enough to wait for a trigger.
	Retry error
	// Unsettled: an orphan could not be removed yet. The owner keeps its old status until
	// then, because nothing else remembers the orphan.
	Unsettled bool
	// Faults did not change the result but should be logged, such as an orphan that
	// could not be removed.
	Faults []error
	// Broken are blueprint selectors that could not be evaluated on this owner.
	Broken []blueprint.BrokenSelector
	// Depends is what the outcome depends on.
	Depends Dependencies
	// Done counts the resources that are submitted: how far along the owner is.
	Done int
	// Steps in the order in which they were realized, as far as the pass came; one without
	// a name for a Runnable whose run was rendered.
	Steps []Step
}

// Step is what a pass did about one resource, where that is more than its status tells.
type Step struct {
	// Name of the resource.
	Name string
	// Template that was used; nil for a pass-through, and when there is none.
	Template *stamp.Template
	// Option that was chosen: the template's name, or the input to pass through.
	Option blueprint.Option
	// Rendered is the object with namespace, owner and labels, before the cluster saw it; a
	// run that was made has its name and number. Nil when nothing could be rendered.
	Rendered map[string]any
	// Object as the cluster holds it; of several runs, the newest. It is shared: never
	// change it. Nil when the cluster did not take what was rendered.
	Object map[string]any
	// Outputs in full; the status has previews.
	Outputs []stamp.Output
	// WaitsFor is the resource whose output keeps this one from going on; empty when there
	// is another reason, or none.
	WaitsFor string
}

// Dependencies of an owner: a change of any of them calls for another pass. They are
// registered before anything can fail (spec: reconcile Q27).
type Dependencies struct {
	// Blueprints selected, or tied.
	Blueprints []string
	// Templates attempted, and those whose absence keeps the blueprint from being Ready.
	Templates []TemplateKey
	// Account with which the owner acts; nil when the pass stopped before that.
	Account *Account
	// Kinds of the objects that were rendered.
	Kinds []schema.GroupVersionKind
	// UnknownKinds have no REST resource; their CRD may appear.
	UnknownKinds []schema.GroupVersionKind
	// Selection in which a Runnable looks for one object; nil when it has no selector.
	Selection *Selection
	// Forbidden: a write was refused; new roles or bindings may allow it.
	Forbidden bool
	// Powerless: the agent itself may not act as the account.
	Powerless bool
}

// TemplateKey names a template.
type TemplateKey struct{ Kind, Name string }

// Event is something that happened in a pass (spec: reconcile §20).
type Event struct {
	Reason string
	// Step is the resource of the blueprint; part of the identity under which events
	// are counted up. Empty for events of the owner as a whole.
	Step    string
	Message string
}
