package agent

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	corev1 "k8s.io/api/core/v1"
	v1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/stamp"
)

// buildAndRun is the first example of the specification.
const buildAndRun = `
apiVersion: carto.run/v1alpha1
kind: ClusterSourceTemplate
metadata: { name: flux-git-NS }
spec:
  params: [{ name: poll, default: 2m }]
  healthRule: { singleConditionType: Ready }
  urlPath: .status.artifact.url
  revisionPath: .status.artifact.revision
  template:
    apiVersion: source.toolkit.fluxcd.io/v1
    kind: GitRepository
    metadata: { name: $(workload.metadata.name)$ }
    spec:
      interval: $(params.poll)$
      url: $(workload.spec.source.git.url)$
      ref: $(workload.spec.source.git.ref)$
---
apiVersion: carto.run/v1alpha1
kind: ClusterImageTemplate
metadata: { name: kpack-image-NS }
spec:
  healthRule: { singleConditionType: Ready }
  imagePath: .status.latestImage
  template:
    apiVersion: kpack.io/v1alpha2
    kind: Image
    metadata: { name: $(workload.metadata.name)$ }
    spec:
      tag: $(params.registry)$/$(workload.metadata.name)$
      builder: { kind: ClusterBuilder, name: base }
      source: { blob: { url: $(source.url)$ } }
      build: { env: $(workload.spec.build.env)$ }
---
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: { name: plain-deployment-NS }
spec:
  healthRule:
    multiMatch:
      healthy: { matchConditions: [{ type: Available, status: "True" }] }
      unhealthy: { matchConditions: [{ type: Progressing, status: "False" }] }
  template:
    kind: Deployment
    apiVersion: apps/v1
    metadata: { name: $(workload.metadata.name)$ }
    spec:
      template:
        spec: { containers: [{ image: $(image)$, name: app }] }
        metadata: { labels: { shop.example/app: $(workload.metadata.name)$ } }
      selector: { matchLabels: { shop.example/app: $(workload.metadata.name)$ } }
      replicas: $(params.replicas)$
---
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: { name: build-and-run-NS }
spec:
  selector: { shape: NS }
  serviceAccountRef: { name: stamper }
  params:
    - { name: registry, value: registry.example/shop }
    - { name: replicas, default: 1 }
  resources:
    - name: fetch
      templateRef: { kind: ClusterSourceTemplate, name: flux-git-NS }
    - name: build
      sources: [{ name: code, resource: fetch }]
      templateRef: { kind: ClusterImageTemplate, name: kpack-image-NS }
    - name: run
      images: [{ name: app, resource: build }]
      templateRef: { kind: ClusterTemplate, name: plain-deployment-NS }
`

const cart = `
apiVersion: carto.run/v1alpha1
kind: Workload
metadata: { name: cart, labels: { shape: NS } }
spec:
  params: [{ name: replicas, value: 3 }, { name: registry, value: evil.example }]
  source: { git: { url: https://git.example/shop/cart.git, ref: { branch: main } } }
`

const (
	waitsAtFetch = "SupplyChainReady=True/Ready ResourcesSubmitted=Unknown/MissingValueAtPath ResourcesHealthy=Unknown/HealthyConditionRule Ready=Unknown/MissingValueAtPath"
	allReady     = "SupplyChainReady=True/Ready ResourcesSubmitted=True/ResourceSubmissionComplete ResourcesHealthy=True/HealthyConditionRule Ready=True/Ready"
	unhealthy    = "SupplyChainReady=True/Ready ResourcesSubmitted=True/ResourceSubmissionComplete ResourcesHealthy=False/HealthyConditionRule Ready=False/HealthyConditionRule"
	stepDone     = "ResourceSubmitted=True/ResourceSubmissionComplete "
	stepWaits    = "ResourceSubmitted=False/TemplateStampFailure "
)

// TestBuildAndRun walks through the first example of the specification, step by step.
func TestBuildAndRun(t *testing.T) {
	t.Parallel()
	n := sharedWorld(t).tenant(t)
	n.apply(buildAndRun + "---" + cart)

	// 1. Only what has its inputs is stamped.
	n.expect("cart", waitsAtFetch,
		"fetch: ResourceSubmitted=Unknown/MissingValueAtPath Healthy=Unknown/ReadyCondition Ready=Unknown/MissingValueAtPath",
		"build: "+stepWaits+"Healthy=Unknown/Unknown Ready=False/TemplateStampFailure",
		"run: "+stepWaits+"Healthy=Unknown/NoMatchesFulfilled Ready=False/TemplateStampFailure")
	repository := n.mustGet(gitRepos, "cart")
	w, err := n.workload("cart")
	if err != nil {
		t.Fatal(err)
	}
	wantLabels := map[string]string{
		"carto.run/workload-name": "cart", "carto.run/workload-namespace": n.ns, "carto.run/supply-chain-name": "build-and-run-" + n.ns,
		"carto.run/resource-name": "fetch", "carto.run/template-kind": "ClusterSourceTemplate",
		"carto.run/cluster-template-name": "flux-git-" + n.ns, "carto.run/template-lifecycle": "mutable",
	}
	if diff := cmp.Diff(wantLabels, repository.GetLabels()); diff != "" {
		t.Errorf("labels (-want +got):\n%s", diff)
	}
	yes := true
	wantOwners := []v1.OwnerReference{{APIVersion: "carto.run/v1alpha1", Kind: "Workload", Name: "cart", UID: w.UID, Controller: &yes, BlockOwnerDeletion: &yes}}
	if diff := cmp.Diff(wantOwners, repository.GetOwnerReferences()); diff != "" {
		t.Errorf("owner references (-want +got):\n%s", diff)
	}
	wantSpec := map[string]any{"interval": "2m", "url": "https://git.example/shop/cart.git", "ref": map[string]any{"branch": "main"}}
	if diff := cmp.Diff(wantSpec, field(repository, "spec")); diff != "" {
		t.Errorf("spec (-want +got):\n%s", diff)
	}
	for _, gone := range []struct {
		name string
		err  error
	}{{"Image", second(n.get(images, "cart"))}, {"Deployment", second(n.get(deployments, "cart"))}} {
		if gone.err == nil {
			t.Errorf("%s was stamped before its input existed", gone.name)
		}
	}

	// 2. The source appears.
	n.report(gitRepos, "cart", map[string]any{
		"artifact": map[string]any{"url": "http://files/1.tgz", "revision": "main@1"}, "conditions": []any{condition("Ready", "True", "")},
	})
	image := n.mustGet(images, "cart")
	wantSpec = map[string]any{
		"tag": "registry.example/shop/cart", "builder": map[string]any{"kind": "ClusterBuilder", "name": "base"},
		"source": map[string]any{"blob": map[string]any{"url": "http://files/1.tgz"}}, "build": map[string]any{},
	}
	if diff := cmp.Diff(wantSpec, field(image, "spec")); diff != "" {
		t.Errorf("the owner can not override the registry (-want +got):\n%s", diff)
	}

	// 3. The image is built.
	n.report(images, "cart", map[string]any{"latestImage": "registry.example/shop/cart@sha256:aa", "conditions": []any{condition("Ready", "True", "")}})
	n.expectImage("registry.example/shop/cart@sha256:aa")
	if got := field(n.mustGet(deployments, "cart"), "spec", "replicas"); got != int64(3) {
		t.Errorf("replicas %v: the owner's param, as a number", got)
	}

	// 4. The real controllers, and a node that is played, make the Deployment available.
	w = n.expect("cart", allReady,
		"fetch: "+stepDone+"Healthy=True/ReadyCondition Ready=True/Ready",
		"build: "+stepDone+"Healthy=True/ReadyCondition Ready=True/Ready",
		"run: "+stepDone+"Healthy=True/MatchedCondition Ready=True/Ready")
	wantStatus := []v1alpha1.ResourceStatus{
		{
			Name: "fetch", TemplateRef: templateRef("ClusterSourceTemplate", "flux-git-"+n.ns), StampedRef: n.stampedRef("source.toolkit.fluxcd.io/v1", "GitRepository", "gitrepositories.source.toolkit.fluxcd.io"),
			Outputs: []v1alpha1.Output{output(t, "url", "http://files/1.tgz"), output(t, "revision", "main@1")},
		},
		{
			Name: "build", TemplateRef: templateRef("ClusterImageTemplate", "kpack-image-"+n.ns), StampedRef: n.stampedRef("kpack.io/v1alpha2", "Image", "images.kpack.io"),
			Inputs: []v1alpha1.Input{{Name: "fetch"}}, Outputs: []v1alpha1.Output{output(t, "image", "registry.example/shop/cart@sha256:aa")},
		},
		{
			Name: "run", TemplateRef: templateRef("ClusterTemplate", "plain-deployment-"+n.ns), StampedRef: n.stampedRef("apps/v1", "Deployment", "deployments.apps"),
			Inputs: []v1alpha1.Input{{Name: "build"}},
		},
	}
	ignore := []cmp.Option{cmpopts.IgnoreFields(v1alpha1.ResourceStatus{}, "Conditions"), cmpopts.IgnoreFields(v1alpha1.Output{}, "LastTransitionTime")}
	if diff := cmp.Diff(wantStatus, w.Status.Resources, ignore...); diff != "" {
		t.Errorf("status.resources (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(v1alpha1.BlueprintRef{Kind: "ClusterSupplyChain", Name: "build-and-run-" + n.ns}, w.Status.SupplyChainRef); diff != "" {
		t.Errorf("supplyChainRef (-want +got):\n%s", diff)
	}

	// 5. The base image is rebuilt: the Deployment changes, and nothing upstream does.
	before := n.mustGet(gitRepos, "cart").GetResourceVersion()
	n.report(images, "cart", map[string]any{"latestImage": "registry.example/shop/cart@sha256:bb", "conditions": []any{condition("Ready", "True", "")}})
	n.expectImage("registry.example/shop/cart@sha256:bb")
	if after := n.mustGet(gitRepos, "cart").GetResourceVersion(); after != before {
		t.Errorf("the GitRepository was written, although nothing of it changed")
	}
	n.eventually(func() error {
		now, err := n.workload("cart")
		if err != nil {
			return err
		}
		if now.Status.Resources[1].Outputs[0].Preview != "registry.example/shop/cart@sha256:bb\n" {
			return fmt.Errorf("the output of build is still %q", now.Status.Resources[1].Outputs[0].Preview)
		}
		if diff := cmp.Diff(w.Status.Resources[0].Outputs, now.Status.Resources[0].Outputs); diff != "" {
			return fmt.Errorf("outputs of fetch changed, with digest or time (-before +after):\n%s", diff)
		}
		return nil
	})

	// 6. A build fails: its object is unhealthy, while all is submitted and what runs
	// goes on running.
	n.report(images, "cart", map[string]any{"conditions": []any{condition("Ready", "False", "no space left")}})
	n.expect("cart", unhealthy)
	n.expectMessage("cart", "ResourcesHealthy", "resource build", "no space left")
	n.expectImage("registry.example/shop/cart@sha256:bb")

	// 7. What is deleted comes back.
	uid := n.mustGet(deployments, "cart").GetUID()
	n.delete(deployments, "cart")
	n.eventually(func() error {
		d, err := n.get(deployments, "cart")
		if err == nil && d.GetUID() == uid {
			err = fmt.Errorf("the Deployment is still the old one")
		}
		return err
	})

	// 8. Without a ref, it is left out.
	n.patch(workloads, "cart", `{"spec":{"source":{"git":{"ref":null}}}}`)
	n.eventually(func() error {
		if ref := field(n.mustGet(gitRepos, "cart"), "spec", "ref"); ref != nil {
			return fmt.Errorf("spec.ref is still %v", ref)
		}
		return nil
	})

	// What a person can see of all this.
	n.eventually(func() error {
		list, err := n.client.Resource(events).Namespace(n.ns).List(t.Context(), v1.ListOptions{FieldSelector: "involvedObject.kind=Workload"})
		if err != nil {
			return err
		}
		var seen []string
		for _, e := range list.Items {
			seen = append(seen, fmt.Sprint(field(&e, "reason"), " ", field(&e, "message")))
		}
		all := strings.Join(seen, "\n")
		for _, want := range []string{
			"StampedObjectApplied Created object [deployments.apps/cart]",
			"ResourceOutputChanged output of resource [fetch] in [gitrepositories.source.toolkit.fluxcd.io/cart] changed",
			"ResourceHealthyStatusChanged health of resource [run] in [deployments.apps/cart] is now",
		} {
			if !strings.Contains(all, want) {
				return fmt.Errorf("no event %q in\n%s", want, all)
			}
		}
		return nil
	})
}

func second[A, B any](_ A, b B) B { return b }

func (n *tenant) expectImage(want string) {
	n.t.Helper()
	n.eventually(func() error {
		d, err := n.get(deployments, "cart")
		if err != nil {
			return err
		}
		containers, _ := field(d, "spec", "template", "spec", "containers").([]any)
		if got := containers[0].(map[string]any)["image"]; got != want {
			return fmt.Errorf("the Deployment runs %v, not %s", got, want)
		}
		return nil
	})
}

func templateRef(kind, name string) *corev1.ObjectReference {
	return &corev1.ObjectReference{APIVersion: "carto.run/v1alpha1", Kind: kind, Name: name}
}

func (n *tenant) stampedRef(apiVersion, kind, resource string) *v1alpha1.StampedRef {
	return &v1alpha1.StampedRef{ObjectReference: corev1.ObjectReference{APIVersion: apiVersion, Kind: kind, Namespace: n.ns, Name: "cart"}, Resource: resource}
}

func output(t *testing.T, name string, value any) v1alpha1.Output {
	t.Helper()
	digest, preview, err := stamp.DigestAndPreview(value)
	if err != nil {
		t.Fatal(err)
	}
	return v1alpha1.Output{Name: name, Preview: preview, Digest: digest}
}
