package stamp

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
)

// TestDigests has the test vectors of status §2.4.
func TestDigests(t *testing.T) {
	tests := []struct {
		value           any
		preview, sha256 string
	}{
		{"hello", "hello\n", "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"},
		{"7", "\"7\"\n", "1e4fd7a79f27ea3b21bcff6c387dc892a0463b20fbfefeeb9dd7051125773de2"},
		{int64(42), "42\n", "084c799cd551dd1d8d5c5f9a5d593b2e931f5e36122ee5c793c1d08a19839cc0"},
		{true, "true\n", "a17fcf0a2f50e2d495e4f90ce263410edc183add6c62699a2facbccf60410f74"},
		{nil, "null\n", "38e0b9de817f645c4bec37c0d4a3e58baecccb040f5718dc069a72c7385a0bed"},
		{"", "\"\"\n", "bd85bcdb8d4e613a79cb62d0903946ad10c83e63dc75f67614c159c0dbf4d184"},
		{map[string]any{"a": int64(1), "b": []any{"x"}}, "a: 1\nb:\n    - x\n", "021359a524d6c3b47af7e78d3fe32e00729b2f63a0d213f68a091f99d2522607"},
		{int64(1400000), "1.4e+06\n", ""},
		{"two\nlines\n", "|\n    two\n    lines\n", ""},
	}
	for _, tc := range tests {
		digest, preview, err := DigestAndPreview(tc.value)
		if err != nil || preview != tc.preview || tc.sha256 != "" && digest != "sha256:"+tc.sha256 {
			t.Errorf("%v: %q %s (%v), want %q sha256:%s", tc.value, preview, digest, err, tc.preview, tc.sha256)
		}
	}
	_, preview, _ := DigestAndPreview(strings.Repeat("ü", 2000))
	if len(preview) > 1024 || !utf8.ValidString(preview) {
		t.Errorf("a preview of %d bytes must be cut at 1024, between characters", len(preview))
	}
}

// plainTexts are texts that are plain in YAML, and some that only look so.
var plainTexts = []string{
	"hello", "main@sha1:9e6a8c1", "registry.example/shop/cart@sha256:1e4f", "https://git.example/cart.git", "http://source/x:8080/a-b_c", "v1.2.3", "e5", "a:b", "inf", "nan", "x0",
	"y", "N", "Yes", "no", "ON", "off", "True", "FALSE", "null", "a:", ":", "~", "7", "0x1f", "1e3", "2026-11-22", "1:30", ".inf", "-a", "@a", "a b", "a: b", "a #b", "a\n", "ü", "", "=", "<<",
}

// TestPlainTexts: the encoder is passed by only where its result is known.
func TestPlainTexts(t *testing.T) {
	for _, text := range plainTexts {
		sameYAML(t, text)
	}
	for _, text := range plainTexts[:11] {
		if !isPlain(text) {
			t.Errorf("%q is plain", text)
		}
	}
}

func sameYAML(t *testing.T, text string) {
	t.Helper()
	var got bytes.Buffer
	err := encodeYAML(&got, text)
	want, wantErr := yaml.Marshal(text)
	if got.String() != string(want) || (err == nil) != (wantErr == nil) {
		t.Errorf("%q is encoded as %q (%v), want %q (%v)", text, got.String(), err, want, wantErr)
	}
}

// TestDeepOutputs: what is deep is long as YAML, though not as JSON; neither may take gigabytes.
func TestDeepOutputs(t *testing.T) {
	nested := func(depth int, inner any) any {
		for range depth {
			inner = map[string]any{"a": inner}
		}
		return inner
	}
	many := make([]any, 100_000)
	for name, tc := range map[string]struct {
		value   any
		refused bool
	}{
		"deep":                 {nested(1000, "x"), false},
		"as deep as JSON goes": {nested(9000, "x"), true},
		"much of it at once":   {nested(500, many), true},
		"much, but flat":       {many, false},
	} {
		digest, preview, err := DigestAndPreview(tc.value)
		if (err != nil) != tc.refused || tc.refused && !strings.Contains(err.Error(), "longer than 32 MiB") {
			t.Errorf("%s: %v", name, err)
		}
		if tc.refused {
			continue
		}
		text, err := yaml.Marshal(asFloats(tc.value))
		if want := fmt.Sprintf("sha256:%x", sha256.Sum256(text)); err != nil || digest != want || preview != string(text[:maxPreview]) {
			t.Errorf("%s: digest %s, want %s; preview of %d bytes; %v", name, digest, want, len(preview), err)
		}
	}
}

func TestOutputs(t *testing.T) {
	source := Compile(&v1alpha1.ClusterSourceTemplate{Spec: v1alpha1.SourceTemplateSpec{URLPath: ".status.url", RevisionPath: ".status.revision"}})
	image := Compile(&v1alpha1.ClusterImageTemplate{Spec: v1alpha1.ImageTemplateSpec{ImagePath: ".status.image"}})
	none := Compile(&v1alpha1.ClusterTemplate{})
	tests := map[string]struct {
		reason, object string
		template       *Template
		want           []Output
		path           string // of the error
	}{
		"both":           {"url, then revision", `{"status":{"url":"u","revision":"r"}}`, source, []Output{{"url", "u"}, {"revision", "r"}}, ""},
		"first missing":  {"the failing path is named", `{"status":{"revision":"r"}}`, source, nil, ".status.url"},
		"second missing": {"the failing path is named", `{"status":{"url":"u"}}`, source, nil, ".status.revision"},
		"null revision":  {"null is a value for a source", `{"status":{"url":"u","revision":null}}`, source, []Output{{"url", "u"}, {"revision", nil}}, ""},
		"object as url":  {"types are not checked", `{"status":{"url":{"a":1},"revision":"r"}}`, source, []Output{{"url", map[string]any{"a": int64(1)}}, {"revision", "r"}}, ""},
		"null image":     {"null is no output for an image", `{"status":{"image":null}}`, image, nil, ""},
		"no status":      {"nothing there yet", `{}`, image, nil, ".status.image"},
		"no outputs":     {"a ClusterTemplate has none, and never fails", `{}`, none, nil, ""},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := tc.template.Outputs(decodeObject(t, tc.object))
			var path *PathError
			if errors.As(err, &path) != (tc.path != "") || tc.path != "" && path.Path != tc.path {
				t.Fatalf("%s: error %v, want path %q", tc.reason, err, tc.path)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

func TestCompletion(t *testing.T) {
	observed := Compile(&v1alpha1.ClusterDeploymentTemplate{Spec: v1alpha1.DeploymentTemplateSpec{ObservedCompletion: &v1alpha1.ObservedCompletion{
		SucceededCondition: v1alpha1.ObservedCondition{Key: `.status.conditions[?(@.type=="Done")].status`, Value: "True"},
		FailedCondition:    &v1alpha1.ObservedCondition{Key: `.status.conditions[?(@.type=="Failed")].status`, Value: "True"},
	}}})
	matches := Compile(&v1alpha1.ClusterDeploymentTemplate{Spec: v1alpha1.DeploymentTemplateSpec{ObservedMatches: []v1alpha1.ObservedMatch{{Input: ".spec.in", Output: ".status.out"}}}})
	head := `{"metadata":{"generation":2},"status":{"observedGeneration":2,"conditions":[`
	tests := map[string]struct {
		reason, object string
		template       *Template
		want           string // reason token; "path" for a PathError; empty when complete
	}{
		"no criterion":   {"complete at once (A11)", `{}`, Compile(&v1alpha1.ClusterDeploymentTemplate{}), ""},
		"equal":          {"both paths hold the same", `{"spec":{"in":"a"},"status":{"out":"a"}}`, matches, ""},
		"equal objects":  {"compared deeply (Q16)", `{"spec":{"in":{"a":[1]}},"status":{"out":{"a":[1]}}}`, matches, ""},
		"different":      {"not yet the same", `{"spec":{"in":"a"},"status":{"out":"b"}}`, matches, v1alpha1.ReasonConditionNotMet},
		"one missing":    {"not there yet", `{"spec":{"in":"a"}}`, matches, v1alpha1.ReasonConditionNotMet},
		"no generation":  {"step 1", `{"status":{}}`, observed, "path"},
		"not observed":   {"step 2 (Q17)", `{"metadata":{"generation":1}}`, observed, v1alpha1.ReasonTemplateStampFailure},
		"stale":          {"step 3", `{"metadata":{"generation":2},"status":{"observedGeneration":1}}`, observed, v1alpha1.ReasonConditionNotMet},
		"failed wins":    {"step 4 comes before 5", head + `{"type":"Failed","status":"True"},{"type":"Done","status":"True"}]}}`, observed, v1alpha1.ReasonFailedConditionMet},
		"nothing yet":    {"step 5: a missing failure is ignored, a missing success is not", head + `]}}`, observed, v1alpha1.ReasonConditionNotMet},
		"succeeded":      {"complete", head + `{"type":"Done","status":"True"}]}}`, observed, ""},
		"failure broken": {"an evaluation error is one of the path", `{"metadata":{"generation":1},"status":{"observedGeneration":1,"conditions":"x"}}`, observed, "path"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			err := tc.template.Completion(decodeObject(t, tc.object))
			var completion *CompletionError
			var path *PathError
			got := ""
			switch {
			case errors.As(err, &completion):
				got = completion.Reason
			case errors.As(err, &path):
				got = "path"
			}
			if got != tc.want {
				t.Errorf("%s: got %q (%v), want %q", tc.reason, got, err, tc.want)
			}
		})
	}
}

// TestHealth is the table of reconcile §11.2.
func TestHealth(t *testing.T) {
	rule := func(r *v1alpha1.HealthRule) *Template {
		return Compile(&v1alpha1.ClusterImageTemplate{Spec: v1alpha1.ImageTemplateSpec{ImagePath: "a", TemplateSpec: v1alpha1.TemplateSpec{HealthRule: r}}})
	}
	plainTemplate := Compile(&v1alpha1.ClusterTemplate{})
	tekton := Compile(&v1alpha1.ClusterTemplate{Spec: v1alpha1.TemplateSpec{Lifecycle: v1alpha1.LifecycleTekton}})
	always := rule(&v1alpha1.HealthRule{AlwaysHealthy: &v1alpha1.FreeForm{}})
	single := rule(&v1alpha1.HealthRule{SingleConditionType: "Ready"})
	odd := rule(&v1alpha1.HealthRule{SingleConditionType: "kpack.io/Up-To.Date"})
	multi := rule(&v1alpha1.HealthRule{MultiMatch: &v1alpha1.MultiMatchHealthRule{
		Unhealthy: v1alpha1.HealthMatchRule{
			MatchConditions: []v1alpha1.ConditionRequirement{{Type: "Stalled", Status: "True"}},
			MatchFields: []v1alpha1.HealthMatchFieldRequirement{{
				FieldRequirement: v1alpha1.FieldRequirement{Key: `.status.conditions[?(@.type=="Failed")].status`, Operator: "NotIn", Values: []string{"False", "Unknown"}},
				MessagePath:      ".status.usefulErrorMessage",
			}},
		},
		Healthy: v1alpha1.HealthMatchRule{
			MatchConditions: []v1alpha1.ConditionRequirement{{Type: "Done", Status: "True"}},
			MatchFields:     []v1alpha1.HealthMatchFieldRequirement{{FieldRequirement: v1alpha1.FieldRequirement{Key: ".status.exitCode", Operator: "Exists"}}},
		},
	}})
	with := func(conditions, rest string) string {
		return `{"status":{"conditions":[` + conditions + `]` + rest + `}}`
	}
	tests := map[string]struct {
		reason     string
		template   *Template
		object     string // empty: none
		outputs    bool
		want       Health
		messageHas string
	}{
		"no rule, outputs":      {"outputs are health enough", rule(nil), `{}`, true, Health{"True", "OutputsAvailable", ""}, ""},
		"no rule, no outputs":   {"nothing to judge by", rule(nil), `{}`, false, Health{"Unknown", "OutputNotAvailable", ""}, ""},
		"ClusterTemplate":       {"no outputs: healthy once it exists", plainTemplate, `{}`, false, Health{"True", "AlwaysHealthy", ""}, ""},
		"ClusterTemplate, none": {"nothing stamped", plainTemplate, "", false, Health{"Unknown", "NoStampedObject", ""}, ""},
		"always":                {"exists", always, `{}`, false, Health{"True", "AlwaysHealthy", ""}, ""},
		"always, none":          {"does not exist", always, "", false, Health{"Unknown", "NoStampedObject", ""}, ""},
		"single True":           {"mirrored with its message", single, with(`{"type":"Ready","status":"True","message":"fine"}`, ""), false, Health{"True", "ReadyCondition", "fine"}, ""},
		"single False":          {"mirrored", single, with(`{"type":"Ready","status":"False","message":"bad"}`, ""), false, Health{"False", "ReadyCondition", "bad"}, ""},
		"single odd value":      {"other values are Unknown", single, with(`{"type":"Ready","status":"Maybe"}`, ""), false, Health{"Unknown", "ReadyCondition", ""}, ""},
		"single absent":         {"the message names the condition", single, `{}`, false, Health{"Unknown", "ReadyCondition", ""}, "Ready"},
		"single, none":          {"no object", single, "", false, Health{"Unknown", "Unknown", ""}, ""},
		"not standard":          {"a list that is no list of conditions counts as empty", single, `{"status":{"conditions":[{"type":"Ready","status":true}]}}`, false, Health{"Unknown", "ReadyCondition", ""}, "Ready"},
		"odd type":              {"reasons must be legal (S6)", odd, with(`{"type":"kpack.io/Up-To.Date","status":"True"}`, ""), false, Health{"True", "kpack_io_Up_To_DateCondition", ""}, ""},
		"tekton":                {"the lifecycle brings its rule", tekton, with(`{"type":"Succeeded","status":"True"}`, ""), false, Health{"True", "SucceededCondition", ""}, ""},
		"unhealthy condition":   {"tried first", multi, with(`{"type":"Stalled","status":"True","message":"m"},{"type":"Done","status":"True"}`, `,"exitCode":0`), false, Health{"False", "MatchedCondition", ""}, "condition Stalled is True: m"},
		"unhealthy field":       {"with the message at messagePath", multi, with(`{"type":"Failed","status":"True"}`, `,"usefulErrorMessage":"boom"`), false, Health{"False", "MatchedField", ""}, "is True: boom"},
		"field, no message":     {"a note that it can not be read", multi, with(`{"type":"Failed","status":"True"}`, ""), false, Health{"False", "MatchedField", ""}, "nothing is at messagePath"},
		"healthy":               {"all entries hold", multi, with(`{"type":"Done","status":"True"}`, `,"exitCode":0`), false, Health{"True", "MatchedCondition", ""}, "condition Done is True"},
		"half healthy":          {"one entry is not enough", multi, with(`{"type":"Done","status":"True"}`, ""), false, Health{"Unknown", "NoMatchesFulfilled", ""}, ""},
		"undecided":             {"NotIn on a missing path never helps", multi, `{}`, false, Health{"Unknown", "NoMatchesFulfilled", ""}, ""},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			var object map[string]any
			if tc.object != "" {
				object = decodeObject(t, tc.object)
			}
			got := tc.template.Health(object, tc.outputs)
			if tc.messageHas != "" {
				if !strings.Contains(got.Message, tc.messageHas) {
					t.Errorf("%s: message %q, want %q in it", tc.reason, got.Message, tc.messageHas)
				}
				got.Message = ""
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
	if got := plainTemplate.RunHealth(map[string]any{}).Status; got != metav1.ConditionTrue {
		t.Errorf("a run without a rule is healthy (§11.3), got %s", got)
	}
}

func TestOwn(t *testing.T) {
	id := Identity{
		OwnerKind: v1alpha1.KindWorkload, OwnerName: "cart", OwnerNamespace: "shop", OwnerUID: "u1", BlueprintName: "chain",
		Resource: "run", TemplateKind: v1alpha1.KindClusterTemplate, TemplateName: "t", Lifecycle: v1alpha1.LifecycleMutable,
	}
	object := decodeObject(t, `{"metadata":{"labels":{"mine":"kept","carto.run/workload-name":"forged"},"ownerReferences":[{"uid":"other"}]}}`)
	if err := Own(object, id, Labels(id)); err != nil {
		t.Fatal(err)
	}
	want := decodeObject(t, `{"metadata":{"namespace":"shop",
		"labels":{"mine":"kept","carto.run/workload-name":"cart","carto.run/workload-namespace":"shop","carto.run/supply-chain-name":"chain",
			"carto.run/resource-name":"run","carto.run/template-kind":"ClusterTemplate","carto.run/cluster-template-name":"t","carto.run/template-lifecycle":"mutable"},
		"ownerReferences":[{"apiVersion":"carto.run/v1alpha1","kind":"Workload","name":"cart","uid":"u1","controller":true,"blockOwnerDeletion":true}]}}`)
	if diff := cmp.Diff(want, object); diff != "" {
		t.Errorf("template labels are kept, Carto's win, and there is one owner (-want +got):\n%s", diff)
	}
	for _, bad := range []string{`{"metadata":{"namespace":"other"}}`, `{"metadata":"x"}`, `{"metadata":{"labels":[]}}`, `{"metadata":{"name":5}}`, `{"metadata":{"annotations":"x"}}`} {
		if err := Own(decodeObject(t, bad), id, Labels(id)); err == nil {
			t.Errorf("%s was accepted", bad)
		}
	}
}
