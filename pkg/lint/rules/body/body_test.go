package body

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/carto-run/carto/pkg/lint"
)

// template makes a ClusterTemplate of a body.
func template(name, body string) string {
	return "apiVersion: carto.run/v1alpha1\nkind: ClusterTemplate\nmetadata: {name: " + name + "}\nspec:\n  template:\n    " +
		strings.ReplaceAll(strings.TrimSpace(body), "\n", "\n    ") + "\n"
}

func yttTemplate(name, body string) string {
	return "apiVersion: carto.run/v1alpha1\nkind: ClusterTemplate\nmetadata: {name: " + name + "}\nspec:\n  ytt: |\n    #@ load(\"@ytt:data\", \"data\")\n    " +
		strings.ReplaceAll(strings.TrimSpace(body), "\n", "\n    ") + "\n"
}

// chain has one step that uses the template a; more is the rest of the step.
func chain(selector, more string) string {
	return "apiVersion: carto.run/v1alpha1\nkind: ClusterSupplyChain\nmetadata: {name: web}\nspec:\n  " + selector +
		"\n  resources:\n  - name: git\n    templateRef: {kind: ClusterSourceTemplate, name: git}\n  - name: step\n    templateRef: {kind: ClusterTemplate, name: a}\n" + more
}

const (
	config = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: $(workload.metadata.name)$}\n"
	byType = "selector: {type: web}"
)

// TestNoFalseAlarms: what looks like a fault of a body, and is none; and some that are, to
// show where the line is.
func TestNoFalseAlarms(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		reason string
		files  []string
		want   []string // rule, level
	}{
		"shell":          {"the substitutions of a shell are no tags", []string{template("a", config+"data: {a: 'echo $(date) $(cat source.url) $(config.sh)'}")}, nil},
		"tekton":         {"params of a Task look like tags without their dollar", []string{template("a", "apiVersion: tekton.dev/v1\nkind: TaskRun\nmetadata: {generateName: $(workload.metadata.name)$-}\nspec: {script: $(params.url)}")}, nil},
		"unclosed":       {"elsewhere they are meant for tags", []string{template("a", config+"data: {a: $(params.url)}")}, []string{"TPL004 error"}},
		"other brackets": {"of which a shell knows only those of names without dots", []string{template("a", config+"data: {a: '${workload.metadata.name}', b: '${HOME} ${params}', c: '$(params.a', d: '$(params.b$)', e: '${params.c}$', f: '$(params.d$ x', g: '$(params.e[0])$ ${a.b}'}")}, []string{"TPL004 error", "TPL004 error", "TPL004 error", "TPL004 error", "TPL004 error"}},
		"env":            {"variables of Kubernetes have no dots", []string{template("a", config+"data: {a: $(HOME), b: $(image)}")}, nil},
		"ytt guarded":    {"a body that looks for an input first can do without", []string{chain(byType, ""), yttTemplate("a", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: #@ data.values.workload.metadata.name\n#@ if hasattr(data.values, \"source\"):\ndata:\n  url: #@ data.values.source.url\n#@ end")}, nil},
		"ytt":            {"one that does not, can not", []string{chain(byType, ""), yttTemplate("a", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: #@ data.values.workload.metadata.name\ndata:\n  url: #@ data.values.source.url")}, []string{"TPL006 error"}},
		"ytt unknown":    {"a body that may read any input reads it", []string{chain(byType, "    sources: [{name: code, resource: git}]\n"), yttTemplate("a", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: #@ data.values.workload.metadata.name\ndata:\n  #@ for k in data.values.sources:\n  url: #@ data.values.sources[k].url\n  #@ end")}, nil},
		"whole map":      {"and so does a tag that takes all of them", []string{chain(byType, "    sources: [{name: code, resource: git}]\n"), template("a", config+"data: {all: $(sources)$}")}, nil},
		"one typo":       {"in a template of two blueprints is one finding", []string{chain(byType, "    sources: [{name: code, resource: git}]\n"), strings.Replace(chain("selector: {type: job}", "    sources: [{name: code, resource: git}]\n"), "name: web", "name: job", 1), template("a", config+"data: {a: $(sources.code.url)$, b: $(sources.cdoe.url)$}")}, []string{"TPL007 error"}},
		"not read":       {"otherwise it does not", []string{chain(byType, "    sources: [{name: code, resource: git}]\n"), template("a", config)}, []string{"TPL008 warning"}},
		"no template":    {"a template that is not in the set may read it", []string{chain(byType, "    sources: [{name: code, resource: git}]\n")}, nil},
		"broken body":    {"and so may one that can not be understood", []string{chain(byType, "    sources: [{name: code, resource: git}]\n"), yttTemplate("a", "#@ if True:\nkind: A")}, nil},
		"opaque":         {"what params and labels hold is nobody's business", []string{chain(byType, ""), template("a", config+"data: {a: '$(workload.metadata.labels.x)$', b: '$(workload.spec.params[0].value.c)$', c: '$(params.x.y)$', d: '$(workload.status.conditions[0].type)$'}")}, nil},
		"builtin":        {"every field of an owner is known", []string{chain(byType, ""), template("a", config+"data: {a: $(workload.spec.build.env)$, b: $(workload.spec.env)$, c: $(workload.spec.resources)$, d: $(workload.metadata.annotations)$, e: $(workload.spec.serviceClaims)$}")}, nil},
		"delivery":       {"a Deliverable has fewer", []string{strings.NewReplacer("ClusterSupplyChain", "ClusterDelivery").Replace(chain(byType, "")), template("a", strings.ReplaceAll(config, "workload", "deliverable")+"data: {a: $(deliverable.spec.env)$}")}, []string{"TPL009 error"}},
		"both names":     {"either name of an owner works", []string{strings.NewReplacer("ClusterSupplyChain", "ClusterDelivery").Replace(chain(byType, "")), template("a", config)}, []string{"TPL009 info"}},
		"null":           {"an optional field as a value of its own is left out", []string{chain(byType, ""), template("a", config+"spec: {image: $(workload.spec.image)$, source: $(workload.spec.source)$}")}, nil},
		"null in text":   {"in a text it fails; a label may say that it is there", []string{chain(byType, ""), template("a", config+"data: {image: 'docker://$(workload.spec.image)$'}")}, []string{"TPL010 info"}},
		"required":       {"a selector that asks for something below proves what is above", []string{chain(byType+"\n  selectorMatchFields: [{key: workload.spec.source.git.ref.branch, operator: In, values: [main]}]", ""), template("a", config+"data: {u: $(workload.spec.source.git.url)$}")}, nil},
		"other field":    {"one that asks for something else does not", []string{chain(byType+"\n  selectorMatchFields: [{key: spec.source.image, operator: Exists}]", ""), template("a", config+"data: {u: $(workload.spec.source.git.url)$}")}, []string{"TPL010 info"}},
		"one owner":      {"a blueprint for one owner may name its object", []string{chain("selectorMatchFields: [{key: metadata.name, operator: In, values: [cart]}]", ""), template("a", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: fixed}")}, nil},
		"run":            {"a fixed name of a run is for another rule", []string{strings.Replace(template("a", "apiVersion: batch/v1\nkind: Job\nmetadata: {name: fixed}"), "spec:", "spec:\n  lifecycle: immutable", 1)}, nil},
		"cluster":        {"and so is one of an object that belongs to no namespace", []string{template("a", "apiVersion: v1\nkind: Namespace\nmetadata: {name: fixed}")}, nil},
		"suffix":         {"a usual suffix fits", []string{template("a", "apiVersion: v1\nkind: Service\nmetadata: {name: $(workload.metadata.name)$-internal-service}")}, nil},
		"long":           {"most kinds allow long names", []string{template("a", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: $(workload.metadata.name)$-service-for-all-the-traffic-from-inside}")}, nil},
		"list kind":      {"a kind of its own may end in List", []string{template("a", "apiVersion: example.com/v1\nkind: AllowList\nmetadata: {name: $(workload.metadata.name)$}\nitems: [a]")}, nil},
		"own namespace":  {"the namespace of the owner only is needless", []string{template("a", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: $(workload.metadata.name)$, namespace: $(workload.metadata.namespace)$}")}, []string{"TPL002 warning"}},
		"ytt namespace":  {"in ytt as well", []string{yttTemplate("a", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: #@ data.values.workload.metadata.name\n  namespace: #@ data.values.workload.metadata.namespace")}, nil},
		"ytt labels":     {"what ytt makes is looked at", []string{yttTemplate("a", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: #@ data.values.workload.metadata.name\n  namespace: x\n  labels: #@ {\"carto.run/\" + \"workload-name\": \"x\"}")}, []string{"TPL017 warning", "TPL002 error"}},
		"ytt name":       {"a fixed name in ytt", []string{yttTemplate("a", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: fixed")}, []string{"TPL016 warning"}},
		"ytt hash":       {"a name that does not show of what it is made", []string{yttTemplate("a", "#@ load(\"@ytt:md5\", \"md5\")\n#@ n = md5.sum(data.values.workload.metadata.name)\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: #@ n")}, nil},
		"ytt input name": {"a name that depends on something else", []string{yttTemplate("a", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: #@ data.values.sources.code.revision")}, nil},
		"tag metadata":   {"metadata that are filled in", []string{template("a", "apiVersion: v1\nkind: ConfigMap\nmetadata: $(params.metadata)$")}, nil},
		"selected":       {"a run template has other roots", []string{"apiVersion: carto.run/v1alpha1\nkind: ClusterRunTemplate\nmetadata: {name: r}\nspec:\n  template: {apiVersion: v1, kind: Pod, metadata: {generateName: $(runnable.metadata.name)$-}, spec: {a: $(selected.metadata.name)$, b: $(runnable.spec.inputs.x.y)$}}\n"}, nil},
		"selected typo":  {"and its owner is a Runnable", []string{"apiVersion: carto.run/v1alpha1\nkind: ClusterRunTemplate\nmetadata: {name: r}\nspec:\n  template: {apiVersion: v1, kind: Pod, metadata: {generateName: $(runnable.metadata.name)$-}, spec: {a: $(workload.metadata.name)$, b: $(runnable.spec.input.x)$}}\n"}, []string{"TPL005 error", "TPL009 error"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var files []lint.File
			for i, text := range tc.files {
				files = append(files, lint.File{Name: fmt.Sprintf("%d.yaml", i), Data: []byte(text)})
			}
			var got []string
			for _, f := range lint.Run(lint.ReadFiles(files), Rules, lint.Options{}).Findings {
				got = append(got, fmt.Sprintf("%s %s", f.Rule.ID, f.Level))
				t.Logf("%s: %s: %s (%s)", f.At, f.Rule.ID, f.Message, f.Remedy)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}
