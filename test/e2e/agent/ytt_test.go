package agent

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

func withYtt(text string) string {
	return replace(oneStep, "  template:\nBODY", "  ytt: |\n    "+replace(strings.TrimSpace(text), "\n", "\n    "))
}

const yttConfigMap = `
#@ load("@ytt:data", "data")
apiVersion: v1
kind: ConfigMap
metadata:
  name: #@ data.values.workload.metadata.name
data:
  x: #@ EXPRESSION
`

// TestYttBodiesThatCanNotBeStamped: each says where and why, on the owner, and a repaired template is enough.
func TestYttBodiesThatCanNotBeStamped(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		reason, text string
		says         []string
	}{
		"fails": {"the engine's whole error, with its stack", "#@ def f(v):\n#@   return v.nope\n#@ end\na: #@ f({})\n",
			[]string{"cannot stamp resource only of ClusterSupplyChain one-NS, ClusterTemplate one-NS: unable to apply ytt template: ytt: Error: \n- dict has no .nope field or method\n    in f\n      stdin.yml:2 | #@   return v.nope\n    in <toplevel>\n      stdin.yml:4 | a: #@ f({})\n"}},
		"does not compile": {"all faults that show without running it", "a: #@ foo\nb: #@ true\n",
			[]string{"ytt: Error: \n- undefined: foo\n    stdin.yml:1 | a: #@ foo\n- undefined: true (hint: write True)\n    stdin.yml:2 | b: #@ true\n"}},
		"two documents": {"a template makes one object", replace(yttConfigMap, "EXPRESSION", "\"1\"") + "---\nkind: Other\n",
			[]string{"the result has 2 documents; a template makes one object"}},
		"no end":       {"a loop that never ends is stopped", "#@ while True:\n#@ end\na: 1\n", []string{"limit exceeded: steps of the program (10000000)", "stdin.yml:1 | #@ while True:"}},
		"too large":    {"a string that grows for ever is stopped", "#@ s = \"x\"\n#@ for i in range(100):\n#@   s = s + s\n#@ end\na: 1\n", []string{"limit exceeded", "stdin.yml:3 |"}},
		"reads a file": {"there are none", "#@ load(\"@ytt:data\", \"data\")\na: #@ data.read(\"/etc/passwd\")\n", []string{"data.read: not supported", "stdin.yml:2"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := sharedWorld(t).tenant(t)
			n.apply(withYtt(tc.text))
			n.expect("cart", stampFailure)
			n.expectMessage("cart", "ResourcesSubmitted", tc.says...)
			n.apply(withYtt(replace(yttConfigMap, "EXPRESSION", "data.values.params.big")))
			n.expect("cart", allReady)
			if got := field(n.mustGet(configMaps, "cart"), "data", "x"); got != "x" {
				t.Errorf("data.x is %v, not x", got)
			}
		})
	}
}

// yttDelivery deploys by a ClusterDeploymentTemplate in ytt.
const yttDelivery = `
apiVersion: carto.run/v1alpha1
kind: ClusterSourceTemplate
metadata: { name: ytt-NS }
spec:
  healthRule: { singleConditionType: Ready }
  urlPath: .status.artifact.url
  revisionPath: .status.artifact.revision
  ytt: |
    #@ load("@ytt:data", "data")
    apiVersion: source.toolkit.fluxcd.io/v1
    kind: GitRepository
    metadata:
      name: #@ data.values.deliverable.metadata.name
    spec: {}
---
apiVersion: carto.run/v1alpha1
kind: ClusterDeploymentTemplate
metadata: { name: ytt-NS }
spec:
  healthRule: { alwaysHealthy: {} }
  observedMatches: [{ input: .data.url, output: .data.url }]
  ytt: |
    #@ load("@ytt:data", "data")
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: #@ data.values.deliverable.metadata.name
    data:
      url: #@ data.values.deployment.url
---
apiVersion: carto.run/v1alpha1
kind: ClusterDelivery
metadata: { name: ytt-NS }
spec:
  selector: { shape: NS }
  serviceAccountRef: { name: stamper }
  resources:
    - { name: fetch, templateRef: { kind: ClusterSourceTemplate, name: ytt-NS } }
    - { name: deploy, deployment: { resource: fetch }, templateRef: { kind: ClusterDeploymentTemplate, name: ytt-NS } }
---
apiVersion: carto.run/v1alpha1
kind: Deliverable
metadata: { name: cart, labels: { shape: NS } }
spec: {}
`

// TestYttWaits: a template that reads an input which is not there yet waits for it, and says for which.
func TestYttWaits(t *testing.T) {
	t.Parallel()
	n := sharedWorld(t).tenant(t)
	n.apply(yttDelivery)
	n.eventually(func() error {
		o := &owner{}
		if err := n.into(deliverables, "cart", o); err != nil {
			return err
		}
		if len(o.Status.Resources) != 2 {
			return fmt.Errorf("%d steps are reported, not 2", len(o.Status.Resources))
		}
		if got := messages(o.Status.Resources[1].Conditions); !strings.Contains(got, "waiting for the output of resource fetch: resource deploy of") || !strings.Contains(got, "stdin.yml:7 |   url: #@ data.values.deployment.url") {
			return fmt.Errorf("it does not say what it waits for: %s", got)
		}
		return nil
	})
	n.report(gitRepos, "cart", map[string]any{
		"artifact":   map[string]any{"url": "u1", "revision": "r1"},
		"conditions": []any{condition("Ready", "True", "")},
	})
	n.expectOf(deliverables, "cart", delivered)
	if got := field(n.mustGet(configMaps, "cart"), "data", "url"); got != "u1" {
		t.Errorf("data.url is %v, not u1", got)
	}
}

// TestExampleYtt: what the templates make of a Workload that says little, and of one that says much.
func TestExampleYtt(t *testing.T) {
	t.Parallel()
	e := newExample(t, "ytt", map[string]string{"main.go": "package main\n"})
	for _, owner := range []string{"plain", "public"} {
		e.expect(owner, allReady)
		e.expectStamped(owner, owner)
	}
	t.Log("it is public no more: one manifest less, and another digest in the Deployment")
	e.patch(workloads, "public", `{"spec":{"params":[{"name":"ports","value":[8080,9090]},{"name":"replicas","value":2}]}}`)
	e.eventually(func() error {
		if got := fmt.Sprint(field(e.mustGet(configMaps, "public"), "data")); strings.Contains(got, "Ingress") {
			return fmt.Errorf("there is an Ingress still: %s", got)
		}
		return nil
	})
	e.expect("public", allReady)
	e.expectStamped("public", "private")
}

// imageDigest is that of the archive of a commit, which holds the time of it.
var imageDigest = regexp.MustCompile(`sha256:[0-9a-f]{64}`)

// expectStamped waits until all that is stamped for an owner is as in a golden file.
func (e *example) expectStamped(owner, stage string) {
	e.t.Helper()
	path := filepath.Join("testdata", e.name+"-"+stage+"-stamped.yaml")
	want, err := os.ReadFile(path)
	if err != nil && !*update {
		e.t.Fatal(err)
	}
	e.eventually(func() error {
		var all []string
		for _, kind := range []gvr{gitRepos, images, configMaps, deployments} {
			object, err := e.get(kind, owner)
			if err != nil {
				return err
			}
			labels := object.GetLabels()
			for label := range labels {
				if strings.HasPrefix(label, "carto.run/") {
					delete(labels, label)
				}
			}
			shown := map[string]any{"kind": object.GetKind()}
			for part, value := range map[string]any{"labels": labels, "spec": object.Object["spec"], "data": object.Object["data"]} {
				if value != nil && (part != "labels" || len(labels) > 0) {
					shown[part] = e.lasting(value)
				}
			}
			text, err := yaml.Marshal(shown)
			if err != nil {
				return err
			}
			all = append(all, string(text))
		}
		got := imageDigest.ReplaceAllString(strings.Join(all, "---\n"), "sha256:DIGEST")
		if *update {
			return os.WriteFile(path, []byte(got), 0o600)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			return fmt.Errorf("what is stamped for %s is not as in %s (-want +got):\n%s", owner, path, diff)
		}
		return nil
	})
}
