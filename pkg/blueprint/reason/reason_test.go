package reason

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/blueprint"
	"github.com/carto-run/carto/pkg/stamp"
)

// compiled is the selector of a supply chain.
func compiled(s v1alpha1.Selector) *blueprint.Selector {
	chain := &v1alpha1.ClusterSupplyChain{}
	chain.Spec.LegacySelector = v1alpha1.LegacySelector{
		Selector: s.MatchLabels, SelectorMatchExpressions: s.MatchExpressions, SelectorMatchFields: s.MatchFields,
	}
	return blueprint.CompileSupplyChain(chain).Selector
}

// selector reads one from YAML.
func selector(t testing.TB, text string) *blueprint.Selector {
	t.Helper()
	var s v1alpha1.Selector
	if err := yaml.UnmarshalStrict([]byte(text), &s); err != nil {
		t.Fatal(err)
	}
	return compiled(s)
}

func TestAsk(t *testing.T) {
	t.Parallel()
	const git, noGit = "{matchFields: [{key: spec.source.git, operator: Exists}]}", "{matchFields: [{key: spec.source.git, operator: DoesNotExist}]}"
	tests := map[string]struct {
		reason    string
		all, none []string
		want      Verdict
		owner     string
	}{
		"both labels": {"different labels can both be set", []string{"{matchLabels: {type: web}}", "{matchLabels: {tier: gold}}"}, nil, Possible,
			"a Workload with metadata {labels: {tier: gold, type: web}}"},
		"one label": {"a label has one value", []string{"{matchLabels: {type: web}}", "{matchLabels: {type: job}}"}, nil, Impossible, ""},
		"label sets": {"sets of values meet in one", []string{"{matchExpressions: [{key: t, operator: In, values: [a, b]}]}", "{matchExpressions: [{key: t, operator: NotIn, values: [a]}]}"}, nil, Possible,
			"a Workload with metadata {labels: {t: b}}"},
		"absent label": {"NotIn on a label is met by its absence", []string{"{matchExpressions: [{key: t, operator: NotIn, values: [a]}, {key: t, operator: DoesNotExist}]}"}, nil, Possible,
			"a Workload with nothing set"},
		"absent field": {"NotIn on a field is not", []string{"{matchFields: [{key: spec.source.git.url, operator: NotIn, values: [a]}]}", noGit}, nil, Impossible, ""},
		"null field":   {"but by null", []string{"{matchFields: [{key: spec.image, operator: NotIn, values: [a]}, {key: spec.image, operator: DoesNotExist}]}"}, nil, Possible, "a Workload with nothing set"},
		"parent":       {"a part is only there when the whole is", []string{"{matchFields: [{key: spec.source.git.url, operator: Exists}]}", noGit}, nil, Impossible, ""},
		"both sources": {"git and image can both be set", []string{git, "{matchFields: [{key: spec.source.image, operator: Exists}]}"}, nil, Possible,
			"a Workload with spec {source: {git: {}, image: registry.example/source:v1}}"},
		"always there":   {"an account that is not set is an empty text", []string{"{matchFields: [{key: spec.serviceAccountName, operator: DoesNotExist}]}"}, nil, Impossible, ""},
		"label as field": {"a label is a field too", []string{"{matchLabels: {type: web}}", "{matchFields: [{key: metadata.labels.type, operator: NotIn, values: [web]}]}"}, nil, Impossible, ""},
		"no labels":      {"without labels there are none", []string{"{matchLabels: {type: web}}", "{matchFields: [{key: metadata.labels, operator: DoesNotExist}]}"}, nil, Impossible, ""},
		"some label":     {"some label is invented", []string{"{matchFields: [{key: metadata.labels, operator: Exists}]}"}, nil, Possible, "a Workload with metadata {labels: {example.com/any: x}}"},
		"unknown field":  {"a field that owners do not have", []string{"{matchFields: [{key: spec.sorce, operator: Exists}]}"}, nil, Impossible, ""},
		"list":           {"a list equals no text", []string{"{matchFields: [{key: spec.env, operator: In, values: [a]}]}"}, nil, Impossible, ""},
		"some list":      {"but can be there", []string{"{matchFields: [{key: spec.env, operator: Exists}]}"}, nil, Possible, "a Workload with spec {env: [{name: x}]}"},
		"quantity":       {"a quantity is compared as it is written in short", []string{"{matchFields: [{key: spec.resources.limits.cpu, operator: In, values: [1000m]}]}"}, nil, Impossible, ""},
		"quantity short": {"so that this is met", []string{"{matchFields: [{key: spec.resources.limits.cpu, operator: In, values: ['1']}]}"}, nil, Possible, `a Workload with spec {resources: {limits: {cpu: "1"}}}`},
		"param": {"a param by its name", []string{`{matchFields: [{key: 'spec.params[?(@.name=="port")].value', operator: NotIn, values: ["80"]}]}`}, nil, Possible,
			"a Workload with spec {params: [{name: port, value: x}]}"},
		"no params": {"that is not there without params", []string{`{matchFields: [{key: 'spec.params[?(@.name=="port")].value', operator: Exists}, {key: spec.params, operator: DoesNotExist}]}`}, nil, Impossible, ""},
		"covered":   {"both halves cover the whole", []string{"{matchLabels: {type: web}}"}, []string{git, noGit}, Impossible, ""},
		"not covered": {"something is left", []string{"{matchLabels: {type: web}}"}, []string{git, "{matchFields: [{key: spec.image, operator: Exists}]}"}, Possible,
			"a Workload with metadata {labels: {type: web}}"},
		"other value": {"a text that is none of those", []string{"{matchFields: [{key: spec.image, operator: Exists}]}"}, []string{"{matchFields: [{key: spec.image, operator: In, values: ['registry.example/app:v1']}]}"}, Possible,
			"a Workload with spec {image: registry.example/app:v1-2}"},
		"not modelled": {"nothing is said of what is not modelled", []string{"{matchFields: [{key: 'spec.env[0].name', operator: Exists}]}"}, nil, Unknown, ""},
		"same text":    {"but for requirements of the same place", []string{"{matchFields: [{key: 'spec.env[0].name', operator: Exists}, {key: 'spec.env[0].name', operator: DoesNotExist}]}"}, nil, Impossible, ""},
		"empty":        {"an empty selector never matches", []string{"{}"}, nil, Impossible, ""},
		"not empty":    {"and takes nothing away", []string{"{matchLabels: {type: web}}"}, []string{"{}"}, Possible, "a Workload with metadata {labels: {type: web}}"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q := Question{Kind: v1alpha1.KindWorkload}
			for _, s := range tc.all {
				q.All = append(q.All, selector(t, s))
			}
			for _, s := range tc.none {
				q.None = append(q.None, selector(t, s))
			}
			got, owner := Ask(q)
			if got != tc.want {
				t.Fatalf("%s: got %d, want %d (%v)", tc.reason, got, tc.want, owner)
			}
			if owner != nil && owner.String() != tc.owner {
				t.Errorf("%s: got %s", tc.reason, owner)
			}
		})
	}
}

// TestLimit: a question with more cases than can be tried is left open, in little time.
func TestLimit(t *testing.T) {
	t.Parallel()
	q := Question{Kind: v1alpha1.KindWorkload, All: []*blueprint.Selector{selector(t, "{matchLabels: {type: web}}")}}
	// Each of n pigeons has a hole, and no two have the same: famous for having no short proof.
	const n = 8
	for pigeon := range n + 1 {
		var none v1alpha1.Selector
		for hole := range n {
			none.MatchExpressions = append(none.MatchExpressions, metav1.LabelSelectorRequirement{Key: fmt.Sprintf("p%d-%d", pigeon, hole), Operator: metav1.LabelSelectorOpDoesNotExist})
		}
		q.None = append(q.None, compiled(none))
	}
	for hole := range n {
		for a := range n + 1 {
			for b := range a {
				q.None = append(q.None, compiled(v1alpha1.Selector{LabelSelector: metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{
					{Key: fmt.Sprintf("p%d-%d", a, hole), Operator: metav1.LabelSelectorOpExists},
					{Key: fmt.Sprintf("p%d-%d", b, hole), Operator: metav1.LabelSelectorOpExists},
				}}}))
			}
		}
	}
	if got, _ := Ask(q); got != Unknown {
		t.Errorf("got %d", got)
	}
}

// TestShapes: what is said to be possible is what views of owners have: each field of a view
// is known, and one with everything set and one with nothing set fit the shapes.
func TestShapes(t *testing.T) {
	t.Parallel()
	x := "x"
	source := &v1alpha1.Source{Git: &v1alpha1.GitSource{URL: &x, Ref: &v1alpha1.GitRef{Branch: &x, Tag: &x, Commit: &x}}, Image: &x, SubPath: &x}
	params := []v1alpha1.OwnerParam{{Name: "x", Value: apiextensionsv1.JSON{Raw: []byte(`"x"`)}}}
	env := []corev1.EnvVar{{Name: "x"}}
	full := &v1alpha1.Workload{Spec: v1alpha1.WorkloadSpec{Params: params, Source: source, Image: &x, Build: v1alpha1.WorkloadBuild{Env: env}, Env: env,
		Resources: &corev1.ResourceRequirements{}, ServiceAccountName: x, ServiceClaims: []v1alpha1.ServiceClaim{{Name: x}}}}
	full.Name, full.Labels, full.Annotations = x, map[string]string{x: x}, map[string]string{x: x}
	for _, owner := range []any{
		&v1alpha1.Workload{}, full, &v1alpha1.Deliverable{},
		&v1alpha1.Workload{Spec: v1alpha1.WorkloadSpec{Source: &v1alpha1.Source{}}},
		&v1alpha1.Workload{Spec: v1alpha1.WorkloadSpec{Source: &v1alpha1.Source{Git: &v1alpha1.GitSource{}}}},
		&v1alpha1.Deliverable{Spec: v1alpha1.DeliverableSpec{Params: params, Source: source, ServiceAccountName: x}},
	} {
		view, err := stamp.View(owner)
		if err != nil {
			t.Fatal(err)
		}
		kind := view["kind"].(string)
		var walk func(path string, s *shape)
		walk = func(path string, s *shape) {
			p, err := stamp.ParsePath(path)
			if err != nil {
				t.Fatal(err)
			}
			value, found, err := p.Lookup(view)
			if err != nil {
				t.Fatal(err)
			}
			_, isText := value.(string)
			possible := s.open || found == stamp.Missing || found == stamp.Null && s.states.null || found == stamp.Present && (isText && !s.states.text.empty() || !isText && s.states.other)
			if !possible && path != "metadata.name" {
				t.Errorf("%s: %s is %v (%v), which its shape does not know", kind, path, value, found)
			}
			object, _ := value.(map[string]any)
			for name := range object {
				if s.below(name) == nil {
					t.Errorf("%s: %s.%s has no shape", kind, path, name)
				}
			}
			for name, below := range s.fields {
				if _, has := object[name]; !has && object != nil && !below.states.missing {
					t.Errorf("%s: %s.%s is never there", kind, path, name)
				}
				walk(path+"."+name, below)
			}
		}
		for name, s := range shapes[kind].fields {
			if name != "status" {
				walk(name, s)
			}
		}
	}
}

// universe is every owner with a few parts, each of which has a few values.
var universe = func() []blueprint.Subject {
	pointers := []*string{nil, new(string), new(string), new(string)}
	*pointers[1], *pointers[2], *pointers[3] = "x", "y", "z"
	sources := []*v1alpha1.Source{nil, {}}
	for _, url := range pointers {
		sources = append(sources, &v1alpha1.Source{Git: &v1alpha1.GitSource{URL: url}})
		for _, branch := range pointers {
			sources = append(sources, &v1alpha1.Source{Git: &v1alpha1.GitSource{URL: url, Ref: &v1alpha1.GitRef{Branch: branch}}})
		}
	}
	var all []blueprint.Subject
	for _, label := range []string{"", "x", "y", "z"} {
		for _, source := range sources {
			for _, account := range []string{"", "x", "y", "z"} {
				for _, env := range [][]corev1.EnvVar{nil, {{Name: "x"}}} {
					for _, param := range []string{``, `"x"`, `"y"`, `"z"`, `null`, `{}`} {
						w := &v1alpha1.Workload{Spec: v1alpha1.WorkloadSpec{Source: source, ServiceAccountName: account, Env: env}}
						if label != "" {
							w.Labels = map[string]string{"a": label}
						}
						if param != "" {
							w.Spec.Params = []v1alpha1.OwnerParam{{Name: "p", Value: apiextensionsv1.JSON{Raw: []byte(param)}}}
						}
						view, err := stamp.View(w)
						if err != nil {
							panic(err)
						}
						all = append(all, blueprint.Subject{Labels: w.Labels, View: view})
					}
				}
			}
		}
	}
	return all
}()

// requirements are all that can be asked of the universe: labels, then fields.
var requirements = func() (all []v1alpha1.Selector) {
	values := [][]string{{"x"}, {"y"}, {"x", "y"}} // z is the other one
	for _, operator := range []string{"In", "NotIn", "Exists", "DoesNotExist"} {
		of := [][]string{nil}
		if operator == "In" || operator == "NotIn" {
			of = values
		}
		for _, v := range of {
			all = append(all, v1alpha1.Selector{LabelSelector: metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "a", Operator: metav1.LabelSelectorOperator(operator), Values: v}}}})
			for _, key := range []string{
				"spec", "spec.source", "spec.source.git", "spec.source.git.url", "spec.source.git.ref", "spec.source.git.ref.branch", "spec.source.git.url.deeper",
				"spec.serviceAccountName", "spec.env", "spec.nothing.at.all", "metadata.labels.a", `spec.params[?(@.name=="p")].value`, `spec.params[?(@.name=="p")]`,
				"spec.env[0].name", "spec.env[*].name",
			} {
				all = append(all, v1alpha1.Selector{MatchFields: []v1alpha1.FieldRequirement{{Key: key, Operator: v1alpha1.FieldSelectorOperator(operator), Values: v}}})
			}
		}
	}
	return all
}()

// matching says for each requirement which owners of the universe it matches.
var matching = func() [][]bool {
	all := make([][]bool, len(requirements))
	for i, r := range requirements {
		s := compiled(r)
		all[i] = make([]bool, len(universe))
		for j, subject := range universe {
			all[i][j], _ = s.Matches(subject)
		}
	}
	return all
}()

// exact compares the answer to a question with what trying every owner says. The next
// function chooses a number below n.
func exact(t *testing.T, next func(n int) int) {
	t.Helper()
	q := Question{Kind: v1alpha1.KindWorkload}
	fits := slices.Repeat([]bool{true}, len(universe))
	certain, text := true, ""
	pick := func(most int) *blueprint.Selector {
		var all v1alpha1.Selector
		matches := slices.Repeat([]bool{true}, len(universe))
		for range 1 + next(most) {
			i := next(len(requirements))
			all.MatchExpressions = append(all.MatchExpressions, requirements[i].MatchExpressions...)
			all.MatchFields = append(all.MatchFields, requirements[i].MatchFields...)
			for j := range matches {
				matches[j] = matches[j] && matching[i][j]
			}
			for _, f := range requirements[i].MatchFields {
				certain = certain && f.Key != "spec.env[0].name" && f.Key != "spec.env[*].name"
			}
		}
		s := compiled(all)
		for j := range fits {
			fits[j] = fits[j] && matches[j] == (len(q.None) == 0)
		}
		return s
	}
	for range 1 + next(2) {
		s := pick(3)
		q.All = append(q.All, s)
		text += "all " + s.String() + "\n"
	}
	q.None = []*blueprint.Selector{{}} // from here on pick inverts
	for range next(4) {
		s := pick(3)
		q.None = append(q.None, s)
		text += "none " + s.String() + "\n"
	}
	q.None = q.None[1:]
	want := Impossible
	if slices.Contains(fits, true) {
		want = Possible
	}
	got, owner := Ask(q)
	switch {
	case got == Unknown && certain:
		t.Errorf("nothing was said of\n%s", text)
	case got == Possible && !owner.answers(q):
		t.Errorf("%s does not answer\n%s", owner, text)
	case got == Impossible && want == Possible:
		t.Errorf("it is said to be impossible, but %v fits\n%s", universe[slices.Index(fits, true)].View["spec"], text)
	case got == Possible && want == Impossible && certain:
		t.Errorf("%s is none of the universe\n%s", owner, text)
	}
}

// TestExact: random questions get the answer that trying every owner gives.
func TestExact(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for range 1000 {
		exact(t, random.IntN)
	}
}

func FuzzExact(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7})
	f.Fuzz(func(t *testing.T, data []byte) {
		exact(t, func(n int) int {
			if len(data) == 0 {
				return 0
			}
			next := int(data[0]) % n
			data = data[1:]
			return next
		})
	})
}

// FuzzAsk: no selectors, whatever they are, break the reasoner, and what it finds fits.
func FuzzAsk(f *testing.F) {
	f.Add(`{"all":[{"matchLabels":{"a":"x"}}],"none":[{"matchFields":[{"key":"spec.source.git","operator":"Exists"}]}]}`)
	f.Add(`{"all":[{"matchFields":[{"key":"metadata.labels","operator":"Exists"},{"key":"metadata.labels.example\\.com/any","operator":"DoesNotExist"}]}]}`)
	f.Add(`{"all":[{"matchFields":[{"key":"spec.params[?(@.name==\"p\")].value.a.b","operator":"NotIn","values":["x"]},{"key":"spec.params","operator":"In"}]}]}`)
	f.Add(`{"all":[{"matchFields":[{"key":"spec.resources.limits.memory","operator":"NotIn","values":["1","1Gi"]},{"key":"{.}","operator":"Exists"}]}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		var given struct{ All, None []v1alpha1.Selector }
		if json.Unmarshal([]byte(text), &given) != nil {
			return
		}
		for _, kind := range slices.Sorted(maps.Keys(shapes)) {
			q := Question{Kind: kind}
			for _, s := range given.All {
				q.All = append(q.All, compiled(s))
			}
			for _, s := range given.None {
				q.None = append(q.None, compiled(s))
			}
			verdict, owner := Ask(q)
			if (verdict == Possible) != (owner != nil) {
				t.Fatalf("%d with %v", verdict, owner)
			}
			if owner == nil {
				continue
			}
			var again v1alpha1.Workload
			if err := yaml.Unmarshal([]byte(owner.YAML()), &again); err != nil {
				t.Fatal(err)
			}
			if !owner.answers(q) {
				t.Fatalf("%s does not fit", owner)
			}
		}
	})
}
