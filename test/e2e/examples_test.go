package e2e

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/yaml"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/cli"
	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/streams"
	"github.com/carto-run/carto/test/harness"
)

// example says how a line of a command's help ends in the state of testdata/examples.
type example struct {
	// exit code; anything but 0 needs a reason.
	exit int
	// endless examples run until the test interrupts them, once they have said something.
	endless bool
	// without names an object (resource/name) that must not be there before.
	without string
	// skip is why it cannot be run.
	skip   string
	reason string
}

// examples are all lines in the help of all commands. A line that is not here fails
// TestExamples: add it, with how it ends.
var examples = map[string]example{
	"kubectl carto install":                                          {},
	"kubectl carto install --crds-only":                              {},
	"kubectl carto install --print > carto.yaml":                     {},
	"kubectl carto version":                                          {},
	"kubectl carto version -o json":                                  {},
	"kubectl carto completion install":                               {},
	"kubectl carto completion install --dir ~/bin":                   {},
	"kubectl carto completion install --print":                       {},
	"source <(kubectl carto completion bash)":                        {},
	"kubectl carto doctor":                                           {},
	"kubectl carto doctor -n shop -o wide":                           {},
	"kubectl carto tree workload/cart":                               {},
	"kubectl carto tree wld cart --watch --until ready --timeout 5m": {endless: true, reason: "no agent makes it ready"},

	"kubectl carto template render --ytt -f config.ytt.yaml --values-file values.yaml":                           {},
	"kubectl carto template render --ytt -f config.ytt.yaml --values-file values.yaml --value params.replicas=3": {},
	"kubectl carto template render ClusterConfigTemplate/web --workload workload.yaml --value image=nginx":       {},

	"kubectl carto workload create cart --git-repo https://git.example/shop/cart --git-branch main":        {without: "workloads/cart"},
	"kubectl carto workload create cart --git-repo https://git.example/shop/cart --git-branch main --wait": {without: "workloads/cart", endless: true, reason: "no agent makes it ready"},
	"kubectl carto workload create -f workload.yaml --env LOG_LEVEL=debug --dry-run -o yaml":               {},
}

// Examples of verbs are alike for each noun.
func init() {
	const message = ` -o jsonpath='{.status.conditions[?(@.type=="Ready")].message}'`
	for noun, name := range map[string]string{"workload": "cart", "deliverable": "cart", "runnable": "cart-test"} {
		command := "kubectl carto " + noun + " "
		for _, line := range []string{
			"list", "list -A", "list -A -o wide", "list -A -l app.kubernetes.io/part-of=" + name + " -o wide",
			"get " + name, "get " + name + message, "tree " + name, "retry " + name, "retry " + name + " --step test",
			"delete --all -n shop --yes --wait",
		} {
			examples[command+line] = example{}
		}
		examples[command+"delete "+name] = example{exit: 2, reason: "it asks, and there is no terminal to answer on"}
		examples[command+"tree "+name+" --watch --until ready"] = example{endless: true, reason: "no agent makes it ready"}
	}
	for noun, name := range map[string]string{"supplychain": "web", "delivery": "staging"} {
		command := "kubectl carto " + noun + " "
		for _, line := range []string{"list", "list -o wide", "get " + name, "get " + name + message} {
			examples[command+line] = example{}
		}
	}
	examples["kubectl carto runnable tree cart-test --watch"] = example{endless: true, reason: "it watches until it is interrupted"}
}

// TestExamples runs every example of every command's help as a person would type it.
func TestExamples(t *testing.T) {
	cp := harness.Shared(t)
	client, err := dynamic.NewForConfig(cp.Config)
	if err != nil {
		t.Fatal(err)
	}
	installCRDs(t, client)
	seen := map[string]bool{}
	var lines []string
	for _, line := range helpExamples() {
		if _, known := examples[line]; !known {
			t.Errorf("unknown example, add it to the table of examples_test.go: %s", line)
		} else if !seen[line] {
			seen[line] = true
			lines = append(lines, line)
		}
	}
	for _, line := range slices.Sorted(maps.Keys(examples)) {
		if e := examples[line]; (e.exit != 0 || e.endless || e.skip != "") && e.reason+e.skip == "" {
			t.Errorf("%s: no reason why it ends as it does", line)
		}
	}
	agentElsewhere(t, cp, client)
	bin := programs(t)
	kubeconfig := inNamespace(t, cp.Kubeconfig, "shop")
	for _, line := range lines {
		t.Run(strings.TrimPrefix(line, "kubectl carto "), func(t *testing.T) {
			e := examples[line]
			if e.skip != "" {
				t.Skip(e.skip)
			}
			prepare(t, cp, client, e.without)
			folder := t.TempDir()
			if err := os.CopyFS(folder, os.DirFS("testdata/examples/folder")); err != nil {
				t.Fatal(err)
			}
			if err := os.Mkdir(filepath.Join(folder, "bin"), 0o755); err != nil {
				t.Fatal(err)
			}
			command := exec.Command("bash", "-c", line)
			command.Dir = folder
			command.Env = []string{"PATH=" + bin + ":" + os.Getenv("PATH"), "HOME=" + folder, "KUBECONFIG=" + kubeconfig, "LANG=C.UTF-8"}
			code, output := runExample(t, command, e.endless)
			want := e.exit
			if e.endless {
				want = 130
			}
			if code != want {
				t.Errorf("exit code %d, want %d (%s)\n%s", code, want, e.reason, output)
			}
		})
	}
}

// helpExamples are the lines of all examples, without comments.
func helpExamples() []string {
	s, _, _, _ := streams.Test() //nolint:dogsled // no command runs
	var lines []string
	var walk func(*cobra.Command)
	walk = func(c *cobra.Command) {
		for _, line := range strings.Split(strings.ReplaceAll(c.Example, "\\\n", ""), "\n") {
			if line = strings.Join(strings.Fields(line), " "); line != "" && !strings.HasPrefix(line, "#") {
				lines = append(lines, line)
			}
		}
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(cli.NewRoot(cmdutil.NewFactory("kubectl carto", s)))
	return lines
}

// programs is a folder with kubectl-carto, which is this test's own program, and with a
// stand-in for kubectl where there is none.
func programs(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// testscript.Main looks at the name under which it is called.
	if err := os.Symlink(self, filepath.Join(dir, "kubectl-carto")); err != nil {
		t.Fatal(err)
	}
	if _, err := exec.LookPath("kubectl"); err != nil {
		if err := os.WriteFile(filepath.Join(dir, "kubectl"), []byte("#!/bin/sh\nshift\nexec kubectl-carto \"$@\"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// inNamespace copies a kubeconfig, with the namespace of the examples in its context.
func inNamespace(t *testing.T, path, namespace string) string {
	t.Helper()
	config, err := clientcmd.LoadFromFile(path)
	if err != nil {
		t.Fatal(err)
	}
	config.Contexts[config.CurrentContext].Namespace = namespace
	copied := filepath.Join(t.TempDir(), "config")
	if err := clientcmd.WriteToFile(*config, copied); err != nil {
		t.Fatal(err)
	}
	return copied
}

// agentElsewhere pretends that an agent runs outside of the cluster, for the doctor: none
// does, or the state of the examples would not stay.
func agentElsewhere(t *testing.T, cp *harness.ControlPlane, client dynamic.Interface) {
	t.Helper()
	const namespace, name = "carto-system", "carto-agent"
	harness.ApplyYAML(t, cp.Config, "", `apiVersion: v1
kind: Namespace
metadata: {name: carto-system}
---
apiVersion: coordination.k8s.io/v1
kind: Lease
metadata: {name: carto-agent, namespace: carto-system}
spec: {holderIdentity: examples, leaseDurationSeconds: 3600, renewTime: "`+time.Now().UTC().Format("2006-01-02T15:04:05.000000Z")+`"}
`)
	t.Cleanup(func() {
		leases := client.Resource(schema.GroupVersionResource{Group: "coordination.k8s.io", Version: "v1", Resource: "leases"}).Namespace(namespace)
		if err := leases.Delete(context.Background(), name, metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
	})
}

// prepare brings the cluster into the state of testdata/examples/cluster.yaml.
func prepare(t *testing.T, cp *harness.ControlPlane, client dynamic.Interface, without string) {
	t.Helper()
	ctx := t.Context()
	if _, err := harness.Apply(ctx, cp.Config, "", "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n"); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("testdata/examples/cluster.yaml")
	if err != nil {
		t.Fatal(err)
	}
	made, err := harness.Apply(ctx, cp.Config, "", string(text))
	if err != nil {
		t.Fatal(err)
	}
	for i, doc := range strings.Split(string(text), "---\n") {
		var wanted map[string]any
		if err := yaml.Unmarshal([]byte(doc), &wanted); err != nil {
			t.Fatal(err)
		}
		status, ok := wanted["status"].(map[string]any)
		if !ok {
			continue
		}
		status["observedGeneration"] = made[i].GetGeneration()
		if err := unstructured.SetNestedMap(made[i].Object, jsonMap(status), "status"); err != nil {
			t.Fatal(err)
		}
		resource := v1alpha1.GroupVersion.WithResource(strings.ToLower(made[i].GetKind()) + "s")
		if _, err := client.Resource(resource).Namespace("shop").UpdateStatus(ctx, made[i], metav1.UpdateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	// Examples and scripts install agents, which no node runs.
	deployments := client.Resource(schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "deployments"})
	agents, err := deployments.List(ctx, metav1.ListOptions{LabelSelector: "app.kubernetes.io/name=carto-agent"})
	if err != nil {
		t.Fatal(err)
	}
	for _, agent := range agents.Items {
		if err := deployments.Namespace(agent.GetNamespace()).Delete(ctx, agent.GetName(), metav1.DeleteOptions{}); err != nil && !apierrors.IsNotFound(err) {
			t.Fatal(err)
		}
	}
	if resource, name, ok := strings.Cut(without, "/"); ok {
		err := client.Resource(v1alpha1.GroupVersion.WithResource(resource)).Namespace("shop").Delete(ctx, name, metav1.DeleteOptions{})
		if err != nil && !apierrors.IsNotFound(err) {
			t.Fatal(err)
		}
	}
}

// runExample runs a command to its end; an endless one is interrupted as by Ctrl-C as soon
// as it has said something.
func runExample(t *testing.T, command *exec.Cmd, endless bool) (code int, output string) {
	t.Helper()
	said := &heard{first: make(chan struct{})}
	command.Stdout, command.Stderr = said, said
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	signal := func(s syscall.Signal) { _ = syscall.Kill(-command.Process.Pid, s) }
	defer context.AfterFunc(ctx, func() { signal(syscall.SIGKILL) })()
	if endless {
		select {
		case <-said.first:
		case <-ctx.Done():
		}
		signal(syscall.SIGINT)
	}
	err := command.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if ctx.Err() != nil {
		t.Error("it did not end")
	}
	return command.ProcessState.ExitCode(), said.String()
}

// heard collects output, and tells when there is some.
type heard struct {
	mu    sync.Mutex
	text  bytes.Buffer
	first chan struct{}
}

func (h *heard) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.text.Len() == 0 && len(p) > 0 {
		close(h.first)
	}
	return h.text.Write(p)
}

func (h *heard) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.String()
}
