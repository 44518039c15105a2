package v1alpha1

// Labels that Carto sets on every object it stamps (spec: reconcile §9.2).
const (
	LabelWorkloadName         = "carto.run/workload-name"
	LabelWorkloadNamespace    = "carto.run/workload-namespace"
	LabelSupplyChainName      = "carto.run/supply-chain-name"
	LabelDeliverableName      = "carto.run/deliverable-name"
	LabelDeliverableNamespace = "carto.run/deliverable-namespace"
	LabelDeliveryName         = "carto.run/delivery-name"
	LabelResourceName         = "carto.run/resource-name"
	LabelTemplateKind         = "carto.run/template-kind"
	LabelTemplateName         = "carto.run/cluster-template-name"
	LabelTemplateLifecycle    = "carto.run/template-lifecycle"
	LabelRunnableName         = "carto.run/runnable-name"
	LabelRunTemplateName      = "carto.run/run-template-name"
)

// LabelWorkloadType on a Workload says what kind of application it is; blueprints in use
// select by it (spec: cli §2.2).
const LabelWorkloadType = "apps.tanzu.vmware.com/workload-type"

// LabelAgentShard marks the Lease of a replica of an agent with --shards; its value is the
// name of the agent.
const LabelAgentShard = "carto.run/agent-shard"

// Annotations that Carto keeps on stamped objects and reads from owners.
const (
	// AnnotationDigest holds the digest of the object as it was rendered, so that a
	// restarted agent knows without writing whether a stamped object is current.
	AnnotationDigest = "carto.run/rendered-digest"
	// AnnotationShard is on the Lease of a replica of an agent with --shards: what it tells
	// the others.
	AnnotationShard = "carto.run/agent-shard-record"
	// AnnotationSequence orders the runs of an immutable step: creation timestamps
	// have a resolution of one second only.
	AnnotationSequence = "carto.run/sequence"
	// AnnotationRedactPreviews on an owner, with the value "true", keeps the values of
	// outputs out of its status: previews are then empty (spec: status S10).
	AnnotationRedactPreviews = "carto.run/redact-previews"
	// AnnotationRetry on an owner, with any new value, asks for one more run of every step
	// whose newest run has failed; AnnotationRetryStep + NAME for that of one step. A run
	// carries the values for which it was made, so that each is obeyed once.
	AnnotationRetry     = "carto.run/retry"
	AnnotationRetryStep = AnnotationRetry + "."
)

// FieldManager is the one field manager under which Carto applies objects.
const FieldManager = "carto"
