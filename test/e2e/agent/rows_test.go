package agent

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"sync"
)

// row is one line of the condition tables in the specification of the status. Each is
// reached by a test in this package that waits for exactly this condition of an object in
// a real API server; checkRows proves it after every complete run.
type row struct {
	table string // its section in the specification: status §
	// condition as TYPE=STATUS/REASON, on a kind of objects.
	kind, condition string
	when            string
	// never tells why Carto has no way to get there; empty for all others.
	never string
}

// Kinds of objects with the conditions.
const (
	onWorkload    = "workloads"
	onDeliverable = "deliverables"
	onRunnable    = "runnables"
	onBlueprint   = "clustersupplychains"
)

var rows = []row{
	{"2.2", onWorkload, "SupplyChainReady=True/Ready", "exactly one best blueprint, and it is Ready", ""},
	{"2.2", onWorkload, "SupplyChainReady=False/WorkloadLabelsMissing", "no labels", ""},
	{"2.2", onWorkload, "SupplyChainReady=False/SupplyChainNotFound", "nothing matches", ""},
	{"2.2", onWorkload, "SupplyChainReady=False/MultipleSupplyChainMatches", "a tie", ""},
	{"2.2", onWorkload, "SupplyChainReady=False/TemplatesNotFound", "the blueprint is not Ready: its reason is copied", ""},
	{"2.2", onDeliverable, "DeliveryReady=True/Ready", "exactly one best blueprint, and it is Ready", ""},
	{"2.2", onDeliverable, "DeliveryReady=False/DeliverableLabelsMissing", "no labels", ""},
	{"2.2", onDeliverable, "DeliveryReady=False/DeliveryNotFound", "nothing matches", ""},
	{"2.2", onDeliverable, "DeliveryReady=False/MultipleDeliveryMatches", "a tie", ""},
	{"2.2", onDeliverable, "DeliveryReady=False/TemplatesNotFound", "the blueprint is not Ready: its reason is copied", ""},
	{"2.2", onWorkload, "Ready=Unknown/Unknown", "listing or evaluating selectors failed", "blueprints are listed from a cache, and a selector that can not be evaluated is taken as not matching (reconcile Q3)"},
	{"2.2", onWorkload, "ResourcesSubmitted=True/ResourceSubmissionComplete", "every resource stamped", ""},
	{"2.2", onDeliverable, "ResourcesSubmitted=True/ResourceSubmissionComplete", "every resource stamped", ""},
	{"2.2", onWorkload, "ResourcesSubmitted=False/ServiceAccountError", "service account not found", ""},
	{"2.2", onDeliverable, "ResourcesSubmitted=False/ServiceAccountError", "service account not found", ""},
	{"2.2", onWorkload, "ResourcesSubmitted=False/ServiceAccountTokenError", "credentials can not be obtained", ""},
	{"2.2", onWorkload, "ResourcesSubmitted=False/ResourceRealizerBuilderError", "client for the account can not be built", "a client differs from the agent's own only in the account's name, which is plain text"},
	{"2.2", onWorkload, "ResourcesSubmitted=Unknown/MissingValueAtPath", "the first failing resource decides", ""},
	{"2.2", onDeliverable, "ResourcesSubmitted=False/FailedConditionMet", "the first failing resource decides", ""},
	{"2.2", onWorkload, "ResourcesHealthy=True/HealthyConditionRule", "all healthy", ""},
	{"2.2", onWorkload, "ResourcesHealthy=False/HealthyConditionRule", "one unhealthy", ""},
	{"2.2", onWorkload, "ResourcesHealthy=Unknown/HealthyConditionRule", "one undecided", ""},
	{"2.2", onWorkload, "Ready=True/Ready", "all good", ""},
	{"2.2", onWorkload, "Ready=Unknown/MissingValueAtPath", "waiting for an output", ""},
	{"2.2", onWorkload, "Ready=Unknown/HealthyConditionRule", "outputs fine, rule undecided", ""},
	{"2.2", onWorkload, "Ready=False/HealthyConditionRule", "a resource is unhealthy", ""},
	{"2.2", onWorkload, "Ready=False/TemplateStampFailure", "rendering fails", ""},
	{"2.2", onWorkload, "Ready=False/SupplyChainNotFound", "no blueprint", ""},

	{"2.3", onWorkload, "ResourceSubmitted=True/ResourceSubmissionComplete", "stamped, output read", ""},
	{"2.3", onDeliverable, "ResourceSubmitted=True/ResourceSubmissionComplete", "stamped, output read", ""},
	{"2.3", onWorkload, "ResourceSubmitted=True/PassThrough", "input passed through", ""},
	{"2.3", onDeliverable, "ResourceSubmitted=True/PassThrough", "input passed through", ""},
	{"7 S4", onWorkload, "ResourceSubmitted=Unknown/PassThrough", "the input to pass through is not there yet", ""},
	{"2.3", onWorkload, "ResourceSubmitted=Unknown/MissingValueAtPath", "an output path does not resolve", ""},
	{"2.3", onDeliverable, "ResourceSubmitted=Unknown/MissingValueAtPath", "an output path does not resolve", ""},
	{"2.3", onDeliverable, "ResourceSubmitted=Unknown/ConditionNotMet", "deployment not complete", ""},
	{"2.3", onDeliverable, "ResourceSubmitted=False/FailedConditionMet", "deployment failed", ""},
	{"2.3", onWorkload, "ResourceSubmitted=False/TemplateStampFailure", "rendering failed", ""},
	{"2.3", onDeliverable, "ResourceSubmitted=False/TemplateStampFailure", "no status.observedGeneration", ""},
	{"2.3", onWorkload, "ResourceSubmitted=False/TemplateRejectedByAPIServer", "the API server refuses the object", ""},
	{"2.3", onWorkload, "ResourceSubmitted=False/TemplateObjectRetrievalFailure", "template could not be fetched", "templates are read from the cache from which, in the same pass, the blueprint was found Ready"},
	{"2.3", onWorkload, "ResourceSubmitted=False/TemplateOptionsMatchError", "zero or several options match", ""},
	{"2.3", onWorkload, "ResourceSubmitted=False/ResolveTemplateOptionsError", "an option selector can not be evaluated", ""},
	{"2.3", onWorkload, "ResourceSubmitted=False/FailedToListCreatedObjects", "runs can not be listed", ""},
	{"2.3", onDeliverable, "ResourceSubmitted=False/UnknownError", "deployment complete, but its input is not available", ""},
	{"2.3", onWorkload, "Healthy=True/OutputsAvailable", "no rule, outputs", ""},
	{"2.3", onWorkload, "Healthy=True/AlwaysHealthy", "no rule, ClusterTemplate", ""},
	{"2.3", onWorkload, "Healthy=True/ReadyCondition", "singleConditionType", ""},
	{"2.3", onWorkload, "Healthy=False/SucceededCondition", "singleConditionType", ""},
	{"2.3", onWorkload, "Healthy=Unknown/SucceededCondition", "singleConditionType, not there", ""},
	{"2.3", onWorkload, "Healthy=True/MatchedCondition", "multiMatch", ""},
	{"2.3", onWorkload, "Healthy=False/MatchedCondition", "multiMatch", ""},
	{"2.3", onWorkload, "Healthy=True/MatchedField", "multiMatch", ""},
	{"2.3", onWorkload, "Healthy=False/MatchedField", "multiMatch", ""},
	{"2.3", onWorkload, "Healthy=Unknown/NoResource", "nothing is known of the resource", ""},
	{"2.3", onWorkload, "Healthy=Unknown/OutputNotAvailable", "no rule, no outputs", ""},
	{"2.3", onWorkload, "Healthy=Unknown/NoStampedObject", "no object", ""},
	{"2.3", onWorkload, "Healthy=Unknown/NoMatchesFulfilled", "multiMatch undecided", ""},
	{"2.3", onWorkload, "Healthy=Unknown/Unknown", "singleConditionType, no object", ""},

	{"3", onBlueprint, "TemplatesReady=True/Ready", "every template exists", ""},
	{"3", onBlueprint, "TemplatesReady=False/TemplatesNotFound", "one is missing", ""},
	{"3", onBlueprint, "Ready=False/TemplatesNotFound", "the aggregate", ""},
	{"3", onBlueprint, "Ready=Unknown/Unknown", "looking templates up fails", "templates are read from a cache, which never fails"},

	{"4", onRunnable, "RunTemplateReady=True/Ready", "run stamped", ""},
	{"4", onRunnable, "RunTemplateReady=False/ServiceAccountError", "service account missing", ""},
	{"4", onRunnable, "RunTemplateReady=False/ServiceAccountTokenError", "credentials unavailable", ""},
	{"4", onRunnable, "RunTemplateReady=False/ClientBuilderError", "client can not be built", "as for ResourceRealizerBuilderError"},
	{"4", onRunnable, "RunTemplateReady=False/RunTemplateNotFound", "no template", ""},
	{"4", onRunnable, "RunTemplateReady=False/TemplateStampFailure", "rendering failed, or not exactly one object selected", ""},
	{"4", onRunnable, "RunTemplateReady=False/StampedObjectRejectedByAPIServer", "the run can not be created", ""},
	{"4", onRunnable, "RunTemplateReady=False/FailedToListCreatedObjects", "runs can not be listed", ""},
	{"4", onRunnable, "RunTemplateReady=False/OutputPathNotSatisfied", "a run succeeded without an output", ""},
	{"4", onRunnable, "RunTemplateReady=False/UnknownError", "anything else: the selection can not be read", ""},
	{"4", onRunnable, "StampedObjectCondition=True/SucceededCondition", "as on the run", ""},
	{"4", onRunnable, "StampedObjectCondition=False/SucceededCondition", "as on the run", ""},
	{"4", onRunnable, "StampedObjectCondition=Unknown/SucceededCondition", "as on the run", ""},
	{"4", onRunnable, "StampedObjectCondition=Unknown/Unknown", "no such condition, or no run", ""},
	{"4", onRunnable, "Ready=True/Ready", "the aggregate", ""},
	{"4", onRunnable, "Ready=Unknown/Unknown", "right after a new run starts", ""},
	{"4", onRunnable, "Ready=False/SucceededCondition", "the run fails", ""},
}

// reachedRows are the conditions that tests have waited for, and seen.
type reachedRows struct {
	mu   sync.Mutex
	seen map[string]bool
}

var reached = reachedRows{seen: map[string]bool{}}

func (s *reachedRows) note(kind, conditions string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, condition := range strings.Fields(conditions) {
		s.seen[kind+" "+condition] = true
	}
}

// checkRows says which rows no test has reached; not after a part of the tests.
func checkRows() bool {
	if run := flag.Lookup("test.run").Value.String(); run != "" || flag.Lookup("test.short").Value.String() == "true" || flag.Lookup("test.list").Value.String() != "" {
		return true
	}
	ok := true
	for _, row := range rows {
		if row.never == "" && !reached.seen[row.kind+" "+row.condition] {
			fmt.Fprintf(os.Stderr, "status §%s: no test has reached %s of %s: %s\n", row.table, row.condition, row.kind, row.when)
			ok = false
		}
	}
	return ok
}
