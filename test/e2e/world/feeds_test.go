package world

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	corev1 "k8s.io/api/core/v1"
	v1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/tree"
	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/test/harness"
)

var taskRuns = schema.GroupVersionResource{Group: "tekton.dev", Version: "v1", Resource: "taskruns"}

// tested is a chain that tests each revision in a run of its own, and writes down what passed.
const tested = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: taskruns.tekton.dev }
spec:
  group: tekton.dev
  scope: Namespaced
  names: { kind: TaskRun, plural: taskruns, singular: taskrun }
  versions:
    - name: v1
      served: true
      storage: true
      subresources: { status: {} }
      schema:
        openAPIV3Schema: { type: object, x-kubernetes-preserve-unknown-fields: true }
---
apiVersion: v1
kind: ServiceAccount
metadata: { name: stamper }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: stamper }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin }
subjects: [{ kind: ServiceAccount, name: stamper, namespace: NS }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: looker }
rules:
  - { apiGroups: [carto.run, tekton.dev], resources: ["*"], verbs: [get, list, watch] }
  - { apiGroups: [""], resources: [pods, configmaps], verbs: [get, list, watch] }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: { name: looker }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: looker }
subjects: [{ kind: User, name: looker }]
---
apiVersion: carto.run/v1alpha1
kind: ClusterSourceTemplate
metadata: { name: test }
spec:
  lifecycle: tekton
  params: [{ name: revision, default: r1 }]
  urlPath: .spec.params[0].value
  revisionPath: .spec.params[0].value
  template:
    apiVersion: tekton.dev/v1
    kind: TaskRun
    metadata: { generateName: $(workload.metadata.name)$-test- }
    spec: { params: [{ name: revision, value: $(params.revision)$ }] }
---
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: { name: passed }
spec:
  template:
    apiVersion: v1
    kind: ConfigMap
    metadata: { name: $(workload.metadata.name)$-passed }
    data: { revision: $(source.revision)$ }
---
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: { name: tested }
spec:
  selector: { shape: tested }
  serviceAccountRef: { name: stamper }
  resources:
    - { name: test, templateRef: { kind: ClusterSourceTemplate, name: test } }
    - { name: passed, sources: [{ name: code, resource: test }], templateRef: { kind: ClusterTemplate, name: passed } }
`

const cart = `
apiVersion: carto.run/v1alpha1
kind: Workload
metadata: { name: cart, labels: { shape: tested } }
spec: { params: [{ name: revision, value: r1 }] }
`

// do does something, and tells how it ended.
func (p *program) do(a feed.Action) string {
	p.t.Helper()
	done, ok := p.world.Do(a)().(feed.Done)
	switch {
	case !ok:
		p.t.Fatalf("%T did not end", a)
	case done.Err != nil:
		return "error: " + done.Err.Error()
	}
	return done.Text
}

func (p *program) does(a feed.Action, want string) {
	p.t.Helper()
	if got := p.do(a); got != want {
		p.t.Errorf("%T: got %q, want %q", a, got, want)
	}
}

// screen is a program that only edits.
type screen struct {
	edit tea.Cmd
	done feed.Done
}

func (s *screen) Init() tea.Cmd  { return s.edit }
func (s *screen) View() tea.View { return tea.NewView("") }
func (s *screen) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	if done, ok := msg.(feed.Done); ok {
		s.done = done
		return s, tea.Quit
	}
	return s, nil
}

// edits runs a command as the editor.
func (p *program) edits(ref tree.Ref, command string) feed.Done {
	p.t.Helper()
	editor := filepath.Join(p.t.TempDir(), "editor")
	if err := os.WriteFile(editor, []byte("#!/bin/sh\n"+command+"\n"), 0o700); err != nil { //nolint:gosec // it has to be run
		p.t.Fatal(err)
	}
	p.t.Setenv("KUBE_EDITOR", editor)
	s := &screen{edit: p.world.Do(feed.Edit{Ref: ref})}
	if _, err := tea.NewProgram(s, tea.WithInput(&bytes.Buffer{}), tea.WithOutput(&bytes.Buffer{}), tea.WithoutSignals()).Run(); err != nil {
		p.t.Fatal(err)
	}
	return s.done
}

func (p *program) runs(id feed.ID, want ...string) {
	p.t.Helper()
	p.eventually(func() error {
		seen, _ := p.last[id].(feed.RunsSeen)
		var got []string
		for _, r := range seen.Runs {
			text := r.Object.Ready.Status
			if r.Current {
				text += " current"
			}
			if !r.Ended.IsZero() {
				text += " ended"
			}
			got = append(got, strings.TrimSpace(text))
		}
		if !slices.Equal(got, want) {
			return fmt.Errorf("runs %v, want %v; faults %v", got, want, p.faults[id])
		}
		return nil
	})
}

// finish plays Tekton for the newest run.
func (f *fixture) finish(succeeded string) {
	f.t.Helper()
	runs := f.client.Resource(taskRuns).Namespace(f.ns)
	list, err := runs.List(f.t.Context(), v1.ListOptions{})
	if err != nil {
		f.t.Fatal(err)
	}
	newest := slices.MaxFunc(list.Items, func(a, b unstructured.Unstructured) int { return int(tree.Sequence(&a) - tree.Sequence(&b)) })
	patch := fmt.Sprintf(`{"status":{"conditions":[{"type":"Succeeded","status":%q,"reason":"Told","message":"","lastTransitionTime":%q}]}}`, succeeded, time.Now().UTC().Format(time.RFC3339))
	if _, err := runs.Patch(f.t.Context(), newest.GetName(), types.MergePatchType, []byte(patch), v1.PatchOptions{}, "status"); err != nil {
		f.t.Fatal(err)
	}
}

// TestFeeds is the life of a workload, as the screens about it see it.
func TestFeeds(t *testing.T) { // not parallel: it sets the environment
	cp := harness.Shared(t)
	client, err := dynamic.NewForConfig(cp.Config)
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{t: t, cp: cp, client: client}
	f.install()
	f.ns = harness.Namespace(t, cp)
	harness.ApplyYAML(t, cp.Config, f.ns, strings.ReplaceAll(tested, "NS", f.ns))
	agent, err := harness.StartAgent(cp.Kubeconfig, filepath.Join(t.TempDir(), "agent.log"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if agent.Kill(); t.Failed() {
			t.Log(agent.Log())
		}
	})

	const events, runs, versions, blueprints, one, logs = feed.ID(1), feed.ID(2), feed.ID(3), feed.ID(4), feed.ID(5), feed.ID(6)
	p, looker := open(t, cp.Kubeconfig, ""), open(t, cp.Kubeconfig, "looker")
	ref := tree.Ref{APIVersion: v1alpha1.GroupVersion.String(), Kind: v1alpha1.KindWorkload, Namespace: f.ns, Name: "cart"}

	t.Log("create")
	p.world.Follow(blueprints, feed.Blueprints{})
	p.eventually(func() error {
		known, _ := p.last[blueprints].(feed.BlueprintsKnown)
		if got := fmt.Sprint(known.Blueprints); !strings.HasPrefix(got, "[{tested map[shape:tested] [{revision r1 step test}]") {
			return fmt.Errorf("got %s", got)
		}
		return nil
	})
	wrong := strings.Replace(cart, "params:", "paramz:", 1)
	manifest := func(text string) string {
		return strings.Replace(text, "name: cart,", "name: cart, namespace: "+f.ns+",", 1)
	}
	if got := p.do(feed.Create{YAML: manifest(wrong), Check: true}); !strings.Contains(got, `unknown field "spec.paramz"`) && !strings.Contains(got, "paramz") {
		t.Errorf("a fault: got %s", got)
	}
	p.does(feed.Create{YAML: manifest(cart), Check: true}, "workload "+f.ns+"/cart can be created")
	if _, err := client.Resource(workloads).Namespace(f.ns).Get(t.Context(), "cart", v1.GetOptions{}); err == nil {
		t.Error("a check created it")
	}
	if got := looker.do(feed.Create{YAML: manifest(cart)}); !strings.Contains(got, "forbidden") {
		t.Errorf("the looker: got %s", got)
	}
	p.does(feed.Create{YAML: manifest(cart)}, "created workload "+f.ns+"/cart")
	p.does(feed.Create{YAML: manifest(cart)}, "error: cannot create workload "+f.ns+"/cart: it exists already; to change it: kubectl carto workload apply")

	t.Log("runs, and a retry")
	p.world.Follow(one, feed.Owner{Ref: ref})
	p.world.Follow(events, feed.Events{Owner: ref})
	p.world.Follow(runs, feed.Runs{Owner: ref, Step: "test"})
	p.world.Follow(versions, feed.Versions{Owner: ref, Step: "passed"})
	p.runs(runs, "Unknown")
	if got := p.do(feed.Retry{Owner: ref}); !strings.HasPrefix(got, "error: nothing to retry: ") {
		t.Errorf("a retry of nothing: got %s", got)
	}
	f.finish("False")
	p.runs(runs, "False ended")
	harness.Eventually(t, patience, func() error {
		if got := p.do(feed.Retry{Owner: ref, Step: "test"}); got != "asked for another run of workload cart" {
			return errors.New(got) // until the agent has seen the failure
		}
		return nil
	})
	p.runs(runs, "Unknown", "False ended")
	f.finish("True")
	p.runs(runs, "True current ended", "False ended")

	t.Log("events of the step, as they happened")
	p.eventually(func() error {
		reasons := map[string]bool{}
		for _, e := range p.seen[events] {
			reasons[e.Reason+" "+e.Step] = true
		}
		for _, want := range []string{"RunRetried test", "ResourceOutputChanged test", "StampedObjectApplied passed"} {
			if !reasons[want] {
				return fmt.Errorf("no event %s in %v", want, reasons)
			}
		}
		return nil
	})

	t.Log("edit, and the versions that come of it")
	if done := p.edits(ref, `:`); done.Err != nil || done.Text != "nothing changed" {
		t.Errorf("an unchanged file: %+v", done)
	}
	done := p.edits(ref, `grep -q 'NOT SAVED' "$1" && sed -i -e 's/revision2:/name:/' -e '/^ *nonsense:/d' "$1" && exit
sed -i -e 's/value: r1/value: r2/' -e 's/^spec:/spec:\n  nonsense: true/' "$1"`)
	if done.Err != nil || done.Text != "edited workload "+f.ns+"/cart" {
		t.Errorf("an edit, refused once: %+v", done)
	}
	p.runs(runs, "Unknown", "True current ended", "False ended")
	f.finish("True")
	p.runs(runs, "True current ended", "True ended", "False ended")
	p.eventually(func() error {
		seen, _ := p.last[versions].(feed.VersionsSeen)
		var got []string
		for _, v := range seen.Versions {
			revision, _, _ := unstructured.NestedString(v.Object.Object, "data", "revision")
			got = append(got, revision)
		}
		if fmt.Sprint(got) != "[r2 r1]" || seen.Versions[0].Object.GetUID() != "" || !strings.Contains(seen.Note, "is not known") {
			return fmt.Errorf("versions %v, %s; faults %v", got, seen.Note, p.faults[versions])
		}
		return nil
	})
	p.world.Follow(runs, feed.Runs{Owner: ref, Step: "passed"})
	p.fault(runs, true, "step passed keeps one object up to date; there is no history")
	p.world.Follow(runs, feed.Runs{Owner: ref, Step: "test"})

	t.Log("logs, and who may not read them")
	kubelet := harness.NewKubelet()
	node := kubelet.Serve(t, cp)
	harness.ApplyYAML(t, cp.Config, f.ns, `
apiVersion: v1
kind: Pod
metadata: { name: app, labels: { carto.run/workload-name: cart, carto.run/resource-name: passed } }
spec: { nodeName: `+node+`, containers: [{ name: web, image: nowhere.invalid/x }] }
`)
	kubelet.Write("app/web", "serving")
	pods := kubernetes.NewForConfigOrDie(cp.Config).CoreV1().Pods(f.ns)
	pod, err := pods.Get(t.Context(), "app", v1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	pod.Status.Phase = corev1.PodRunning
	pod.Status.ContainerStatuses = []corev1.ContainerStatus{{Name: "web", State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}}}
	if _, err := pods.UpdateStatus(t.Context(), pod, v1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	p.world.Follow(logs, feed.Logs{Owner: ref, Step: "passed"})
	p.eventually(func() error {
		if l, _ := p.last[logs].(feed.LogLines); len(l.Lines) != 1 || l.Lines[0].Message != "serving" {
			return fmt.Errorf("got %+v", p.last[logs])
		}
		return nil
	})
	looker.world.Follow(logs, feed.Logs{Owner: ref})
	looker.world.Follow(events, feed.Events{Owner: ref})
	looker.fault(events, true, "no permission to list events in namespace "+f.ns)
	looker.eventually(func() error {
		if l, _ := looker.last[logs].(feed.LogLines); l.Note != "no permission to get pods/log in namespace "+f.ns {
			return fmt.Errorf("got %+v", looker.last[logs])
		}
		return nil
	})

	t.Log("delete, of this one and no other")
	p.does(feed.Delete{Ref: ref, UID: "another"}, "error: workload "+f.ns+"/cart is another one than was shown: it was deleted and made anew; nothing was deleted")
	live, err := client.Resource(workloads).Namespace(f.ns).Get(t.Context(), "cart", v1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	p.does(feed.Delete{Ref: ref, UID: string(live.GetUID())}, "deleted workload "+f.ns+"/cart")
	for _, id := range []feed.ID{one, events, runs, versions, logs} {
		p.fault(id, true, "workload "+f.ns+"/cart was deleted")
	}
	p.does(feed.Delete{Ref: ref, UID: string(live.GetUID())}, "error: workload \"cart\" not found in namespace \""+f.ns+"\"")
}
