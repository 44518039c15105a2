package agent

import (
	"fmt"
	"testing"
	"time"

	v1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/carto-run/carto/test/harness"
)

// configMapTemplate stamps a ConfigMap of a name that ends in a suffix.
func configMapTemplate(name, suffix string) string {
	return fmt.Sprintf(`
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: { name: %s-NS }
spec:
  template:
    apiVersion: v1
    kind: ConfigMap
    metadata: { name: $(workload.metadata.name)$-%s }
    data: { region: "$(params.region)$" }
  params: [{ name: region, default: none }]
---
`, name, suffix)
}

const competing = `
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: { name: general-NS }
spec:
  selector: { shape: NS }
  resources: [{ name: a, templateRef: { kind: ClusterTemplate, name: cm-a-NS } }]
---
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: { name: special-NS }
spec:
  selector: { shape: NS }
  selectorMatchExpressions: [{ key: tier, operator: In, values: [gold] }]
  selectorMatchFields: [{ key: "spec.params[?(@.name==\"region\")].value", operator: In, values: [eu] }]
  resources: [{ name: b, templateRef: { kind: ClusterTemplate, name: cm-b-NS } }]
---
apiVersion: carto.run/v1alpha1
kind: Workload
metadata: { name: web, labels: { shape: NS } }
spec: { serviceAccountName: stamper }
`

// TestBlueprintCompetition is example set 6 of the specification: specificity, ties,
// orphans, readiness, and the triggers that make all of it happen by itself.
func TestBlueprintCompetition(t *testing.T) {
	t.Parallel()
	n := sharedWorld(t).tenant(t)
	n.apply(configMapTemplate("cm-a", "a") + configMapTemplate("cm-b", "b") + competing)

	n.expect("web", allReady)
	n.mustGet(configMaps, "web-a")

	t.Log("2: a more specific chain matches")
	n.patch(workloads, "web", `{"metadata":{"labels":{"tier":"gold"}},"spec":{"params":[{"name":"region","value":"eu"}]}}`)
	n.mustGet(configMaps, "web-b")
	n.expectGone(configMaps, "web-a")
	n.eventually(func() error {
		w, err := n.workload("web")
		if err == nil && w.Status.SupplyChainRef.Name != "special-"+n.ns {
			err = fmt.Errorf("supplyChainRef is %s", w.Status.SupplyChainRef.Name)
		}
		return err
	})
	n.eventually(func() error {
		list, err := n.client.Resource(events).Namespace(n.ns).List(t.Context(), v1.ListOptions{FieldSelector: "reason=StampedObjectRemoved"})
		if err == nil && len(list.Items) == 0 {
			err = fmt.Errorf("no event tells of the removed object")
		}
		return err
	})

	t.Log("3: and no more")
	n.patch(workloads, "web", `{"spec":{"params":[{"name":"region","value":"us"}]}}`)
	n.mustGet(configMaps, "web-a")
	n.expectGone(configMaps, "web-b")

	t.Log("4: a tie stops everything, and removes nothing")
	n.apply(`
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: { name: twin-NS }
spec:
  selector: { shape: NS }
  resources: []
`)
	n.expect("web", "SupplyChainReady=False/MultipleSupplyChainMatches Ready=False/MultipleSupplyChainMatches")
	n.expectMessage("web", "Ready", "[general-NS, twin-NS]")
	n.mustGet(configMaps, "web-a")

	t.Log("5: it recovers by itself")
	n.deleteCluster("clustersupplychains", "twin-NS")
	n.expect("web", allReady)

	t.Log("6: a template is deleted")
	n.deleteCluster("clustertemplates", "cm-a-NS")
	n.expect("web", "SupplyChainReady=False/TemplatesNotFound Ready=False/TemplatesNotFound")
	n.expectMessage("web", "Ready", "[a]")
	n.expectChain("general-NS", "TemplatesReady=False/TemplatesNotFound Ready=False/TemplatesNotFound")
	n.mustGet(configMaps, "web-a")

	t.Log("7: it comes back with another name for its object")
	n.apply(configMapTemplate("cm-a", "c"))
	n.mustGet(configMaps, "web-c")
	n.expectGone(configMaps, "web-a")
	n.expectChain("general-NS", "TemplatesReady=True/Ready Ready=True/Ready")

	t.Log("8: without labels nothing selects the workload")
	n.patch(workloads, "web", `{"metadata":{"labels":null}}`)
	n.expect("web", "SupplyChainReady=False/WorkloadLabelsMissing Ready=False/WorkloadLabelsMissing")
	n.mustGet(configMaps, "web-c")
	n.patch(workloads, "web", `{"metadata":{"labels":{"shape":"nobody-`+n.ns+`"}}}`)
	n.expect("web", "SupplyChainReady=False/SupplyChainNotFound Ready=False/SupplyChainNotFound")
	n.expectMessage("web", "Ready", "labels shape=nobody-NS")
	n.patch(workloads, "web", `{"metadata":{"labels":{"shape":"`+n.ns+`"}}}`)
	n.expect("web", allReady)

	t.Log("9: the service account goes and comes")
	n.delete(gvr{Version: "v1", Resource: "serviceaccounts"}, "stamper")
	n.expect("web", "SupplyChainReady=True/Ready ResourcesSubmitted=False/ServiceAccountError Ready=False/ServiceAccountError")
	n.patch(workloads, "web", `{"spec":{"params":[{"name":"region","value":"asia"}]}}`)
	n.apply(account)
	n.expect("web", allReady)
	n.eventually(func() error {
		cm, err := n.get(configMaps, "web-c")
		if err == nil && field(cm, "data", "region") != "asia" {
			err = fmt.Errorf("the param of the meantime is not there: %v", field(cm, "data"))
		}
		return err
	})

	t.Log("10: objects go with their owner")
	n.delete(workloads, "web")
	// The garbage collector learns of new kinds, such as Workload, every 30 s only.
	harness.Eventually(t, 90*time.Second, func() error {
		if _, err := n.get(configMaps, "web-c"); err == nil {
			return fmt.Errorf("the ConfigMap is still there")
		}
		return nil
	})
}

func (n *tenant) expectChain(name, want string) {
	n.t.Helper()
	n.eventually(func() error {
		u, err := n.client.Resource(supplyChains).Get(n.t.Context(), replaceNS(name, n.ns), v1.GetOptions{})
		if err != nil {
			return err
		}
		if got := conditionsOf(u); got != want {
			return fmt.Errorf("conditions of %s\n got: %s\nwant: %s", name, got, want)
		}
		return nil
	})
	reached.note(supplyChains.Resource, want)
}

const optional = `
apiVersion: carto.run/v1alpha1
kind: ClusterSourceTemplate
metadata: { name: NAME-NS }
spec:
  urlPath: .data.url
  revisionPath: .data.revision
  template:
    apiVersion: v1
    kind: ConfigMap
    metadata: { name: $(workload.metadata.name)$-NAME }
    data: { url: "u-NAME", revision: "r-NAME" }
---
`

// TestOptionsAndPassThrough: options by label and by field, an input passed through,
// ties, and the clean-up when a step changes from one to the other.
func TestOptionsAndPassThrough(t *testing.T) {
	t.Parallel()
	n := sharedWorld(t).tenant(t)
	for _, name := range []string{"fetch", "full", "quick"} {
		n.apply(replace(optional, "NAME", name))
	}
	n.apply(`
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: { name: note-NS }
spec:
  template:
    apiVersion: v1
    kind: ConfigMap
    metadata: { name: $(workload.metadata.name)$-note }
    data: { line: "$(source.revision)$ from $(source.url)$" }
---
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: { name: checked-NS }
spec:
  selector: { shape: NS }
  serviceAccountRef: { name: stamper }
  resources:
    - name: note
      sources: [{ name: verified, resource: verify }]
      templateRef: { kind: ClusterTemplate, name: note-NS }
    - name: fetch
      templateRef: { kind: ClusterSourceTemplate, name: fetch-NS }
    - name: verify
      sources: [{ name: code, resource: fetch }]
      templateRef:
        kind: ClusterSourceTemplate
        options:
          - name: full-NS
            selector: { matchLabels: { verify: full } }
          - name: quick-NS
            selector: { matchLabels: { verify: quick }, matchFields: [{ key: spec.source.subPath, operator: DoesNotExist }] }
          - passThrough: code
            selector: { matchExpressions: [{ key: verify, operator: DoesNotExist }] }
---
apiVersion: carto.run/v1alpha1
kind: Workload
metadata: { name: cart, labels: { shape: NS } }
spec: {}
`)
	const (
		healthy = "ResourceSubmitted=True/ResourceSubmissionComplete Healthy=True/OutputsAvailable Ready=True/Ready"
		noted   = "note: ResourceSubmitted=True/ResourceSubmissionComplete Healthy=True/AlwaysHealthy Ready=True/Ready"
	)
	// The step that is listed first is stamped last (Q4), and statuses keep the author's order.
	w := n.expect("cart", allReady, noted, "fetch: "+healthy, "verify: ResourceSubmitted=True/PassThrough Ready=True/Ready")
	if verify := w.Status.Resources[2]; verify.StampedRef != nil || verify.TemplateRef != nil || len(verify.Outputs) != 2 || verify.Outputs[1].Preview != "r-fetch\n" {
		t.Errorf("a pass-through has the outputs of its input, and no refs: %+v", verify)
	}
	n.expectLine("r-fetch from u-fetch")

	n.patch(workloads, "cart", `{"metadata":{"labels":{"verify":"full"}}}`)
	n.expect("cart", allReady, noted, "fetch: "+healthy, "verify: "+healthy)
	n.expectLine("r-full from u-full")

	n.patch(workloads, "cart", `{"metadata":{"labels":{"verify":"quick"}}}`)
	n.expectLine("r-quick from u-quick")
	n.expectGone(configMaps, "cart-full")

	// No option: the object of the step stays, as its state can not be known.
	n.patch(workloads, "cart", `{"spec":{"source":{"subPath":"x"}}}`)
	n.expect("cart", "SupplyChainReady=True/Ready ResourcesSubmitted=False/TemplateOptionsMatchError ResourcesHealthy=True/HealthyConditionRule Ready=False/TemplateOptionsMatchError",
		"note: ResourceSubmitted=False/TemplateStampFailure Healthy=True/AlwaysHealthy Ready=False/TemplateStampFailure", "fetch: "+healthy,
		"verify: ResourceSubmitted=False/TemplateOptionsMatchError Healthy=True/OutputsAvailable Ready=False/TemplateOptionsMatchError")
	n.expectMessage("cart", "ResourcesSubmitted", "verify", "checked-NS", "found 0", "full-NS: unmet label verify")
	n.mustGet(configMaps, "cart-quick")
	n.expectLine("r-quick from u-quick")

	// Back to the pass-through: the old object is dropped (Q19).
	n.patch(workloads, "cart", `{"metadata":{"labels":{"verify":null}}}`)
	n.expectGone(configMaps, "cart-quick")
	n.expectLine("r-fetch from u-fetch")
	n.expect("cart", allReady)
}

func (n *tenant) expectLine(want string) {
	n.t.Helper()
	n.eventually(func() error {
		cm, err := n.get(configMaps, "cart-note")
		if err == nil && field(cm, "data", "line") != want {
			err = fmt.Errorf("the note says %v, not %q", field(cm, "data", "line"), want)
		}
		return err
	})
}
