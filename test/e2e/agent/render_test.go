package agent

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
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
// an example as the agent has sent it, byte for byte, and no other.
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

			rendered := e.render(observed)
			if diff := cmp.Diff(slices.Sorted(maps.Keys(live)), slices.Sorted(maps.Keys(rendered))); diff != "" {
				t.Errorf("objects (-the agent's +rendered):\n%s", diff)
			}
			for key, object := range live {
				if diff := cmp.Diff(textOf(t, sentPart(t, object)), textOf(t, rendered[key])); diff != "" {
					t.Errorf("%s (-the agent's +rendered):\n%s", key, diff)
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

// render prints what the manifests of the example stamp.
func (e *example) render(observed []*unstructured.Unstructured) map[string]map[string]any {
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
	// No kubeconfig: a command that reads one would fail.
	cmd := exec.Command(filepath.Join("..", "..", "..", "bin", "kubectl-carto"), "render", "-f", files, "--observed", seen, "-o", "json")
	cmd.Env = []string{"KUBECONFIG=/not/there", "HOME=" + folder}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		e.t.Errorf("render: %v\n%s", err, stderr.String())
	}
	var printed struct{ Items []map[string]any }
	if err := json.Unmarshal(stdout.Bytes(), &printed); err != nil {
		e.t.Fatalf("render: %v\n%s", err, stdout.String())
	}
	rendered := map[string]map[string]any{}
	for _, item := range printed.Items {
		u := unstructured.Unstructured{Object: item}
		rendered[u.GetKind()+"/"+u.GetName()] = item
	}
	return rendered
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
