package agent

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/tools/cache"

	"github.com/carto-run/carto/pkg/jsonread"
	"github.com/carto-run/carto/pkg/realize"
)

// accessWatch follows service accounts, roles and bindings. Owners whose account
// appears are woken, and owners whose write was forbidden when the account may have
// gained rights (spec: reconcile §18, Q26, Q27).
type accessWatch struct {
	accounts cache.SharedIndexInformer
	// bindings by their kind.
	bindings  map[string]cache.SharedIndexInformer
	informers []cache.SharedIndexInformer
	lists     firstLists

	accountChanged func(realize.Account)
	rightsChanged  func(by grant)
}

// grant is a role or a binding, by which accounts can gain rights.
type grant struct {
	kind string
	// namespace in which it counts; empty for one that counts in all.
	namespace, name string
}

// anyGrant stands for all roles and bindings.
var anyGrant grant

func (g grant) String() string { return g.kind + " " + g.namespace + "/" + g.name }

const rbacGroup = "rbac.authorization.k8s.io"

// byRole indexes bindings by the role that they give: an edit of one that is bound nowhere
// costs the same among ten bindings and ten thousand.
const byRole = "role"

func newAccessWatch(cluster reader, accountChanged func(realize.Account), rightsChanged func(grant)) *accessWatch {
	w := &accessWatch{bindings: map[string]cache.SharedIndexInformer{}, accountChanged: accountChanged, rightsChanged: rightsChanged}
	w.accounts = newClusterInformer(cluster, schema.GroupVersionResource{Version: "v1", Resource: "serviceaccounts"}, &identity{})
	w.follow("serviceaccounts", w.accounts, cache.ResourceEventHandlerFuncs{
		AddFunc:    func(object any) { w.accountEvent(object) },
		DeleteFunc: func(object any) { w.accountEvent(object) },
	})
	for kind, resource := range map[string]string{"RoleBinding": "rolebindings", "ClusterRoleBinding": "clusterrolebindings"} {
		informer := newClusterInformer(cluster, schema.GroupVersionResource{Group: rbacGroup, Version: "v1", Resource: resource}, &binding{})
		_ = informer.AddIndexers(cache.Indexers{byRole: roleOf}) // fails only when the informer already runs
		w.follow(resource, informer, w.onGain(kind))
		w.bindings[kind] = informer
	}
	for kind, resource := range map[string]string{"Role": "roles", "ClusterRole": "clusterroles"} {
		w.follow(resource, newClusterInformer(cluster, schema.GroupVersionResource{Group: rbacGroup, Version: "v1", Resource: resource}, &identity{}), w.onGain(kind))
	}
	return w
}

func (w *accessWatch) follow(resource string, informer cache.SharedIndexInformer, handler cache.ResourceEventHandler) {
	w.informers = append(w.informers, informer)
	w.lists = append(w.lists, firstList{resource, handle(informer, handler).Done()})
}

// onGain tells of roles and bindings that appear or change. One that goes gives nobody
// anything; before the first pass there is nobody to be woken. One that comes again as it was
// is of a re-list: an API server that starts refuses, until it knows all of them itself, what
// they allow.
func (w *accessWatch) onGain(kind string) cache.ResourceEventHandler {
	changed := func(o metav1.Object) { w.rightsChanged(grant{kind, o.GetNamespace(), o.GetName()}) }
	return cache.ResourceEventHandlerDetailedFuncs{
		AddFunc: func(object any, isInInitialList bool) {
			if !isInInitialList {
				changed(object.(metav1.Object))
			}
		},
		UpdateFunc: func(before, now any) {
			b, n := before.(metav1.Object), now.(metav1.Object)
			if b.GetResourceVersion() == n.GetResourceVersion() {
				w.rightsChanged(anyGrant)
				return
			}
			changed(n)
		},
	}
}

// binding is what the agent reads of a RoleBinding or ClusterRoleBinding.
type binding struct {
	identity
	role     grant
	subjects []subject
}

// subject is to whom a binding gives its role. Only that of a service account has a namespace.
type subject struct {
	Kind      string `json:"kind"`
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
}

// DeepCopyObject implements runtime.Object; nobody changes what is in a cache.
func (b *binding) DeepCopyObject() runtime.Object { return b }

func readBinding(text []byte) (runtime.Object, error) {
	var object struct {
		RoleRef struct {
			Kind string `json:"kind"`
			Name string `json:"name"`
		} `json:"roleRef"`
		Subjects []subject `json:"subjects"`
	}
	if err := jsonread.Into(text, &object); err != nil {
		return nil, fmt.Errorf("read a binding of a role: %w", err)
	}
	id, err := readIdentity(text)
	if err != nil {
		return nil, err
	}
	role := grant{kind: object.RoleRef.Kind, name: object.RoleRef.Name}
	if role.kind == "Role" {
		role.namespace = id.Namespace
	}
	for i := range object.Subjects {
		// Read as the API server's authorizer does: namespaces of users and groups mean nothing,
		// and an account without one is of the binding's.
		switch s := &object.Subjects[i]; {
		case s.Kind != ofAccount:
			s.Namespace = ""
		case s.Namespace == "":
			s.Namespace = id.Namespace
		}
	}
	return &binding{id, role, object.Subjects}, nil
}

// Kinds of subjects.
const (
	ofAccount = "ServiceAccount"
	ofUser    = "User"
	ofGroup   = "Group"
)

// subjectsOf are all by which a binding can mean an account.
func subjectsOf(account realize.Account) [5]subject {
	return [...]subject{
		{ofAccount, account.Namespace, account.Name},
		{Kind: ofUser, Name: "system:serviceaccount:" + account.Namespace + ":" + account.Name},
		{Kind: ofGroup, Name: "system:serviceaccounts:" + account.Namespace},
		{Kind: ofGroup, Name: "system:serviceaccounts"},
		{Kind: ofGroup, Name: "system:authenticated"},
	}
}

func roleOf(object any) ([]string, error) { return []string{object.(*binding).role.String()}, nil }

// bindingsOf lists the bindings that give a role; of a binding itself.
func (w *accessWatch) bindingsOf(g grant) []any {
	if informer := w.bindings[g.kind]; informer != nil {
		object, exists, _ := informer.GetStore().GetByKey(cache.ObjectName{Namespace: g.namespace, Name: g.name}.String())
		if !exists {
			return nil
		}
		return []any{object}
	}
	var all []any
	for _, informer := range w.bindings {
		if g == anyGrant {
			all = append(all, informer.GetStore().List()...)
			continue
		}
		found, _ := informer.GetIndexer().ByIndex(byRole, g.String()) // fails only without the index
		all = append(all, found...)
	}
	return all
}

// gained picks those of the refused to whom a change of a role or binding may have given
// rights. A RoleBinding gives them in its own namespace only, also to accounts of others.
// The subjects are gathered before anybody is looked for, so that many bindings and many
// refused do not multiply.
func (w *accessWatch) gained(by grant, refused []refusedAccount) []refusedAccount {
	if len(refused) == 0 {
		return nil // mostly
	}
	given := map[string]map[subject]bool{} // by the namespace where
	for _, object := range w.bindingsOf(by) {
		b := object.(*binding)
		if given[b.Namespace] == nil {
			given[b.Namespace] = map[subject]bool{}
		}
		for _, s := range b.subjects {
			given[b.Namespace][s] = true
		}
	}
	var gained []refusedAccount
	for _, r := range refused {
		for _, s := range subjectsOf(r.Account) {
			if given[""][s] || given[r.namespace][s] {
				gained = append(gained, r)
				break
			}
		}
	}
	return gained
}

func (w *accessWatch) accountEvent(object any) {
	if tombstone, ok := object.(cache.DeletedFinalStateUnknown); ok {
		object = tombstone.Obj
	}
	if o, ok := object.(metav1.Object); ok {
		w.accountChanged(realize.Account{Namespace: o.GetNamespace(), Name: o.GetName()})
	}
}

func (w *accessWatch) accountExists(account realize.Account) bool {
	_, exists, _ := w.accounts.GetStore().GetByKey(account.Namespace + "/" + account.Name)
	return exists
}
