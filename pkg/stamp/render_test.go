package stamp

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
)

func ptr[T any](v T) *T { return &v }

func testWorkload() *v1alpha1.Workload {
	return &v1alpha1.Workload{
		ObjectMeta: metav1.ObjectMeta{Name: "cart", Namespace: "shop", UID: "u1", Labels: map[string]string{"team": "a"}},
		Spec: v1alpha1.WorkloadSpec{
			Source: &v1alpha1.Source{Git: &v1alpha1.GitSource{URL: ptr("https://git.example/cart"), Ref: &v1alpha1.GitRef{Branch: ptr("main")}}},
			Params: []v1alpha1.OwnerParam{{Name: "ports", Value: apiextensionsv1.JSON{Raw: []byte(`[{"number":8080}]`)}}},
			Env:    []corev1.EnvVar{{Name: "A", Value: "1"}, {Name: "B"}},
		},
	}
}

func testContext(t testing.TB) *Context {
	t.Helper()
	view, err := View(testWorkload())
	if err != nil {
		t.Fatal(err)
	}
	return &Context{
		Owner: view,
		Params: map[string]any{
			"replicas": int64(3), "flag": true, "none": nil, "html": map[string]any{"x": "<&>"}, "nested": map[string]any{"a": map[string]any{"b": "deep"}},
			"text": "plain", "list": []any{"x", int64(2)}, "team/size-limit": "big", "half": map[string]any{"gone": nil, "here": int64(1)},
		},
		Sources: []Source{{"code", "http://files/1.tgz", "main@1"}}, DeclaredSources: 1,
		Images: []Image{{"app", "img@sha256:aa"}}, DeclaredImages: 1,
		Configs: []Config{{"one", map[string]any{"data": map[string]any{"key": "v"}}}}, DeclaredConfigs: 2,
		Labels:  map[string]string{v1alpha1.LabelResourceName: "run"},
		Missing: map[string]string{"configs.two": "describe"},
	}
}

func bodyTemplate(body string) *Template {
	return Compile(&v1alpha1.ClusterTemplate{
		ObjectMeta: metav1.ObjectMeta{Name: "t"},
		Spec:       v1alpha1.TemplateSpec{Template: &v1alpha1.FreeForm{Raw: []byte(body)}},
	})
}

// TestTags renders single values, one rule of reconcile §6.1 to §6.4 each.
func TestTags(t *testing.T) {
	missing := "missing" // the field is left out
	tests := []struct {
		text, reason string
		want         any
		wantErr      string
	}{
		{text: "$(params.replicas)$", reason: "a single tag keeps the type", want: int64(3)},
		{text: "$(params.flag)$", reason: "a single tag keeps the type", want: true},
		{text: "$(params.list)$", reason: "a single tag keeps the type", want: []any{"x", int64(2)}},
		{text: "$(params.none)$", reason: "a null entry is left out of the object", want: missing},
		{text: "$(params.half)$", reason: "also inside of a value", want: map[string]any{"here": int64(1)}},
		{text: "5$(params.replicas)$", reason: "more than a tag is always a text", want: "53"},
		{text: "$(params.replicas)$$(params.flag)$", reason: "tags concatenate", want: "3true"},
		{text: "$(params.html)$!", reason: "objects become compact JSON, without HTML escapes (Q7)", want: `{"x":"<&>"}!`},
		{text: "$(params.none)$!", reason: "null can not be put into a text", wantErr: "null"},
		{text: "$(date) and $(time)", reason: "shell text survives while no )$ follows", want: "$(date) and $(time)"},
		{text: "$(date) $(params.text)$", reason: "but not before a tag: the expression runs to the next )$", wantErr: "at f, tag $(date) $(params.text)$"},
		{text: "$(params.text)$ and )$", reason: "one $( at the start and )$ at the end make a single tag", wantErr: "tag $(params.text)$ and )$"},
		{text: "a $(", reason: "an opening without an end is literal", want: "a $("},
		{text: "$()$", reason: "the empty expression is an error", wantErr: "the path is empty"},
		{text: "$(params.text)$", reason: "results are not processed again", want: "plain"},
		{text: "$(params.nested.a.b)$", reason: "descent into params (Q8)", want: "deep"},
		{text: "$(params.team/size-limit)$", reason: "param names with slashes and dashes", want: "big"},
		{text: "$(params.nope)$", reason: "a param that nobody set", wantErr: "it leads to nothing: params has flag, half"},

		{text: "$(workload.metadata.name)$", reason: "the owner", want: "cart"},
		{text: "$(deliverable.metadata.name)$", reason: "the owner under its other name", want: "cart"},
		{text: "$(workload.spec.source.git.url)$", reason: "a set field", want: "https://git.example/cart"},
		{text: "$(workload.spec.source.git.ref)$", reason: "unset fields are left out of a value, as in JSON", want: map[string]any{"branch": "main"}},
		{text: "$(workload.spec.source.git.ref.tag)$", reason: "an unset field below an existing parent is null", want: missing},
		{text: "$(workload.spec.source.image)$", reason: "an unset field below an existing parent is null", want: missing},
		{text: "$(workload.spec.image)$", reason: "unset is null, and renders as nothing", want: missing},
		{text: "$(workload.spec.build)$", reason: "spec.build is always there", want: map[string]any{}},
		{text: "$(workload.spec.build.env)$", reason: "an unset list is null", want: missing},
		{text: "$(workload.spec.serviceAccountName)$", reason: "an unset text is empty", want: ""},
		{text: "$(workload.spec.env)$", reason: "env as JSON shows it", want: []any{map[string]any{"name": "A", "value": "1"}, map[string]any{"name": "B"}}},
		{text: "$(workload.spec.env[1].value)$", reason: "but its fields are there", want: ""},
		{text: "$(workload.spec.env[2].name)$", reason: "an index out of range", wantErr: "index out of range"},
		{text: `$(workload.spec.params[?(@.name=="ports")].value[0].number)$`, reason: "a filter and descent into opaque JSON", want: int64(8080)},
		{text: "$(workload.metadata.annotations)$", reason: "unset annotations are null", want: missing},
		{text: "$(workload.metadata.labels.nope)$", reason: "an absent label is missing", wantErr: "leads to nothing: workload.metadata.labels has team"},
		{text: "$(workload.metadata.generateName)$", reason: "a text, possibly empty", want: ""},
		{text: "$(workload.spec.nope)$", reason: "an unknown field is missing", wantErr: "leads to nothing"},
		{text: "$(workload.status.observedGeneration)$", reason: "the status is readable, but nothing is there yet", wantErr: "leads to nothing"},

		{text: "$(source.url)$", reason: "the only source", want: "http://files/1.tgz"},
		{text: "$(sources.code.revision)$", reason: "a source by name", want: "main@1"},
		{text: "$(image)$", reason: "the only image", want: "img@sha256:aa"},
		{text: "$(images.app)$", reason: "an image by name is an object", want: map[string]any{"image": "img@sha256:aa", "name": "app"}},
		{text: "$(config.data.key)$", reason: "no short name where two are declared, even if one is there (Q6)", wantErr: `nothing is called "config" here`},
		{text: "$(configs.one.config.data.key)$", reason: "descent into a config", want: "v"},
		{text: "$(configs.two.config)$", reason: "an input that has no value yet", wantErr: `input "configs.two" has no value yet: it is the output of resource describe`},
		{text: "$(deployment.url)$", reason: "no deployment input: deployment is null", wantErr: "deployment is not set"},
		{text: `$(labels.carto\.run/resource-name)$`, reason: "the labels that Carto will set", want: "run"},
		{text: "$(runnable.spec)$", reason: "an unknown root lists the known ones", wantErr: `nothing is called "runnable" here; a tag can begin with configs, deliverable, deployment, image,`},
	}
	for _, tc := range tests {
		t.Run(tc.text, func(t *testing.T) {
			template := bodyTemplate(`{"apiVersion":"v1","kind":"K","f":` + quote(tc.text) + `}`)
			object, err := template.Render(context.Background(), testContext(t))
			if tc.wantErr != "" {
				var render *RenderError
				if !errors.As(err, &render) || !strings.Contains(err.Error(), tc.wantErr) {
					t.Fatalf("%s: error %v, want %q", tc.reason, err, tc.wantErr)
				}
				if render.Location != "f" {
					t.Errorf("location %q, want f", render.Location)
				}
				return
			}
			if err != nil {
				t.Fatalf("%s: %v", tc.reason, err)
			}
			got, ok := object["f"]
			if !ok {
				got = missing
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

func TestRenderRefuses(t *testing.T) {
	huge := `"$(params.text)$"` + strings.Repeat(`,"$(params.text)$"`, 20)
	tests := map[string]struct{ reason, body, want string }{
		"no kind":     {"the API server could not tell what it is", `{"apiVersion":"v1","metadata":{}}`, "at kind: the object needs the field kind"},
		"no version":  {"nor its version", `{"kind":"K"}`, "at apiVersion: the object needs the field apiVersion"},
		"no map":      {"a list is no object", `["a"]`, "the template must be an object, but is a list"},
		"no JSON":     {"free text", `nope`, "the template is no valid JSON"},
		"kind of tag": {"a kind that is rendered to a number", `{"apiVersion":"v1","kind":"$(params.replicas)$"}`, "at kind"},
		"too large":   {"output is bounded", `{"apiVersion":"v1","kind":"K","x":[` + huge + `]}`, "larger than 4 MiB"},
		"deep place":  {"the place is named down to the item", `{"apiVersion":"v1","kind":"K","spec":{"containers":[{"image":"$(nope)$"}],"a.b":1}}`, "at spec.containers[0].image, tag $(nope)$"},
		"dotted key":  {"keys with dots are quoted", `{"apiVersion":"v1","kind":"K","data":{"a.yml":"$(nope)$"}}`, "at data['a.yml'], tag $(nope)$"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			c := testContext(t)
			if name == "too large" {
				c.Params["text"] = strings.Repeat("x", 1<<18)
			}
			_, err := bodyTemplate(tc.body).Render(context.Background(), c)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%s: error %v, want %q", tc.reason, err, tc.want)
			}
		})
	}
}

func TestOneMegabyteValueIsRendered(t *testing.T) {
	c := testContext(t)
	c.Params["text"] = strings.Repeat("x", 1<<20)
	object, err := bodyTemplate(`{"apiVersion":"v1","kind":"ConfigMap","data":{"big":"$(params.text)$"}}`).Render(context.Background(), c)
	if err != nil || len(object["data"].(map[string]any)["big"].(string)) != 1<<20 {
		t.Errorf("a value of 1 MiB was not rendered: %v", err)
	}
}

func TestRenderSharesNothing(t *testing.T) {
	template := bodyTemplate(`{"apiVersion":"v1","kind":"K","literal":{"a":["b"]},"from":"$(params.nested)$"}`)
	c := testContext(t)
	first, err := template.Render(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	first["literal"].(map[string]any)["a"].([]any)[0] = "changed"
	first["from"].(map[string]any)["a"] = "changed"
	second, err := template.Render(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"apiVersion": "v1", "kind": "K", "literal": map[string]any{"a": []any{"b"}}, "from": map[string]any{"a": map[string]any{"b": "deep"}}}
	if diff := cmp.Diff(want, second); diff != "" {
		t.Errorf("a caller that changes its object must not change the template or the context (-want +got):\n%s", diff)
	}
}

func TestProblemsAllAtOnce(t *testing.T) {
	template := Compile(&v1alpha1.ClusterImageTemplate{Spec: v1alpha1.ImageTemplateSpec{
		ImagePath: "status[",
		TemplateSpec: v1alpha1.TemplateSpec{
			Template: &v1alpha1.FreeForm{Raw: []byte(`{"kind":"K","spec":{"a":"$()$","b":["$(x[)$"]}}`)},
			HealthRule: &v1alpha1.HealthRule{MultiMatch: &v1alpha1.MultiMatchHealthRule{
				Healthy: v1alpha1.HealthMatchRule{MatchFields: []v1alpha1.HealthMatchFieldRequirement{{FieldRequirement: v1alpha1.FieldRequirement{Key: "a", Operator: "Near"}}}},
			}},
		},
	}})
	var fields []string
	for _, p := range template.Problems() {
		fields = append(fields, p.Field)
	}
	want := []string{"spec.template.spec.a", "spec.template.spec.b[0]", "spec.healthRule.multiMatch.healthy.matchFields[0].operator", "spec.imagePath"}
	if diff := cmp.Diff(want, fields); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

const deploymentBody = `{"apiVersion":"apps/v1","kind":"Deployment",
	"metadata":{"name":"$(workload.metadata.name)$","labels":{"app":"$(workload.metadata.name)$"}},
	"spec":{"replicas":"$(params.replicas)$","selector":{"matchLabels":{"app":"$(workload.metadata.name)$"}},
	"template":{"metadata":{"labels":{"app":"$(workload.metadata.name)$"}},
	"spec":{"serviceAccountName":"default","containers":[{"name":"app","image":"$(image)$","env":"$(workload.spec.env)$",
	"args":["--url","$(source.url)$/x"],"ports":[{"containerPort":8080,"name":"http"}],
	"resources":{"limits":{"cpu":"1","memory":"1Gi"},"requests":{"cpu":"100m","memory":"64Mi"}}}]}}}}`

func BenchmarkRender(b *testing.B) {
	template, c := bodyTemplate(deploymentBody), testContext(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := template.Render(context.Background(), c); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkStamp is everything that a pass does for one step: view, render, own, digest.
func BenchmarkStamp(b *testing.B) {
	template, c, owner := bodyTemplate(deploymentBody), testContext(b), testWorkload()
	id := Identity{OwnerKind: v1alpha1.KindWorkload, OwnerName: "cart", OwnerNamespace: "shop", OwnerUID: "u1", Resource: "run"}
	b.ReportAllocs()
	for b.Loop() {
		c.Owner, _ = View(owner)
		object, err := template.Render(context.Background(), c)
		if err != nil {
			b.Fatal(err)
		}
		if err := Own(object, id, Labels(id)); err != nil {
			b.Fatal(err)
		}
		Digest(object)
	}
}
