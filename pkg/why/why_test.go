package why

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/blueprint"
	"github.com/carto-run/carto/pkg/stamp"
	"github.com/carto-run/carto/pkg/table"
	"github.com/carto-run/carto/pkg/tree"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var (
	now  = time.Date(2026, 1, 1, 1, 0, 0, 0, time.UTC)
	then = metav1.NewTime(now.Add(-10 * time.Minute))
)

// fixture is a case of testdata/cases.yaml.
type fixture struct {
	Name       string                        `json:"name"`
	Reason     string                        `json:"reason"`
	Ready      bool                          `json:"ready"`
	Unseen     bool                          `json:"unseen"`
	Generation int64                         `json:"generation"`
	Finalizers []string                      `json:"finalizers"`
	Labels     *map[string]string            `json:"labels"`
	Params     []v1alpha1.OwnerParam         `json:"params"`
	Conditions []string                      `json:"conditions"`
	Blueprints []v1alpha1.ClusterSupplyChain `json:"blueprints"`
	Templates  []string                      `json:"templates"`
	Options    []v1alpha1.TemplateOption     `json:"options"`
	At         string                        `json:"at"`
	Step       string                        `json:"step"`
	Stale      bool                          `json:"stale"`
	Object     *node                         `json:"object"`
	Below      *fixture                      `json:"below"`
	Events     []Event                       `json:"events"`
	Unread     []tree.Unread                 `json:"unread"`
	Show       bool                          `json:"show"`
}

// node is an object with what is below it.
type node struct {
	Missing  bool           `json:"missing"`
	Object   map[string]any `json:"object"`
	Children []*node        `json:"children"`
}

// object has integers where the client has them.
func object(fields map[string]any) *unstructured.Unstructured {
	encoded, err := json.Marshal(fields)
	u := &unstructured.Unstructured{}
	if err == nil {
		err = u.UnmarshalJSON(encoded)
	}
	if err != nil {
		panic(err)
	}
	return u
}

func (n *node) found() *tree.Found {
	f := &tree.Found{Missing: n.Missing}
	if n.Object != nil {
		f.Object = object(n.Object)
	}
	for _, c := range n.Children {
		f.Children = append(f.Children, c.found())
	}
	return f
}

func cases(t testing.TB) []fixture {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "cases.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var all []fixture
	if err := yaml.UnmarshalStrict(data, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// condition reads "TYPE STATUS REASON: MESSAGE".
func condition(text string) metav1.Condition {
	head, message, _ := strings.Cut(text, ": ")
	fields := strings.Fields(strings.TrimSuffix(head, ":"))
	return metav1.Condition{Type: fields[0], Status: metav1.ConditionStatus(fields[1]), Reason: fields[2], Message: message, LastTransitionTime: then}
}

func (f *fixture) web() *v1alpha1.ClusterSupplyChain {
	c := &v1alpha1.ClusterSupplyChain{ObjectMeta: metav1.ObjectMeta{Name: "web"}}
	c.Spec.Selector = map[string]string{"apps.tanzu.vmware.com/workload-type": "web"}
	c.Spec.Params = []v1alpha1.BlueprintParam{
		{Name: "registry", Value: &apiextensionsv1.JSON{Raw: []byte(`"registry.example/shop"`)}},
		{Name: "replicas", Default: &apiextensionsv1.JSON{Raw: []byte(`1`)}},
	}
	for i, kind := range []string{v1alpha1.KindClusterSourceTemplate, v1alpha1.KindClusterImageTemplate, v1alpha1.KindClusterTemplate} {
		r := v1alpha1.SupplyChainResource{Name: steps[i]}
		r.TemplateRef.Kind, r.TemplateRef.Name = kind, templates[i]
		if r.Name == "build" && f.Options != nil {
			r.TemplateRef.Name, r.TemplateRef.Options = "", f.Options
		}
		c.Spec.Resources = append(c.Spec.Resources, r)
	}
	c.Spec.Resources[1].Sources = []v1alpha1.ResourceReference{{Name: "code", Resource: "fetch"}}
	c.Spec.Resources[2].Images = []v1alpha1.ResourceReference{{Name: "app", Resource: "build"}}
	return c
}

var (
	steps     = []string{"fetch", "build", "run"}
	templates = []string{"git", "kpack", "deployment"}
)

// owner is the workload of a case, or the deliverable of one below.
func (f *fixture) owner(deliverable bool) tree.Owner {
	w := f.workload()
	owner := tree.FromWorkload(w)
	if deliverable {
		owner.Kind, owner.Blueprint.Kind, owner.Blueprint.Name = v1alpha1.KindDeliverable, v1alpha1.KindClusterDelivery, "staging"
	}
	return owner
}

func (f *fixture) workload() *v1alpha1.Workload {
	w := &v1alpha1.Workload{ObjectMeta: metav1.ObjectMeta{
		Name: "cart", Namespace: "shop", Generation: max(3, f.Generation), CreationTimestamp: metav1.NewTime(now.Add(-time.Hour)),
		Labels: map[string]string{"apps.tanzu.vmware.com/workload-type": "web"},
	}}
	w.Spec.Params = f.Params
	if f.Labels != nil {
		w.Labels = *f.Labels
	}
	if w.Finalizers = f.Finalizers; f.Finalizers != nil {
		w.DeletionTimestamp = &then
	}
	if f.Unseen {
		w.Generation = 1
		return w
	}
	w.Status.ObservedGeneration = 3
	if len(f.Conditions) > 0 {
		for _, text := range f.Conditions {
			w.Status.Conditions = append(w.Status.Conditions, condition(text))
		}
		last := w.Status.Conditions[len(w.Status.Conditions)-1]
		last.Type = v1alpha1.ConditionReady
		w.Status.Conditions = append(w.Status.Conditions, last)
		if strings.Contains(f.Conditions[0], "TemplatesNotFound") || len(f.Conditions) > 1 {
			w.Status.SupplyChainRef = v1alpha1.BlueprintRef{Kind: v1alpha1.KindClusterSupplyChain, Name: "web"}
		}
		return w
	}
	w.Status.SupplyChainRef = v1alpha1.BlueprintRef{Kind: v1alpha1.KindClusterSupplyChain, Name: "web"}
	ready := condition("Ready True Ready")
	passed := f.Ready
	for i, name := range steps {
		r := v1alpha1.ResourceStatus{Name: name}
		c := condition("Ready True Ready")
		outputs := []v1alpha1.Output{{Name: "x", Preview: "y\n"}}
		switch {
		case name == f.At:
			c = condition("Ready " + f.Step)
			ready, passed = c, true
			if !f.Stale {
				outputs = nil
			}
		case passed && !f.Ready:
			c = condition("Ready False TemplateStampFailure: waiting for the output of resource " + steps[i-1] + ": resource " + name)
			outputs = nil
		}
		r.Conditions, r.Outputs = []metav1.Condition{c}, outputs
		if name == f.At && f.Object != nil || f.Unread != nil && name == f.At {
			r.StampedRef = f.ref()
		}
		if f.Below != nil && name == "run" {
			r.StampedRef = &v1alpha1.StampedRef{Resource: "deliverables.carto.run"}
			r.StampedRef.APIVersion, r.StampedRef.Kind, r.StampedRef.Namespace, r.StampedRef.Name = "carto.run/v1alpha1", "Deliverable", "shop", "cart"
		}
		w.Status.Resources = append(w.Status.Resources, r)
	}
	w.Status.Conditions = []metav1.Condition{ready}
	return w
}

// ref is what the status says of the object, also when it can not be read.
func (f *fixture) ref() *v1alpha1.StampedRef {
	ref := &v1alpha1.StampedRef{Resource: "gitrepositories.source.toolkit.fluxcd.io"}
	ref.APIVersion, ref.Kind, ref.Namespace, ref.Name = "source.toolkit.fluxcd.io/v1", "GitRepository", "shop", "cart"
	if f.Object != nil && f.Object.Object != nil {
		u := unstructured.Unstructured{Object: f.Object.Object}
		ref.APIVersion, ref.Kind, ref.Name = u.GetAPIVersion(), u.GetKind(), u.GetName()
		group, _, _ := strings.Cut(ref.APIVersion, "/")
		ref.Resource = strings.ReplaceAll(strings.ToLower(ref.Kind)+"s.", "ys.", "ies.") + group
		if group == "v1" {
			ref.Resource = strings.ToLower(ref.Kind) + "s"
		}
	}
	return ref
}

func (f *fixture) input(deliverable bool) tree.Input {
	in := tree.Input{Now: now, Owner: f.owner(deliverable), Objects: map[string]*tree.Found{}, Unread: f.Unread}
	if in.Owner.Blueprint.Name != "" {
		in.Blueprint = tree.FromSupplyChain(f.web())
	}
	if f.Object != nil {
		in.Objects[f.At] = f.Object.found()
	}
	if f.Below != nil {
		below := f.Below.input(true)
		in.Objects["run"] = &tree.Found{
			Object: &unstructured.Unstructured{Object: map[string]any{"apiVersion": "carto.run/v1alpha1", "kind": "Deliverable", "metadata": map[string]any{"name": "cart", "namespace": "shop"}}},
			Owner:  &below,
		}
	}
	return in
}

func (f *fixture) build(t testing.TB) *Why {
	t.Helper()
	facts := Facts{Now: now, Owner: f.workload(), Events: f.Events, Templates: map[blueprint.TemplateUse]*stamp.Template{}}
	facts.Blueprints = []*blueprint.Blueprint{blueprint.CompileSupplyChain(f.web())}
	for i := range f.Blueprints {
		facts.Blueprints = append(facts.Blueprints, blueprint.CompileSupplyChain(&f.Blueprints[i]))
	}
	for _, use := range facts.Blueprints[0].Templates() {
		facts.Templates[use] = &stamp.Template{Kind: use.Kind, Name: use.Name, Params: []stamp.Param{{Name: "poll", Default: "2m"}}}
		if f.Templates != nil && use.Resource == "build" {
			facts.Templates[use] = nil
		}
	}
	return Build(tree.Build(f.input(false)), facts)
}

// TestCases words every cause; the goldens show what a person reads, without a terminal
// and on one of 80 columns.
func TestCases(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, f := range cases(t) {
		if seen[f.Name] || f.Name == "" || f.Reason == "" {
			t.Errorf("case %q has no name, no reason, or is there twice", f.Name)
		}
		seen[f.Name] = true
		t.Run(f.Name, func(t *testing.T) {
			t.Parallel()
			w := f.build(t)
			var out bytes.Buffer
			fmt.Fprintf(&out, "# %s\n", f.Reason)
			for _, o := range []TextOptions{{Now: now}, {Now: now, Unicode: true, Width: 80}} {
				o.Selection, o.Params = f.Show || w.SelectionIsTheProblem(), f.Show
				o.ParamsOf = w.ParamsAreTheProblem()
				fmt.Fprintf(&out, "\n---- %d columns\n", o.Width)
				if err := WriteText(&out, w, o); err != nil {
					t.Fatal(err)
				}
			}
			golden(t, f.Name+".golden", out.Bytes())
		})
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; run with -update and look at the difference\ngot:\n%s\nwant:\n%s", path, got, want)
	}
}

// TestNeverBlamesAVictim: the first sentence and the chain name the step at fault only, and
// the sentence is one line that ends.
func TestNeverBlamesAVictim(t *testing.T) {
	t.Parallel()
	for _, f := range cases(t) {
		w := f.build(t)
		if strings.ContainsAny(w.Sentence, "\n\r\t\x1b") || !strings.HasSuffix(w.Sentence, ".") && !strings.HasSuffix(w.Sentence, "?") {
			t.Errorf("%s: %q is no sentence of one line", f.Name, w.Sentence)
		}
		if w.Verdict != Ready && (len(w.Next) == 0 || len(w.Chain) == 0) {
			t.Errorf("%s: there is nothing to do next, or no chain: %+v", f.Name, w)
		}
		for _, step := range steps {
			if step == f.At || f.Below != nil {
				continue
			}
			if strings.Contains(w.Sentence, "step "+step+" failed") || strings.Contains(w.Sentence, "step "+step+" is waiting") {
				t.Errorf("%s: blames %s: %s", f.Name, step, w.Sentence)
			}
			for _, l := range w.Chain {
				if l.What == "step" && l.Name == step {
					t.Errorf("%s: the victim %s is in the chain", f.Name, step)
				}
			}
		}
	}
}

// TestFitsTheTerminal: at 80 columns only commands and single long words are longer.
func TestFitsTheTerminal(t *testing.T) {
	t.Parallel()
	for _, f := range cases(t) {
		var out bytes.Buffer
		if err := WriteText(&out, f.build(t), TextOptions{Now: now, Color: true, Unicode: true, Width: 80, Selection: true, Params: true}); err != nil {
			t.Fatal(err)
		}
		for line := range strings.SplitSeq(out.String(), "\n") {
			if table.Width(line) > 80 && strings.Contains(strings.TrimSpace(line), " ") && !strings.HasPrefix(line, "  kubectl ") {
				t.Errorf("%s: %d columns: %s", f.Name, table.Width(line), line)
			}
		}
	}
}

func TestBlueprint(t *testing.T) {
	t.Parallel()
	ref := tree.Ref{Kind: v1alpha1.KindClusterSupplyChain, Resource: "clustersupplychains.carto.run", Name: "web"}
	b := blueprint.CompileSupplyChain((&fixture{}).web())
	state := func(status string) OwnerState {
		return OwnerState{Ref: tree.Ref{Kind: "Workload", Namespace: "shop", Name: strings.ToLower(status)}, Ready: tree.State{Status: status}}
	}
	cyclic := (&fixture{}).web()
	cyclic.Spec.Resources[0].Sources = []v1alpha1.ResourceReference{{Name: "x", Resource: "build"}}
	for _, tc := range []struct {
		reason  string
		facts   BlueprintFacts
		verdict Verdict
		says    string
	}{
		{"its owners are counted", BlueprintFacts{Blueprint: b, Ready: tree.State{Status: "True"}, Owners: []OwnerState{state("True"), state("False"), state("Unknown")}}, Ready, "serves 3 workloads, of which 1 failed and 1 wait"},
		{"a template is missing", BlueprintFacts{Blueprint: b, Ready: tree.State{Status: "False"}, Missing: b.Templates()[:2]}, Failed, "ClusterSourceTemplate git of step fetch does not exist, and 1 template more"},
		{"a cycle", BlueprintFacts{Blueprint: blueprint.CompileSupplyChain(cyclic), Ready: tree.State{Status: "True"}}, Failed, "is faulty"},
		{"no status", BlueprintFacts{Blueprint: b}, Waiting, "is the agent running?"},
		{"an older generation", BlueprintFacts{Blueprint: b, Ready: tree.State{Status: "True"}, Generation: 2, Observed: 1}, Waiting, "last change"},
	} {
		w := BuildBlueprint(ref, tc.facts)
		if w.Verdict != tc.verdict || !strings.Contains(w.Sentence, tc.says) || !strings.HasPrefix(w.Sentence, "supply chain web ") {
			t.Errorf("%s: %s: %s", tc.reason, w.Verdict, w.Sentence)
		}
	}
}

// FuzzSentence: messages are texts of others, of which nothing is certain.
func FuzzSentence(f *testing.F) {
	for _, c := range cases(f) {
		f.Add(c.Step, 80)
	}
	f.Add("False TemplateRejectedByAPIServer: User \"system:serviceaccount:a:b\" cannot x resource \"\" in API group \"\"", 0)
	f.Fuzz(func(t *testing.T, message string, width int) {
		for _, reason := range []string{v1alpha1.ReasonTemplateStampFailure, v1alpha1.ReasonTemplateRejectedByAPIServer, v1alpha1.ReasonMissingValueAtPath} {
			c := fixture{At: "fetch", Step: "False " + reason + ": " + message}
			w := c.build(t)
			if !utf8.ValidString(w.Sentence) && utf8.ValidString(message) || strings.ContainsAny(w.Sentence, "\n\r\x1b") {
				t.Errorf("%q", w.Sentence)
			}
			if err := WriteText(&bytes.Buffer{}, w, TextOptions{Width: width % 300}); err != nil {
				t.Fatal(err)
			}
		}
	})
}
