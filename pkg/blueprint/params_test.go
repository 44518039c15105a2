package blueprint

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/stamp"
)

func raw(text string) *apiextensionsv1.JSON {
	if text == "" {
		return nil
	}
	return &apiextensionsv1.JSON{Raw: []byte(text)}
}

// TestResolveParams goes through the table of reconcile §7, row by row.
func TestResolveParams(t *testing.T) {
	type level struct{ value, def string }
	tests := []struct {
		template            string
		blueprint, resource level
		owner               string
		want                ResolvedParam
	}{
		{template: `"t"`, want: ResolvedParam{Value: "t", Origin: FromTemplate}},
		{template: `"t"`, owner: `"o"`, want: ResolvedParam{Value: "o", Origin: FromOwner}},
		{template: `"t"`, blueprint: level{def: `"b"`}, owner: `"o"`, want: ResolvedParam{Value: "o", Origin: FromOwner}},
		{template: `"t"`, blueprint: level{value: `"b"`}, owner: `"o"`, want: ResolvedParam{Value: "b", Origin: FromBlueprint, Locked: true, Ignored: true}},
		{template: `"t"`, blueprint: level{def: `"b"`}, resource: level{def: `"r"`}, want: ResolvedParam{Value: "r", Origin: FromResource}},
		{template: `"t"`, blueprint: level{def: `"b"`}, resource: level{def: `"r"`}, owner: `"o"`, want: ResolvedParam{Value: "o", Origin: FromOwner}},
		{template: `"t"`, blueprint: level{def: `"b"`}, resource: level{value: `"r"`}, owner: `"o"`, want: ResolvedParam{Value: "r", Origin: FromResource, Locked: true, Ignored: true}},
		{template: `"t"`, blueprint: level{value: `"b"`}, resource: level{def: `"r"`}, owner: `"o"`, want: ResolvedParam{Value: "o", Origin: FromOwner}},
		{template: `"t"`, blueprint: level{value: `"b"`}, resource: level{value: `"r"`}, owner: `"o"`, want: ResolvedParam{Value: "r", Origin: FromResource, Locked: true, Ignored: true}},
		{blueprint: level{value: `"b"`}, want: ResolvedParam{Value: "b", Origin: FromBlueprint, Locked: true}},
		// Beyond the table: null and unset.
		{template: `"t"`, owner: `null`, want: ResolvedParam{Value: nil, Origin: FromOwner}},
		{template: `"t"`, blueprint: level{value: `null`, def: `"b"`}, owner: `"o"`, want: ResolvedParam{Value: "o", Origin: FromOwner}},
		{template: `"t"`, blueprint: level{value: `null`}, want: ResolvedParam{Value: "t", Origin: FromTemplate}},
		// Integers stay integers (Q32).
		{blueprint: level{value: `9007199254740993`}, want: ResolvedParam{Value: int64(9007199254740993), Origin: FromBlueprint, Locked: true}},
	}
	for _, tc := range tests {
		var template []stamp.Param
		if tc.template != "" {
			value, _ := decode(*raw(tc.template))
			template = []stamp.Param{{Name: "p", Default: value}}
		}
		c := chain("step")
		if tc.blueprint != (level{}) {
			c.Spec.Params = []v1alpha1.BlueprintParam{{Name: "p", Value: raw(tc.blueprint.value), Default: raw(tc.blueprint.def)}}
		}
		if tc.resource != (level{}) {
			c.Spec.Resources[0].Params = []v1alpha1.BlueprintParam{{Name: "p", Value: raw(tc.resource.value), Default: raw(tc.resource.def)}}
		}
		var owner []OwnerParam
		if tc.owner != "" {
			var err error
			if owner, err = DecodeOwnerParams([]v1alpha1.OwnerParam{{Name: "p", Value: *raw(tc.owner)}}); err != nil {
				t.Fatal(err)
			}
		}
		b := CompileSupplyChain(c)
		got := ResolveParams(template, b, b.Resources[0], owner)["p"]
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("template %s, blueprint %v, resource %v, owner %s (-want +got):\n%s", tc.template, tc.blueprint, tc.resource, tc.owner, diff)
		}
	}
}

func TestDuplicateParamsLastWins(t *testing.T) {
	c := chain("step")
	c.Spec.Params = []v1alpha1.BlueprintParam{{Name: "p", Value: raw(`1`)}, {Name: "p", Default: raw(`2`)}}
	b := CompileSupplyChain(c)
	owner := []OwnerParam{{"p", "first"}, {"p", "last"}}
	if got := ResolveParams(nil, b, b.Resources[0], owner)["p"].Value; got != "last" {
		t.Errorf("got %v: the last entry of each list wins, its lock included", got)
	}
}
