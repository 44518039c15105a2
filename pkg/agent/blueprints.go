package agent

import (
	"context"
	"strings"

	apiequality "k8s.io/apimachinery/pkg/api/equality"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/cache"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/blueprint"
	"github.com/carto-run/carto/pkg/realize"
)

// handleBlueprints compiles blueprints as they arrive, and wakes the owners that a
// change can concern: those whose labels the selector matches now or matched before.
func (a *Agent) handleBlueprints(kind string) {
	a.catalog.follow(kind, cache.ResourceEventHandlerFuncs{
		AddFunc:    func(object any) { a.blueprintChanged(kind, object.(runtime.Object)) },
		UpdateFunc: func(_, now any) { a.blueprintChanged(kind, now.(runtime.Object)) },
		DeleteFunc: func(object any) {
			if tombstone, ok := object.(cache.DeletedFinalStateUnknown); ok {
				object = tombstone.Obj
			}
			if o, ok := object.(metav1.Object); ok {
				a.blueprintGone(kind, o.GetName())
			}
		},
	})
}

// unreadable says, and logs, that a blueprint or a template is none: what could not be read of it
// would select owners, or stamp, in another way than was meant.
func (a *Agent) unreadable(kind string, object metav1.Object) bool {
	why := whyUnread(object)
	if why != nil {
		a.log.Error("cannot read the spec of a "+kind+"; it counts as not there until it is corrected", "name", object.GetName(), "err", why)
	}
	return why != nil
}

func (a *Agent) blueprintGone(kind, name string) {
	a.epoch.Add(1)
	a.wakeMatching(kind, a.catalog.removeBlueprint(blueprintKey{kind, name}), nil)
	a.inspector.touch()
}

func (a *Agent) blueprintChanged(kind string, object runtime.Object) {
	if o := object.(metav1.Object); a.unreadable(kind, o) {
		a.blueprintGone(kind, o.GetName())
		return
	}
	a.epoch.Add(1)
	before, now, changed := a.catalog.putBlueprint(object)
	if changed {
		a.wakeMatching(kind, before, now)
		a.inspector.touch()
	}
	a.blueprintQueue.Add(blueprintKey{kind, now.Name})
}

func (a *Agent) wakeMatching(blueprintKind string, before, now *blueprint.Blueprint) {
	ownerKind := v1alpha1.KindWorkload
	if blueprintKind == v1alpha1.KindClusterDelivery {
		ownerKind = v1alpha1.KindDeliverable
	}
	for _, object := range a.catalog.owners(ownerKind) {
		o := object.(metav1.Object)
		for _, b := range []*blueprint.Blueprint{before, now} {
			if b != nil && b.Selector.MatchesLabels(o.GetLabels()) {
				a.wake(ownerKey{ownerKind, o.GetNamespace(), o.GetName()})
				break
			}
		}
	}
}

// handleTemplates compiles templates as they arrive, and wakes what uses them.
func (a *Agent) handleTemplates(kind string) {
	wake := func(name string) {
		a.inspector.touch()
		key := realize.TemplateKey{Kind: kind, Name: name}
		for _, user := range a.catalog.users(key) {
			a.blueprintQueue.Add(user)
		}
		a.wakes.changed(key)
	}
	remove := func(name string) {
		a.epoch.Add(1)
		a.catalog.removeTemplate(kind, name)
		wake(name)
	}
	put := func(object any) {
		if a.unreadable(kind, object.(metav1.Object)) {
			remove(object.(metav1.Object).GetName())
			return
		}
		a.epoch.Add(1)
		if a.catalog.putTemplate(kind, object.(runtime.Object)) {
			wake(object.(metav1.Object).GetName())
		}
	}
	a.catalog.follow(kind, cache.ResourceEventHandlerFuncs{
		AddFunc:    put,
		UpdateFunc: func(_, now any) { put(now) },
		DeleteFunc: func(object any) {
			if tombstone, ok := object.(cache.DeletedFinalStateUnknown); ok {
				object = tombstone.Obj
			}
			if o, ok := object.(metav1.Object); ok {
				remove(o.GetName())
			}
		},
	})
}

// workBlueprints keeps the statuses of blueprints until the queue is shut down.
func (a *Agent) workBlueprints(ctx context.Context) {
	for {
		key, shutdown := a.blueprintQueue.Get()
		if shutdown {
			return
		}
		if object := (ownerKey{Kind: key.Kind, Name: key.Name}); !a.stopping.Load() && a.share.begin(object) {
			if err := a.processBlueprint(ctx, key); err != nil && ctx.Err() == nil {
				a.log.Info("cannot write the status of a blueprint, will be tried again", "kind", key.Kind, "name", key.Name, "err", err)
				a.blueprintQueue.AddRateLimited(key)
			} else {
				a.blueprintQueue.Forget(key)
			}
			a.share.end(object)
		}
		a.blueprintQueue.Done(key)
	}
}

func (a *Agent) processBlueprint(ctx context.Context, key blueprintKey) error {
	b, object := a.catalog.blueprint(key), a.catalog.object(key.Kind, key.Name)
	if b == nil || object == nil {
		return nil
	}
	var previous v1alpha1.BlueprintStatus
	switch o := object.(type) {
	case *v1alpha1.ClusterSupplyChain:
		previous = o.Status
	case *v1alpha1.ClusterDelivery:
		previous = o.Status
	}
	findings := a.inspector.message(key)
	status := realize.BlueprintStatus(b, a.catalog.template, findings, previous, a.clock.Now())
	if apiequality.Semantic.DeepEqual(status, previous) {
		return nil
	}
	// An agent that starts anew finds the message in the status, so it repeats no event.
	if findings != "" && !told(previous, findings) {
		a.events.warn(reference{kind: b.Kind, name: b.Name, uid: b.UID}, v1alpha1.EventBlueprintFindings, "", findings)
	}
	_, err := a.statusWriter.write(ctx, key.Kind, "", key.Name, b.UID, resourceVersion(object), status)
	return ignoreGone(err)
}

func told(status v1alpha1.BlueprintStatus, findings string) bool {
	ready := apimeta.FindStatusCondition(status.Conditions, v1alpha1.ConditionReady)
	return ready != nil && strings.HasSuffix(ready.Message, findings)
}
