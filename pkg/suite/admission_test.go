package suite

import (
	"fmt"
	"strings"
	"testing"

	"github.com/carto-run/carto/pkg/stamp"
)

// TestRefusals: what the API server refuses of a template is said, with its place.
func TestRefusals(t *testing.T) {
	t.Parallel()
	const body = "  template: {apiVersion: v1, kind: ConfigMap, metadata: {name: x}}\n"
	for _, tc := range []struct{ reason, kind, spec, want string }{
		{"nothing", "ClusterTemplate", body, ""},
		{"an unknown lifecycle", "ClusterTemplate", body + "  lifecycle: nope\n", "5: spec.lifecycle: "},
		{"a retention policy of a mutable template", "ClusterTemplate", body + "  retentionPolicy: {maxFailedRuns: 1, maxSuccessfulRuns: 1}\n", "5: spec.retentionPolicy: "},
		{"a retention of nothing", "ClusterTemplate", body + "  lifecycle: tekton\n  retentionPolicy: {maxFailedRuns: 0, maxSuccessfulRuns: 1}\n", "6: spec.retentionPolicy.maxFailedRuns: "},
		{"no form of health rule", "ClusterTemplate", body + "  healthRule: {}\n", "5: spec.healthRule: "},
		{"two forms", "ClusterTemplate", body + "  healthRule: {alwaysHealthy: {}, singleConditionType: A}\n", "5: spec.healthRule: "},
		{"an empty side", "ClusterTemplate", body + "  healthRule: {multiMatch: {healthy: {matchFields: [{key: .a, operator: Exists}]}, unhealthy: {}}}\n", "5: spec.healthRule.multiMatch.unhealthy: "},
		{"neither way to complete", "ClusterDeploymentTemplate", body, "3: spec: "},
		{"both ways", "ClusterDeploymentTemplate", body + "  observedMatches: [{input: .a, output: .b}]\n  observedCompletion: {succeeded: {key: .a, value: b}}\n", "6: spec.observedCompletion: "},
		{"no kind", "ClusterTemplate", "  template: {apiVersion: v1, metadata: {name: x}}\n", "4: spec.template"},
		{"a namespace", "ClusterTemplate", "  template: {apiVersion: v1, kind: ConfigMap, metadata: {name: x, namespace: shop}}\n", "4: spec.template.metadata.namespace: "},
		{"a namespace of a run", "ClusterRunTemplate", "  template: {apiVersion: v1, kind: Pod, metadata: {generateName: x, namespace: shop}, spec: {}}\n", "4: spec.template.metadata.namespace: "},
	} {
		doc, err := Files{FS: files(fmt.Sprintf("-- t.yaml --\napiVersion: carto.run/v1alpha1\nkind: %s\nspec:\n%smetadata: {name: a}\n", tc.kind, tc.spec))}.one(t.Context(), "t.yaml", "")
		if err != nil {
			t.Fatal(err)
		}
		all := newObjects()
		if err := all.add(&doc, stamp.Options{}); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, err := range all.sorted()[0].refused {
			got = append(got, err.Error())
		}
		if len(got) > 1 || strings.Join(got, "") == "" != (tc.want == "") || !strings.HasPrefix(strings.Join(got, ""), map[bool]string{false: "t.yaml:"}[tc.want == ""]+tc.want) {
			t.Errorf("%s: got %q, want one that begins with %q", tc.reason, got, tc.want)
		}
	}
}
