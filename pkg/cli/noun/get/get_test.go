package get

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/noun"
	"github.com/carto-run/carto/pkg/cli/streams"
	"github.com/carto-run/carto/pkg/tree"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var now = time.Date(2026, 1, 1, 1, 0, 0, 0, time.UTC)

func ago(minutes int) tree.Time {
	t := metav1.NewTime(now.Add(-time.Duration(minutes) * time.Minute))
	return &t
}

const workload = `
apiVersion: carto.run/v1alpha1
kind: Workload
metadata:
  name: 購物車
  namespace: shop
  generation: 2
  creationTimestamp: "2026-01-01T00:00:00Z"
  labels: {apps.tanzu.vmware.com/workload-type: web}
spec:
  source: {git: {url: https://git.example/shop/cart, ref: {branch: main}}, subPath: app}
  serviceClaims:
    - {name: db, ref: {apiVersion: sql.example/v1, kind: Postgres, name: orders}}
    - {name: cache}
status:
  observedGeneration: 2
  conditions: [{type: Ready, status: "False", reason: TemplateStampFailure, message: no field, lastTransitionTime: "2026-01-01T00:10:00Z"}]
`

func parse(t *testing.T, text string) *unstructured.Unstructured {
	t.Helper()
	obj := &unstructured.Unstructured{}
	data, err := yaml.YAMLToJSON([]byte(text))
	if err == nil {
		err = obj.UnmarshalJSON(data)
	}
	if err != nil {
		t.Fatal(err)
	}
	return obj
}

// shop is a workload with a bit of everything below it, among that a delivery.
func shop(t *testing.T) *tree.Tree {
	t.Helper()
	read := parse(t, workload)
	yes, no := tree.State{Status: "True", Reason: "Ready", Since: ago(50)}, tree.State{Status: "Unknown", Since: ago(5)}
	pod := func(name, status, reason string, ready, restarts int64) tree.Object {
		return tree.Object{
			Ref: tree.Ref{APIVersion: "v1", Kind: "Pod", Namespace: "shop", Name: name}, Created: ago(4),
			Ready: tree.State{Status: status, Reason: reason}, Containers: &tree.Containers{Ready: ready, Total: 2, Restarts: restarts},
		}
	}
	ytt := "ClusterConfigTemplate app: cannot render:\ntemplate.yaml:3:\n  | name: #@ data.values.nope\n\x1b[2Jno field nope"
	delivery := &tree.Tree{
		Owner: tree.OwnerNode{
			Ref:   tree.Ref{Kind: "Deliverable", Namespace: "shop", Name: "cart-delivery"},
			Ready: tree.State{Status: "False", Reason: "HealthyConditionRule", Message: "the revision failed"},
		},
		Blueprint: &tree.Ref{Kind: "ClusterDelivery", Name: "staging"},
		Steps: []tree.Step{{
			Name: "run", Phase: tree.PhaseStamped, Ready: yes, Healthy: tree.State{Status: "False"},
			Object: &tree.Object{
				Ref:   tree.Ref{APIVersion: "serving.knative.dev/v1", Kind: "Service", Resource: "services.serving.knative.dev", Namespace: "shop", Name: "cart"},
				Ready: tree.State{Status: "False", Reason: "RevisionFailed"}, URL: "https://cart.shop.example",
				Children: []tree.Object{pod("cart-00001-abc", "False", "CrashLoopBackOff", 1, 12)},
			},
		}},
		RootCause: &tree.RootCause{Step: "run", Failed: true, Reason: "HealthyConditionRule", Message: "the revision failed",
			Object: &tree.Ref{Kind: "Pod", Name: "cart-00001-abc"}, ObjectReason: "CrashLoopBackOff", ObjectMessage: "container app: back-off"},
	}
	return &tree.Tree{
		Owner: tree.OwnerNode{
			Ref:   tree.Ref{Kind: "Workload", Namespace: "shop", Name: "購物車"},
			Ready: tree.State{Status: "False", Reason: "TemplateStampFailure", Message: ytt},
			// What the owner says of its health repeats nothing.
			Healthy: tree.State{Status: "Unknown", Reason: "HealthyConditionRule", Message: "step deliver is not healthy"}, Read: read,
		},
		Blueprint: &tree.Ref{Kind: "ClusterSupplyChain", Name: "web"},
		Steps: []tree.Step{
			{Name: "fetch", Phase: tree.PhaseStamped, Ready: yes, Healthy: yes,
				Outputs: []tree.Output{{Name: "url", Preview: "http://files.example/cart.tgz\n"}, {Name: "revision", Preview: "main@sha1:feed\n"}},
				Object:  &tree.Object{Ref: tree.Ref{Kind: "GitRepository", Resource: "gitrepositories.source.toolkit.fluxcd.io", Namespace: "shop", Name: "購物車"}}},
			{Name: "構建-image", Phase: tree.PhaseStamped, Ready: yes, Healthy: yes, Outputs: []tree.Output{{Name: "image", Preview: "registry.example/shop/cart@sha256:0123456789abcdef\n"}},
				Object: &tree.Object{Ref: tree.Ref{Kind: "Image", Resource: "images.kpack.io", Name: "cart"}, Missing: true, Children: []tree.Object{pod("cart-build-1", "True", "Completed", 0, 0)}}},
			{Name: "configure", Phase: tree.PhaseWaiting, Ready: tree.State{Status: "False", Reason: "TemplateStampFailure", Message: ytt, Since: ago(5)}, Healthy: no},
			{Name: "deliver", Phase: tree.PhaseStamped, Ready: yes, Healthy: no,
				Object: &tree.Object{Ref: tree.Ref{APIVersion: "carto.run/v1alpha1", Kind: "Deliverable", Resource: "deliverables.carto.run", Namespace: "shop", Name: "cart-delivery"}, Tree: delivery}},
		},
		RootCause: &tree.RootCause{Step: "configure", Failed: true, Reason: "TemplateStampFailure", Message: ytt},
		Unread:    []tree.Unread{{Verb: "list", Resource: "builds.kpack.io", Code: "Forbidden", Message: "no permission to list builds.kpack.io in namespace shop"}},
	}
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		width        int
		lang, format string
		show         []string
	}{
		"pipe":    {},
		"wide":    {format: "wide"},
		"tty80":   {width: 80, lang: "C.UTF-8"},
		"tty40":   {width: 40, lang: "C.UTF-8"},
		"tty300":  {width: 300, lang: "C.UTF-8"},
		"ascii40": {width: 40, lang: "C"},
		"show":    {show: []string{"pods", "overview"}},
		"knative": {show: []string{"knative"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _, _, _ := streams.Test()
			if tc.width > 0 {
				s.SetTTY(tc.width, 24)
				s.Getenv = func(name string) string { return map[string]string{"LANG": tc.lang, "NO_COLOR": "1"}[name] }
			}
			f := cmdutil.NewFactory("kubectl carto", s)
			f.Clock = func() time.Time { return now }
			o := &Options{Session: f.Session(), Noun: noun.Workload, Show: tc.show, Output: cmdutil.NewOutputFlags("", "wide")}
			o.Output.Set(tc.format)
			v, err := o.viewOf(shop(t))
			if err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			if err := o.write(&out, v); err != nil {
				t.Fatal(err)
			}
			golden(t, name+".golden", out.String())
		})
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; run with -update and look at the difference\ngot:\n%s\nwant:\n%s", path, got, want)
	}
}

// TestDelivery: what is known of the Deliverable decides what its section says.
func TestDelivery(t *testing.T) {
	t.Parallel()
	o := &Options{Output: cmdutil.NewOutputFlags("")}
	deliverable := func(change func(*tree.Object)) *tree.Tree {
		object := &tree.Object{Ref: tree.Ref{APIVersion: "carto.run/v1alpha1", Kind: "Deliverable", Namespace: "shop", Name: "cart"}}
		change(object)
		return &tree.Tree{Steps: []tree.Step{{Name: "deliver", Object: object}}}
	}
	for _, tc := range []struct {
		reason string
		tree   *tree.Tree
		want   string
	}{
		{"no step stamps one", &tree.Tree{Steps: []tree.Step{{Name: "a"}}}, ""},
		{"it was deleted by hand", deliverable(func(o *tree.Object) { o.Missing = true }), "deliverable shop/cart is not in the cluster"},
		{"it could not be read", deliverable(func(*tree.Object) {}), "deliverable shop/cart; its steps were not read"},
		{"no delivery fits it", deliverable(func(o *tree.Object) { o.Tree = &tree.Tree{} }), "none selected"},
		{"another's kind of that name", deliverable(func(o *tree.Object) { o.APIVersion = "example.dev/v1" }), ""},
	} {
		if s := o.delivery(&view{tree: tc.tree}); s.nothing != tc.want || !s.empty() {
			t.Errorf("%s: got %+v", tc.reason, s)
		}
	}
}

func TestExported(t *testing.T) {
	t.Parallel()
	obj := parse(t, `
apiVersion: carto.run/v1alpha1
kind: Workload
metadata:
  name: cart
  namespace: shop
  uid: a
  resourceVersion: "1"
  generation: 3
  creationTimestamp: "2026-01-01T00:00:00Z"
  managedFields: [{manager: x}]
  finalizers: [x]
  ownerReferences: [{name: x}]
  labels: {a: b}
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: "{}"
    carto.run/retry: "1"
    carto.run/retry.build: "1"
    mine: stays
spec: {image: nginx}
status: {observedGeneration: 3}
`)
	text, err := yaml.Marshal(exported(obj).Object)
	if err != nil {
		t.Fatal(err)
	}
	want := `apiVersion: carto.run/v1alpha1
kind: Workload
metadata:
  annotations:
    mine: stays
  labels:
    a: b
  name: cart
spec:
  image: nginx
`
	if string(text) != want {
		t.Errorf("got\n%s", text)
	}
	if obj.GetUID() != "a" {
		t.Error("the object itself was changed")
	}
}
