package access

import (
	"strings"
	"testing"

	"github.com/carto-run/carto/pkg/lint/linttest"
)

// TestRunners: a Runnable makes its runs with an account of its own.
func TestRunners(t *testing.T) {
	t.Parallel()
	const runs = `apiVersion: carto.run/v1alpha1
kind: ClusterRunTemplate
metadata: {name: task}
spec:
  template: {apiVersion: tekton.dev/v1, kind: TaskRun, metadata: {generateName: a-}, spec: {}}
---
`
	const stamped = `apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: web}
spec:
  selector: {type: web}
  resources:
  - name: test
    templateRef: {kind: ClusterTemplate, name: test}
---
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: test}
spec:
  template:
    apiVersion: carto.run/v1alpha1
    kind: Runnable
    metadata: {name: $(workload.metadata.name)$}
    spec:
      runTemplateRef: {name: task}
      selector: {resource: {apiVersion: tekton.dev/v1, kind: Task}}
      serviceAccountName: stamper
---
`
	const alone = `apiVersion: carto.run/v1alpha1
kind: Runnable
metadata: {name: a, namespace: shop}
spec:
  runTemplateRef: {name: task}
  serviceAccountName: stamper
---
`
	const all = "{apiGroups: [tekton.dev], resources: [taskruns, tasks], verbs: [create, delete, list]}"
	linttest.Try(t, mayNotStamp, []linttest.Case{
		{Reason: "it may", Text: runs + stamped + bound(all)},
		{Reason: "it may not make runs", Text: runs + stamped + bound("{apiGroups: [tekton.dev], resources: [tasks], verbs: [list]}"),
			Want: []string{"27 error service account stamper may not create, delete taskruns.tekton.dev, which ClusterRunTemplate/task makes for the Runnable that ClusterTemplate/test stamps"}},
		{Reason: "nor find what it selects", Text: runs + stamped + bound("{apiGroups: [tekton.dev], resources: [taskruns], verbs: [create, delete]}"),
			Want: []string{"27 error service account stamper may not list tasks.tekton.dev, from which the Runnable that ClusterTemplate/test stamps selects"}},
		{Reason: "the owners are in another namespace than the role", Text: runs + stamped + bound(all) +
			"---\napiVersion: carto.run/v1alpha1\nkind: Workload\nmetadata: {name: cart, namespace: mall, labels: {type: web}}\nspec: {}\n---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: stamper, namespace: mall}\n",
			Want: []string{"27 error service account mall/stamper may not create, delete", "27 error service account mall/stamper may not list"}},
		{Reason: "nothing is known of the account", Text: runs + strings.Replace(stamped, "serviceAccountName: stamper", "serviceAccountName: other", 1) + bound(all)},
		{Reason: "an account that a param names", Text: runs + strings.Replace(stamped, "serviceAccountName: stamper", "serviceAccountName: $(params.account)$", 1) + bound("{apiGroups: [a], resources: [b], verbs: [c]}")},
		{Reason: "a Runnable that a person wrote", Text: runs + alone + bound("{apiGroups: [tekton.dev], resources: [tasks], verbs: [list]}"),
			Want: []string{"12 error service account shop/stamper may not create, delete taskruns.tekton.dev"}},
	})
}
