package create

import (
	"strings"
	"testing"
	"unicode/utf8"

	"sigs.k8s.io/yaml"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
)

func TestFaults(t *testing.T) {
	t.Parallel()
	good := func() *Draft {
		return &Draft{Name: "cart", Namespace: "shop", Repository: "https://github.com/acme/cart", Branch: "main"}
	}
	for _, tc := range []struct {
		reason string
		change func(*Draft)
		at     string
		want   string
	}{
		{"nothing is wrong", func(*Draft) {}, "", ""},
		{"a tag will do", func(d *Draft) { d.Branch, d.Tag = "", "v1" }, "", ""},
		{"an image will do", func(d *Draft) { d.Repository, d.Branch, d.Image = "", "", "registry/cart:1" }, "", ""},
		{"a URL as ssh writes it", func(d *Draft) { d.Repository = "git@github.com:acme/cart.git" }, "", ""},
		{"no name", func(d *Draft) { d.Name = "" }, atName, "a name is needed"},
		{"a name that DNS does not know", func(d *Draft) { d.Name = "Cart" }, atName, "lower case"},
		{"a name that is no value of a label", func(d *Draft) { d.Name = strings.Repeat("a", 64) }, atName, "longer than 63"},
		{"no namespace", func(d *Draft) { d.Namespace = "" }, atNamespace, "is needed"},
		{"a namespace with a dot", func(d *Draft) { d.Namespace = "a.b" }, atNamespace, "must not contain dots"},
		{"a type that is no value of a label", func(d *Draft) { d.Type = "a b" }, atType, "alphanumeric"},
		{"a type that the blueprint does not want", func(d *Draft) { d.Type, d.Labels = "web", map[string]string{v1alpha1.LabelWorkloadType: "java"} }, atType, "asks for the type java"},
		{"no source", func(d *Draft) { d.Repository, d.Branch = "", "" }, atRepository, "a source is needed"},
		{"two sources", func(d *Draft) { d.Image = "registry/cart" }, atImage, "one source"},
		{"a repository alone", func(d *Draft) { d.Branch = "" }, atBranch, "a branch or a tag"},
		{"a tag of an image", func(d *Draft) { d.Repository, d.Branch, d.Image, d.Tag = "", "", "registry/cart", "v1" }, atTag, "there is none"},
		{"a slip of the fingers", func(d *Draft) { d.Branch = "ma in" }, atBranch, "a space"},
		{"a service account", func(d *Draft) { d.ServiceAccount = "-" }, atServiceAccount, "RFC 1123"},
		{"a param that is no YAML", func(d *Draft) { d.Params = []Param{{"p", "{a: "}} }, atParam + "p", "not valid YAML"},
		{"a key twice", func(d *Draft) { d.Params = []Param{{"p", "{a: 1, a: 2}"}} }, atParam + "p", "not valid YAML"},
		{"a colour that YAML takes for a comment", func(d *Draft) { d.Params = []Param{{"p", "#fff"}} }, atParam + "p", "comment"},
		{"a param that is left to the blueprint", func(d *Draft) { d.Params = []Param{{"p", " "}} }, "", ""},
	} {
		d := good()
		tc.change(d)
		faults := d.Faults()
		if tc.at == "" && len(faults) > 0 || tc.at != "" && (len(faults) != 1 || !strings.Contains(faults[tc.at], tc.want)) {
			t.Errorf("%s: got %v, want %q at %q", tc.reason, faults, tc.want, tc.at)
		}
	}
}

// TestManifest: texts come through as they are, values as the types that YAML gives them.
func TestManifest(t *testing.T) {
	t.Parallel()
	d := Draft{Name: "1", Namespace: "shop", Image: "registry/cart", ServiceAccount: "yes", Params: []Param{
		{"flag", "true"}, {"text", `"true"`}, {"big", "9007199254740993"}, {"list", "[a, {b: 1.5}]"}, {"none", ""}, {"bad", "{"},
	}}
	want := `apiVersion: carto.run/v1alpha1
kind: Workload
metadata:
  name: "1"
  namespace: shop
spec:
  image: registry/cart
  params:
  - name: flag
    value: true
  - name: text
    value: "true"
  - name: big
    value: 9007199254740993
  - name: list
    value:
    - a
    - b: 1.5
  serviceAccountName: "yes"
`
	if got := d.Manifest(); got != want {
		t.Errorf("got\n%s", got)
	}
}

// FuzzManifest: whatever is typed, the manifest is a Workload that says just that.
func FuzzManifest(f *testing.F) {
	for _, seed := range [][2]string{{"cart", "3"}, {"a: b", "{a: [1, 2]}"}, {"- x", "&a [*a]"}, {"#", "#"}, {"\u2028\u00a0", "!!binary x"}, {"'", "|"}, {"y", "? a"}, {"\ufffe", `"\x7f"`}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, text, param string) {
		if text, param = clean(text), clean(param); !utf8.ValidString(text + param) {
			t.Skip("fields hold characters")
		}
		d := Draft{Name: text, Namespace: text, Type: text, Repository: text, Branch: text, Image: text, ServiceAccount: text, Params: []Param{{text, param}}}
		if strings.HasPrefix(d.Manifest(), "#") && len(d.Faults()) > 0 {
			return
		}
		var got v1alpha1.Workload
		if err := yaml.UnmarshalStrict([]byte(d.Manifest()), &got); err != nil {
			t.Fatalf("%v in\n%s", err, d.Manifest())
		}
		if got.Name != text || got.Spec.ServiceAccountName != text || text != "" && *got.Spec.Source.Git.URL != text {
			t.Errorf("%q became\n%s", text, d.Manifest())
		}
		if _, bad := d.Faults()[atParam+text]; !bad && strings.TrimSpace(param) != "" && len(got.Spec.Params) != 1 {
			t.Errorf("%q is lost in\n%s", param, d.Manifest())
		}
	})
}
