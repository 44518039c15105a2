package actors

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
)

// tekton stands in for Tekton's controller: it runs the scripts of a TaskRun, one after the other, in a checkout of its param
// url. What Tekton replaces in scripts it replaces too: $(params.NAME) and $(results.NAME.path).
type tekton struct{ client dynamic.Interface }

func newTekton(client dynamic.Interface) *actor {
	t := &tekton{client}
	return &actor{
		resource: schema.GroupVersionResource{Group: "tekton.dev", Version: "v1", Resource: "taskruns"},
		observe:  t.observe, finished: isFinished,
		verdict: func(err error) map[string]string { return map[string]string{"Succeeded": truth(err == nil)} },
	}
}

// isFinished: a run never runs twice.
func isFinished(run *unstructured.Unstructured) bool {
	return hasCondition(run, "Succeeded", "True") || hasCondition(run, "Succeeded", "False")
}

func (t *tekton) observe(ctx context.Context, run *unstructured.Unstructured) (map[string]any, error) {
	task, err := t.task(ctx, run)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "carto-taskrun-")
	if err != nil {
		return nil, fmt.Errorf("make a workspace: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }() // what is left in the folder for temporary files hurts nobody
	workspace := filepath.Join(dir, "workspace")
	var replacements []string
	params, _, _ := unstructured.NestedSlice(run.Object, "spec", "params")
	for _, p := range params {
		name, value := nameAndValue(p)
		replacements = append(replacements, "$(params."+name+")", value)
		if name == "url" {
			if err := checkout(ctx, value, workspace); err != nil {
				return nil, err
			}
		}
	}
	if err := os.MkdirAll(workspace, 0o700); err != nil {
		return nil, fmt.Errorf("make a workspace: %w", err)
	}
	var results []string
	declared, _, _ := unstructured.NestedSlice(task, "results")
	for _, r := range declared {
		name, _ := nameAndValue(r)
		results = append(results, name)
		replacements = append(replacements, "$(results."+name+".path)", filepath.Join(dir, "result-"+name))
	}
	if err := runSteps(ctx, task, workspace, strings.NewReplacer(replacements...)); err != nil {
		return nil, err
	}
	var values []any
	for _, name := range results {
		if value, err := os.ReadFile(filepath.Join(dir, "result-"+name)); err == nil { // a step need not write all
			values = append(values, map[string]any{"name": name, "value": strings.TrimSpace(string(value))})
		}
	}
	return map[string]any{"results": values}, nil
}

// task is the spec of the Task that a run names, or has in itself.
func (t *tekton) task(ctx context.Context, run *unstructured.Unstructured) (map[string]any, error) {
	name, _, _ := unstructured.NestedString(run.Object, "spec", "taskRef", "name")
	if name == "" {
		task, _, err := unstructured.NestedMap(run.Object, "spec", "taskSpec")
		return task, err
	}
	resource := schema.GroupVersionResource{Group: "tekton.dev", Version: "v1", Resource: "tasks"}
	object, err := t.client.Resource(resource).Namespace(run.GetNamespace()).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return nil, fmt.Errorf("read the Task: %w", err)
	}
	task, _, err := unstructured.NestedMap(object.Object, "spec")
	return task, err
}

func runSteps(ctx context.Context, task map[string]any, dir string, replacer *strings.Replacer) error {
	steps, _, _ := unstructured.NestedSlice(task, "steps")
	if len(steps) == 0 {
		return fmt.Errorf("the task has no steps")
	}
	for _, s := range steps {
		step, _ := s.(map[string]any)
		name, _ := step["name"].(string)
		script, _ := step["script"].(string)
		cmd := exec.CommandContext(ctx, "sh", "-e")
		cmd.Dir, cmd.Stdin = dir, strings.NewReader(replacer.Replace(script))
		if out, err := cmd.CombinedOutput(); err != nil {
			lines := strings.Split(strings.TrimSpace(string(out)), "\n")
			return fmt.Errorf("step %s: %w: %s", name, err, lines[len(lines)-1])
		}
	}
	return nil
}

func nameAndValue(item any) (name, value string) {
	m, _ := item.(map[string]any)
	name, _ = m["name"].(string)
	value, _ = m["value"].(string)
	return name, value
}
