package realize

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"
	"time"

	apiequality "k8s.io/apimachinery/pkg/api/equality"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/blueprint"
)

// Pass reconciles one owner once (spec: reconcile §2). Blueprints are all those of the
// owner's kind. Now has a resolution of one second on the wire.
func Pass(ctx context.Context, owner *Owner, blueprints []*blueprint.Blueprint, now time.Time, cluster Cluster) Result {
	if owner.Deleting {
		return Result{Skipped: true, Status: owner.Status}
	}
	p := &pass{
		owner: owner, cluster: cluster, now: wireTime(now), terms: owner.terms(),
		conditions: newConditionSet(owner.Status.Conditions, wireTime(now)),
		outputs:    map[string]stepOutput{},
	}
	p.result.Status = owner.Status
	switch {
	case owner.Unread != nil:
		p.reportUnread()
	case owner.Runnable != nil:
		p.passRunnable(ctx)
	default:
		p.run(ctx, blueprints, now)
	}
	if p.result.Pending {
		return p.result
	}
	if owner.RedactPreviews {
		p.result.Status.Resources = redacted(p.result.Status.Resources)
	}
	p.result.Status.Conditions = p.conditions.finish()
	p.result.Status.ObservedGeneration = owner.Generation
	p.result.Changed = !p.result.Unsettled && !apiequality.Semantic.DeepEqual(p.result.Status, owner.Status)
	return p.result
}

// reportUnread says that nothing can be done for the owner. What was stamped for it stays, and
// the status goes on to name it.
func (p *pass) reportUnread() {
	condition := v1alpha1.ConditionResourcesSubmitted
	if p.owner.Kind == v1alpha1.KindRunnable {
		condition = v1alpha1.ConditionRunTemplateReady
	}
	p.conditions.add(condition, metav1.ConditionFalse, v1alpha1.ReasonSpecUnreadable,
		fmt.Sprintf("cannot read the spec of the %s: %v; correct the field", strings.ToLower(p.owner.Kind), p.owner.Unread))
}

// pass is the state of one pass.
type pass struct {
	owner      *Owner
	cluster    Cluster
	now        metav1.Time
	terms      terms
	conditions *conditionSet
	blueprint  *blueprint.Blueprint
	account    Account
	// outputs of the resources so far, by resource name.
	outputs map[string]stepOutput
	result  Result
}

func (p *pass) run(ctx context.Context, blueprints []*blueprint.Blueprint, now time.Time) {
	if !p.selectBlueprint(blueprints, now) {
		return
	}
	if failure := p.resolveAccount(); failure != nil {
		p.conditions.add(v1alpha1.ConditionResourcesSubmitted, failure.status, failure.reason, failure.message)
		return
	}
	steps := make(map[string]*stepRecord, len(p.blueprint.Resources))
	var first *stepRecord
	for _, resource := range p.blueprint.Order {
		record := p.realize(ctx, resource)
		if p.result.Pending {
			return
		}
		steps[resource.Name] = record
		p.result.Steps = append(p.result.Steps, record.step())
		if record.failure == nil {
			p.result.Done++
			continue
		}
		if first == nil {
			first = record
		}
		// Retry when any failing resource can be retried, not only the first
		// (spec: status §6).
		if record.failure.retry && p.result.Retry == nil {
			p.result.Retry = fmt.Errorf("resource %s: %w", resource.Name, record.failure)
		}
	}
	p.report(steps, first)
	p.removeOrphans(ctx)
}

// selectBlueprint finds the blueprint and checks that it is Ready; false ends the pass.
func (p *pass) selectBlueprint(blueprints []*blueprint.Blueprint, now time.Time) bool {
	if len(p.owner.Labels) == 0 {
		p.conditions.add(p.terms.ready, metav1.ConditionFalse, p.terms.labelsMissing,
			fmt.Sprintf("the %s has no labels, so no %s can select it; add the labels of its type", strings.ToLower(p.owner.Kind), p.terms.blueprintKind))
		return false
	}
	selected, broken := blueprint.Select(blueprints, p.owner.subject())
	p.result.Broken = broken
	for _, b := range selected {
		p.result.Depends.Blueprints = append(p.result.Depends.Blueprints, b.Name)
	}
	switch len(selected) {
	case 0:
		p.conditions.add(p.terms.ready, metav1.ConditionFalse, p.terms.notFound,
			fmt.Sprintf("no %s selects an owner with the labels %s%s", p.terms.blueprintKind, describeLabels(p.owner.Labels), describeBroken(broken)))
		return false
	case 1:
	default:
		names := append([]string{}, p.result.Depends.Blueprints...)
		sort.Strings(names)
		p.conditions.add(p.terms.ready, metav1.ConditionFalse, p.terms.multiple,
			fmt.Sprintf("several objects of kind %s select this owner equally well: [%s]; make one of the selectors more specific", p.terms.blueprintKind, strings.Join(names, ", ")))
		return false
	}
	p.blueprint = selected[0]
	p.result.Status.Blueprint = v1alpha1.BlueprintRef{Kind: p.blueprint.Kind, Name: p.blueprint.Name}
	for _, use := range p.blueprint.Templates() {
		p.result.Depends.Templates = append(p.result.Depends.Templates, TemplateKey{use.Kind, use.Name})
	}
	// Readiness is judged here and now, with the same function that writes the
	// blueprint's status: waiting for that write would let owners act on stale news.
	status := BlueprintStatus(p.blueprint, p.cluster.Template, "", v1alpha1.BlueprintStatus{}, now)
	ready := apimeta.FindStatusCondition(status.Conditions, v1alpha1.ConditionReady)
	if ready.Status != metav1.ConditionTrue {
		p.conditions.add(p.terms.ready, metav1.ConditionFalse, ready.Reason, ready.Message)
		return false
	}
	p.conditions.add(p.terms.ready, metav1.ConditionTrue, v1alpha1.ReasonReady, "")
	return true
}

// describeLabels writes labels as kubectl takes them, sorted.
func describeLabels(labels map[string]string) string {
	texts := make([]string, 0, len(labels))
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		texts = append(texts, key+"="+labels[key])
	}
	return strings.Join(texts, ", ")
}

func describeBroken(broken []blueprint.BrokenSelector) string {
	if len(broken) == 0 {
		return ""
	}
	texts := make([]string, len(broken))
	for i, b := range broken {
		texts[i] = fmt.Sprintf("%s: %v", b.Blueprint.Name, b.Err)
	}
	return "; not considered, because their selectors can not be evaluated: " + strings.Join(texts, "; ")
}

// resolveAccount finds the service account. Without it the pass ends.
func (p *pass) resolveAccount() *failure {
	account := p.owner.account(p.blueprint)
	p.account = account
	// A pointer into the pass would keep all of it, with every object it has read, for as
	// long as the dependencies are remembered.
	p.result.Depends.Account = &account
	if err := p.cluster.ServiceAccount(account); err != nil {
		return failed(v1alpha1.ReasonServiceAccountError, "cannot act as service account %s: %v; create it, or name another in spec.serviceAccountName", account, err)
	}
	return nil
}

// report turns the records of the resources into the status, in the blueprint's order
// (spec: reconcile Q29).
func (p *pass) report(steps map[string]*stepRecord, first *stepRecord) {
	statuses := make([]v1alpha1.ResourceStatus, 0, len(p.blueprint.Resources))
	health := newConditionSet(nil, p.now)
	for _, resource := range p.blueprint.Resources {
		record := steps[resource.Name]
		status := p.status(record)
		statuses = append(statuses, status)
		if healthy := apimeta.FindStatusCondition(status.Conditions, v1alpha1.ConditionHealthy); healthy != nil {
			message := healthy.Message
			if healthy.Status != metav1.ConditionTrue {
				message = strings.TrimSuffix(fmt.Sprintf("resource %s: %s", resource.Name, describe(healthy)), ": ")
			}
			health.add(resource.Name, healthy.Status, healthy.Reason, message)
		}
	}
	p.result.Status.Resources = statuses

	if first == nil {
		p.conditions.add(v1alpha1.ConditionResourcesSubmitted, metav1.ConditionTrue, v1alpha1.ReasonResourceSubmissionComplete, p.remarks(steps))
	} else {
		p.conditions.add(v1alpha1.ConditionResourcesSubmitted, first.failure.status, first.failure.reason, first.failure.message+after("; ", p.remarks(steps)))
	}
	// No Healthy condition anywhere: nothing can be unhealthy (spec: status S5).
	overall := metav1.Condition{Status: metav1.ConditionTrue}
	if len(health.list) > 0 {
		health.finish()
		overall = health.top
	}
	p.conditions.add(v1alpha1.ConditionResourcesHealthy, overall.Status, v1alpha1.ReasonHealthyConditionRule, overall.Message)
}

// remarks are what is to be said of the objects of all resources.
func (p *pass) remarks(steps map[string]*stepRecord) string {
	var remarks []string
	for _, resource := range p.blueprint.Resources {
		if remark := steps[resource.Name].remark; remark != "" {
			remarks = append(remarks, "resource "+resource.Name+": "+remark)
		}
	}
	return strings.Join(remarks, "; ")
}

func describe(c *metav1.Condition) string {
	if c.Message != "" {
		return c.Message
	}
	if words := inWords[c.Reason]; words != "" {
		return words
	}
	return c.Reason
}

// inWords are reasons that come without a message.
var inWords = map[string]string{
	v1alpha1.ReasonNoResource:         "nothing is known of it yet",
	v1alpha1.ReasonNoStampedObject:    "nothing is stamped yet",
	v1alpha1.ReasonOutputNotAvailable: "it has no output yet",
	v1alpha1.ReasonNoMatchesFulfilled: "neither healthy nor unhealthy by its health rule yet",
	v1alpha1.ReasonUnknown:            "nothing is stamped yet",
}

func (p *pass) event(reason, step, message string) {
	p.result.Events = append(p.result.Events, Event{Reason: reason, Step: step, Message: message})
}
