// Package access holds the rules about what service accounts, and the agent, may do (ACC). They
// read the accounts, roles and bindings of the set; where it has none they find nothing.
package access

import "github.com/carto-run/carto/pkg/lint"

// Rules of the family.
var Rules = []*lint.Rule{mayNotStamp, noAccount, defaultUsed, tooMuch, notWatched, roleNeeded}

// example is a supply chain that stamps a ConfigMap, for owners that name no account.
const example = `apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: web}
spec:
  selector: {type: web}
  serviceAccountRef: {name: stamper}
  resources:
  - name: config
    templateRef: {kind: ClusterConfigTemplate, name: settings}
---
apiVersion: carto.run/v1alpha1
kind: ClusterConfigTemplate
metadata: {name: settings}
spec:
  configPath: .data
  template:
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: $(workload.metadata.name)$}
    data: {a: b}
---
`

// bound is an account with a role of these rules.
func bound(rules string) string {
	return `apiVersion: v1
kind: ServiceAccount
metadata: {name: stamper, namespace: shop}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: stamper, namespace: shop}
rules:
- ` + rules + `
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: stamper, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: stamper}
subjects: [{kind: ServiceAccount, name: stamper, namespace: shop}]
`
}
