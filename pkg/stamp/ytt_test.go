package stamp

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/ytt"
)

func yttTemplate(text string) *Template {
	return Compile(&v1alpha1.ClusterTemplate{ObjectMeta: metav1.ObjectMeta{Name: "t"}, Spec: v1alpha1.TemplateSpec{Ytt: text}})
}

const yttHead = "#@ load(\"@ytt:data\", \"data\")\n#@ v = data.values\napiVersion: v1\nkind: ConfigMap\n"

// TestYttContext reads the context as the templates of users do: one rule of reconcile
// §6.1, §6.4 or §6.5 each.
func TestYttContext(t *testing.T) {
	for _, tc := range []struct {
		expression, reason string
		want               any
	}{
		{`v.workload.metadata.name`, "the owner is there", "cart"},
		{`v.deliverable.metadata.name`, "under both names", "cart"},
		{`hasattr(v.workload.spec.build, "env")`, "spec.build always exists, its env only when it is set", false},
		{`v.workload.metadata.creationTimestamp == None`, "the creation time is there even when it is null", true},
		{`hasattr(v.workload.status, "conditions")`, "the status is there, its fields as they are set", false},
		{`hasattr(v.workload.status, "supplyChainRef")`, "and so is its reference", true},
		{`hasattr(v.workload.spec, "image")`, "an unset field is absent, as in JSON", false},
		{`hasattr(v.workload.spec.source, "subPath")`, "also below", false},
		{`v.workload.spec.source.git.ref.branch`, "set fields are there", "main"},
		{`[hasattr(e, "value") for e in v.workload.spec.env]`, "also in lists", []any{true, false}},
		{`v.workload.spec.params[0].value[0].number`, "one can look into params of the owner", int64(8080)},
		{`v.params.nested.a.b`, "and into params (Q8)", "deep"},
		{`v.params["replicas"] + 1`, "integers are integers", int64(4)},
		{`v.source.url`, "the only source has a short name", "http://files/1.tgz"},
		{`v.sources.code.revision`, "and its own", "main@1"},
		{`v.image`, "the only image is its value", "img@sha256:aa"},
		{`hasattr(v, "config")`, "with two configs there is no short name", false},
		{`v.configs.one.config.data.key`, "one can look into outputs", "v"},
		{`v.deployment == None`, "the deployment is null when there is none", true},
		{`v.labels["carto.run/resource-name"]`, "the labels that will be set", "run"},
		{`[k for k in v]`, "top-level keys are sorted", []any{"configs", "deliverable", "deployment", "image", "images", "labels", "params", "source", "sources", "workload"}},
		{`4 / 2`, "a float without a fraction is an integer in the object", int64(2)},
	} {
		t.Run(tc.expression, func(t *testing.T) {
			object, err := yttTemplate(yttHead+"data:\n  f: #@ "+tc.expression+"\n").Render(t.Context(), testContext(t))
			if err != nil {
				t.Fatalf("%s: %v", tc.reason, err)
			}
			if diff := cmp.Diff(map[string]any{"f": tc.want}, object["data"]); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

func TestYttFailures(t *testing.T) {
	for _, tc := range []struct {
		reason, text string
		waitsFor     string
		want         string
	}{
		{reason: "the whole error of the engine is told, with the line",
			text: yttHead + "x: #@ 1 + \"a\"\n",
			want: "unable to apply ytt template: ytt: Error: \n- unknown binary op: int + string\n    in <toplevel>\n      stdin.yml:5 | x: #@ 1 + \"a\"\n"},
		{reason: "an input that is not there yet is waited for",
			text: yttHead + "x: #@ v.configs.two.config\n", waitsFor: "describe",
			want: "struct has no .two field or method"},
		{reason: "also by its index",
			text: yttHead + "x: #@ v.configs[\"two\"]\n", waitsFor: "describe",
			want: `key "two" not in struct`},
		{reason: "and by getattr",
			text: yttHead + "x: #@ getattr(v.configs, \"two\")\n", waitsFor: "describe",
			want: "getattr: struct has no .two field or method"},
		{reason: "a field of the same name elsewhere is something else",
			text: "#@ load(\"@ytt:struct\", \"struct\")\n" + yttHead + "#@ hasattr(v.configs, \"two\")\nx: #@ struct.make(a=1).two\n",
			want: "struct has no .two field or method"},
		{reason: "asking whether it is there is no waiting",
			text: yttHead + "#@ hasattr(v.configs, \"two\")\nx: #@ 1 + \"a\"\n",
			want: "unknown binary op"},
		{reason: "a template makes one object (Q9)",
			text: yttHead + "---\nkind: Other\n",
			want: "the result has 2 documents; a template makes one object"},
		{reason: "an empty result is no object",
			text: "#@ if False:\nkind: A\n#@ end\n",
			want: "the result is empty"},
		{reason: "a result without a kind can not be stamped",
			text: "a: #@ 1\n",
			want: "the object needs the field apiVersion"},
		{reason: "a list is no object",
			text: "- #@ 1\n",
			want: "document 1 is no map"},
		{reason: "what JSON can not hold is refused, with its place",
			text: yttHead + "x: #@ [float(\"nan\")]\n",
			want: "the result can not become an object: document 1: x: [0]: the number NaN has no JSON form"},
		{reason: "a text that does not compile fails in each render",
			text: "a: #@ foo\n",
			want: "unable to apply ytt template: ytt: Error: \n- undefined: foo\n    stdin.yml:1 | a: #@ foo\n"},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			_, err := yttTemplate(tc.text).Render(t.Context(), testContext(t))
			var failure *RenderError
			if !errors.As(err, &failure) {
				t.Fatalf("want a *RenderError, got %v", err)
			}
			if !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v\nwant it to contain %s", err, tc.want)
			}
			if failure.WaitsFor != tc.waitsFor {
				t.Errorf("waits for %q, want %q", failure.WaitsFor, tc.waitsFor)
			}
		})
	}
}

// TestYttWaitsForDeployment: the deployment is null until it is available, so looking
// into it fails as looking into None does.
func TestYttWaitsForDeployment(t *testing.T) {
	for expression, want := range map[string]string{
		`v.deployment.url`:                  "deploy",
		`v.deployment["url"]`:               "deploy",
		`getattr(v.deployment, "revision")`: "deploy",
		`v.params.none.url`:                 "", // another null
		`v.deployment == None and 1 + "a"`:  "", // another fault
	} {
		c := testContext(t)
		c.Missing = map[string]string{"deployment": "deploy"}
		_, err := yttTemplate(yttHead+"x: #@ "+expression+"\n").Render(t.Context(), c)
		var failure *RenderError
		if !errors.As(err, &failure) || failure.WaitsFor != want {
			t.Errorf("%s: waits for %q, want %q: %v", expression, failure.WaitsFor, want, err)
		}
	}
}

func TestYttStopsInTime(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := yttTemplate("#@ while True:\n#@ end\na: 1\n").Render(ctx, testContext(t))
	var limit *ytt.LimitError
	if !errors.As(err, &limit) {
		t.Errorf("a cancelled render must say so, got %v", err)
	}
}

func TestYttObject(t *testing.T) {
	object, err := yttTemplate(yttHead+"metadata: {name: x}\ndata:\n  gone: #@ None\n  1: #@ {True: \"a\"}\n  kept: [null]\n").Render(t.Context(), testContext(t))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"name": "x"},
		"data": map[string]any{"1": map[string]any{"true": "a"}, "kept": []any{nil}},
	}
	if diff := cmp.Diff(want, object); diff != "" {
		t.Errorf("null entries are left out, keys are strings (-want +got):\n%s", diff)
	}
}

func TestYttProblems(t *testing.T) {
	got := yttTemplate("a: #@ foo\nb:\n  c: #@ bar\n").Problems()
	want := []Problem{{Rule: "YTT001", Field: "spec.ytt", Line: 1, Message: "undefined: foo"}, {Rule: "YTT001", Field: "spec.ytt", Line: 3, Message: "undefined: bar"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("each fault has its line (-want +got):\n%s", diff)
	}
}

// TestYttLateTemplates: a template that runs out of time gets less of it, until it succeeds.
func TestYttLateTemplates(t *testing.T) {
	template := Options{Ytt: ytt.Limits{Steps: 1 << 60}, YttTime: 200 * time.Millisecond}.Compile(&v1alpha1.ClusterTemplate{Spec: v1alpha1.TemplateSpec{Ytt: yttHead + "#@ while v.params.flag:\n#@ end\n"}})
	late := template.body.(yttBody).late
	for i := range int32(3) {
		if _, err := template.Render(t.Context(), testContext(t)); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("want the end of its time, got %v", err)
		}
		if got := late.Load(); got != i+1 {
			t.Errorf("it was late %d times in a row, not %d", got, i+1)
		}
	}
	c := testContext(t)
	c.Params["flag"] = false
	late.Store(1)
	if _, err := template.Render(t.Context(), c); err != nil || late.Load() != 0 {
		t.Errorf("a render that ends forgives the others, got %v and %d", err, late.Load())
	}
}
