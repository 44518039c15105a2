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

const w, d, r, b = "workloads", "deliverables", "runnables", "clustersupplychains"

var rows = []row{
	{"2.2", w, "SupplyChainReady=True/Ready", "exactly one best blueprint, and it is Ready", ""},
	{"2.2", w, "SupplyChainReady=False/WorkloadLabelsMissing", "no labels", ""},
	{"2.2", w, "SupplyChainReady=False/SupplyChainNotFound", "nothing matches", ""},
	{"2.2", w, "SupplyChainReady=False/MultipleSupplyChainMatches", "a tie", ""},
	{"2.2", w, "SupplyChainReady=False/TemplatesNotFound", "the blueprint is not Ready: its reason is copied", ""},
	{"2.2", d, "DeliveryReady=True/Ready", "exactly one best blueprint, and it is Ready", ""},
	{"2.2", d, "DeliveryReady=False/DeliverableLabelsMissing", "no labels", ""},
	{"2.2", d, "DeliveryReady=False/DeliveryNotFound", "nothing matches", ""},
	{"2.2", d, "DeliveryReady=False/MultipleDeliveryMatches", "a tie", ""},
	{"2.2", d, "DeliveryReady=False/TemplatesNotFound", "the blueprint is not Ready: its reason is copied", ""},
	{"2.2", w, "Ready=Unknown/Unknown", "listing or evaluating selectors failed", "blueprints are listed from a cache, and a selector that can not be evaluated is taken as not matching (reconcile Q3)"},
	{"2.2", w, "ResourcesSubmitted=True/ResourceSubmissionComplete", "every resource stamped", ""},
	{"2.2", d, "ResourcesSubmitted=True/ResourceSubmissionComplete", "every resource stamped", ""},
	{"2.2", w, "ResourcesSubmitted=False/ServiceAccountError", "service account not found", ""},
	{"2.2", d, "ResourcesSubmitted=False/ServiceAccountError", "service account not found", ""},
	{"2.2", w, "ResourcesSubmitted=False/ServiceAccountTokenError", "credentials can not be obtained", ""},
	{"2.2", w, "ResourcesSubmitted=False/ResourceRealizerBuilderError", "client for the account can not be built", "a client differs from the agent's own only in the account's name, which is plain text"},
	{"2.2", w, "ResourcesSubmitted=Unknown/MissingValueAtPath", "the first failing resource decides", ""},
	{"2.2", d, "ResourcesSubmitted=False/FailedConditionMet", "the first failing resource decides", ""},
	{"2.2", w, "ResourcesHealthy=True/HealthyConditionRule", "all healthy", ""},
	{"2.2", w, "ResourcesHealthy=False/HealthyConditionRule", "one unhealthy", ""},
	{"2.2", w, "ResourcesHealthy=Unknown/HealthyConditionRule", "one undecided", ""},
	{"2.2", w, "Ready=True/Ready", "all good", ""},
	{"2.2", w, "Ready=Unknown/MissingValueAtPath", "waiting for an output", ""},
	{"2.2", w, "Ready=Unknown/HealthyConditionRule", "outputs fine, rule undecided", ""},
	{"2.2", w, "Ready=False/HealthyConditionRule", "a resource is unhealthy", ""},
	{"2.2", w, "Ready=False/TemplateStampFailure", "rendering fails", ""},
	{"2.2", w, "Ready=False/SupplyChainNotFound", "no blueprint", ""},

	{"2.3", w, "ResourceSubmitted=True/ResourceSubmissionComplete", "stamped, output read", ""},
	{"2.3", d, "ResourceSubmitted=True/ResourceSubmissionComplete", "stamped, output read", ""},
	{"2.3", w, "ResourceSubmitted=True/PassThrough", "input passed through", ""},
	{"2.3", d, "ResourceSubmitted=True/PassThrough", "input passed through", ""},
	{"7 S4", w, "ResourceSubmitted=Unknown/PassThrough", "the input to pass through is not there yet", ""},
	{"2.3", w, "ResourceSubmitted=Unknown/MissingValueAtPath", "an output path does not resolve", ""},
	{"2.3", d, "ResourceSubmitted=Unknown/MissingValueAtPath", "an output path does not resolve", ""},
	{"2.3", d, "ResourceSubmitted=Unknown/ConditionNotMet", "deployment not complete", ""},
	{"2.3", d, "ResourceSubmitted=False/FailedConditionMet", "deployment failed", ""},
	{"2.3", w, "ResourceSubmitted=False/TemplateStampFailure", "rendering failed", ""},
	{"2.3", d, "ResourceSubmitted=False/TemplateStampFailure", "no status.observedGeneration", ""},
	{"2.3", w, "ResourceSubmitted=False/TemplateRejectedByAPIServer", "the API server refuses the object", ""},
	{"2.3", w, "ResourceSubmitted=False/TemplateObjectRetrievalFailure", "template could not be fetched", "templates are read from the cache from which, in the same pass, the blueprint was found Ready"},
	{"2.3", w, "ResourceSubmitted=False/TemplateOptionsMatchError", "zero or several options match", ""},
	{"2.3", w, "ResourceSubmitted=False/ResolveTemplateOptionsError", "an option selector can not be evaluated", ""},
	{"2.3", w, "ResourceSubmitted=False/FailedToListCreatedObjects", "runs can not be listed", ""},
	{"2.3", d, "ResourceSubmitted=False/UnknownError", "deployment complete, but its input is not available", ""},
	{"2.3", w, "Healthy=True/OutputsAvailable", "no rule, outputs", ""},
	{"2.3", w, "Healthy=True/AlwaysHealthy", "no rule, ClusterTemplate", ""},
	{"2.3", w, "Healthy=True/ReadyCondition", "singleConditionType", ""},
	{"2.3", w, "Healthy=False/SucceededCondition", "singleConditionType", ""},
	{"2.3", w, "Healthy=Unknown/SucceededCondition", "singleConditionType, not there", ""},
	{"2.3", w, "Healthy=True/MatchedCondition", "multiMatch", ""},
	{"2.3", w, "Healthy=False/MatchedCondition", "multiMatch", ""},
	{"2.3", w, "Healthy=True/MatchedField", "multiMatch", ""},
	{"2.3", w, "Healthy=False/MatchedField", "multiMatch", ""},
	{"2.3", w, "Healthy=Unknown/NoResource", "nothing is known of the resource", ""},
	{"2.3", w, "Healthy=Unknown/OutputNotAvailable", "no rule, no outputs", ""},
	{"2.3", w, "Healthy=Unknown/NoStampedObject", "no object", ""},
	{"2.3", w, "Healthy=Unknown/NoMatchesFulfilled", "multiMatch undecided", ""},
	{"2.3", w, "Healthy=Unknown/Unknown", "singleConditionType, no object", ""},

	{"3", b, "TemplatesReady=True/Ready", "every template exists", ""},
	{"3", b, "TemplatesReady=False/TemplatesNotFound", "one is missing", ""},
	{"3", b, "Ready=False/TemplatesNotFound", "the aggregate", ""},
	{"3", b, "Ready=Unknown/Unknown", "looking templates up fails", "templates are read from a cache, which never fails"},

	{"4", r, "RunTemplateReady=True/Ready", "run stamped", ""},
	{"4", r, "RunTemplateReady=False/ServiceAccountError", "service account missing", ""},
	{"4", r, "RunTemplateReady=False/ServiceAccountTokenError", "credentials unavailable", ""},
	{"4", r, "RunTemplateReady=False/ClientBuilderError", "client can not be built", "as for ResourceRealizerBuilderError"},
	{"4", r, "RunTemplateReady=False/RunTemplateNotFound", "no template", ""},
	{"4", r, "RunTemplateReady=False/TemplateStampFailure", "rendering failed, or not exactly one object selected", ""},
	{"4", r, "RunTemplateReady=False/StampedObjectRejectedByAPIServer", "the run can not be created", ""},
	{"4", r, "RunTemplateReady=False/FailedToListCreatedObjects", "runs can not be listed", ""},
	{"4", r, "RunTemplateReady=False/OutputPathNotSatisfied", "a run succeeded without an output", ""},
	{"4", r, "RunTemplateReady=False/UnknownError", "anything else: the selection can not be read", ""},
	{"4", r, "StampedObjectCondition=True/SucceededCondition", "as on the run", ""},
	{"4", r, "StampedObjectCondition=False/SucceededCondition", "as on the run", ""},
	{"4", r, "StampedObjectCondition=Unknown/SucceededCondition", "as on the run", ""},
	{"4", r, "StampedObjectCondition=Unknown/Unknown", "no such condition, or no run", ""},
	{"4", r, "Ready=True/Ready", "the aggregate", ""},
	{"4", r, "Ready=Unknown/Unknown", "right after a new run starts", ""},
	{"4", r, "Ready=False/SucceededCondition", "the run fails", ""},
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
