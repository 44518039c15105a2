package install

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

func TestParseKinds(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		reason, given string
		want          []schema.GroupResource
		faults        int
	}{
		{"a kind of a group, and one of the core group", "taskruns.tekton.dev,secrets", []schema.GroupResource{{Group: "tekton.dev", Resource: "taskruns"}, {Resource: "secrets"}}, 0},
		{"twice is once", "secrets,secrets", []schema.GroupResource{{Resource: "secrets"}}, 0},
		{"none", "", nil, 0},
		{"everything is not a kind", "*,*.tekton.dev", nil, 2},
		{"a subresource", "pods/log", nil, 1},
		{"a type as kubectl prints it", "TaskRun.tekton.dev", nil, 1},
		{"no name of a group", "a.b_c", nil, 1},
		{"what would be YAML", `a"]`, nil, 1},
	} {
		got, err := ParseKinds(strings.Split(tc.given, ","))
		faults := 0
		if err != nil {
			faults = len(strings.Split(err.Error(), "\n"))
		}
		if faults != tc.faults {
			t.Errorf("%s: %d faults: %v", tc.reason, faults, err)
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s:\n%s", tc.reason, diff)
		}
	}
}

// TestWatchRoles: each named kind becomes a role, in which it is found again.
func TestWatchRoles(t *testing.T) {
	t.Parallel()
	config := testConfig()
	config.WatchKinds = []schema.GroupResource{{Group: "acme.example", Resource: "rockets"}, {Resource: "secrets"}}
	objects, err := Objects(config)
	if err != nil {
		t.Fatal(err)
	}
	var found []schema.GroupResource
	for _, o := range objects {
		kind, ok := kindOfRole(o)
		if !ok {
			continue
		}
		found = append(found, kind)
		if o.GetLabels()["carto.run/aggregate-to-agent"] != "true" || o.GetLabels()[LabelInstalledIn] != "elsewhere" {
			t.Errorf("%s: labels %v", o.GetName(), o.GetLabels())
		}
		rules, _, _ := unstructured.NestedSlice(o.Object, "rules")
		want := []any{map[string]any{"apiGroups": []any{kind.Group}, "resources": []any{kind.Resource}, "verbs": []any{"get", "list", "watch"}}}
		if diff := cmp.Diff(want, rules); diff != "" {
			t.Errorf("%s:\n%s", o.GetName(), diff)
		}
	}
	if diff := cmp.Diff(config.WatchKinds, found); diff != "" {
		t.Error(diff)
	}
}

// FuzzParseKinds: whatever is accepted makes manifests that say what was meant and no more.
func FuzzParseKinds(f *testing.F) {
	f.Add("taskruns.tekton.dev")
	f.Add("secrets")
	f.Add("a\n---\n.b")
	f.Fuzz(func(t *testing.T, text string) {
		kinds, err := ParseKinds([]string{text})
		if err != nil {
			return
		}
		config := testConfig()
		config.WatchKinds = kinds
		objects, err := Objects(config)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		plain, err := Objects(testConfig())
		if err != nil || len(objects) != len(plain)+len(kinds) {
			t.Errorf("%q makes %d objects more, %v", text, len(objects)-len(plain), err)
		}
	})
}

// TestMarks: everything but the definitions carries the mark, also in a base for kustomize.
func TestMarks(t *testing.T) {
	t.Parallel()
	config := testConfig()
	config.Version, config.Options, config.Shards = "v1.2.3", all, 2
	objects, err := Objects(config)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range objects {
		definition := o.GetKind() == definitionKind
		if marked := o.GetLabels()[LabelInstalledIn] == "elsewhere"; marked == definition {
			t.Errorf("%s: marked %v", Name(o), marked)
		}
		if versioned := VersionOf(o) == "v1.2.3"; versioned != (definition || o.GetKind() == "Deployment") {
			t.Errorf("%s: version %q", Name(o), VersionOf(o))
		}
	}
	files, err := Base(config)
	if err != nil || len(files) != 3 {
		t.Fatal(len(files), err)
	}
	whole, err := YAML(config)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files[:2] {
		if !bytes.Contains(whole, bytes.TrimPrefix(f.Text, []byte(generated))) {
			t.Errorf("%s is not what --print writes", f.Name)
		}
	}
}
