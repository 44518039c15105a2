package v1alpha1

// Condition types (spec: status §2 to §4).
const (
	ConditionReady = "Ready"

	// Owners.
	ConditionSupplyChainReady   = "SupplyChainReady"
	ConditionDeliveryReady      = "DeliveryReady"
	ConditionResourcesSubmitted = "ResourcesSubmitted"
	ConditionResourcesHealthy   = "ResourcesHealthy"

	// Resources of an owner.
	ConditionResourceSubmitted = "ResourceSubmitted"
	ConditionHealthy           = "Healthy"

	// Blueprints.
	ConditionTemplatesReady = "TemplatesReady"

	// Runnables.
	ConditionRunTemplateReady = "RunTemplateReady"
	ConditionStampedObject    = "StampedObjectCondition"
)

// Reasons of conditions. They are exact tokens of the wire contract.
const (
	ReasonReady   = "Ready"
	ReasonUnknown = "Unknown"

	// SupplyChainReady, DeliveryReady.
	ReasonWorkloadLabelsMissing      = "WorkloadLabelsMissing"
	ReasonDeliverableLabelsMissing   = "DeliverableLabelsMissing"
	ReasonSupplyChainNotFound        = "SupplyChainNotFound"
	ReasonDeliveryNotFound           = "DeliveryNotFound"
	ReasonMultipleSupplyChainMatches = "MultipleSupplyChainMatches"
	ReasonMultipleDeliveryMatches    = "MultipleDeliveryMatches"

	// ResourcesSubmitted, RunTemplateReady: the owner does not fit its type.
	ReasonSpecUnreadable = "SpecUnreadable"

	// ResourcesSubmitted, ResourceSubmitted.
	ReasonResourceSubmissionComplete     = "ResourceSubmissionComplete"
	ReasonPassThrough                    = "PassThrough"
	ReasonServiceAccountError            = "ServiceAccountError"
	ReasonServiceAccountTokenError       = "ServiceAccountTokenError"
	ReasonResourceRealizerBuilderError   = "ResourceRealizerBuilderError"
	ReasonMissingValueAtPath             = "MissingValueAtPath"
	ReasonConditionNotMet                = "ConditionNotMet"
	ReasonFailedConditionMet             = "FailedConditionMet"
	ReasonTemplateStampFailure           = "TemplateStampFailure"
	ReasonTemplateRejectedByAPIServer    = "TemplateRejectedByAPIServer"
	ReasonTemplateObjectRetrievalFailure = "TemplateObjectRetrievalFailure"
	ReasonTemplateOptionsMatchError      = "TemplateOptionsMatchError"
	ReasonResolveTemplateOptionsError    = "ResolveTemplateOptionsError"
	ReasonFailedToListCreatedObjects     = "FailedToListCreatedObjects"
	ReasonUnknownError                   = "UnknownError"

	// ResourcesHealthy, Healthy.
	ReasonHealthyConditionRule = "HealthyConditionRule"
	ReasonOutputsAvailable     = "OutputsAvailable"
	ReasonAlwaysHealthy        = "AlwaysHealthy"
	ReasonMatchedCondition     = "MatchedCondition"
	ReasonMatchedField         = "MatchedField"
	ReasonNoResource           = "NoResource"
	ReasonOutputNotAvailable   = "OutputNotAvailable"
	ReasonNoStampedObject      = "NoStampedObject"
	ReasonNoMatchesFulfilled   = "NoMatchesFulfilled"

	// TemplatesReady.
	ReasonTemplatesNotFound = "TemplatesNotFound"

	// RunTemplateReady, StampedObjectCondition.
	ReasonClientBuilderError               = "ClientBuilderError"
	ReasonRunTemplateNotFound              = "RunTemplateNotFound"
	ReasonStampedObjectRejectedByAPIServer = "StampedObjectRejectedByAPIServer"
	ReasonOutputPathNotSatisfied           = "OutputPathNotSatisfied"
	ReasonSucceededCondition               = "SucceededCondition"
)

// Reasons of events (spec: reconcile §20).
const (
	EventStampedObjectApplied         = "StampedObjectApplied"
	EventStampedObjectRemoved         = "StampedObjectRemoved"
	EventRunRetried                   = "RunRetried"
	EventResourceOutputChanged        = "ResourceOutputChanged"
	EventResourceHealthyStatusChanged = "ResourceHealthyStatusChanged"
	// EventBlueprintFindings is about a blueprint: lint finds errors in it or its templates.
	EventBlueprintFindings = "BlueprintFindings"
)
