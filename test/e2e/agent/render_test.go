package agent

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
)

// TestRenderIsWhatTheAgentStamps: given what the cluster holds, render prints each object of
// an example as the agent has sent it, byte for byte, and no other; and the tree that it shows
// is that of the cluster.
func TestRenderIsWhatTheAgentStamps(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		files  map[string]string
		owners gvr
		names  []string
		ready  string
	}{
		"web":      {map[string]string{"main.go": "package main\n"}, workloads, []string{"cart"}, allReady},
		"ytt":      {map[string]string{"main.go": "package main\n"}, workloads, []string{"plain", "public"}, allReady},
		"options":  {map[string]string{"test.sh": passes}, workloads, []string{"tested", "untested", "image"}, allReady},
		"testing":  {map[string]string{"test.sh": passes}, workloads, []string{"by-step", "by-runnable"}, allReady},
		"delivery": {map[string]string{"manifests/cart.yaml": goodManifest, "probe.sh": passes}, deliverables, []string{"cart"}, delivered},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newExample(t, name, tc.files)
			var observed []*unstructured.Unstructured
			for _, owner := range tc.names {
				e.expectOf(tc.owners, owner, tc.ready)
				observed = append(observed, e.mustGet(tc.owners, owner))
			}
			live := e.stamped()
			observed = append(observed, slices.Collect(maps.Values(live))...)

			render := e.renderer(observed)
			rendered := objectsIn(t, render("-o", "json"))
			if diff := cmp.Diff(slices.Sorted(maps.Keys(live)), slices.Sorted(maps.Keys(rendered))); diff != "" {
				t.Errorf("objects (-the agent's +rendered):\n%s", diff)
			}
			for key, object := range live {
				if diff := cmp.Diff(textOf(t, sentPart(t, object)), textOf(t, rendered[key])); diff != "" {
					t.Errorf("%s (-the agent's +rendered):\n%s", key, diff)
				}
			}
			for _, owner := range tc.names {
				want := states(e.printed("tree", tc.owners.Resource+"/"+owner, "--depth", "2"))
				if len(want) < 6 {
					t.Errorf("the tree of %s has only %d rows: nothing would be compared", owner, len(want))
				}
				if diff := cmp.Diff(want, states(render("-o", "tree", tc.owners.Resource+"/"+owner))); diff != "" {
					t.Errorf("states of %s (-in the cluster +rendered):\n%s", owner, diff)
				}
			}
		})
	}
}

// stamped are all objects in the namespace that the agent made, by kind and name.
func (e *example) stamped() map[string]*unstructured.Unstructured {
	e.t.Helper()
	all := map[string]*unstructured.Unstructured{}
	for _, kind := range []gvr{gitRepos, images, configMaps, deployments, taskRuns, runnables, apps} {
		for _, label := range []string{v1alpha1.LabelResourceName, v1alpha1.LabelRunTemplateName} {
			for _, object := range e.list(kind, label) {
				all[object.GetKind()+"/"+object.GetName()] = &object
			}
		}
	}
	return all
}

// renderer runs render on the manifests of the example, and returns what it prints.
func (e *example) renderer(observed []*unstructured.Unstructured) func(args ...string) string {
	e.t.Helper()
	folder := e.t.TempDir()
	files := filepath.Join(folder, "set.yaml")
	if err := os.WriteFile(files, []byte(strings.Join(e.manifests, "\n---\n")), 0o600); err != nil {
		e.t.Fatal(err)
	}
	list := map[string]any{"apiVersion": "v1", "kind": "List", "items": observed}
	seen := filepath.Join(folder, "observed.yaml")
	if err := os.WriteFile(seen, []byte(textOf(e.t, list)), 0o600); err != nil {
		e.t.Fatal(err)
	}
	return func(args ...string) string {
		e.t.Helper()
		// No kubeconfig: a command that reads one would fail.
		return printed(e.t, []string{"KUBECONFIG=/not/there", "HOME=" + folder}, append([]string{"render", "-f", files, "--observed", seen}, args...)...)
	}
}

// printed is what the plugin prints about the namespace.
func (e *example) printed(args ...string) string {
	e.t.Helper()
	return printed(e.t, []string{"KUBECONFIG=" + e.cp.Kubeconfig, "HOME=" + e.t.TempDir()}, append(args, "-n", e.ns)...)
}

func printed(t *testing.T, env []string, args ...string) string {
	t.Helper()
	cmd := exec.Command(filepath.Join("..", "..", "..", "bin", "kubectl-carto"), args...)
	cmd.Env = env
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Errorf("%v: %v\n%s", args, err, stderr.String())
	}
	return stdout.String()
}

// objectsIn are the objects of a printed list, by kind and name.
func objectsIn(t *testing.T, list string) map[string]map[string]any {
	t.Helper()
	var printed struct{ Items []map[string]any }
	if err := json.Unmarshal([]byte(list), &printed); err != nil {
		t.Fatalf("render: %v\n%s", err, list)
	}
	objects := map[string]map[string]any{}
	for _, item := range printed.Items {
		u := unstructured.Unstructured{Object: item}
		objects[u.GetKind()+"/"+u.GetName()] = item
	}
	return objects
}

// states are the columns NAME, READY, HEALTHY and REASON of a printed tree, of the owner, its
// steps and their objects: what is below these, nobody stamped.
func states(tree string) []string {
	var lines []string
	for line := range strings.Lines(tree) {
		depth := len(line) - len(strings.TrimLeft(line, " |`-"))
		columns := regexp.MustCompile(` {2,}`).Split(strings.TrimSpace(line[depth:]), 5)
		if depth <= 6 && len(columns) == 5 {
			lines = append(lines, strings.Join(columns[:4], " | "))
		}
	}
	return lines
}

func textOf(t *testing.T, value any) string {
	t.Helper()
	text, err := yaml.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// sentPart is what of an object the agent has sent: the fields that it owns, with what says
// which object it is. All else was set by the server and by other controllers.
func sentPart(t *testing.T, object *unstructured.Unstructured) map[string]any {
	t.Helper()
	for _, entry := range object.GetManagedFields() {
		if entry.Manager != v1alpha1.FieldManager || entry.Subresource != "" || entry.FieldsV1 == nil {
			continue
		}
		var fields map[string]any
		if err := json.Unmarshal(entry.FieldsV1.GetRawBytes(), &fields); err != nil {
			t.Fatal(err)
		}
		part, _ := owned(object.Object, fields).(map[string]any)
		part["apiVersion"], part["kind"] = object.GetAPIVersion(), object.GetKind()
		metadata, _ := part["metadata"].(map[string]any)
		metadata["name"], metadata["namespace"] = object.GetName(), object.GetNamespace()
		if entry.Operation == v1.ManagedFieldsOperationUpdate {
			// A run is created: a name is no field to the server then, nor is what it is
			// generated from.
			if generate := object.GetGenerateName(); generate != "" {
				metadata["generateName"] = generate
			}
		}
		return part
	}
	t.Errorf("%s %s: the agent owns none of it", object.GetKind(), object.GetName())
	return nil
}

// owned is the part of a value that a field set of the API server names.
func owned(value any, fields map[string]any) any {
	var inside []string
	for key := range fields {
		if key != "." {
			inside = append(inside, key)
		}
	}
	if len(inside) == 0 {
		return value // the whole
	}
	switch v := value.(type) {
	case map[string]any:
		part := map[string]any{}
		for _, key := range inside {
			name := strings.TrimPrefix(key, "f:")
			below, _ := fields[key].(map[string]any)
			if item, ok := v[name]; ok {
				part[name] = owned(item, below)
			}
		}
		return part
	case []any:
		var part []any
		for _, item := range v {
			for _, key := range inside {
				below, _ := fields[key].(map[string]any)
				if named(item, key) {
					part = append(part, owned(item, below))
				}
			}
		}
		return part
	}
	return value
}

// named says whether an item of a list is the one of a key, such as k:{"name":"app"}.
func named(item any, key string) bool {
	var values map[string]any
	text, isKey := strings.CutPrefix(key, "k:")
	m, isMap := item.(map[string]any)
	if !isKey || !isMap || json.Unmarshal([]byte(text), &values) != nil {
		return false
	}
	for name, value := range values {
		if fmt.Sprint(m[name]) != fmt.Sprint(value) {
			return false
		}
	}
	return true
}
