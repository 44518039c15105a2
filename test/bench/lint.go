package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// lintScenario needs no control plane, so it is none of the others.
const lintScenario = "lint"

// lintSizes are the numbers of documents that are asked for (spec: lint §3.2).
var lintSizes = []int{200, 1000}

// lintCost is what a run of lint needs, as a whole process.
type lintCost struct {
	command               string
	documents             int
	milliseconds, slowest float64 // median and slowest
	peak                  int     // bytes, the largest of the runs
	bytes                 int     // of standard output
}

// lintPlatform is what a platform team keeps in one folder: a chain, its templates, their
// roles, and the workloads that go through it. NAME is another one each time.
var lintPlatform = []string{
	`apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: NAME}
spec:
  selector: {apps.tanzu.vmware.com/workload-type: NAME}
  serviceAccountRef: {name: NAME}
  params:
  - {name: registry, value: registry.example/NAME}
  - {name: replicas, default: 1}
  resources:
  - name: fetch
    templateRef: {kind: ClusterSourceTemplate, name: NAME-fetch}
  - name: build
    sources: [{name: code, resource: fetch}]
    templateRef: {kind: ClusterImageTemplate, name: NAME-build}
    params:
    - {name: caching, default: {size: 2G, enabled: true}}
  - name: configure
    images: [{name: app, resource: build}]
    templateRef: {kind: ClusterConfigTemplate, name: NAME-configure}
  - name: run
    images: [{name: app, resource: build}]
    configs: [{name: manifest, resource: configure}]
    templateRef: {kind: ClusterTemplate, name: NAME-run}
`, `apiVersion: carto.run/v1alpha1
kind: ClusterSourceTemplate
metadata: {name: NAME-fetch}
spec:
  healthRule: {singleConditionType: Ready}
  urlPath: .status.artifact.url
  revisionPath: .status.artifact.revision
  template:
    apiVersion: source.toolkit.fluxcd.io/v1
    kind: GitRepository
    metadata: {name: $(workload.metadata.name)$}
    spec:
      interval: 1m
      url: $(workload.spec.source.git.url)$
      ref: $(workload.spec.source.git.ref)$
`, `apiVersion: carto.run/v1alpha1
kind: ClusterImageTemplate
metadata: {name: NAME-build}
spec:
  healthRule: {singleConditionType: Ready}
  imagePath: .status.latestImage
  params: [{name: builder, default: default}]
  template:
    apiVersion: kpack.io/v1alpha2
    kind: Image
    metadata: {name: $(workload.metadata.name)$}
    spec:
      tag: $(params.registry)$/$(workload.metadata.name)$
      serviceAccountName: NAME
      builder: {kind: ClusterBuilder, name: $(params.builder)$}
      source: {blob: {url: $(sources.code.url)$}, subPath: $(workload.spec.source.subPath)$}
      build: {env: $(workload.spec.build.env)$}
      cache: {volume: {size: $(params.caching.size)$}}
`, `apiVersion: carto.run/v1alpha1
kind: ClusterConfigTemplate
metadata: {name: NAME-configure}
spec:
  configPath: .data
  ytt: |
    #@ load("@ytt:data", "data")
    #@ def labels():
    #@   fixed = {"app.kubernetes.io/part-of": data.values.workload.metadata.name}
    #@   if hasattr(data.values.workload.metadata, "labels"):
    #@     fixed.update(data.values.workload.metadata.labels)
    #@   end
    #@   return fixed
    #@ end
    ---
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: #@ data.values.workload.metadata.name
      labels: #@ labels()
    data:
      image: #@ data.values.images.app.image
      replicas: #@ str(data.values.params.replicas)
`, `apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: NAME-run}
spec:
  healthRule: {singleConditionType: Available}
  template:
    apiVersion: apps/v1
    kind: Deployment
    metadata:
      name: $(workload.metadata.name)$
      labels: {app: $(workload.metadata.name)$}
    spec:
      replicas: $(params.replicas)$
      selector: {matchLabels: {app: $(workload.metadata.name)$}}
      template:
        metadata: {labels: {app: $(workload.metadata.name)$}}
        spec:
          containers:
          - name: app
            image: $(images.app.image)$
            env:
            - {name: CONFIG, value: "image=$(configs.manifest.config.image)$"}
            ports: [{containerPort: 8080}]
            readinessProbe: {httpGet: {path: /, port: 8080}}
`, `apiVersion: v1
kind: ServiceAccount
metadata: {name: NAME, namespace: shop}
`, `apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: NAME, namespace: shop}
rules:
- {apiGroups: [source.toolkit.fluxcd.io], resources: [gitrepositories], verbs: [get, list, watch, create, update, patch, delete]}
- {apiGroups: [kpack.io], resources: [images], verbs: [get, list, watch, create, update, patch, delete]}
- {apiGroups: [""], resources: [configmaps], verbs: [get, list, watch, create, update, patch, delete]}
- {apiGroups: [apps], resources: [deployments], verbs: [get, list, watch, create, update, patch, delete]}
`, `apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: NAME, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: NAME}
subjects: [{kind: ServiceAccount, name: NAME, namespace: shop}]
`, `apiVersion: carto.run/v1alpha1
kind: Workload
metadata:
  name: NAME-cart
  namespace: shop
  labels: {apps.tanzu.vmware.com/workload-type: NAME}
spec:
  source: {git: {url: "https://git.example/shop/cart.git", ref: {branch: main}}, subPath: app}
  build: {env: [{name: GOFLAGS, value: -mod=vendor}]}
  params: [{name: replicas, value: 2}]
`, `apiVersion: carto.run/v1alpha1
kind: Workload
metadata:
  name: NAME-checkout
  namespace: shop
  labels: {apps.tanzu.vmware.com/workload-type: NAME}
spec:
  source: {git: {url: "https://git.example/shop/checkout.git", ref: {tag: v1}}, subPath: app}
  build: {env: []}
`,
}

// benchLint measures lint over folders, and prints the table.
func benchLint(ctx context.Context) error {
	program, err := filepath.Abs("bin/kubectl-carto") // make bench runs in the repository's root
	if err != nil {
		return fmt.Errorf("find the plugin: %w", err)
	}
	var costs []lintCost
	for _, n := range lintSizes {
		folder, err := lintFolder(n)
		if err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(folder) }() // a leftover in the folder for temporary files hurts nobody
		for _, command := range []string{"lint", "lint -o sarif"} {
			cost, err := runLint(ctx, program, folder, strings.Fields(command))
			if err != nil {
				return err
			}
			cost.command, cost.documents = command, n
			costs = append(costs, cost)
		}
	}
	table := [][]string{{"command", "documents", "median, ms", "slowest, ms", "memory at most, MiB", "output, KiB"}}
	for _, c := range costs {
		table = append(table, []string{
			"`" + c.command + "`", fmt.Sprint(c.documents), fmt.Sprintf("%.0f", c.milliseconds), fmt.Sprintf("%.0f", c.slowest),
			fmt.Sprintf("%.0f", float64(c.peak)/(1<<20)), fmt.Sprintf("%.1f", float64(c.bytes)/1024),
		})
	}
	w := &strings.Builder{}
	printAligned(w, table)
	fmt.Println(w)
	return nil
}

// lintFolder makes n documents in files of some: half of the platform in one, half in another.
func lintFolder(n int) (string, error) {
	folder, err := os.MkdirTemp("", "carto-bench-lint-")
	if err != nil {
		return "", fmt.Errorf("make a folder: %w", err)
	}
	half := len(lintPlatform) / 2
	for i := 0; i < n; i += half {
		parts := lintPlatform[i%len(lintPlatform):][:half]
		name := fmt.Sprintf("team%d", i/len(lintPlatform))
		text := strings.ReplaceAll(strings.Join(parts, "---\n"), "NAME", name)
		if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("%s-%d.yaml", name, i%len(lintPlatform))), []byte(text), 0o600); err != nil {
			return "", fmt.Errorf("write a file to lint: %w", err)
		}
	}
	return folder, nil
}

func runLint(ctx context.Context, program, folder string, args []string) (lintCost, error) {
	var cost lintCost
	var times []float64
	for range pluginRuns {
		cmd := exec.CommandContext(ctx, program, append(slices.Clone(args), folder)...)
		cmd.Env = []string{"HOME=" + folder, "LANG=C.UTF-8"}
		var out, errOut bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &errOut
		start := time.Now()
		err := cmd.Run()
		times = append(times, float64(time.Since(start).Microseconds())/1000)
		// 1 is that there are findings.
		if exit := (*exec.ExitError)(nil); err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 1) {
			return cost, fmt.Errorf("run %s %s: %w: %s", program, strings.Join(args, " "), err, errOut.String())
		}
		if used, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
			cost.peak = max(cost.peak, int(used.Maxrss)*1024) // Linux counts in KiB
		}
		cost.bytes = out.Len()
	}
	slices.Sort(times)
	cost.milliseconds, cost.slowest = times[len(times)/2], times[len(times)-1]
	return cost, nil
}
