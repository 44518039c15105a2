package selector

import (
	"fmt"
	"strings"
	"testing"

	"github.com/carto-run/carto/pkg/lint"
	"github.com/carto-run/carto/pkg/lint/linttest"
)

// written is a supply chain with a selector and further lines of its spec.
func written(name, selector string, more ...string) string {
	return "---\napiVersion: carto.run/v1alpha1\nkind: ClusterSupplyChain\nmetadata: {name: " + name + "}\nspec:\n  " + selector + "\n" + strings.Join(more, "\n") + "\n"
}

// step has options, each with the flow mapping that is its selector.
func step(options ...string) string {
	s := "  resources:\n  - name: fetch\n    templateRef:\n      kind: ClusterSourceTemplate\n      options:\n"
	for i, o := range options {
		s += fmt.Sprintf("      - {name: o%d, selector: %s}\n", i+1, o)
	}
	return strings.TrimSuffix(s, "\n")
}

func withLabels(pairs string) string { return "selector: {" + pairs + "}" }

func TestTiedBlueprints(t *testing.T) {
	t.Parallel()
	git := "\n  selectorMatchFields: [{key: spec.source.git, operator: Exists}]"
	noGit := "\n  selectorMatchFields: [{key: spec.source.git, operator: DoesNotExist}]"
	linttest.Try(t, tiedBlueprints, []linttest.Case{
		{Reason: "one label, two values", Text: written("a", withLabels("type: web")) + written("b", withLabels("type: job"))},
		{Reason: "a field tells them apart", Text: written("a", withLabels("type: web")+git) + written("b", withLabels("type: web")+noGit)},
		{Reason: "of unequal weight", Text: written("a", withLabels("type: web")) + written("b", withLabels("type: web")+git)},
		{Reason: "equal", Text: written("a", withLabels("type: web")) + written("b", withLabels("type: web")),
			Want: []string{"13 error ClusterSupplyChain/b and ClusterSupplyChain/a can match one owner, and neither is more specific: a Workload with metadata {labels: {type: web}}"}},
		{Reason: "the more specific one takes all that both match", Text: written("a", withLabels("type: web, x: a")) + written("b", withLabels("type: web, lang: b")) + written("c", withLabels("type: web, x: a, lang: b"))},
		{Reason: "it takes only some of them", Text: written("a", withLabels("type: web, x: a")) + written("b", withLabels("type: web, lang: b")) + written("c", withLabels("type: web, x: a, lang: b")+git),
			Want: []string{"13 error"}},
		{Reason: "labels without anything in common are an information", Text: written("a", withLabels("x: a")) + written("b", withLabels("lang: b")), Want: []string{"13 info"}},
		{Reason: "a field and a label meet in ordinary owners", Text: written("a", withLabels("x: a")) + written("b", strings.TrimSpace(git)), Want: []string{"13 error"}},
		{Reason: "absence does not need a label", Text: written("a", withLabels("x: a")) + written("b", "selectorMatchExpressions: [{key: lang, operator: DoesNotExist}]"), Want: []string{"13 error"}},
		{Reason: "a delivery and a supply chain have different owners", Text: written("a", withLabels("type: web")) + strings.Replace(written("b", withLabels("type: web")), "ClusterSupplyChain", "ClusterDelivery", 1)},
		{Reason: "one blueprint that is defined twice is another fault", Text: written("a", withLabels("type: web")) + written("a", withLabels("type: web"))},
		{Reason: "a selector that never matches ties with none", Text: written("a", withLabels("type: web")+git) + written("b", withLabels("type: web")+"\n  selectorMatchFields: [{key: 'spec.env[', operator: Exists}]")},
		{Reason: "what is not modelled is left open", Text: written("a", withLabels("type: web")+"\n  selectorMatchFields: [{key: 'spec.env[0].name', operator: Exists}]") + written("b", withLabels("type: web, x: a"))},
	})
}

// TestRemote: a blueprint of the cluster counts, but not beside its next version in a file.
func TestRemote(t *testing.T) {
	t.Parallel()
	file := func(name, text string, remote bool) lint.File {
		return lint.File{Name: name, Data: []byte(text), Remote: remote}
	}
	found := func(files ...lint.File) int {
		return len(lint.Run(lint.ReadFiles(files), []*lint.Rule{tiedBlueprints}, lint.Options{}).Findings)
	}
	a, b := written("a", withLabels("type: web")), written("b", withLabels("type: web"))
	if n := found(file("new.yaml", a, false), file("cluster", a, true)); n != 0 {
		t.Errorf("a blueprint ties with itself: %d findings", n)
	}
	if n := found(file("cluster", a, true), file("new.yaml", written("a", withLabels("type: job")), false), file("b.yaml", b, false)); n != 0 {
		t.Errorf("what the file replaces still counts: %d findings", n)
	}
	if n := found(file("new.yaml", a, false), file("cluster", b, true)); n != 1 {
		t.Errorf("a tie with a blueprint of the cluster: %d findings", n)
	}
	if n := found(file("cluster", a+b, true)); n != 0 {
		t.Errorf("nothing is said about the cluster alone: %d findings", n)
	}
}

func TestNeverChosen(t *testing.T) {
	t.Parallel()
	field := func(key, operator string) string {
		return withLabels("type: web") + "\n  selectorMatchFields: [{key: " + key + ", operator: " + operator + "}]"
	}
	linttest.Try(t, coveredBlueprint, []linttest.Case{
		{Reason: "something is left", Text: written("a", withLabels("type: web")) + written("b", field("spec.source.git", "Exists")) + written("c", field("spec.source.image", "Exists"))},
		{Reason: "an account is always there, if only as an empty text", Text: written("a", withLabels("type: web")) + written("b", field("spec.serviceAccountName", "Exists")),
			Want: []string{"6 warning ClusterSupplyChain/a is never chosen: each of its owners is taken by ClusterSupplyChain/b"}},
		{Reason: "equal ones are a tie", Text: written("a", withLabels("type: web")) + written("b", withLabels("type: web"))},
		{Reason: "one that can match nothing is another fault", Text: written("a", field("spec.sorce", "Exists")) + written("b", withLabels("type: web, x: y, z: z"))},
		{Reason: "options too", Text: written("a", withLabels("type: web"), step("{matchLabels: {x: a}}", "{matchLabels: {x: a, type: web}}")),
			Want: []string{"12 warning option o1 of step fetch is never chosen: each of its owners is taken by option o2 of step fetch"}},
		{Reason: "options that are needed", Text: written("a", withLabels("type: web"), step("{matchLabels: {x: a}}", "{matchLabels: {x: a, lang: b}}"))},
	})
}

func TestOptions(t *testing.T) {
	t.Parallel()
	const git, image, noGit = "{matchFields: [{key: spec.source.git, operator: Exists}]}", "{matchFields: [{key: spec.image, operator: Exists}]}", "{matchFields: [{key: spec.source.git, operator: DoesNotExist}]}"
	chain := func(options ...string) string { return written("a", withLabels("type: web"), step(options...)) }
	linttest.Try(t, tiedOptions, []linttest.Case{
		{Reason: "they exclude each other", Text: chain(git, noGit)},
		{Reason: "both can be set", Text: chain(git, image), Want: []string{"13 error option o2 of step fetch and option o1 can match one owner"}},
		{Reason: "the blueprint leaves only one of them", Text: written("a", withLabels("type: web")+"\n  selectorMatchFields: [{key: spec.image, operator: DoesNotExist}]", step(git, image))},
		{Reason: "a third one takes what both match", Text: chain(git, image, "{matchFields: [{key: spec.source.git, operator: Exists}, {key: spec.image, operator: Exists}]}")},
		{Reason: "identical ones are said elsewhere", Text: chain(git, git)},
		{Reason: "a more specific blueprint takes what both match", Text: chain(git, image) + written("b", withLabels("type: web")+"\n  selectorMatchFields: [{key: spec.source.git, operator: Exists}, {key: spec.image, operator: Exists}]")},
	})
	linttest.Try(t, identicalOptions, []linttest.Case{
		{Reason: "in another order", Text: chain("{matchLabels: {a: b}, matchExpressions: [{key: c, operator: In, values: [d, e]}]}", "{matchExpressions: [{key: c, operator: In, values: [e, d]}, {key: a, operator: In, values: [b]}]}"),
			Want: []string{"13 error"}},
		{Reason: "another value", Text: chain("{matchLabels: {a: b}}", "{matchLabels: {a: c}}")},
	})
	linttest.Try(t, impossibleOption, []linttest.Case{
		{Reason: "by itself", Text: chain("{matchFields: [{key: spec.image, operator: Exists}, {key: spec.image, operator: DoesNotExist}]}", git),
			Want: []string{"12 error option o1 of step fetch never matches: its requirements contradict each other: field spec.image Exists and field spec.image DoesNotExist"}},
		{Reason: "a part without the whole", Text: chain("{matchFields: [{key: spec.source.git.url, operator: Exists}, {key: spec.source, operator: DoesNotExist}]}", git), Want: []string{"12 error"}},
		{Reason: "with the blueprint", Text: chain("{matchLabels: {type: job}}", git),
			Want: []string{"12 error option o1 of step fetch never matches: label type=job contradicts label type=web of the blueprint's own selector"}},
		{Reason: "no owner can meet it", Text: chain("{matchFields: [{key: spec.serviceAccountName, operator: DoesNotExist}]}", git), Want: []string{"12 error option o1 of step fetch never matches: no Workload can meet"}},
		{Reason: "an unknown field is said elsewhere", Text: chain("{matchFields: [{key: spec.sorce, operator: Exists}]}", git)},
		{Reason: "a list as a text too", Text: chain("{matchFields: [{key: spec.env, operator: In, values: [a]}]}", git)},
		{Reason: "the blueprint, and then not each of its options", Text: written("a", "selectorMatchExpressions: [{key: x, operator: Exists}, {key: x, operator: DoesNotExist}]", step(git, image)), Want: []string{"6 error ClusterSupplyChain/a never matches"}},
		{Reason: "nothing is known of an item by position", Text: chain("{matchFields: [{key: 'spec.env[0].name', operator: Exists}, {key: 'spec.env', operator: DoesNotExist}]}", git)},
	})
	linttest.Try(t, uncoveredOwners, []linttest.Case{
		{Reason: "the rest is passed through", Text: strings.Replace(chain(git, noGit), "name: o2", "passThrough: code", 1)},
		{Reason: "no source", Text: chain(git, "{matchFields: [{key: spec.source.git, operator: DoesNotExist}, {key: spec.source.image, operator: Exists}]}"),
			Want: []string{"11 warning no option of step fetch takes a Workload with metadata {labels: {type: web}}, which matches ClusterSupplyChain/a"}},
		{Reason: "the blueprint asks for a source", Text: written("a", withLabels("type: web")+"\n  selectorMatchFields: [{key: spec.source.git, operator: Exists}]", step(git, image))},
		{Reason: "an option that never matches is the cause", Text: chain(git, "{matchFields: [{key: spec.source.gti, operator: DoesNotExist}, {key: spec.sorce, operator: Exists}]}")},
		{Reason: "a more specific blueprint takes the rest", Text: chain(git, image) + written("b", withLabels("type: web")+"\n  selectorMatchFields: [{key: spec.source.git, operator: DoesNotExist}, {key: spec.image, operator: DoesNotExist}]")},
		{Reason: "a param by its name", Text: chain(`{matchFields: [{key: 'spec.params[?(@.name=="x")].value', operator: In, values: [a]}]}`, `{matchFields: [{key: 'spec.params[?(@.name=="x")].value', operator: NotIn, values: [a]}]}`),
			Want: []string{"11 warning"}},
	})
	linttest.Try(t, overlappingOptions, []linttest.Case{
		{Reason: "the order is shown", Text: chain(git, "{matchFields: [{key: spec.source.git, operator: Exists}, {key: spec.image, operator: Exists}]}"),
			Want: []string{"11 info options of step fetch overlap, and the most specific is chosen, in this order: o2 (2), o1 (1); several match a Workload"}},
		{Reason: "no overlap", Text: chain(git, "{matchFields: [{key: spec.source.git, operator: DoesNotExist}, {key: spec.image, operator: Exists}]}")},
	})
}

func TestNotIn(t *testing.T) {
	t.Parallel()
	branch := func(more string) string {
		return withLabels("type: web") + "\n  selectorMatchFields: [{key: spec.source.git.ref.branch, operator: NotIn, values: [main]}" + more + "]"
	}
	linttest.Try(t, notInMissing, []linttest.Case{
		{Reason: "the part above may be missing", Text: written("a", branch("")), Want: []string{"7 warning ClusterSupplyChain/a leaves out owners in which spec.source.git.ref.branch leads nowhere, such as a Workload with metadata {labels: {type: web}}"}},
		{Reason: "the part above is asked for", Text: written("a", branch(", {key: spec.source.git.ref, operator: Exists}"))},
		{Reason: "a field that is null, not missing", Text: written("a", withLabels("type: web")+"\n  selectorMatchFields: [{key: spec.image, operator: NotIn, values: [a]}]")},
		{Reason: "another blueprint takes the others", Text: written("a", branch("")) + written("b", withLabels("type: web")+"\n  selectorMatchFields: [{key: spec.source.git.ref, operator: DoesNotExist}]")},
		{Reason: "another option takes the others", Text: written("a", withLabels("type: web"), step("{matchFields: [{key: spec.source.git.url, operator: NotIn, values: [a]}]}", "{matchFields: [{key: spec.source.git, operator: DoesNotExist}]}"))},
		{Reason: "labels have the other meaning", Text: written("a", "selectorMatchExpressions: [{key: x, operator: NotIn, values: [a]}]")},
		{Reason: "a label as a field", Text: written("a", withLabels("type: web")+"\n  selectorMatchFields: [{key: metadata.labels.x, operator: NotIn, values: [a]}]"), Want: []string{"7 warning"}},
		{Reason: "a param by its name", Text: written("a", withLabels("type: web")+"\n  selectorMatchFields: [{key: 'spec.params[?(@.name==\"x\")].value', operator: NotIn, values: [a]}]"), Want: []string{"7 warning"}},
		{Reason: "a field that there never is, is said elsewhere", Text: written("a", withLabels("type: web")+"\n  selectorMatchFields: [{key: spec.sorce.git, operator: NotIn, values: [a]}]")},
	})
}

func TestForm(t *testing.T) {
	t.Parallel()
	field := func(key, operator string) string {
		return written("a", withLabels("type: web")+"\n  selectorMatchFields: [{key: "+key+", operator: "+operator+", values: [a]}]")
	}
	linttest.Try(t, unknownField, []linttest.Case{
		{Reason: "a slip", Text: field("spec.source.gti", "In"), Want: []string{"7 error"}},
		{Reason: "a field behind a prefix", Text: field("metadata.annotations.x", "In")},
		{Reason: "a field that only begins like one", Text: field("spec.environment", "In"), Want: []string{"7 error"}},
		{Reason: "a leading dot", Text: field(".spec.image", "In")},
		{Reason: "the owner's name is understood here", Text: field("workload.spec.image", "In"), Want: []string{"7 info"}},
		{Reason: "but not there", Text: field("workload.spec.image", "In"), Options: lint.Options{TargetVersion: "0.7"}, Want: []string{"7 error"}},
		{Reason: "what is no path is said elsewhere", Text: field("'spec.env['", "In")},
	})
	linttest.Try(t, invalidSelector, []linttest.Case{
		{Reason: "an operator in small letters", Text: written("a", "selectorMatchExpressions:\n  - key: type\n    operator: in\n    values: [web]"), Want: []string{"8 error the requirement is invalid"}},
		{Reason: "all at once, each at its place", Text: "apiVersion: carto.run/v1alpha1\nkind: ClusterSupplyChain\nmetadata: {name: a}\nspec:\n  selector:\n    a: b\n    \"-c\": d\n    e: \"-\"\n  selectorMatchExpressions:\n  - {key: x, operator: Is}\n",
			Want: []string{"7 error", "8 error", "10 error"}},
		{Reason: "an option", Text: written("a", withLabels("type: web"), step("{matchFields: [{key: spec.image, operator: Exists, values: [a]}]}", "{matchLabels: {a: b}}")), Want: []string{"12 error"}},
	})
	linttest.Try(t, emptySelector, []linttest.Case{
		{Reason: "an option", Text: written("a", withLabels("type: web"), step("{}", "{matchLabels: {a: b}}")), Want: []string{"12 error"}},
	})
	linttest.Try(t, neverEqual, []linttest.Case{
		{Reason: "a text", Text: field("spec.image", "In")},
		{Reason: "an open part", Text: field("metadata.generation", "In")},
		{Reason: "an object", Text: field("spec.source", "NotIn"), Want: []string{"7 warning"}},
		{Reason: "Exists compares nothing", Text: field("spec.source", "Exists")},
	})
}

// TestManyBlueprints: a thousand that one label tells apart are no half a million pairs, and a
// thousand that nothing tells apart end too.
func TestManyBlueprints(t *testing.T) {
	t.Parallel()
	var apart, same strings.Builder
	for i := range 1000 {
		apart.WriteString(written(fmt.Sprintf("b%d", i), withLabels(fmt.Sprintf("type: web, name: n%d", i))))
		if i < 300 {
			same.WriteString(written(fmt.Sprintf("b%d", i), withLabels("type: web")))
		}
	}
	set := lint.ReadFiles(lint.Files(apart.String()))
	if n := len(pairs(set.Blueprints)); n != 0 {
		t.Errorf("%d pairs", n)
	}
	found := lint.Run(lint.ReadFiles(lint.Files(same.String())), []*lint.Rule{tiedBlueprints}, lint.Options{}).Findings
	if n := len(found); n < 299 || n > 300*maxPartners {
		t.Errorf("%d findings", n)
	}
}
