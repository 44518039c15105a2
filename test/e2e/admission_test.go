package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/yaml"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/api/v1alpha1/crds"
	"github.com/carto-run/carto/test/harness"
)

// admission is the API server as the authors of carto.run objects meet it.
type admission struct {
	t      *testing.T
	cp     *harness.ControlPlane
	client dynamic.Interface
}

// newAdmission installs the definitions on the control plane that the tests share.
func newAdmission(t *testing.T) admission {
	t.Helper()
	return newAdmissionOn(t, harness.Shared(t))
}

func newAdmissionOn(t *testing.T, cp *harness.ControlPlane) admission {
	t.Helper()
	definitions, err := crds.Raw()
	if err != nil {
		t.Fatal(err)
	}
	for _, definition := range definitions {
		harness.ApplyYAML(t, cp.Config, "", string(definition))
	}
	client, err := dynamic.NewForConfig(cp.Config)
	if err != nil {
		t.Fatal(err)
	}
	return admission{t: t, cp: cp, client: client}
}

// try says what the API server says to a new object, without storing it.
func (a admission) try(object *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	ctx, cancel := context.WithTimeout(a.t.Context(), time.Minute)
	defer cancel()
	plural := strings.ToLower(object.GetKind()) + "s"
	if object.GetKind() == v1alpha1.KindClusterDelivery {
		plural = "clusterdeliveries"
	}
	var client dynamic.ResourceInterface = a.client.Resource(v1alpha1.GroupVersion.WithResource(plural))
	if !strings.HasPrefix(object.GetKind(), "Cluster") {
		client = a.client.Resource(v1alpha1.GroupVersion.WithResource(plural)).Namespace("default")
		object.SetNamespace("")
	}
	return client.Create(ctx, object, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
}

// object makes a kind with a spec; the name is the kind's.
func object(t *testing.T, kind, spec string) *unstructured.Unstructured {
	t.Helper()
	o := &unstructured.Unstructured{Object: map[string]any{}}
	o.SetAPIVersion(v1alpha1.GroupVersion.String())
	o.SetKind(kind)
	o.SetName(strings.ToLower(kind))
	if spec == "" {
		return o
	}
	var fields map[string]any
	if err := yaml.UnmarshalStrict([]byte(spec), &fields); err != nil {
		t.Fatalf("%v in\n%s", err, spec)
	}
	o.Object["spec"] = fields
	return o
}

// Steps of blueprints that many cases share.
const (
	fetch = "{name: fetch, templateRef: {kind: ClusterSourceTemplate, name: git}}"
	build = "{name: build, sources: [{name: code, resource: fetch}], templateRef: {kind: ClusterImageTemplate, name: kpack}}"
)

// chain is a spec of a blueprint with these steps.
func chain(steps ...string) string {
	return "{selector: {a: b}, resources: [" + strings.Join(steps, ", ") + "]}"
}

// options is a chain whose second step chooses between options.
func options(list ...string) string {
	return chain(fetch, "{name: check, sources: [{name: code, resource: fetch}], templateRef: {kind: ClusterSourceTemplate, options: ["+
		strings.Join(list, ", ")+"]}}")
}

// option is an option selected by a label.
func option(name string) string {
	return "{name: " + name + ", selector: {matchLabels: {pick: " + name + "}}}"
}

// selecting is a chain with an option of this selector.
func selecting(selector string) string {
	return options(option("other"), "{name: one, selector: "+selector+"}")
}

// field is a blueprint that selects by a field.
func field(key string) string {
	return "{selectorMatchFields: [{key: '" + key + "', operator: Exists}], resources: []}"
}

// template is a spec of a ClusterTemplate with a body.
func template(more string) string {
	return "{template: {apiVersion: v1, kind: ConfigMap, metadata: {name: x}}, " + more + "}"
}

const multiMatch = "healthRule: {multiMatch: {healthy: %s, unhealthy: %s}}"

const (
	supplyChain = v1alpha1.KindClusterSupplyChain
	delivery    = v1alpha1.KindClusterDelivery
	plain       = v1alpha1.KindClusterTemplate
	deployment  = v1alpha1.KindClusterDeploymentTemplate
	runTemplate = v1alpha1.KindClusterRunTemplate
)

const (
	deploy = "{name: deploy, deployment: {resource: fetch}, templateRef: {kind: ClusterDeploymentTemplate, name: app}}"
	app    = "template: {kind: App}"
)

// rules has for each rule of admission (spec: api §11, §12) what is accepted, what is not, and what the refusal has to tell.
var rules = []struct {
	id, kind           string
	accepted, rejected string
	tells              []string
}{
	{"V-BP-0", supplyChain, chain(fetch, build), chain(fetch, fetch), []string{"more than one resource is named fetch"}},
	{"V-BP-0", delivery, chain(fetch, deploy), chain(fetch, fetch), []string{"more than one resource is named fetch"}},
	{"V-BP-1", supplyChain, "{selectorMatchExpressions: [{key: a, operator: Exists}], resources: []}", "{selector: {}, resources: []}", []string{"selects nothing", "selectorMatchFields"}},
	{"V-BP-1", delivery, field("metadata.name"), "{resources: []}", []string{"selects nothing"}},
	{"V-PRM-1 both", supplyChain, "{selector: {a: b}, resources: [], params: [{name: p, value: 1}]}", "{selector: {a: b}, resources: [], params: [{name: q, value: 1}, {name: p, value: 1, default: 2}]}", []string{"spec.params[1]", "one and only one", "Found 2 valid"}},
	{"V-PRM-1 neither", delivery, "{selector: {a: b}, resources: [], params: [{name: p, default: {deep: [1]}}]}", "{selector: {a: b}, resources: [], params: [{name: p}]}", []string{"spec.params[0]", "one and only one", "Found none valid", "spec.params[0].value: Required"}},
	{"V-PRM-1 resource", supplyChain, chain("{name: a, params: [{name: p, default: false}], templateRef: {kind: ClusterTemplate, name: t}}"), chain("{name: a, params: [{name: p}], templateRef: {kind: ClusterTemplate, name: t}}"), []string{"spec.resources[0].params[0]", "one and only one"}},
	{"A9", supplyChain, "{selector: {a: b}, resources: [], params: [{name: p, value: null, default: 1}]}", "{selector: {a: b}, resources: [], params: [{name: p, value: null}]}", []string{"spec.params[0]"}},
	{"V-SEL-L labels", supplyChain, "{selector: {shop.example/shape: web}, resources: []}", "{selector: {-bad-: web}, resources: []}", []string{"not a valid label key: -bad-"}},
	{"V-SEL-L values", supplyChain, "{selector: {a: ''}, resources: []}", "{selector: {a: 'no good'}, resources: []}", []string{"spec.selector.a", "no good"}},
	{"V-SEL-L expressions", delivery, "{selectorMatchExpressions: [{key: a, operator: In, values: [b]}], resources: []}", "{selectorMatchExpressions: [{key: a, operator: In}], resources: []}", []string{"key a: operator In needs at least one of values"}},
	{"V-SEL-L fields", delivery, field("spec.source.git.url"), field("spec.image"), []string{"key spec.image can not be selected by", "spec.source.git.url"}},
	{"V-OPT-0", supplyChain, options(option("x"), option("w")), options(option("x"), "{name: x, selector: {matchLabels: {c: d}}}"), []string{"spec.resources[1].templateRef", "more than one option is named x"}},
	{"V-REF-1 both", supplyChain, chain(fetch), chain("{name: a, templateRef: {kind: ClusterTemplate, name: t, options: [" + option("x") + ", " + option("w") + "]}}"), []string{"spec.resources[0].templateRef", "both name (t) and options"}},
	{"V-REF-1 neither", delivery, chain(fetch), chain("{name: a, templateRef: {kind: ClusterTemplate}}"), []string{"spec.resources[0].templateRef", "neither name nor options"}},
	{"V-REF-1 few", supplyChain, options(option("x"), option("w")), options(option("x")), []string{"spec.resources[1].templateRef.options", "at least 2 items"}},
	{"V-OPT-1", supplyChain, options(option("x"), "{passThrough: code, selector: {matchLabels: {c: d}}}"), options("{passThrough: code, selector: {matchLabels: {c: d}}}", "{passThrough: code, selector: {matchLabels: {e: f}}}"), []string{"options pass through code and code", "at most one"}},
	{"V-OPT-2 both", supplyChain, options(option("x"), option("w")), options(option("x"), "{name: w, passThrough: code, selector: {matchLabels: {c: d}}}"), []string{"spec.resources[1].templateRef.options[1]", "option w sets passThrough too"}},
	{"V-OPT-2 neither", delivery, options(option("x"), option("w")), options(option("x"), "{selector: {matchLabels: {c: d}}}"), []string{"spec.resources[1].templateRef.options[1]", "neither name nor passThrough"}},
	{"V-OPT-3, V-SEL-1", supplyChain, selecting("{matchExpressions: [{key: a, operator: DoesNotExist}]}"), selecting("{matchLabels: {}}"), []string{"options[1].selector", "selector is empty"}},
	{"V-OPT-4", supplyChain, options(option("x"), option("w")), options("{name: x, selector: {matchLabels: {c: d}}}", "{name: w, selector: {matchLabels: {c: d}}}"), []string{"spec.resources[1].templateRef", "option x has the same selector as another"}},
	{"V-OPT-5", supplyChain, options(option("x"), "{passThrough: code, selector: {matchLabels: {c: d}}}"), options(option("x"), "{passThrough: fetch, selector: {matchLabels: {c: d}}}"), []string{"resource check passes through fetch", "not one of its inputs"}},
	{"V-OPT-5 kind", delivery, options(option("x"), "{passThrough: code, selector: {matchLabels: {c: d}}}"), strings.Replace(options(option("x"), "{passThrough: code, selector: {matchLabels: {c: d}}}"), "templateRef: {kind: ClusterSourceTemplate, options", "templateRef: {kind: ClusterTemplate, options", 1), []string{"resource check passes through code"}},
	{"V-IN-1 sources", supplyChain, chain(fetch, build), chain(build), []string{"sources must read", "resource build reads fetch"}},
	{"V-IN-2 images", supplyChain, chain(fetch, build, "{name: run, images: [{name: app, resource: build}], templateRef: {kind: ClusterTemplate, name: t}}"), chain(fetch, "{name: run, images: [{name: app, resource: fetch}], templateRef: {kind: ClusterTemplate, name: t}}"), []string{"images must read", "ClusterImageTemplate", "resource run reads fetch"}},
	{"V-IN-2 configs", supplyChain, chain("{name: c, templateRef: {kind: ClusterConfigTemplate, name: c}}", "{name: run, configs: [{name: app, resource: c}], templateRef: {kind: ClusterTemplate, name: t}}"), chain(fetch, "{name: run, configs: [{name: app, resource: fetch}], templateRef: {kind: ClusterTemplate, name: t}}"), []string{"configs must read", "resource run reads fetch"}},
	{"V-DEP-1", delivery, chain(fetch, deploy), chain("{name: d, templateRef: {kind: ClusterDeploymentTemplate, name: app}}"), []string{"resource d", "needs deployment"}},
	{"V-DEP-2", delivery, chain(fetch, deploy), chain(fetch, "{name: d, deployment: {resource: fetch}, templateRef: {kind: ClusterTemplate, name: app}}"), []string{"resource d has deployment", "kind is ClusterTemplate"}},
	{"V-DEP-3", delivery, chain(fetch, deploy), chain(fetch, "{name: c, templateRef: {kind: ClusterConfigTemplate, name: c}}", "{name: d, configs: [{name: c, resource: c}], deployment: {resource: fetch}, templateRef: {kind: ClusterDeploymentTemplate, name: app}}"), []string{"resource d", "must not have configs"}},

	{"V-SEL-2 key", supplyChain, selecting("{matchLabels: {shop.example/a: b}}"), selecting("{matchLabels: {'a b': c}}"), []string{"options[1].selector.matchLabels", "not a valid label key: a b"}},
	{"V-SEL-2 long key", supplyChain, selecting("{matchExpressions: [{key: shop.example/a, operator: Exists}]}"), selecting("{matchExpressions: [{key: a/b/c, operator: Exists}]}"), []string{"options[1].selector.matchExpressions[0].key", "a/b/c"}},
	{"V-SEL-2 operator", supplyChain, selecting("{matchExpressions: [{key: a, operator: NotIn, values: [x]}]}"), selecting("{matchExpressions: [{key: a, operator: Like, values: [x]}]}"), []string{"matchExpressions[0].operator", `"Like"`, `"NotIn"`}},
	{"V-SEL-2 values", delivery, selecting("{matchExpressions: [{key: a, operator: In, values: [x]}]}"), selecting("{matchExpressions: [{key: a, operator: Exists, values: [x]}]}"), []string{"key a: operator Exists must not have values"}},
	{"V-SEL-3", supplyChain, selecting("{matchFields: [{key: spec.image, operator: Exists}]}"), selecting("{matchFields: [{key: spec.image, operator: DoesNotExist, values: [x]}]}"), []string{"matchFields[0]", "operator DoesNotExist must not have values"}},
	{"V-SEL-4", supplyChain, selecting("{matchFields: [{key: spec.image, operator: In, values: [x]}]}"), selecting("{matchFields: [{key: spec.image, operator: NotIn, values: []}]}"), []string{"key spec.image: operator NotIn needs"}},
	{"V-SEL-5", supplyChain, selecting("{matchFields: [{key: spec.image, operator: In, values: [x]}]}"), selecting("{matchFields: [{key: spec.image, operator: Gt, values: ['1']}]}"), []string{"matchFields[0].operator", `"Gt"`, `"DoesNotExist"`}},
	{"V-SEL-6 option", supplyChain, selecting("{matchFields: [{key: 'spec.params[?(@.name==\"region\")].value', operator: Exists}]}"), selecting("{matchFields: [{key: spec.sauce, operator: Exists}]}"), []string{"options[1].selector.matchFields[0]", "key spec.sauce can not be selected by"}},
	{"V-SEL-6 delivery", delivery, field("metadata.annotations.x"), field("spec.build.env"), []string{"key spec.build.env can not"}},
	{"V-SEL-6 seed", supplyChain, field("workload.spec.source.git"), field("deliverable.spec.source.git"), []string{"key deliverable.spec.source.git can not"}},
	{"V-SEL-6 seed", delivery, field(".deliverable.spec.source.git"), field("workload.spec.source.git"), []string{"key workload.spec.source.git can not"}},
	{"V-SEL-6 dot", supplyChain, field(".spec.build.env[0].name"), field("..spec.build.env"), []string{"..spec.build.env can not"}},
	{"V-SEL-6 exact", supplyChain, field("spec.source.git.ref.tag"), field("spec.source.git.urls"), []string{"spec.source.git.urls can not"}},
	{"V-SEL-7, A6", supplyChain, field("spec.env[0]"), field("spec.env["), []string{"key spec.env[ is not a JSONPath"}},

	{"A1 forward", supplyChain, chain(build, fetch), chain("{name: loop, sources: [{name: me, resource: loop}], templateRef: {kind: ClusterSourceTemplate, name: t}}"), []string{"resource loop reads its own output"}},
	{"A1 deployment", delivery, chain(deploy, fetch), chain("{name: loop, deployment: {resource: loop}, templateRef: {kind: ClusterDeploymentTemplate, name: t}}"), []string{"resource loop reads its own output"}},
	{"A2 deployment", delivery, chain(fetch, deploy, strings.ReplaceAll(strings.ReplaceAll(deploy, "fetch", "deploy"), "name: deploy", "name: again")), chain(deploy), []string{"deployment must read", "resource deploy reads fetch"}},
	{"A2 sources", delivery, chain(fetch, deploy, "{name: note, sources: [{name: s, resource: deploy}], templateRef: {kind: ClusterTemplate, name: t}}"), chain("{name: note, sources: [{name: s, resource: nowhere}], templateRef: {kind: ClusterTemplate, name: t}}"), []string{"sources must read", "resource note reads nowhere"}},
	{"A2 configs", delivery, chain("{name: c, templateRef: {kind: ClusterConfigTemplate, name: c}}", "{name: note, configs: [{name: s, resource: c}], templateRef: {kind: ClusterTemplate, name: t}}"), chain(fetch, "{name: note, configs: [{name: s, resource: fetch}], templateRef: {kind: ClusterTemplate, name: t}}"), []string{"configs must read", "resource note reads fetch"}},
	{"A4", plain, template("lifecycle: tekton, healthRule: {alwaysHealthy: {}}, retentionPolicy: {maxFailedRuns: 1, maxSuccessfulRuns: 1}"), template("healthRule: {alwaysHealthy: {}}, retentionPolicy: {maxFailedRuns: 1, maxSuccessfulRuns: 1}"), []string{"retentionPolicy needs lifecycle immutable or tekton"}},
	{"A5", supplyChain, field("spec.env"), field("spec.envelope"), []string{"spec.envelope can not"}},
	{"A5 metadata", delivery, field("metadata"), field("metadataX"), []string{"metadataX can not"}},
	{"A7", supplyChain, chain(fetch, build), chain(fetch, "{name: build, sources: [{name: code, resource: fetch}, {name: code, resource: fetch}], templateRef: {kind: ClusterImageTemplate, name: kpack}}"), []string{"resource build has more than one of its sources named code"}},
	{"A8 resource", supplyChain, chain(strings.Replace(fetch, "fetch", strings.Repeat("a", 63), 1)), chain(strings.Replace(fetch, "fetch", strings.Repeat("a", 64), 1)), []string{"spec.resources[0].name", "63"}},
	{"A8 charset", delivery, chain(strings.Replace(fetch, "fetch", "Fetch_1.x", 1)), chain(strings.Replace(fetch, "fetch", "'fetch it'", 1)), []string{"spec.resources[0].name", "fetch it"}},

	{"V-TPL-1 both", plain, template(""), template("ytt: 'kind: X'"), []string{"both template and ytt are set"}},
	{"V-TPL-1 neither", plain, "{ytt: 'kind: X'}", "{ytt: ''}", []string{"neither template nor ytt is set"}},
	{"V-TPL-2", plain, "{template: {kind: X}}", "{template: {apiVersion: v1}}", []string{"template.kind is missing"}},
	{"V-TPL-2 run", runTemplate, "{template: {kind: X, spec: {}}}", "{template: {spec: {}}}", []string{"template.kind is missing"}},
	{"V-TPL-3", plain, "{template: {kind: X, metadata: {namespace: ''}}}", "{template: {kind: X, metadata: {namespace: prod}}}", []string{"spec.template.metadata.namespace", `"prod"`}},
	{"V-TPL-3 run", runTemplate, "{template: {kind: X, metadata: $(runnable.metadata)$, spec: 1}}", "{template: {kind: X, metadata: {namespace: prod}, spec: {}}}", []string{"spec.template.metadata.namespace", `"prod"`}},
	{"V-TPL-4", plain, template("healthRule: {singleConditionType: Ready}"), template("healthRule: {}"), []string{"spec.healthRule", "exactly one of alwaysHealthy, singleConditionType, multiMatch"}},
	{"V-TPL-5", plain, template("healthRule: {alwaysHealthy: {}}"), template("healthRule: {alwaysHealthy: {}, singleConditionType: Ready}"), []string{"spec.healthRule", "exactly one of"}},
	{"V-TPL-6 unhealthy", plain, template(fmt.Sprintf(multiMatch, "{matchConditions: [{type: A, status: 'True'}]}", "{matchFields: [{key: .status.x, operator: Exists}]}")), template(fmt.Sprintf(multiMatch, "{matchConditions: [{type: A, status: 'True'}]}", "{matchFields: []}")), []string{"spec.healthRule.multiMatch.unhealthy", "at least one entry"}},
	{"V-TPL-6 healthy", plain, template(fmt.Sprintf(multiMatch, "{matchConditions: [{type: A, status: 'True'}]}", "{matchFields: [{key: .status.x, operator: Exists}]}")), template(fmt.Sprintf(multiMatch, "{}", "{matchFields: [{key: .status.x, operator: Exists}]}")), []string{"spec.healthRule.multiMatch.healthy", "at least one entry"}},
	{"V-TPL-7", plain, template("lifecycle: immutable, retentionPolicy: {maxFailedRuns: 1, maxSuccessfulRuns: 1}"), template("retentionPolicy: {maxFailedRuns: 1, maxSuccessfulRuns: 1}"), []string{"retentionPolicy needs lifecycle"}},
	{"V-DT-1 both", deployment, "{" + app + ", observedMatches: [{input: a, output: b}]}", "{" + app + ", observedMatches: [{input: a, output: b}], observedCompletion: {succeeded: {key: a, value: b}}}", []string{"exactly one of observedMatches and observedCompletion"}},
	{"V-DT-1 neither", deployment, "{" + app + ", observedCompletion: {succeeded: {key: a, value: b}}}", "{" + app + "}", []string{"exactly one of observedMatches and observedCompletion"}},
	{"V-RT-1", runTemplate, "{template: {kind: X, spec: $(runnable.spec.inputs.all)$}}", "{template: {kind: X}}", []string{"spec.template.spec", "Required"}},

	// What the schema itself demands (spec: api §1 to §9).
	{"spec", v1alpha1.KindWorkload, "{}", "", []string{"spec", "Required"}},
	{"spec", v1alpha1.KindDeliverable, "{}", "", []string{"spec", "Required"}},
	{"kind", supplyChain, chain(fetch), chain("{name: d, templateRef: {kind: ClusterDeploymentTemplate, name: t}}"), []string{"templateRef.kind", `"ClusterDeploymentTemplate"`, `"ClusterImageTemplate"`}},
	{"kind", delivery, chain(fetch), chain("{name: d, templateRef: {kind: ClusterImageTemplate, name: t}}"), []string{"templateRef.kind", `"ClusterImageTemplate"`, `"ClusterDeploymentTemplate"`}},
	{"paths", v1alpha1.KindClusterSourceTemplate, "{ytt: 'a: 1', urlPath: .a, revisionPath: .b}", "{ytt: 'a: 1', urlPath: .a}", []string{"spec.revisionPath", "Required"}},
	{"paths", v1alpha1.KindClusterImageTemplate, "{ytt: 'a: 1', imagePath: .a}", "{ytt: 'a: 1'}", []string{"spec.imagePath", "Required"}},
	{"paths", v1alpha1.KindClusterConfigTemplate, "{ytt: 'a: 1', configPath: .a}", "{ytt: 'a: 1'}", []string{"spec.configPath", "Required"}},
	{"lifecycle", plain, template("lifecycle: mutable"), template("lifecycle: eternal"), []string{"spec.lifecycle", `"tekton"`}},
	{"retention", v1alpha1.KindRunnable, "{runTemplateRef: {name: x}, inputs: {a: [1, {b: null}]}}", "{runTemplateRef: {name: x}, retentionPolicy: {maxFailedRuns: 0, maxSuccessfulRuns: 1}}", []string{"spec.retentionPolicy.maxFailedRuns", "greater than or equal to 1"}},
	{"runTemplateRef", v1alpha1.KindRunnable, "{runTemplateRef: {kind: Whatever, name: x}}", "{runTemplateRef: {name: ''}}", []string{"spec.runTemplateRef.name", "at least 1"}},
	{"params", v1alpha1.KindWorkload, "{params: [{name: a/b_c.d, value: false}]}", "{params: [{name: a}]}", []string{"spec.params[0].value", "Required"}},
	{"claims", v1alpha1.KindWorkload, "{serviceClaims: [{name: db, ref: {apiVersion: v1, kind: DB, name: x}}], resources: {limits: {cpu: 1, memory: 1Gi}}, env: [{name: A, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]}", "{serviceClaims: [{name: db, ref: {kind: DB}}]}", []string{"ref.apiVersion", "Required"}},
}

func TestAdmission_rules(t *testing.T) {
	a := newAdmission(t)
	for _, rule := range rules {
		t.Run(rule.id+" "+rule.kind, func(t *testing.T) {
			if _, err := a.try(object(t, rule.kind, rule.accepted)); err != nil {
				t.Errorf("this must be accepted:\n%s\n%v", rule.accepted, err)
			}
			_, err := a.try(object(t, rule.kind, rule.rejected))
			if err == nil {
				t.Fatalf("this must be rejected:\n%s", rule.rejected)
			}
			for _, tells := range rule.tells {
				if !strings.Contains(err.Error(), tells) {
					t.Errorf("want %q in: %v", tells, err)
				}
			}
		})
	}
}

// TestAdmission_A8_names: names of owners and blueprints become label values.
func TestAdmission_A8_names(t *testing.T) {
	a := newAdmission(t)
	for kind, spec := range map[string]string{v1alpha1.KindWorkload: "{}", v1alpha1.KindDeliverable: "{}", v1alpha1.KindRunnable: "{runTemplateRef: {name: a}}", supplyChain: chain(), delivery: chain()} {
		o := object(t, kind, spec)
		o.SetName(strings.Repeat("a", 63))
		if _, err := a.try(o); err != nil {
			t.Errorf("%s with 63 characters: %v", kind, err)
		}
		o.SetName(strings.Repeat("a", 64))
		if _, err := a.try(o); err == nil || !strings.Contains(err.Error(), "metadata.name must have at most 63 characters") {
			t.Errorf("%s with 64 characters: %v", kind, err)
		}
	}
}

// TestAdmission_examples: the objects of the reference and of the example sets are accepted, and nothing in them is lost.
func TestAdmission_examples(t *testing.T) {
	a := newAdmission(t)
	files, err := filepath.Glob("../../pkg/api/v1alpha1/testdata/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, document := range strings.Split(string(text), "\n---\n")[1:] {
			o := &unstructured.Unstructured{}
			if err := yaml.Unmarshal([]byte(document), &o.Object); err != nil {
				t.Fatalf("%v in\n%s", err, document)
			}
			name := fmt.Sprintf("%s: %s %s", filepath.Base(file), o.GetKind(), o.GetName())
			accepted, err := a.try(o.DeepCopy())
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if path := lost(o.Object["spec"], accepted.Object["spec"], "spec"); path != "" {
				t.Errorf("%s: the server dropped %s", name, path)
			}
		}
	}
}

// lost is a path that the first value has and the second has not.
func lost(want, have any, path string) string {
	switch want := want.(type) {
	case map[string]any:
		fields, _ := have.(map[string]any)
		for name, value := range want {
			if found, ok := fields[name]; !ok {
				return path + "." + name
			} else if deeper := lost(value, found, path+"."+name); deeper != "" {
				return deeper
			}
		}
	case []any:
		items, _ := have.([]any)
		for i, value := range want {
			if i >= len(items) {
				return fmt.Sprintf("%s[%d]", path, i)
			} else if deeper := lost(value, items[i], fmt.Sprintf("%s[%d]", path, i)); deeper != "" {
				return deeper
			}
		}
	default:
		if fmt.Sprint(want) != fmt.Sprint(have) {
			return path
		}
	}
	return ""
}

func TestAdmission_defaults(t *testing.T) {
	a := newAdmission(t)
	for _, c := range []struct {
		kind, spec string
		path       []string
		want       any
	}{
		{plain, template(""), []string{"spec", "lifecycle"}, "mutable"},
		{v1alpha1.KindRunnable, "{runTemplateRef: {name: x}}", []string{"spec", "retentionPolicy"}, map[string]any{"maxFailedRuns": int64(10), "maxSuccessfulRuns": int64(10)}},
	} {
		o, err := a.try(object(t, c.kind, c.spec))
		if err != nil {
			t.Error(err)
			continue
		}
		have, _, _ := unstructured.NestedFieldNoCopy(o.Object, c.path...)
		if fmt.Sprint(have) != fmt.Sprint(c.want) {
			t.Errorf("%s %v is %v, want %v", c.kind, c.path, have, c.want)
		}
	}
}

// TestAdmission_big: a blueprint as large as the bounds allow stays within the API server's limits at run time.
func TestAdmission_big(t *testing.T) {
	a := newAdmission(t)
	var some []string
	for i := range 12 {
		some = append(some, fmt.Sprintf("{key: 'spec.params[?(@.name==\"p%d\")].value', operator: In, values: [a, b]}", i))
	}
	var choices []string
	for i := range 30 {
		choices = append(choices, fmt.Sprintf("{name: option-%d, selector: {matchLabels: {pick: o%d}, matchFields: [%s]}}", i, i, strings.Join(some, ", ")))
	}
	steps := []string{fetch}
	for i := range 99 {
		var inputs []string
		for j := range 40 {
			inputs = append(inputs, fmt.Sprintf("{name: i%d, resource: fetch}", j))
		}
		steps = append(steps, fmt.Sprintf("{name: step-%d, sources: [%s], templateRef: {kind: ClusterSourceTemplate, options: [%s]}}",
			i, strings.Join(inputs, ", "), strings.Join(choices[:2+i%3*14], ", ")))
	}
	if _, err := a.try(object(t, supplyChain, chain(steps...))); err != nil {
		t.Errorf("%.2000s", err.Error())
	}
}

// TestAdmission_status: what the agent writes as a status fits the schema.
func TestAdmission_status(t *testing.T) {
	a := newAdmission(t)
	harness.ApplyYAML(t, a.cp.Config, harness.Namespace(t, a.cp), `
apiVersion: carto.run/v1alpha1
kind: Workload
metadata: {name: cart}
spec: {}
`+fullStatus)
}

const fullStatus = `
status:
  observedGeneration: 1
  conditions: [{type: Ready, status: "True", reason: Ready, message: "", lastTransitionTime: "2026-01-01T00:00:00Z"}]
  supplyChainRef: {kind: ClusterSupplyChain, name: service-path}
  resources:
    - name: fetch
      stampedRef: {apiVersion: v1, kind: ConfigMap, name: x, namespace: shop, resource: configmaps}
      templateRef: {apiVersion: carto.run/v1alpha1, kind: ClusterTemplate, name: t}
      inputs: [{name: a}]
      outputs: [{name: url, preview: "", digest: "sha256:x", lastTransitionTime: "2026-01-01T00:00:00Z"}]
`

// TestAdmission_oldObjects: objects that are older than the rules, or come from an installation without them, keep their
// status writable, and can be changed where they are right (spec: api A11).
func TestAdmission_oldObjects(t *testing.T) {
	a := admission{t: t, cp: harness.New(t, harness.Options{})}
	definitions, err := crds.All()
	if err != nil {
		t.Fatal(err)
	}
	preserve := true
	for _, definition := range definitions {
		definition.Spec.Versions[0].Schema.OpenAPIV3Schema = &apiextensionsv1.JSONSchemaProps{Type: "object", XPreserveUnknownFields: &preserve}
		definition.SetGroupVersionKind(apiextensionsv1.SchemeGroupVersion.WithKind("CustomResourceDefinition"))
		fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(definition)
		if err != nil {
			t.Fatal(err)
		}
		unstructured.RemoveNestedField(fields, "status")
		text, err := yaml.Marshal(fields)
		if err != nil {
			t.Fatal(err)
		}
		harness.ApplyYAML(t, a.cp.Config, "", string(text))
	}
	long := strings.Repeat("a", 70)
	old := `
apiVersion: carto.run/v1alpha1
kind: Workload
metadata: {name: ` + long + `, namespace: default}
spec: {}
---
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: old}
spec: {resources: [{name: a, sources: [{name: s, resource: nowhere}], templateRef: {kind: ClusterTemplate}}]}
`
	harness.ApplyYAML(t, a.cp.Config, "", old)
	a = newAdmissionOn(t, a.cp)
	harness.Eventually(t, 30*time.Second, func() error {
		_, err := a.try(object(t, supplyChain, "{resources: []}"))
		if err == nil {
			return errors.New("the rules are not in force yet")
		}
		return nil
	})
	for _, document := range strings.Split(old, "---") {
		harness.ApplyYAML(t, a.cp.Config, "", document+`
status:
  conditions: [{type: Ready, status: "False", reason: Ready, message: "", lastTransitionTime: "2026-01-01T00:00:00Z"}]
`)
	}
}

func TestAdmission_columns(t *testing.T) {
	a := newAdmission(t)
	ns := harness.Namespace(t, a.cp)
	const status = `
status:
  conditions: [{type: Ready, status: "False", reason: SupplyChainNotFound, message: "", lastTransitionTime: "2026-01-01T00:00:00Z"}]
`
	harness.ApplyYAML(t, a.cp.Config, ns, `
apiVersion: carto.run/v1alpha1
kind: Workload
metadata: {name: cart}
spec: {source: {image: registry.example/code}}`+status+`  supplyChainRef: {name: service-path}
---
apiVersion: carto.run/v1alpha1
kind: Deliverable
metadata: {name: cart}
spec: {source: {image: registry.example/ops}}`+status+`  deliveryRef: {name: to-cluster}
---
apiVersion: carto.run/v1alpha1
kind: Runnable
metadata: {name: cart}
spec: {runTemplateRef: {name: scan}}`+status)

	for _, c := range []struct {
		path    string
		columns []string
		cells   []string // as far as they are the same in each run
	}{
		{"namespaces/" + ns + "/workloads", []string{"Name", "Source", "SupplyChain", "Ready", "Reason", "Age"}, []string{"cart", "registry.example/code", "service-path", "False", "SupplyChainNotFound"}},
		{"namespaces/" + ns + "/deliverables", []string{"Name", "Source", "Delivery", "Ready", "Reason", "Age"}, []string{"cart", "registry.example/ops", "to-cluster", "False", "SupplyChainNotFound"}},
		{"namespaces/" + ns + "/runnables", []string{"Name", "Ready", "Reason", "Age"}, []string{"cart", "False", "SupplyChainNotFound"}},
		{"clustersupplychains", []string{"Name", "Ready", "Reason", "Age"}, nil},
		{"clusterdeliveries", []string{"Name", "Ready", "Reason", "Age"}, nil},
		{"clustersourcetemplates", []string{"Name", "Age"}, nil},
		{"clusterimagetemplates", []string{"Name", "Age"}, nil},
		{"clusterconfigtemplates", []string{"Name", "Age"}, nil},
		{"clusterdeploymenttemplates", []string{"Name", "Age"}, nil},
		{"clustertemplates", []string{"Name", "Age"}, nil},
		{"clusterruntemplates", []string{"Name", "Age"}, nil},
	} {
		table := a.table(c.path)
		var columns []string
		for _, column := range table.ColumnDefinitions {
			columns = append(columns, column.Name)
		}
		if !slices.Equal(columns, c.columns) {
			t.Errorf("%s has columns %v, want %v", c.path, columns, c.columns)
		}
		if c.cells == nil {
			continue
		}
		if len(table.Rows) != 1 {
			t.Errorf("%s has %d rows", c.path, len(table.Rows))
			continue
		}
		for i, want := range c.cells {
			if have := table.Rows[0].Cells[i]; have != want {
				t.Errorf("%s: %s is %v, want %v", c.path, columns[i], have, want)
			}
		}
	}
}

// table asks as kubectl get does.
func (a admission) table(path string) *metav1.Table {
	a.t.Helper()
	client, err := kubernetes.NewForConfig(a.cp.Config)
	if err != nil {
		a.t.Fatal(err)
	}
	text, err := client.RESTClient().Get().AbsPath("/apis/carto.run/v1alpha1/"+path).
		SetHeader("Accept", "application/json;as=Table;v=v1;g=meta.k8s.io").DoRaw(a.t.Context())
	if err != nil {
		a.t.Fatal(err)
	}
	table := &metav1.Table{}
	if err := json.Unmarshal(text, table); err != nil {
		a.t.Fatal(err)
	}
	return table
}

// TestAdmission_discovery: what discovery says equals the table of kinds (spec: api §1).
func TestAdmission_discovery(t *testing.T) {
	a := newAdmission(t)
	client, err := kubernetes.NewForConfig(a.cp.Config)
	if err != nil {
		t.Fatal(err)
	}
	list, err := client.Discovery().ServerResourcesForGroupVersion(v1alpha1.GroupVersion.String())
	if err != nil {
		t.Fatal(err)
	}
	have := map[string]string{}
	for _, r := range list.APIResources {
		have[r.Name] = fmt.Sprintf("%s %t %s %s", r.Kind, r.Namespaced, strings.Join(r.ShortNames, ","), strings.Join(r.Categories, ","))
	}
	for name, want := range map[string]string{
		"workloads":                  "Workload true wld all",
		"workloads/status":           "Workload true  ",
		"deliverables":               "Deliverable true dlv all",
		"deliverables/status":        "Deliverable true  ",
		"runnables":                  "Runnable true run ",
		"runnables/status":           "Runnable true  ",
		"clustersupplychains":        "ClusterSupplyChain false csc ",
		"clustersupplychains/status": "ClusterSupplyChain false  ",
		"clusterdeliveries":          "ClusterDelivery false cd ",
		"clusterdeliveries/status":   "ClusterDelivery false  ",
		"clustersourcetemplates":     "ClusterSourceTemplate false cst ",
		"clusterimagetemplates":      "ClusterImageTemplate false cit ",
		"clusterconfigtemplates":     "ClusterConfigTemplate false cct ",
		"clusterdeploymenttemplates": "ClusterDeploymentTemplate false cdt ",
		"clustertemplates":           "ClusterTemplate false ct ",
		"clusterruntemplates":        "ClusterRunTemplate false crt ",
	} {
		if have[name] != want {
			t.Errorf("%s is %q, want %q", name, have[name], want)
		}
		delete(have, name)
	}
	if len(have) > 0 {
		t.Errorf("nobody expects %v", have)
	}
}
