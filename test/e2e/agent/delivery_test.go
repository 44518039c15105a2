package agent

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
)

var apps = gvr{Group: "kappctrl.k14s.io", Version: "v1alpha1", Resource: "apps"}

// staging is the fifth example of the specification: what git has is deployed, probed and then promoted.
const staging = `
apiVersion: carto.run/v1alpha1
kind: ClusterDelivery
metadata: { name: staging-NS }
spec:
  selector: { target: NS }
  resources:
    - name: fetch
      templateRef: { kind: ClusterSourceTemplate, name: ops-git-NS }
    - name: deploy
      deployment: { resource: fetch }
      templateRef: { kind: ClusterDeploymentTemplate, name: kapp-app-NS }
    - name: probe
      deployment: { resource: deploy }
      templateRef: { kind: ClusterDeploymentTemplate, name: probe-NS }
    - name: promote
      sources: [{ name: proven, resource: probe }]
      templateRef: { kind: ClusterTemplate, name: promotion-note-NS }
---
apiVersion: carto.run/v1alpha1
kind: ClusterSourceTemplate
metadata: { name: ops-git-NS }
spec:
  params: [{ name: poll, default: 5m }]
  revisionPath: .status.artifact.revision
  urlPath: .status.artifact.url
  template:
    kind: GitRepository
    apiVersion: source.toolkit.fluxcd.io/v1
    metadata: { name: ops-$(deliverable.metadata.name)$ }
    spec:
      ref: { branch: $(deliverable.spec.source.git.ref.branch)$ }
      interval: $(params.poll)$
      url: $(deliverable.spec.source.git.url)$
---
kind: ClusterDeploymentTemplate
apiVersion: carto.run/v1alpha1
metadata: { name: kapp-app-NS }
spec:
  observedCompletion:
    failed: { key: '.status.conditions[?(@.type=="ReconcileFailed")].status', value: "True" }
    succeeded: { key: '.status.conditions[?(@.type=="ReconcileSucceeded")].status', value: "True" }
  template:
    kind: App
    apiVersion: kappctrl.k14s.io/v1alpha1
    metadata: { name: $(deliverable.metadata.name)$-app }
    spec:
      fetch: [{ http: { url: $(deployment.url)$, subPath: manifests } }]
      serviceAccountName: stamper
---
apiVersion: carto.run/v1alpha1
kind: ClusterDeploymentTemplate
metadata: { name: probe-NS }
spec:
  observedMatches:
    - { input: .spec.inputs.revision, output: .status.outputs.revision }
  template:
    apiVersion: carto.run/v1alpha1
    kind: Runnable
    metadata: { name: $(deliverable.metadata.name)$-probe }
    spec:
      serviceAccountName: stamper
      runTemplateRef: { name: probe-run-NS }
      inputs: { url: $(deployment.url)$, revision: $(deployment.revision)$ }
---
apiVersion: carto.run/v1alpha1
kind: ClusterRunTemplate
metadata: { name: probe-run-NS }
spec:
  outputs: { revision: '.spec.params[?(@.name=="revision")].value' }
  template:
    apiVersion: tekton.dev/v1
    kind: TaskRun
    metadata: { generateName: $(runnable.metadata.name)$- }
    spec: { params: [{ name: revision, value: $(runnable.spec.inputs.revision)$ }] }
---
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: { name: promotion-note-NS }
spec:
  template:
    apiVersion: v1
    kind: ConfigMap
    metadata: { name: $(deliverable.metadata.name)$-promoted }
    data: { revision: $(source.revision)$ }
---
apiVersion: carto.run/v1alpha1
kind: Deliverable
metadata: { name: cart, labels: { target: NS } }
spec:
  serviceAccountName: stamper
  source: { git: { url: https://git.example/shop/cart-ops.git, ref: { branch: staging } } }
`

const (
	delivered = "DeliveryReady=True/Ready ResourcesSubmitted=True/ResourceSubmissionComplete ResourcesHealthy=True/HealthyConditionRule Ready=True/Ready"

	gaveOutputs = "ResourceSubmitted=True/ResourceSubmissionComplete Healthy=True/OutputsAvailable Ready=True/Ready"
	noInput     = "ResourceSubmitted=False/TemplateStampFailure Healthy=Unknown/OutputNotAvailable Ready=False/TemplateStampFailure"
	notYet      = "ResourceSubmitted=Unknown/ConditionNotMet Healthy=Unknown/OutputNotAvailable Ready=Unknown/ConditionNotMet"
)

// undelivered is a Deliverable whose first failing step has a condition.
func undelivered(status, reason string) string {
	return fmt.Sprintf("DeliveryReady=True/Ready ResourcesSubmitted=%[1]s/%[2]s ResourcesHealthy=Unknown/HealthyConditionRule Ready=%[1]s/%[2]s", status, reason)
}

// TestDelivery is the fifth example of the specification.
func TestDelivery(t *testing.T) {
	t.Parallel()
	n := sharedWorld(t).tenant(t)
	n.tekton()
	n.apply(stubCRD("apps", "kappctrl.k14s.io", "App", "v1alpha1") + staging)
	expect := func(want string, steps ...string) *owner {
		t.Helper()
		return n.expectOf(deliverables, "cart", want, steps...)
	}
	artifact := func(revision string) {
		t.Helper()
		n.report(gitRepos, "ops-cart", map[string]any{"artifact": map[string]any{"url": "http://files/" + revision, "revision": revision}})
	}
	app := func(status map[string]any) {
		t.Helper()
		n.report(apps, "cart-app", status)
	}
	const notStamped = "ResourceSubmitted=False/TemplateStampFailure Healthy=Unknown/NoStampedObject Ready=False/TemplateStampFailure"

	expect(undelivered("Unknown", "MissingValueAtPath"),
		"fetch: ResourceSubmitted=Unknown/MissingValueAtPath Healthy=Unknown/OutputNotAvailable Ready=Unknown/MissingValueAtPath",
		"deploy: "+noInput, "probe: "+noInput, "promote: "+notStamped)

	t.Log("1: the App is there, and says nothing of its generation (Q17)")
	artifact("s1")
	expect(undelivered("False", "TemplateStampFailure"), "fetch: "+gaveOutputs, "deploy: "+noInput, "probe: "+noInput, "promote: "+notStamped)
	n.expectMessageOf(deliverables, "cart", "Ready", "resource deploy", "no status.observedGeneration")
	wantLabels := map[string]string{
		"carto.run/deliverable-name": "cart", "carto.run/deliverable-namespace": n.ns, "carto.run/delivery-name": "staging-" + n.ns,
		"carto.run/resource-name": "deploy", "carto.run/template-kind": "ClusterDeploymentTemplate",
		"carto.run/cluster-template-name": "kapp-app-" + n.ns, "carto.run/template-lifecycle": "mutable",
	}
	if diff := cmp.Diff(wantLabels, n.mustGet(apps, "cart-app").GetLabels()); diff != "" {
		t.Errorf("labels (-want +got):\n%s", diff)
	}

	t.Log("2: it is at work")
	app(map[string]any{"observedGeneration": 1})
	expect(undelivered("Unknown", "ConditionNotMet"), "fetch: "+gaveOutputs, "deploy: "+notYet, "probe: "+noInput, "promote: "+notStamped)
	n.expectMessageOf(deliverables, "cart", "Ready", "resource deploy", "ReconcileSucceeded", "is none", `expected "True"`)

	t.Log("3: it is deployed, and is probed")
	app(map[string]any{"conditions": []any{condition("ReconcileSucceeded", "True", "")}})
	expect(undelivered("Unknown", "ConditionNotMet"), "fetch: "+gaveOutputs, "deploy: "+gaveOutputs, "probe: "+notYet, "promote: "+notStamped)
	n.expectMessageOf(deliverables, "cart", "Ready", "resource probe", ".spec.inputs.revision", "s1", ".status.outputs.revision", "none")

	t.Log("4: it is proven, and promoted")
	probe := n.runsOf(taskRuns, "cart-probe")[0]
	n.verdict(&probe, "True")
	o := expect(delivered, "fetch: "+gaveOutputs, "deploy: "+gaveOutputs, "probe: "+gaveOutputs,
		"promote: ResourceSubmitted=True/ResourceSubmissionComplete Healthy=True/AlwaysHealthy Ready=True/Ready")
	n.expectPromoted("s1")
	source := []v1alpha1.Output{output(t, "url", "http://files/s1"), output(t, "revision", "s1")}
	stamped := func(apiVersion, kind, resource, name string) *v1alpha1.StampedRef {
		ref := n.stampedRef(apiVersion, kind, resource)
		ref.Name = name
		return ref
	}
	want := []v1alpha1.ResourceStatus{
		{Name: "fetch", TemplateRef: templateRef("ClusterSourceTemplate", "ops-git-"+n.ns), Outputs: source,
			StampedRef: stamped("source.toolkit.fluxcd.io/v1", "GitRepository", "gitrepositories.source.toolkit.fluxcd.io", "ops-cart")},
		{Name: "deploy", TemplateRef: templateRef("ClusterDeploymentTemplate", "kapp-app-"+n.ns), Outputs: source, Inputs: []v1alpha1.Input{{Name: "fetch"}},
			StampedRef: stamped("kappctrl.k14s.io/v1alpha1", "App", "apps.kappctrl.k14s.io", "cart-app")},
		{Name: "probe", TemplateRef: templateRef("ClusterDeploymentTemplate", "probe-"+n.ns), Outputs: source, Inputs: []v1alpha1.Input{{Name: "deploy"}},
			StampedRef: stamped("carto.run/v1alpha1", "Runnable", "runnables.carto.run", "cart-probe")},
		{Name: "promote", TemplateRef: templateRef("ClusterTemplate", "promotion-note-"+n.ns), Inputs: []v1alpha1.Input{{Name: "probe"}},
			StampedRef: stamped("v1", "ConfigMap", "configmaps", "cart-promoted")},
	}
	ignore := []cmp.Option{cmpopts.IgnoreFields(v1alpha1.ResourceStatus{}, "Conditions"), cmpopts.IgnoreFields(v1alpha1.Output{}, "LastTransitionTime")}
	if diff := cmp.Diff(want, o.Status.Resources, ignore...); diff != "" {
		t.Errorf("status.resources (-want +got):\n%s", diff)
	}
	if got := field(n.mustGet(deliverables, "cart"), "status", "deliveryRef", "name"); got != "staging-"+n.ns {
		t.Errorf("deliveryRef is %v", got)
	}
	n.expectEvent("Deliverable", "StampedObjectApplied", "Created object [apps.kappctrl.k14s.io/cart-app]")
	n.expectEvent("Deliverable", "ResourceOutputChanged", "output of resource [deploy] in [apps.kappctrl.k14s.io/cart-app] changed")

	t.Log("5: a new revision: what is not deployed goes nowhere, and what was, stays")
	artifact("s2")
	o = expect(undelivered("Unknown", "ConditionNotMet"), "fetch: "+gaveOutputs, "deploy: "+notYet,
		"probe: ResourceSubmitted=False/TemplateStampFailure Healthy=True/OutputsAvailable Ready=False/TemplateStampFailure",
		"promote: ResourceSubmitted=False/TemplateStampFailure Healthy=True/AlwaysHealthy Ready=False/TemplateStampFailure")
	n.expectMessageOf(deliverables, "cart", "Ready", "status.observedGeneration is 1, but metadata.generation is 2")
	if got := o.Status.Resources[1].Outputs; got != nil {
		t.Errorf("an incomplete deployment has outputs: %v", got)
	}
	n.expectPromoted("s1")

	t.Log("6: failed wins over succeeded")
	both := []any{condition("ReconcileSucceeded", "True", ""), condition("ReconcileFailed", "True", "")}
	app(map[string]any{"observedGeneration": 2, "conditions": both})
	expect(undelivered("False", "FailedConditionMet"), "fetch: "+gaveOutputs,
		"deploy: ResourceSubmitted=False/FailedConditionMet Healthy=Unknown/OutputNotAvailable Ready=False/FailedConditionMet",
		"probe: ResourceSubmitted=False/TemplateStampFailure Healthy=True/OutputsAvailable Ready=False/TemplateStampFailure",
		"promote: ResourceSubmitted=False/TemplateStampFailure Healthy=True/AlwaysHealthy Ready=False/TemplateStampFailure")

	t.Log("7: it recovers")
	app(map[string]any{"conditions": []any{condition("ReconcileSucceeded", "True", ""), condition("ReconcileFailed", "False", "")}})
	n.eventually(func() error {
		if runs := n.runsOf(taskRuns, "cart-probe"); len(runs) != 2 {
			return fmt.Errorf("there are %d probes", len(runs))
		}
		return nil
	})
	n.verdict(&n.runsOf(taskRuns, "cart-probe")[1], "True")
	expect(delivered)
	n.expectPromoted("s2")
}

func (n *tenant) expectPromoted(want string) {
	n.t.Helper()
	n.eventually(func() error {
		if got := field(n.mustGet(configMaps, "cart-promoted"), "data", "revision"); got != want {
			return fmt.Errorf("%v is promoted, not %s", got, want)
		}
		return nil
	})
}

// plainDelivery stamps one ConfigMap.
const plainDelivery = `
apiVersion: carto.run/v1alpha1
kind: ClusterDelivery
metadata: { name: NAME-NS }
spec:
  selector: { target: NS }
  serviceAccountRef: { name: stamper }
  resources: [{ name: note, templateRef: { kind: ClusterTemplate, name: TEMPLATE-NS } }]
---
`

const noteTemplate = `
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: { name: note-NS }
spec: { template: { apiVersion: v1, kind: ConfigMap, metadata: { name: $(deliverable.metadata.name)$-note } } }
---
apiVersion: carto.run/v1alpha1
kind: Deliverable
metadata: { name: cart }
spec: {}
`

// TestDeliverySelection: everything that can keep a Deliverable from its steps, and how each heals by itself.
func TestDeliverySelection(t *testing.T) {
	t.Parallel()
	n := sharedWorld(t).tenant(t)
	n.apply(noteTemplate)
	expect := func(reason string) {
		t.Helper()
		n.expectOf(deliverables, "cart", "DeliveryReady=False/"+reason+" Ready=False/"+reason)
	}
	delivery := func(name, template string) string {
		return replace(replace(plainDelivery, "NAME", name), "TEMPLATE", template)
	}
	expect("DeliverableLabelsMissing")
	n.patch(deliverables, "cart", `{"metadata":{"labels":{"target":"`+n.ns+`"}}}`)
	expect("DeliveryNotFound")
	n.expectMessageOf(deliverables, "cart", "Ready", "labels target=NS")
	n.apply(delivery("one", "missing"))
	expect("TemplatesNotFound")
	n.expectMessageOf(deliverables, "cart", "Ready", "[note]")
	n.apply(delivery("one", "note"))
	n.expectOf(deliverables, "cart", delivered)
	n.apply(delivery("two", "note"))
	expect("MultipleDeliveryMatches")
	n.expectMessageOf(deliverables, "cart", "Ready", "[one-NS, two-NS]")
	n.deleteCluster("clusterdeliveries", "two-NS")
	n.expectOf(deliverables, "cart", delivered)
	n.delete(gvr{Version: "v1", Resource: "serviceaccounts"}, "stamper")
	n.expectOf(deliverables, "cart", "DeliveryReady=True/Ready ResourcesSubmitted=False/ServiceAccountError Ready=False/ServiceAccountError")
	n.apply(account)
	n.expectOf(deliverables, "cart", delivered)
}

// deepDelivery compares lists and maps, passes a source through, and deploys without a look at its deployment input.
const deepDelivery = `
apiVersion: carto.run/v1alpha1
kind: ClusterDelivery
metadata: { name: deep-NS }
spec:
  selector: { target: NS }
  serviceAccountRef: { name: stamper }
  resources:
    - { name: fetch, templateRef: { kind: ClusterSourceTemplate, name: deep-git-NS } }
    - name: skipped
      sources: [{ name: code, resource: fetch }]
      templateRef:
        kind: ClusterSourceTemplate
        options:
          - { passThrough: code, selector: { matchLabels: { target: NS } } }
          - { name: deep-git-NS, selector: { matchLabels: { target: none } } }
    - { name: deploy, deployment: { resource: skipped }, templateRef: { kind: ClusterDeploymentTemplate, name: deep-NS } }
    - { name: blind, deployment: { resource: deploy }, templateRef: { kind: ClusterDeploymentTemplate, name: blind-NS } }
---
apiVersion: carto.run/v1alpha1
kind: ClusterSourceTemplate
metadata: { name: deep-git-NS }
spec:
  urlPath: .status.url
  revisionPath: .status.url
  template: { kind: GitRepository, apiVersion: source.toolkit.fluxcd.io/v1, metadata: { name: $(deliverable.metadata.name)$ }, spec: {} }
---
apiVersion: carto.run/v1alpha1
kind: ClusterDeploymentTemplate
metadata: { name: deep-NS }
spec:
  observedMatches:
    - { input: .spec.list, output: .status.list }
    - { input: .spec.map, output: .status.map }
  template:
    apiVersion: kpack.io/v1alpha2
    kind: Image
    metadata: { name: $(deliverable.metadata.name)$ }
    spec: { list: [$(deployment.url)$, { a: 1 }], map: { b: [2, 3] } }
---
apiVersion: carto.run/v1alpha1
kind: ClusterDeploymentTemplate
metadata: { name: blind-NS }
spec:
  observedMatches: [{ input: .data.a, output: .data.b }]
  template: { apiVersion: v1, kind: ConfigMap, metadata: { name: $(deliverable.metadata.name)$-blind }, data: { a: same, b: same } }
---
apiVersion: carto.run/v1alpha1
kind: Deliverable
metadata: { name: cart, labels: { target: NS } }
spec: {}
`

// TestDeliveryComparesDeeply: lists and maps are equal by what is in them (Q16).
func TestDeliveryComparesDeeply(t *testing.T) {
	t.Parallel()
	n := sharedWorld(t).tenant(t)
	n.apply(deepDelivery)
	const (
		waits   = "ResourceSubmitted=Unknown/MissingValueAtPath Healthy=Unknown/OutputNotAvailable Ready=Unknown/MissingValueAtPath"
		passed  = "ResourceSubmitted=True/PassThrough Ready=True/Ready"
		unknown = "ResourceSubmitted=False/UnknownError Healthy=Unknown/OutputNotAvailable Ready=False/UnknownError"
	)
	o := n.expectOf(deliverables, "cart", undelivered("Unknown", "MissingValueAtPath"), "fetch: "+waits,
		"skipped: ResourceSubmitted=Unknown/PassThrough Ready=Unknown/PassThrough", "deploy: "+noInput, "blind: "+unknown)
	if got, want := o.Status.Resources[3].Conditions[0].Message, "resource blind: the deployment is complete, but its deployment input is not available"; got != want {
		t.Errorf("the message is %q, want %q", got, want)
	}
	n.report(gitRepos, "cart", map[string]any{"url": "u1"})
	n.expectOf(deliverables, "cart", undelivered("Unknown", "ConditionNotMet"), "fetch: "+gaveOutputs, "skipped: "+passed, "deploy: "+notYet, "blind: "+unknown)

	n.report(images, "cart", map[string]any{"list": []any{"u1", map[string]any{"a": 1}}, "map": map[string]any{"b": []any{3, 2}}})
	n.expectMessageOf(deliverables, "cart", "Ready", "[.spec.map]", "[.status.map]", "map[b:[2 3]]", "map[b:[3 2]]")
	n.report(images, "cart", map[string]any{"map": map[string]any{"b": []any{2, 3}}})
	n.expectOf(deliverables, "cart", delivered, "fetch: "+gaveOutputs, "skipped: "+passed, "deploy: "+gaveOutputs, "blind: "+gaveOutputs)
}
