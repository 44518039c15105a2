package owner

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/blueprint"
	"github.com/carto-run/carto/pkg/tree"
	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/pkg/tui/screen/screentest"
	"github.com/carto-run/carto/pkg/why"
)

// cart is the owner of most tests.
var cart = tree.Ref{APIVersion: "carto.run/v1alpha1", Kind: "Workload", Resource: "workloads.carto.run", Namespace: "shop", Name: "cart"}

func ago(d time.Duration) metav1.Time { return metav1.NewTime(screentest.Now.Add(-d)) }

// stepFact is what the status and the cluster say of a step.
type stepFact struct {
	name string
	// condition is "STATUS REASON: MESSAGE" of Ready; empty when the status does not name
	// the step.
	condition string
	// outputs are "name=value"; the digest is that of the value.
	outputs []string
	passes  bool
	object  *tree.Found
}

// obj is an object of a cluster, below which are others.
func obj(apiVersion, kind, name, status string, children ...*tree.Found) *tree.Found {
	o := map[string]any{"apiVersion": apiVersion, "kind": kind, "metadata": map[string]any{
		"name": name, "namespace": "shop", "uid": "uid-" + name, "creationTimestamp": ago(10 * time.Minute).UTC().Format(time.RFC3339),
	}}
	if kind == "Pod" {
		o["spec"] = map[string]any{"containers": []any{map[string]any{"name": "app"}}}
	}
	if status != "" {
		fields := map[string]any{}
		if err := json.Unmarshal([]byte(status), &fields); err != nil {
			panic(err)
		}
		o["status"] = fields
	}
	encoded, err := json.Marshal(o)
	u := &unstructured.Unstructured{}
	if err == nil {
		err = u.UnmarshalJSON(encoded)
	}
	if err != nil {
		panic(err)
	}
	return &tree.Found{Object: u, Children: children, Rule: tree.RuleOwnerReference}
}

const (
	isReady   = `{"conditions":[{"type":"Ready","status":"True","reason":"Succeeded"}]}`
	isRunning = `{"phase":"Running","conditions":[{"type":"Ready","status":"True"}],"containerStatuses":[{"name":"app","ready":true,"restartCount":3}]}`
	cannot    = `{"phase":"Pending","containerStatuses":[{"name":"build","state":{"waiting":{"reason":"ImagePullBackOff","message":"cannot pull image builder:1 from registry.example: not found"}}}]}`
)

func condition(kind, text string) metav1.Condition {
	head, message, _ := strings.Cut(text, ": ")
	fields := strings.Fields(head)
	return metav1.Condition{Type: kind, Status: metav1.ConditionStatus(fields[0]), Reason: fields[1], Message: message, LastTransitionTime: ago(10 * time.Minute)}
}

func (f *stepFact) status() v1alpha1.ResourceStatus {
	r := v1alpha1.ResourceStatus{Name: f.name, Conditions: []metav1.Condition{condition("Ready", f.condition)}}
	r.TemplateRef = &corev1.ObjectReference{APIVersion: "carto.run/v1alpha1", Kind: "ClusterTemplate", Name: f.name + "-template"}
	for _, o := range f.outputs {
		name, value, _ := strings.Cut(o, "=")
		r.Outputs = append(r.Outputs, v1alpha1.Output{Name: name, Preview: value + "\n", Digest: fmt.Sprintf("sha256:%012x%052x", len(value), value[len(value)-1]), LastTransitionTime: ago(5 * time.Minute)})
	}
	if f.passes {
		r.TemplateRef = nil
		r.Conditions = append(r.Conditions, metav1.Condition{Type: v1alpha1.ConditionResourceSubmitted, Status: "True", Reason: v1alpha1.ReasonPassThrough})
	} else {
		healthy := condition("Healthy", "True Ready")
		if !strings.HasPrefix(f.condition, "True") {
			healthy = condition("Healthy", "Unknown OutputNotAvailable")
		}
		r.Conditions = append(r.Conditions, healthy)
	}
	if f.object != nil {
		o := f.object.Object
		ref := &v1alpha1.StampedRef{Resource: strings.ToLower(o.GetKind()) + "s"}
		ref.APIVersion, ref.Kind, ref.Namespace, ref.Name = o.GetAPIVersion(), o.GetKind(), o.GetNamespace(), o.GetName()
		r.StampedRef = ref
	}
	return r
}

// web is the blueprint of the tests: a branch, and two that join.
func web(extra ...v1alpha1.SupplyChainResource) *v1alpha1.ClusterSupplyChain {
	c := &v1alpha1.ClusterSupplyChain{ObjectMeta: metav1.ObjectMeta{Name: "web"}}
	c.APIVersion, c.Kind = "carto.run/v1alpha1", "ClusterSupplyChain"
	c.Spec.Selector = map[string]string{"type": "web"}
	add := func(name, kind string, fill func(*v1alpha1.SupplyChainResource)) {
		r := v1alpha1.SupplyChainResource{Name: name}
		r.TemplateRef.Kind, r.TemplateRef.Name = kind, name+"-template"
		if fill != nil {
			fill(&r)
		}
		c.Spec.Resources = append(c.Spec.Resources, r)
	}
	from := func(name, step string) []v1alpha1.ResourceReference {
		return []v1alpha1.ResourceReference{{Name: name, Resource: step}}
	}
	add("fetch", "ClusterSourceTemplate", nil)
	add("test", "ClusterSourceTemplate", func(r *v1alpha1.SupplyChainResource) { r.Sources = from("code", "fetch") })
	add("build", "ClusterImageTemplate", func(r *v1alpha1.SupplyChainResource) { r.Sources = from("code", "test") })
	add("configure", "ClusterConfigTemplate", func(r *v1alpha1.SupplyChainResource) { r.Images = from("app", "build") })
	add("run", "ClusterTemplate", func(r *v1alpha1.SupplyChainResource) {
		r.Images, r.Configs = from("app", "build"), from("manifest", "configure")
	})
	c.Spec.Resources = append(c.Spec.Resources, extra...)
	return c
}

const (
	commit   = "revision=main@sha1:1f3e70b09890a95f319873fc4f7e7bae7d34b36e"
	imageOne = "image=registry.example/shop/cart@sha256:319873fc4f7e7bae7d34b36e795efd2f520efaae9eef88bb3fabba9d87e0efda"
	imageTwo = "image=registry.example/shop/cart@sha256:70b09890a95f7bae7d34b36e795efd2f520efaae9eef88bb3fabba9d87e0ef00"
)

func source() []string { return []string{"url=http://files.example/cart.tgz", commit} }

// ready steps, and those with the image being built.
func readySteps(image string) []stepFact {
	return []stepFact{
		{name: "fetch", condition: "True Ready", outputs: source(), object: obj("source.toolkit.fluxcd.io/v1", "GitRepository", "cart", isReady)},
		{name: "test", condition: "True Ready", outputs: source(), passes: true},
		{name: "build", condition: "True Ready", outputs: []string{image}, object: obj("kpack.io/v1alpha2", "Image", "cart", isReady)},
		{name: "configure", condition: "True Ready", outputs: []string{"config=replicas: 2"}, object: obj("v1", "ConfigMap", "cart", "")},
		{name: "run", condition: "True Ready", object: obj("apps/v1", "Deployment", "cart", `{"conditions":[{"type":"Available","status":"True","reason":"MinimumReplicasAvailable"}]}`,
			obj("apps/v1", "ReplicaSet", "cart-5b64799dd9", `{"readyReplicas":1}`, obj("v1", "Pod", "cart-5b64799dd9-nqkhm", isRunning)))},
	}
}

func failedSteps() []stepFact {
	steps := readySteps(imageOne)
	steps[2] = stepFact{
		name: "build", condition: "Unknown MissingValueAtPath: waiting to read value [.status.latestImage] from resource [images.kpack.io/cart]",
		object: obj("kpack.io/v1alpha2", "Image", "cart", `{"conditions":[{"type":"Ready","status":"Unknown","reason":"BuildRunning"}]}`,
			obj("kpack.io/v1alpha2", "Build", "cart-build-1", "", obj("v1", "Pod", "cart-build-1-build-pod", cannot))),
	}
	steps[3] = stepFact{name: "configure", condition: "False TemplateStampFailure: waiting for the output of resource build: resource configure"}
	steps[4] = stepFact{name: "run", condition: "False TemplateStampFailure: waiting for the output of resource build: resource run"}
	return steps
}

// chosen is a workload that went through the blueprint web.
func chosen(ready string, steps []stepFact) *v1alpha1.Workload {
	w := &v1alpha1.Workload{ObjectMeta: metav1.ObjectMeta{
		Name: "cart", Namespace: "shop", UID: "uid-of-cart", Generation: 2, CreationTimestamp: ago(time.Hour), Labels: map[string]string{"type": "web"},
	}}
	w.APIVersion, w.Kind = "carto.run/v1alpha1", "Workload"
	w.Status.ObservedGeneration = 2
	w.Status.SupplyChainRef = v1alpha1.BlueprintRef{Kind: "ClusterSupplyChain", Name: "web"}
	w.Status.Conditions = []metav1.Condition{condition("Ready", ready)}
	for i := range steps {
		w.Status.Resources = append(w.Status.Resources, steps[i].status())
	}
	return w
}

func asObject(v any) *unstructured.Unstructured {
	fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(v)
	if err != nil {
		panic(err)
	}
	return &unstructured.Unstructured{Object: fields}
}

func inputOf(w *v1alpha1.Workload, chain *v1alpha1.ClusterSupplyChain, steps []stepFact) tree.Input {
	in := tree.Input{Now: screentest.Now, Root: &tree.Found{Object: asObject(w)}, Owner: tree.FromWorkload(w), Objects: map[string]*tree.Found{}}
	if chain != nil {
		in.Blueprint = tree.FromSupplyChain(chain)
	}
	for i := range steps {
		if steps[i].object != nil {
			in.Objects[steps[i].name] = steps[i].object
		}
	}
	return in
}

// shot makes a snapshot as the feed makes it.
func shot(in tree.Input, facts why.Facts) feed.Snapshot {
	t := tree.Build(in)
	facts.Now = screentest.Now
	return feed.Snapshot{Tree: t, Input: in, Why: why.Build(t, facts), At: screentest.Now}
}

func snapshotOf(ready string, steps []stepFact) feed.Snapshot {
	w := chosen(ready, steps)
	return shot(inputOf(w, web(), steps), why.Facts{Owner: w})
}

func allReady(image string) feed.Snapshot { return snapshotOf("True Ready", readySteps(image)) }

func failed() feed.Snapshot {
	return snapshotOf("Unknown MissingValueAtPath: waiting to read value [.status.latestImage]", failedSteps())
}

// delivering stamps a Deliverable that is not ready.
func delivering() feed.Snapshot {
	steps := readySteps(imageOne)
	d := &v1alpha1.Deliverable{ObjectMeta: metav1.ObjectMeta{Name: "cart", Namespace: "shop", UID: "uid-d", Generation: 1, CreationTimestamp: ago(time.Hour)}}
	d.APIVersion, d.Kind = "carto.run/v1alpha1", "Deliverable"
	d.Labels = map[string]string{v1alpha1.LabelWorkloadName: "cart", v1alpha1.LabelWorkloadNamespace: "shop"}
	d.Status.ObservedGeneration = 1
	d.Status.DeliveryRef = v1alpha1.BlueprintRef{Kind: "ClusterDelivery", Name: "staging"}
	d.Status.Conditions = []metav1.Condition{condition("Ready", "False TemplateRejectedByAPIServer: quota")}
	below := []stepFact{
		{name: "pull", condition: "True Ready", outputs: source(), object: obj("source.toolkit.fluxcd.io/v1", "OCIRepository", "cart", isReady)},
		{name: "deploy", condition: "False TemplateRejectedByAPIServer: exceeded quota: pods"},
	}
	for i := range below {
		d.Status.Resources = append(d.Status.Resources, below[i].status())
	}
	inner := tree.Input{Now: screentest.Now, Root: &tree.Found{Object: asObject(d)}, Owner: tree.FromDeliverable(d), Objects: map[string]*tree.Found{"pull": below[0].object}}
	steps[4] = stepFact{name: "run", condition: "True Ready", object: &tree.Found{Object: asObject(d), Owner: &inner}}
	return snapshotOf("True Ready", steps)
}

// unselected has no blueprint that would select it.
func unselected() feed.Snapshot {
	w := chosen("False SupplyChainNotFound: no supply chain found where full selector is satisfied by labels: map[type:wep]", nil)
	w.Labels["type"] = "wep"
	w.Status.SupplyChainRef = v1alpha1.BlueprintRef{}
	w.Status.Conditions = append(w.Status.Conditions, condition("SupplyChainReady", "False SupplyChainNotFound: no supply chain found"))
	return shot(inputOf(w, nil, nil), why.Facts{Owner: w, Blueprints: []*blueprint.Blueprint{blueprint.CompileSupplyChain(web())}})
}

var runnableRef = tree.Ref{APIVersion: "carto.run/v1alpha1", Kind: "Runnable", Resource: "runnables.carto.run", Namespace: "shop", Name: "scan"}

// running is a Runnable with three runs.
func running() feed.Snapshot {
	r := &v1alpha1.Runnable{ObjectMeta: metav1.ObjectMeta{Name: "scan", Namespace: "shop", UID: "uid-scan", Generation: 1, CreationTimestamp: ago(time.Hour)}}
	r.APIVersion, r.Kind = "carto.run/v1alpha1", "Runnable"
	r.Status.ObservedGeneration = 1
	r.Status.Conditions = []metav1.Condition{condition("Ready", "Unknown MissingValueAtPath: waiting")}
	root := &tree.Found{Object: asObject(r)}
	for i := 3; i > 0; i-- {
		status := `{"conditions":[{"type":"Succeeded","status":"True","reason":"Succeeded"}]}`
		if i == 3 {
			status = `{"conditions":[{"type":"Succeeded","status":"Unknown","reason":"Running"}]}`
		}
		run := obj("tekton.dev/v1", "TaskRun", fmt.Sprintf("scan-%d", i), status, obj("v1", "Pod", fmt.Sprintf("scan-%d-pod", i), isRunning))
		run.Object.SetAnnotations(map[string]string{v1alpha1.AnnotationSequence: fmt.Sprint(i)})
		root.Children = append(root.Children, run)
	}
	in := tree.Input{Now: screentest.Now, Root: root, Owner: tree.FromRunnable(r), Objects: map[string]*tree.Found{}}
	return shot(in, why.Facts{Owner: r})
}

var chainRef = tree.Ref{APIVersion: "carto.run/v1alpha1", Kind: "ClusterSupplyChain", Resource: "clustersupplychains.carto.run", Name: "web"}

// chain is a blueprint with two owners.
func chain() feed.Snapshot {
	c := web()
	c.Status.Conditions = []metav1.Condition{condition("Ready", "True Ready")}
	one, two := allReady(imageOne).Input, failed().Input
	two.Owner.Object.Name = "till"
	two.Root.Object.SetName("till")
	in := tree.Input{Now: screentest.Now, Root: &tree.Found{Object: asObject(c)}, IsBlueprint: true, Owners: []*tree.Input{&one, &two}}
	t := tree.Build(in)
	facts := why.BlueprintFacts{Blueprint: blueprint.CompileSupplyChain(c), Ready: t.BlueprintReady}
	for _, o := range t.Owners {
		facts.Owners = append(facts.Owners, why.OwnerState{Ref: o.Owner.Ref, Ready: o.Owner.Ready})
	}
	return feed.Snapshot{Tree: t, Input: in, Why: why.BuildBlueprint(*t.Blueprint, facts), At: screentest.Now}
}

// many is a chain of sixty steps of which every third joins two.
func many() feed.Snapshot {
	var steps []stepFact
	c := web()
	c.Spec.Resources = nil
	for i := range 60 {
		name := fmt.Sprintf("step-%02d-製品", i)
		r := v1alpha1.SupplyChainResource{Name: name}
		r.TemplateRef.Kind, r.TemplateRef.Name = "ClusterConfigTemplate", "x"
		for _, back := range []int{1, 4} {
			if i >= back && (back == 1 || i%3 == 0) {
				r.Configs = append(r.Configs, v1alpha1.ResourceReference{Name: fmt.Sprintf("in-%d", back), Resource: fmt.Sprintf("step-%02d-製品", i-back)})
			}
		}
		c.Spec.Resources = append(c.Spec.Resources, r)
		steps = append(steps, stepFact{name: name, condition: "True Ready", outputs: []string{"config=x: 1"}, object: obj("v1", "ConfigMap", "設定-"+name, "")})
	}
	w := chosen("True Ready", steps)
	return shot(inputOf(w, c, steps), why.Facts{Owner: w})
}

// show drives a screen that has got a snapshot.
func show(t testing.TB, ref tree.Ref, s feed.Snapshot, width, height int) (*screentest.Driver, *model) {
	t.Helper()
	m, ok := New(ref).(*model)
	if !ok {
		t.Fatal("New makes no model")
	}
	m.after, m.pane = noFrames, openPane
	d := screentest.New(t.(*testing.T), m, width, height)
	d.Deliver(feed.Owner{Ref: ref}, s)
	return d, m
}
