package pane

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/carto-run/carto/pkg/tree"
	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/pkg/tui/keys"
	"github.com/carto-run/carto/pkg/tui/screen/screentest"
	"github.com/carto-run/carto/pkg/tui/theme"
	"github.com/carto-run/carto/pkg/why"
)

var (
	cart    = tree.Ref{APIVersion: "carto.run/v1alpha1", Kind: "Workload", Resource: "workloads.carto.run", Namespace: "shop", Name: "cart"}
	image   = tree.Ref{APIVersion: "kpack.io/v1alpha2", Kind: "Image", Resource: "images.kpack.io", Namespace: "shop", Name: "cart"}
	chain   = tree.Ref{APIVersion: "carto.run/v1alpha1", Kind: "ClusterSupplyChain", Name: "web"}
	ofBuild = Target{Owner: cart, Step: "build", Ref: image}
)

func object(t testing.TB, manifest string) *unstructured.Unstructured {
	t.Helper()
	o := &unstructured.Unstructured{}
	if err := yaml.Unmarshal([]byte(manifest), &o.Object); err != nil {
		t.Fatal(err)
	}
	return o
}

func before(d time.Duration) tree.Time {
	at := metav1.NewTime(screentest.Now.Add(-d))
	return &at
}

const imageYAML = `
apiVersion: kpack.io/v1alpha2
kind: Image
metadata:
  name: cart
  namespace: shop
  generation: 2
  creationTimestamp: "2026-11-21T11:00:00Z"
  labels: {carto.run/workload-name: cart, carto.run/resource-name: build}
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: "{}"
    note: "日本語 and a \u001b[31mred\u001b[0m word"
  managedFields: [{manager: carto}]
  ownerReferences: [{apiVersion: carto.run/v1alpha1, kind: Workload, name: cart, uid: u1, controller: true}]
spec:
  tag: registry.example/shop/cart
  serviceAccountName: stamper
  cache: null
  replicas: 3
  paused: false
  script: |
    set -e
    echo "key: value"   # no comment
status:
  buildCounter: 2
  latestBuildReason: CONFIG,COMMIT
  conditions:
  - {type: Ready, status: "False", reason: BuildFailed, lastTransitionTime: "2026-11-21T11:57:00Z", message: "container build ended with exit code 51; see the logs of the pod for more, they are long"}
  - {type: BuilderReady, status: "True", lastTransitionTime: "2026-11-21T11:00:00Z"}
`

func snapshot(t testing.TB) feed.Snapshot {
	t.Helper()
	failed := tree.State{Status: "False", Reason: "BuildFailed", Message: "container build ended with exit code 51", Since: before(3 * time.Minute)}
	ready := tree.State{Status: "True", Reason: "Ready", Since: before(time.Hour)}
	waits := tree.State{Status: "Unknown", Reason: "MissingValueAtPath", Message: "no value at path [.status.latestImage] of images.kpack.io/cart in namespace shop", Since: before(3 * time.Minute)}
	cause := &tree.RootCause{Step: "build", Failed: true, Reason: "BuildFailed", Message: failed.Message}
	url := tree.Output{Name: "url", Preview: "https://git.example/cart.tgz", Digest: "sha256:1f3e", Since: before(10 * time.Minute)}
	return feed.Snapshot{
		At: screentest.Now,
		Why: &why.Why{
			Subject: cart, Verdict: why.Failed, Sentence: "workload shop/cart is not ready: step build failed: Image cart failed: container build ended with exit code 51.",
			Next: []string{"kubectl carto workload tail cart -n shop --step build"},
		},
		Tree: &tree.Tree{
			Owner: tree.OwnerNode{
				Ref: cart, Ready: waits, Healthy: failed, Created: before(time.Hour), Current: true, Generation: 3, ObservedGeneration: 3,
				Source: &tree.Source{Git: "https://git.example/cart.git", Ref: "main", Revision: "main@sha1:1f3e"},
				Read: object(t, `
metadata: {name: cart, namespace: shop, labels: {apps.tanzu.vmware.com/workload-type: web}}
spec: {serviceAccountName: stamper}
status:
  conditions:
  - {type: SupplyChainReady, status: "True", reason: Ready, lastTransitionTime: "2026-11-21T11:00:00Z"}
  - {type: ResourcesSubmitted, status: "Unknown", reason: MissingValueAtPath, lastTransitionTime: "2026-11-21T11:57:00Z"}
`),
			},
			Blueprint: &chain, RootCause: cause,
			Steps: []tree.Step{
				{Name: "fetch", Phase: tree.PhaseStamped, Ready: ready, Healthy: ready, Template: &tree.Ref{Kind: "ClusterSourceTemplate", Name: "git"}, Outputs: []tree.Output{url},
					Object: &tree.Object{Ref: tree.Ref{Kind: "GitRepository", Namespace: "shop", Name: "cart"}, Ready: ready}},
				{Name: "build", Phase: tree.PhaseStamped, Ready: waits, Healthy: failed, Template: &tree.Ref{Kind: "ClusterImageTemplate", Name: "kpack"},
					Inputs: []tree.StepInput{{Edge: tree.Edge{Name: "code", Type: "source", From: "fetch"}, Available: true, Values: []tree.Output{url}}},
					Object: &tree.Object{Ref: image, Ready: failed}},
				{Name: "check", Phase: tree.PhasePassThrough, Ready: ready},
				{Name: "run", Phase: tree.PhaseWaiting, Ready: tree.State{Status: "False", Reason: "TemplateStampFailure"}, WaitsFor: []string{"build"},
					Inputs: []tree.StepInput{{Edge: tree.Edge{Type: "image", From: "build"}}}},
			},
			Unread: []tree.Unread{{Verb: "list", Resource: "pods", Namespace: "shop", Code: "Forbidden", Message: "pods is forbidden"}},
		},
	}
}

// chainYAML is a supply chain in whose order the steps do not run.
const chainYAML = `
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: web}
spec:
  selector: {apps.tanzu.vmware.com/workload-type: web}
  selectorMatchFields: [{key: spec.source.git, operator: Exists}]
  resources:
  - name: build
    templateRef:
      kind: ClusterImageTemplate
      options:
      - {name: kpack, selector: {matchLabels: {builder: kpack}}}
      - {passThrough: code, selector: {matchLabels: {builder: none}}}
    sources: [{name: code, resource: fetch}]
  - {name: fetch, templateRef: {kind: ClusterSourceTemplate, name: git}}
`

func explanationOfCart() feed.Explanation {
	var kept any = "golang"
	return feed.Explanation{Why: &why.Why{
		Subject: cart, Verdict: why.Failed, Since: before(3 * time.Minute),
		Sentence: "workload shop/cart is not ready: step build failed: Image cart failed: container build ended with exit code 51.",
		Chain: []why.Link{
			{What: "owner", Name: "Workload/cart", Status: "Unknown", Reason: "MissingValueAtPath"},
			{What: "step", Name: "build", Status: "Unknown", Reason: "MissingValueAtPath", Message: "no value at path [.status.latestImage]", Blocks: []string{"run"}},
			{What: "object", Name: "Image/cart", Status: "False", Reason: "BuildFailed", Message: "container build ended with exit code 51"},
		},
		Events:    []why.Event{{Reason: "BackOff", Message: "restarting", Count: 3, Last: before(time.Minute)}},
		Next:      []string{"kubectl carto workload tail cart -n shop --step build"},
		Selection: &why.Selection{Kind: "ClusterSupplyChain", Choice: why.Choice{Selected: "web", Considered: []why.Candidate{{Name: "web", Score: 1, Matches: true}}}},
		Params: []why.StepParams{
			{Step: "fetch", Template: "ClusterSourceTemplate/git", Params: []why.Param{{Name: "interval", Value: "1m", From: "template", OwnerMaySet: true}}},
			{Step: "build", Template: "ClusterImageTemplate/kpack", Params: []why.Param{
				{Name: "builder", Value: "default", From: "blueprint", KeptOut: &kept},
				{Name: "env", Value: []any{map[string]any{"name": "A", "value": "b = c"}}, From: "owner", OwnerMaySet: true, Undeclared: true},
			}},
		},
	}}
}

func events() feed.EventsSeen {
	return feed.EventsSeen{Synced: true, Events: []feed.Event{
		{UID: "1", Time: screentest.Now.Add(-time.Hour), Type: "Normal", About: "Workload/cart", Reason: "StampedObjectApplied", Message: "created images.kpack.io/cart", Count: 1},
		{UID: "2", Time: screentest.Now.Add(-2 * time.Minute), Type: "Warning", About: "Image/cart", Step: "build", Reason: "BuildFailed", Message: "exit code 51", Count: 4},
	}}
}

func run(n int64, status, reason string, began, ended time.Duration, current bool) feed.Run {
	r := feed.Run{Current: current, Object: tree.Object{
		Ref:   tree.Ref{APIVersion: "tekton.dev/v1", Kind: "PipelineRun", Namespace: "shop", Name: fmt.Sprintf("cart-test-%d", n)},
		Ready: tree.State{Status: status, Reason: reason}, Sequence: n, Created: before(began),
	}}
	if ended > 0 {
		r.Ended = screentest.Now.Add(-ended)
	}
	return r
}

func runs() feed.RunsSeen {
	failed := run(3, "False", "Failed", 20*time.Minute, 18*time.Minute, false)
	failed.Object.Ready.Message = "step \"unit\" of task test failed with exit code 1, and a message that goes on for longer than a line"
	return feed.RunsSeen{Runs: []feed.Run{
		run(4, "Unknown", "Running", time.Minute, 0, false), failed,
		run(2, "True", "Succeeded", time.Hour, 55*time.Minute, true), run(1, "True", "Completed", 26*time.Hour, 25*time.Hour, false),
	}}
}

func versions(t testing.TB) feed.VersionsSeen {
	t.Helper()
	var all []feed.Version
	for i, spec := range []string{"{image: c, replicas: 3, env: [{name: A, value: b}]}", "{image: b, replicas: 3}", "{image: a, replicas: 1}"} {
		all = append(all, feed.Version{Name: fmt.Sprintf("generation %d", 3-i), At: screentest.Now.Add(-time.Duration(i+1) * 10 * time.Minute), Object: object(t, "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: cart}\nspec: "+spec)})
	}
	return feed.VersionsSeen{Versions: all, Note: "what was stamped before 11:00:00 is not known: the cluster keeps the newest version only"}
}

// scenes are the panes as they look in usual cases.
var scenes = []struct {
	name   string
	action keys.Action
	target Target
	play   func(d *screentest.Driver)
}{
	{"yaml", keys.YAML, ofBuild, func(d *screentest.Driver) {
		d.Deliver(feed.Object{Ref: image}, feed.Manifest{Object: object(d.T, imageYAML)})
	}},
	{"yaml-changed", keys.YAML, ofBuild, func(d *screentest.Driver) {
		d.Deliver(feed.Object{Ref: image}, feed.Manifest{Object: object(d.T, imageYAML)})
		d.Deliver(feed.Object{Ref: image}, feed.Manifest{Object: object(d.T, strings.Replace(imageYAML, "replicas: 3", "replicas: 4", 1))})
		d.Press("/")
		d.Type("cart")
		d.Press("enter", "n")
	}},
	{"yaml-deleted", keys.YAML, ofBuild, func(d *screentest.Driver) {
		d.Deliver(feed.Object{Ref: image}, feed.Manifest{Object: object(d.T, imageYAML)})
		d.Deliver(feed.Object{Ref: image}, feed.Fault{Err: errors.New("not found"), Final: true, Gone: true})
	}},
	{"yaml-secret", keys.YAML, Target{Owner: cart, Ref: tree.Ref{Kind: "Secret", Namespace: "shop", Name: "key"}}, func(d *screentest.Driver) {
		d.Deliver(feed.Object{Ref: tree.Ref{Kind: "Secret", Namespace: "shop", Name: "key"}}, feed.Manifest{Object: object(d.T, `
apiVersion: v1
kind: Secret
metadata:
  name: key
  annotations: {kubectl.kubernetes.io/last-applied-configuration: '{"data":{"password":"aHVudGVyMg=="}}'}
data: {password: aHVudGVyMg==}
stringData: {token: hunter2}
`)})
	}},
	{"yaml-forbidden", keys.YAML, ofBuild, func(d *screentest.Driver) {
		d.Deliver(feed.Object{Ref: image}, feed.Fault{Err: errors.New("images.kpack.io \"cart\" is forbidden: you may not get it"), Final: true})
	}},
	{"describe-owner", keys.Describe, Target{Owner: cart, Ref: cart}, func(d *screentest.Driver) {
		d.Deliver(feed.Owner{Ref: cart}, snapshot(d.T))
		d.Deliver(feed.Events{Owner: cart}, events())
	}},
	{"describe-step", keys.Describe, ofBuild, func(d *screentest.Driver) {
		d.Deliver(feed.Owner{Ref: cart}, snapshot(d.T))
		d.Deliver(feed.Events{Owner: cart, Step: "build"}, events())
		d.Deliver(feed.Object{Ref: image}, feed.Manifest{Object: object(d.T, imageYAML)})
	}},
	{"describe-blueprint", keys.Describe, Target{Owner: chain, Ref: chain}, func(d *screentest.Driver) {
		d.Deliver(feed.Owner{Ref: chain}, feed.Snapshot{Tree: &tree.Tree{
			Blueprint: &chain, BlueprintReady: tree.State{Status: "True", Reason: "Ready", Since: before(time.Hour)}, Owners: []*tree.Tree{snapshot(d.T).Tree},
		}, Input: tree.Input{Root: &tree.Found{Object: object(d.T, chainYAML)}}})
	}},
	{"why", keys.Why, ofBuild, func(d *screentest.Driver) { d.Deliver(feed.Explained{Owner: cart}, explanationOfCart()) }},
	{"params", keys.Params, Target{Owner: cart, Ref: cart}, func(d *screentest.Driver) { d.Deliver(feed.Explained{Owner: cart}, explanationOfCart()) }},
	{"params-step", keys.Params, ofBuild, func(d *screentest.Driver) { d.Deliver(feed.Explained{Owner: cart}, explanationOfCart()) }},
	{"history", keys.History, ofBuild, func(d *screentest.Driver) {
		d.Deliver(feed.Runs{Owner: cart, Step: "build"}, runs())
		d.Press("j")
	}},
	{"history-fault", keys.History, ofBuild, func(d *screentest.Driver) {
		d.Deliver(feed.Runs{Owner: cart, Step: "build"}, feed.Fault{Err: errors.New("step build keeps one object up to date; there is no history"), Final: true})
	}},
	{"history-none", keys.History, ofBuild, func(d *screentest.Driver) {
		d.Deliver(feed.Runs{Owner: cart, Step: "build"}, feed.RunsSeen{})
	}},
	{"diff", keys.Diff, ofBuild, func(d *screentest.Driver) { d.Deliver(feed.Versions{Owner: cart, Step: "build"}, versions(d.T)) }},
	{"diff-older", keys.Diff, ofBuild, func(d *screentest.Driver) {
		d.Deliver(feed.Versions{Owner: cart, Step: "build"}, versions(d.T))
		d.Press("[")
	}},
	{"diff-one", keys.Diff, ofBuild, func(d *screentest.Driver) {
		one := versions(d.T)
		one.Versions, one.Note = one.Versions[:1], "one version is known: the cluster keeps the newest only, and nothing was stamped since 11:00:00"
		d.Deliver(feed.Versions{Owner: cart, Step: "build"}, one)
	}},
	{"reading", keys.Describe, ofBuild, func(*screentest.Driver) {}},
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for _, scene := range scenes {
		t.Run(scene.name, func(t *testing.T) {
			t.Parallel()
			var out strings.Builder
			for _, size := range []struct {
				width, height int
				theme         theme.Name
				unicode       bool
			}{{80, 24, theme.None, true}, {120, 40, theme.None, true}, {36, 12, theme.None, true}, {300, 12, theme.None, true}, {80, 24, theme.None, false}, {80, 24, theme.Dark, true}} {
				s, reason := Open(scene.action, scene.target)
				if s == nil {
					t.Fatal(reason)
				}
				d := screentest.New(t, s, size.width, size.height)
				d.Env.Theme = theme.New(size.theme, size.unicode)
				scene.play(d)
				glyphs := map[bool]string{true: "Unicode", false: "ASCII"}[size.unicode]
				fmt.Fprintf(&out, "---- %d columns, %d rows, theme %s, %s\n", size.width, size.height, size.theme, glyphs)
				view := d.View()
				if size.theme == theme.Dark {
					view = strings.ReplaceAll(s.View(d.Env), "\x1b", "^")
				}
				if !size.unicode {
					if i := strings.IndexAny(strings.ReplaceAll(strings.ReplaceAll(view, "日本語", ""), "\uFFFD", ""), "▎▸●…└✓✗◌•"); i >= 0 {
						t.Errorf("glyphs beyond ASCII without Unicode:\n%s", view)
					}
				}
				out.WriteString(view + "\n")
				fmt.Fprintf(&out, "---- status: %s\n", s.Status(d.Env))
			}
			golden(t, scene.name, out.String())
		})
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	screentest.Golden(t, name+".golden", got)
}

// TestSizes: nothing panics, and every picture has its size.
func TestSizes(t *testing.T) {
	t.Parallel()
	for _, scene := range scenes {
		for _, width := range []int{1, 2, 3, 7, 20, 79, 301} {
			for _, height := range []int{1, 2, 3, 5, 24} {
				s, _ := Open(scene.action, scene.target)
				d := screentest.New(t, s, width, height)
				d.View()
				scene.play(d)
				d.View()
				d.Press("w", "G", "f", "/")
				d.View()
				d.Press("esc")
				d.Env.Width, d.Env.Height = height, width
				d.View()
			}
		}
	}
}
