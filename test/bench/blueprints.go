package main

import (
	"fmt"
	"regexp"
	"strings"
)

const sourceTemplate = `
apiVersion: carto.run/v1alpha1
kind: ClusterSourceTemplate
metadata: { name: bench }
spec:
  healthRule: { singleConditionType: Ready }
  urlPath: .status.output
  revisionPath: .status.output
  template:
    apiVersion: bench.carto.run/v1
    kind: Source
    metadata: { name: $(workload.metadata.name)$ }
    spec: { input: seed }
`

const supplyChain = sourceTemplate + `---
apiVersion: carto.run/v1alpha1
kind: ClusterImageTemplate
metadata: { name: bench }
spec:
  healthRule: { singleConditionType: Ready }
  imagePath: .status.output
  template:
    apiVersion: bench.carto.run/v1
    kind: Image
    metadata: { name: $(workload.metadata.name)$ }
    spec: { input: $(source.url)$ }
---
` + configTemplate + `
---
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: { name: bench }
spec:
  healthRule: { singleConditionType: Ready }
  template:
    apiVersion: bench.carto.run/v1
    kind: Run
    metadata: { name: $(workload.metadata.name)$ }
    spec: { input: $(config)$ }
---
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: { name: bench }
spec:
  selector: { bench: "yes" }
  serviceAccountRef: { name: stamper }
  resources:
    - name: source
      templateRef: { kind: ClusterSourceTemplate, name: bench }
    - name: image
      sources: [{ name: source, resource: source }]
      templateRef: { kind: ClusterImageTemplate, name: bench }
    - name: config
      images: [{ name: image, resource: image }]
      templateRef: { kind: ClusterConfigTemplate, name: bench }
    - name: run
      configs: [{ name: config, resource: config }]
      templateRef: { kind: ClusterTemplate, name: bench }
`

const configTemplate = `
apiVersion: carto.run/v1alpha1
kind: ClusterConfigTemplate
metadata: { name: bench }
spec:
  healthRule: { singleConditionType: Ready }
  configPath: .status.output
  template:
    apiVersion: bench.carto.run/v1
    kind: Config
    metadata: { name: $(workload.metadata.name)$ }
    spec: { input: $(image)$ }
`

// yttTemplates replaces the bodies of templates by ytt, written as its users write it, which make the same objects.
func yttTemplates(manifests string) string {
	body := regexp.MustCompile(`(?s)  template:\n    apiVersion: (\S+)\n    kind: (\S+)\n    metadata: \{ name: \S+ \}\n    spec: \{ input: (\S+) \}\n`)
	return body.ReplaceAllStringFunc(manifests, func(found string) string {
		parts := body.FindStringSubmatch(found)
		input := fmt.Sprintf("%q", parts[3])
		if before, tag, ok := strings.Cut(parts[3], "$("); ok {
			input = fmt.Sprintf("%q + data.values.%s", before, strings.TrimSuffix(tag, ")$"))
		}
		return fmt.Sprintf(yttBody, parts[1], parts[2], input)
	})
}

const yttBody = `  ytt: |
    #@ load("@ytt:data", "data")

    #@ def param(key, default):
    #@   if not key in data.values.params:
    #@     return default
    #@   end
    #@   return data.values.params[key]
    #@ end

    #@ def name():
    #@   return data.values.workload.metadata.name
    #@ end

    ---
    apiVersion: %s
    kind: %s
    metadata:
      name: #@ name()
      #@ if/end hasattr(data.values.workload.metadata, "annotations"):
      annotations: #@ data.values.workload.metadata.annotations
    spec:
      input: #@ %s
      #@ if/end param("debug", False):
      debug: true
`

var delivery = strings.Replace(sourceTemplate, "workload.", "deliverable.", 1) + `---
apiVersion: carto.run/v1alpha1
kind: ClusterDeploymentTemplate
metadata: { name: bench-completion }
spec:
  healthRule: { singleConditionType: Ready }
  observedCompletion: { succeeded: { key: '.status.conditions[?(@.type=="Ready")].status', value: "True" } }
  template:
    apiVersion: bench.carto.run/v1
    kind: Image
    metadata: { name: $(deliverable.metadata.name)$ }
    spec: { input: $(deployment.url)$ }
---
apiVersion: carto.run/v1alpha1
kind: ClusterDeploymentTemplate
metadata: { name: bench-match }
spec:
  healthRule: { singleConditionType: Ready }
  observedMatches: [{ input: .spec.input, output: .status.output }]
  template:
    apiVersion: bench.carto.run/v1
    kind: Config
    metadata: { name: $(deliverable.metadata.name)$ }
    spec: { input: $(deployment.url)$ }
---
` + noteTemplate + `
---
apiVersion: carto.run/v1alpha1
kind: ClusterDelivery
metadata: { name: bench }
spec:
  selector: { bench: "yes" }
  serviceAccountRef: { name: stamper }
  resources:
    - name: source
      templateRef: { kind: ClusterSourceTemplate, name: bench }
    - name: deploy
      deployment: { resource: source }
      templateRef: { kind: ClusterDeploymentTemplate, name: bench-completion }
    - name: probe
      deployment: { resource: deploy }
      templateRef: { kind: ClusterDeploymentTemplate, name: bench-match }
    - name: note
      sources: [{ name: proven, resource: probe }]
      templateRef: { kind: ClusterTemplate, name: bench }
`

const noteTemplate = `
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: { name: bench }
spec:
  healthRule: { singleConditionType: Ready }
  template:
    apiVersion: bench.carto.run/v1
    kind: Run
    metadata: { name: $(deliverable.metadata.name)$ }
    spec: { input: $(source.url)$ }
`

const runTemplate = `
apiVersion: carto.run/v1alpha1
kind: ClusterRunTemplate
metadata: { name: bench }
spec:
  outputs: { value: .status.output }
  template:
    apiVersion: bench.carto.run/v1
    kind: Run
    metadata: { generateName: $(runnable.metadata.name)$- }
    spec: { input: $(runnable.spec.inputs.value)$ }
`
