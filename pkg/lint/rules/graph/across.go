package graph

import (
	"strings"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/lint"
)

var sameObjectAcross = &lint.Rule{
	ID: "GRF007", Slug: "same-object-across", Level: lint.Warning, Needs: lint.NeedsFiles,
	Title: "a supply chain and a delivery stamp the same object",
	Text: `When a Workload and its Deliverable live in one namespace, as they do when the supply chain stamps the Deliverable, what
both stamp is in one namespace too. Two objects of one kind and name are one: it belongs to the owner that was first, and the
step of the other one fails.

Give the object of the delivery another name, such as ` + "`$(deliverable.metadata.name)$-delivery`" + `. It is said where the supply
chain stamps a Deliverable that the delivery takes, and where a Workload and a Deliverable among the files meet in this way.`,
	Bad:  across("$(deliverable.metadata.name)$", "  # <-"),
	Good: across("$(deliverable.metadata.name)$-delivery", ""),
	Check: func(p *lint.Pass) {
		chains, deliveries := p.BlueprintsOf(v1alpha1.KindWorkload), p.BlueprintsOf(v1alpha1.KindDeliverable)
		if len(chains) == 0 || len(deliveries) == 0 {
			return
		}
		said := map[[2]*lint.Use]bool{}
		for _, chain := range chains {
			stamped := targets(chain)
			for _, use := range chain.Uses {
				if made, ok := targetOf(use.Template); ok && made.GroupKind == deliverable {
					meetStamped(p, stamped, use, made.name, deliveries, said)
				}
			}
		}
		meetOwners(p, chains, deliveries, said)
	},
}

var deliverable = v1alpha1.GroupVersion.WithKind(v1alpha1.KindDeliverable).GroupKind()

// targets are the uses of a blueprint by what they stamp.
func targets(b *lint.Blueprint) map[target]*lint.Use {
	all := map[target]*lint.Use{}
	for _, use := range b.Uses {
		if object, ok := targetOf(use.Template); ok && all[object] == nil {
			all[object] = use
		}
	}
	return all
}

// meetStamped reports what deliveries stamp for a Deliverable that a supply chain stamps, when
// the supply chain stamps the same. Only names that follow from that of the owner are compared.
func meetStamped(p *lint.Pass, stamped map[target]*lint.Use, maker *lint.Use, name string, deliveries []*lint.Blueprint, said map[[2]*lint.Use]bool) {
	labels, ok := literalLabels(maker.Template.Body)
	if !ok {
		return
	}
	for _, delivery := range deliveries {
		if !delivery.Selector.MatchesLabels(labels) {
			continue
		}
		for _, use := range delivery.Uses {
			object, ok := targetOf(use.Template)
			object.name = strings.ReplaceAll(object.name, ownerName, "\x00")
			if !ok || strings.Contains(object.name, "$(") {
				continue
			}
			object.name = strings.ReplaceAll(object.name, "\x00", name)
			if other := stamped[object]; other != nil {
				sayAcross(p, other, use, object.Kind, said).Because(maker.Template.At("spec.template.metadata.name").Range, "the name of the Deliverable that the supply chain stamps")
			}
		}
	}
}

// literalLabels are those of a body; false when some only show when it is stamped.
func literalLabels(body map[string]any) (map[string]string, bool) {
	metadata, _ := body["metadata"].(map[string]any)
	labels := map[string]string{}
	given, isMap := metadata["labels"].(map[string]any)
	if metadata["labels"] != nil && !isMap {
		return nil, false
	}
	for key, value := range given {
		text, ok := value.(string)
		if !ok || strings.Contains(text, "$(") {
			return nil, false
		}
		labels[key] = text
	}
	return labels, true
}

// meetOwners reports what a supply chain and a delivery stamp for a Workload and a Deliverable
// among the files.
func meetOwners(p *lint.Pass, chains, deliveries []*lint.Blueprint, said map[[2]*lint.Use]bool) {
	type place struct {
		namespace string
		target
	}
	type stamp struct {
		owner *lint.Owner
		use   *lint.Use
	}
	made := map[place]stamp{}
	each := func(o *lint.Owner, blueprints []*lint.Blueprint, do func(place, stamp)) {
		b := chosen(o, blueprints)
		if b == nil || o.Doc.Name() == "" {
			return
		}
		for _, use := range b.Uses {
			object, ok := targetOf(use.Template)
			object.name = strings.ReplaceAll(object.name, ownerName, o.Doc.Name())
			if !ok || strings.Contains(object.name, "$(") {
				continue
			}
			if use.Option != nil {
				if fits, err := use.Option.Selector.Matches(o.Subject); err != nil || !fits {
					continue
				}
			}
			do(place{o.Doc.Namespace(), object}, stamp{o, use})
		}
	}
	for _, o := range p.Owners {
		if o.Workload != nil {
			each(o, chains, func(at place, s stamp) { made[at] = s })
		}
	}
	for _, o := range p.Owners {
		if o.Deliverable == nil {
			continue
		}
		each(o, deliveries, func(at place, s stamp) {
			if other, met := made[at]; met {
				sayAcross(p, other.use, s.use, at.Kind, said).Because(other.owner.At("metadata.name").Range, "a Workload").Because(o.At("metadata.name").Range, "a Deliverable in the same namespace")
			}
		})
	}
}

// chosen is the only blueprint that matches an owner best; nil when there is none.
func chosen(o *lint.Owner, blueprints []*lint.Blueprint) *lint.Blueprint {
	var best *lint.Blueprint
	for _, b := range blueprints {
		if fits, err := b.Selector.Matches(o.Subject); err != nil || !fits {
			continue
		}
		switch {
		case best == nil || b.Selector.Score() > best.Selector.Score():
			best = b
		case b.Selector.Score() == best.Selector.Score():
			return nil // SEL004 and OWN002 say that
		}
	}
	return best
}

// sayAcross reports two uses, once.
func sayAcross(p *lint.Pass, chain, delivery *lint.Use, kind string, said map[[2]*lint.Use]bool) *lint.Finding {
	if said[[2]*lint.Use{chain, delivery}] {
		return &lint.Finding{} // further proof is not needed
	}
	said[[2]*lint.Use{chain, delivery}] = true
	return p.Report(delivery.Template.At("spec.template.metadata.name"), "step %q of delivery %q stamps a %s that step %q of supply chain %q stamps too",
		delivery.Step.Name, delivery.Blueprint.Blueprint.Name, kind, chain.Step.Name, chain.Blueprint.Blueprint.Name).
		Because(chain.Template.At("spec.template.metadata.name").Range, "the name that the supply chain gives it")
}

// across is the example, with the name that the delivery gives to what it stamps.
func across(name, mark string) string {
	return `apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: web}
spec:
  selector: {type: web}
  resources:
  - {name: note, templateRef: {kind: ClusterTemplate, name: note}}
  - {name: deliver, templateRef: {kind: ClusterTemplate, name: deliverable}}
---
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: note}
spec:
  template: {apiVersion: v1, kind: ConfigMap, metadata: {name: $(workload.metadata.name)$}}
---
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: deliverable}
spec:
  healthRule: {singleConditionType: Ready}
  template:
    apiVersion: carto.run/v1alpha1
    kind: Deliverable
    metadata: {name: $(workload.metadata.name)$, labels: {target: staging}}
    spec: {}
---
apiVersion: carto.run/v1alpha1
kind: ClusterDelivery
metadata: {name: staging}
spec:
  selector: {target: staging}
  resources:
  - {name: note, templateRef: {kind: ClusterTemplate, name: note-staging}}
---
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: note-staging}
spec:
  template:
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: ` + name + mark + "\n"
}
