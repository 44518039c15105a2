package agent

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/realize"
)

// bind makes a RoleBinding NAMESPACE/NAME, or a ClusterRoleBinding NAME, as the API server writes it. Roles are "KIND NAME",
// subjects "KIND NAME" or "KIND NAMESPACE/NAME".
func bind(t *testing.T, name, role string, subjects ...string) *binding {
	t.Helper()
	split := func(text string) map[string]string {
		kind, name, _ := strings.Cut(text, " ")
		if namespace, name, namespaced := strings.Cut(name, "/"); namespaced {
			return map[string]string{"kind": kind, "namespace": namespace, "name": name}
		}
		return map[string]string{"kind": kind, "name": name}
	}
	kind := "ClusterRoleBinding"
	if strings.Contains(name, "/") {
		kind = "RoleBinding"
	}
	list := []map[string]string{}
	for _, s := range subjects {
		list = append(list, split(s))
	}
	text, err := json.Marshal(map[string]any{"kind": kind, "metadata": split(kind + " " + name), "roleRef": split(role), "subjects": list})
	if err != nil {
		t.Fatal(err)
	}
	object, err := clusterCodec.read(text)
	if err != nil {
		t.Fatal(err)
	}
	return object.(*binding)
}

// waitFor makes owners "NAMESPACE/NAME as NAMESPACE/NAME" depend on what d says beside the account.
func waitFor(a *Agent, d realize.Dependencies, owners ...string) {
	for _, text := range owners {
		owner, account, _ := strings.Cut(text, " as ")
		key := ownerKey{Kind: v1alpha1.KindWorkload}
		key.Namespace, key.Name, _ = strings.Cut(owner, "/")
		d.Account = &realize.Account{}
		d.Account.Namespace, d.Account.Name, _ = strings.Cut(account, "/")
		a.depends.set(key, v1alpha1.KindClusterSupplyChain, d)
	}
}

// wokenBy lists the owners that a change of "KIND NAMESPACE/NAME" or "KIND NAME" wakes.
func wokenBy(a *Agent, change string) []string {
	by := grant{}
	by.kind, by.name, _ = strings.Cut(change, " ")
	if namespace, name, namespaced := strings.Cut(by.name, "/"); namespaced {
		by.namespace, by.name = namespace, name
	}
	woken := []string{}
	for _, thing := range a.waitingFor(by) {
		for _, owner := range a.depends.of(thing) {
			woken = append(woken, owner.Namespace+"/"+owner.Name)
		}
	}
	slices.Sort(woken)
	return woken
}

func offlineAgent(t *testing.T) *Agent {
	t.Helper()
	a, err := newAgent(Config{Client: &rest.Config{Host: "http://127.0.0.1:1"}, Templates: DefaultTemplates()})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestWhomRightsConcern: a change of a role or binding wakes the owners that were refused where it may have given their account
// something, and nobody else. Each of them sends its write again, three times for each change: what tenant c writes into its own
// namespace must not cost a and b anything.
func TestWhomRightsConcern(t *testing.T) {
	everybody := []string{"a/cart", "a/deputy", "a/other", "b/cart", "b/deputy"}
	for name, tt := range map[string]struct {
		reason   string
		bindings []*binding
		change   string
		want     []string
	}{
		"the account": {
			"the plain case", []*binding{bind(t, "a/x", "Role r", "ServiceAccount a/stamper")},
			"RoleBinding a/x", []string{"a/cart"},
		},
		"the account, without its namespace": {
			"it is that of the binding", []*binding{bind(t, "a/x", "Role r", "ServiceAccount stamper")},
			"RoleBinding a/x", []string{"a/cart"},
		},
		"the account, as a user": {
			"by its full name", []*binding{bind(t, "a/x", "Role r", "User system:serviceaccount:a:stamper")},
			"RoleBinding a/x", []string{"a/cart"},
		},
		"another of several subjects": {
			"any may be meant", []*binding{bind(t, "a/x", "Role r", "User jane", "ServiceAccount a/other", "Group devs")},
			"RoleBinding a/x", []string{"a/other"},
		},
		"accounts of the namespace": {
			"a blueprint's account is of another one", []*binding{bind(t, "a/x", "Role r", "Group system:serviceaccounts:a")},
			"RoleBinding a/x", []string{"a/cart", "a/other"},
		},
		"all accounts, in one namespace": {
			"it counts there only", []*binding{bind(t, "a/x", "Role r", "Group system:serviceaccounts")},
			"RoleBinding a/x", []string{"a/cart", "a/deputy", "a/other"},
		},
		"everybody, in one namespace": {
			"accounts are users, too", []*binding{bind(t, "b/x", "Role r", "Group system:authenticated")},
			"RoleBinding b/x", []string{"b/cart", "b/deputy"},
		},
		"a blueprint's account": {
			"it gains where it writes, which is the namespace of the owner", []*binding{bind(t, "b/x", "Role r", "ServiceAccount ops/deputy")},
			"RoleBinding b/x", []string{"b/deputy"},
		},
		"a blueprint's account, in its own namespace": {
			"nothing is written there", []*binding{bind(t, "ops/x", "Role r", "ServiceAccount ops/deputy")},
			"RoleBinding ops/x", nil,
		},
		"the account, in another namespace": {
			"nothing is written there", []*binding{bind(t, "c/x", "ClusterRole edit", "ServiceAccount a/stamper", "Group system:serviceaccounts:a")},
			"RoleBinding c/x", nil,
		},
		"all accounts, in another namespace": {
			"nobody is refused there", []*binding{bind(t, "c/x", "ClusterRole edit", "Group system:serviceaccounts", "Group system:authenticated")},
			"RoleBinding c/x", nil,
		},
		"a person": {
			"no account", []*binding{bind(t, "a/x", "Role r", "User jane", "Group devs", "User stamper", "Group a")},
			"RoleBinding a/x", nil,
		},
		"a binding that is gone by now": {
			"it gives nobody anything", nil,
			"RoleBinding a/x", nil,
		},
		"an account, everywhere": {
			"in all namespaces where it writes", []*binding{bind(t, "x", "ClusterRole edit", "ServiceAccount ops/deputy")},
			"ClusterRoleBinding x", []string{"a/deputy", "b/deputy"},
		},
		"all accounts, everywhere": {
			"all that were refused", []*binding{bind(t, "x", "ClusterRole edit", "Group system:serviceaccounts")},
			"ClusterRoleBinding x", everybody,
		},
		"a Role": {
			"by its binding", []*binding{bind(t, "a/x", "Role r", "ServiceAccount a/stamper"), bind(t, "a/y", "Role s", "ServiceAccount a/other")},
			"Role a/r", []string{"a/cart"},
		},
		"a Role, bound twice": {
			"each is woken once", []*binding{
				bind(t, "a/x", "Role r", "ServiceAccount a/stamper"), bind(t, "a/y", "Role r", "Group system:serviceaccounts:a"),
			},
			"Role a/r", []string{"a/cart", "a/other"},
		},
		"a Role of that name in another namespace": {
			"it is another Role", []*binding{bind(t, "a/x", "Role r", "ServiceAccount a/stamper"), bind(t, "c/x", "Role r", "ServiceAccount a/stamper")},
			"Role c/r", nil,
		},
		"a Role that is not bound": {
			"it gives nobody anything", nil,
			"Role a/r", nil,
		},
		"a Role named as a ClusterRole that is bound": {
			"it is another role", []*binding{bind(t, "a/x", "ClusterRole edit", "ServiceAccount a/stamper")},
			"Role a/edit", nil,
		},
		"a ClusterRole, bound by RoleBindings": {
			"each counts in its own namespace", []*binding{
				bind(t, "a/x", "ClusterRole edit", "ServiceAccount a/stamper"),
				bind(t, "b/x", "ClusterRole edit", "ServiceAccount ops/deputy"),
				bind(t, "c/x", "ClusterRole edit", "Group system:serviceaccounts"),
			},
			"ClusterRole edit", []string{"a/cart", "b/deputy"},
		},
		"a ClusterRole, bound by a ClusterRoleBinding": {
			"it counts everywhere", []*binding{bind(t, "x", "ClusterRole edit", "Group system:serviceaccounts")},
			"ClusterRole edit", everybody,
		},
		"a ClusterRole that is aggregated, of which a part has come": {
			"the controller manager writes its rules into it, which is a change like any other",
			[]*binding{bind(t, "a/x", "ClusterRole aggregate", "ServiceAccount a/stamper")},
			"ClusterRole aggregate", []string{"a/cart"},
		},
		"the part of an aggregated ClusterRole": {
			"it is bound nowhere", []*binding{bind(t, "a/x", "ClusterRole aggregate", "ServiceAccount a/stamper")},
			"ClusterRole part", nil,
		},
		"whatever there is": {
			"after an interruption; who has no rights need not try again",
			[]*binding{bind(t, "a/x", "Role r", "ServiceAccount a/stamper"), bind(t, "c/x", "Role r", "Group system:serviceaccounts"), bind(t, "x", "ClusterRole edit", "User jane")},
			"", []string{"a/cart"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Log(tt.reason)
			a := offlineAgent(t)
			waitFor(a, realize.Dependencies{Forbidden: true}, "a/cart as a/stamper", "a/other as a/other", "a/deputy as ops/deputy", "b/cart as b/stamper", "b/deputy as ops/deputy")
			waitFor(a, realize.Dependencies{}, "a/fine as a/stamper", "c/fine as c/stamper") // which were not refused
			for _, b := range tt.bindings {
				kind := "RoleBinding"
				if b.Namespace == "" {
					kind = "ClusterRoleBinding"
				}
				if err := a.access.bindings[kind].GetIndexer().Add(b); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(append([]string{}, tt.want...), wokenBy(a, tt.change)); diff != "" {
				t.Errorf("%s wakes (-want +got):\n%s", tt.change, diff)
			}
		})
	}
}

// TestGains: what happens to a role or binding is a change when somebody may gain by it.
func TestGains(t *testing.T) {
	before, now := bind(t, "a/x", "Role r"), bind(t, "a/x", "Role r", "User jane")
	before.ResourceVersion, now.ResourceVersion = "1", "2"
	for name, tt := range map[string]struct {
		reason string
		happen func(cache.ResourceEventHandler)
		want   []grant
	}{
		"it was there at the start": {"nobody had a pass yet", func(h cache.ResourceEventHandler) { h.OnAdd(now, true) }, nil},
		"it appears":                {"those it names gain", func(h cache.ResourceEventHandler) { h.OnAdd(now, false) }, []grant{{"RoleBinding", "a", "x"}}},
		"it changes":                {"those it names may gain", func(h cache.ResourceEventHandler) { h.OnUpdate(before, now) }, []grant{{"RoleBinding", "a", "x"}}},
		"it is listed again":        {"the API server may have been started anew, and have refused for a moment what it allows", func(h cache.ResourceEventHandler) { h.OnUpdate(now, now) }, []grant{anyGrant}},
		"it goes":                   {"nobody gains", func(h cache.ResourceEventHandler) { h.OnDelete(now) }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Log(tt.reason)
			var told []grant
			w := &accessWatch{rightsChanged: func(by grant) { told = append(told, by) }}
			tt.happen(w.onGain("RoleBinding"))
			if !slices.Equal(told, tt.want) {
				t.Errorf("told of %v, want %v", told, tt.want)
			}
		})
	}
}

// TestWhomRightsOfTheAgentConcern: the agent does not know who it is, so any role may be its own. But whether it may act as an
// account is decided in the account's namespace, or in that of what is written.
func TestWhomRightsOfTheAgentConcern(t *testing.T) {
	a := offlineAgent(t)
	waitFor(a, realize.Dependencies{Powerless: true}, "a/cart as a/stamper", "b/cart as ops/deputy")
	for change, want := range map[string][]string{
		"RoleBinding a/x":      {"a/cart"},
		"RoleBinding b/x":      {"b/cart"},
		"Role ops/x":           {"b/cart"},
		"RoleBinding c/x":      {},
		"ClusterRole x":        {"a/cart", "b/cart"},
		"ClusterRoleBinding x": {"a/cart", "b/cart"},
		"":                     {"a/cart", "b/cart"}, // after an interruption
	} {
		if diff := cmp.Diff(want, wokenBy(a, change)); diff != "" {
			t.Errorf("%s wakes (-want +got):\n%s", change, diff)
		}
	}
}

// TestRefusedAreForgotten: the index holds accounts as long as somebody waits for their rights.
func TestRefusedAreForgotten(t *testing.T) {
	a := offlineAgent(t)
	one, two := "a/one as a/stamper", "a/two as a/stamper"
	refused := func() int { return len(a.depends.refusedIn("a")) + len(a.depends.refusedIn("")) }
	for _, step := range []struct {
		what string
		do   func()
		want int
	}{
		{"nobody is refused", func() { waitFor(a, realize.Dependencies{}, one, two) }, 0},
		{"both are, with one account", func() { waitFor(a, realize.Dependencies{Forbidden: true}, one, two) }, 2},
		{"one was taken", func() { waitFor(a, realize.Dependencies{}, one) }, 2},
		{"the other names another account", func() { waitFor(a, realize.Dependencies{Forbidden: true}, "a/two as a/other") }, 2},
		{"it is gone", func() { a.depends.forget(ownerKey{v1alpha1.KindWorkload, "a", "two"}, v1alpha1.KindClusterSupplyChain) }, 0},
	} {
		if step.do(); refused() != step.want {
			t.Errorf("%s: %d accounts, want %d", step.what, refused(), step.want)
		}
	}
	if len(a.depends.refused) > 0 {
		t.Errorf("something is left: %v", a.depends.refused)
	}
}
