package agent

import (
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/tools/cache"

	"github.com/carto-run/carto/pkg/realize"
)

// accessWatch follows service accounts, roles and bindings. Owners whose account
// appears are woken, and owners whose write was forbidden when the account may have
// gained rights (spec: reconcile §18, Q26, Q27).
type accessWatch struct {
	accounts  cache.SharedIndexInformer
	bindings  []cache.SharedIndexInformer
	informers []cache.SharedIndexInformer

	accountChanged func(realize.Account)
	rightsChanged  func(mayConcern func(realize.Account) bool)
}

const rbacGroup = "rbac.authorization.k8s.io"

func newAccessWatch(client dynamic.Interface, accountChanged func(realize.Account), rightsChanged func(func(realize.Account) bool)) *accessWatch {
	w := &accessWatch{accountChanged: accountChanged, rightsChanged: rightsChanged}
	w.accounts = newDynamicInformer(client, schema.GroupVersionResource{Version: "v1", Resource: "serviceaccounts"}, readMeta)
	w.accounts.AddEventHandler(cache.ResourceEventHandlerFuncs{ //nolint:errcheck // fails only when the informer has ended
		AddFunc:    func(object any) { w.accountEvent(object) },
		DeleteFunc: func(object any) { w.accountEvent(object) },
	})
	w.informers = append(w.informers, w.accounts)
	for _, resource := range []string{"rolebindings", "clusterrolebindings"} {
		informer := newDynamicInformer(client, schema.GroupVersionResource{Group: rbacGroup, Version: "v1", Resource: resource}, readBinding)
		informer.AddEventHandler(onAnyChange(w.bindingChanged)) //nolint:errcheck // as above
		w.bindings = append(w.bindings, informer)
		w.informers = append(w.informers, informer)
	}
	for _, resource := range []string{"roles", "clusterroles"} {
		informer := newDynamicInformer(client, schema.GroupVersionResource{Group: rbacGroup, Version: "v1", Resource: resource}, readMeta)
		kind := map[string]string{"roles": "Role", "clusterroles": "ClusterRole"}[resource]
		informer.AddEventHandler(onAnyChange(func(object metav1.Object) { w.roleChanged(kind, object) })) //nolint:errcheck // as above
		w.informers = append(w.informers, informer)
	}
	return w
}

func onAnyChange(changed func(metav1.Object)) cache.ResourceEventHandlerFuncs {
	handle := func(object any) {
		if tombstone, ok := object.(cache.DeletedFinalStateUnknown); ok {
			object = tombstone.Obj
		}
		if o, ok := object.(metav1.Object); ok {
			changed(o)
		}
	}
	return cache.ResourceEventHandlerFuncs{
		AddFunc:    handle,
		UpdateFunc: func(_, now any) { handle(now) },
		DeleteFunc: handle,
	}
}

// readMeta keeps the identity of an object.
func readMeta(u *unstructured.Unstructured) any { return identity(u) }

func identity(u *unstructured.Unstructured) *metav1.ObjectMeta {
	return &metav1.ObjectMeta{Name: u.GetName(), Namespace: u.GetNamespace(), UID: u.GetUID(), ResourceVersion: u.GetResourceVersion()}
}

// binding is what the agent reads of a RoleBinding or ClusterRoleBinding.
type binding struct {
	*metav1.ObjectMeta
	roleKind, roleName string
	subjects           []subject
}

type subject struct{ kind, namespace, name string }

func readBinding(u *unstructured.Unstructured) any {
	b := &binding{ObjectMeta: identity(u)}
	b.roleKind, _, _ = unstructured.NestedString(u.Object, "roleRef", "kind")
	b.roleName, _, _ = unstructured.NestedString(u.Object, "roleRef", "name")
	subjects, _, _ := unstructured.NestedSlice(u.Object, "subjects")
	for _, s := range subjects {
		if m, ok := s.(map[string]any); ok {
			kind, _ := m["kind"].(string)
			namespace, _ := m["namespace"].(string)
			name, _ := m["name"].(string)
			b.subjects = append(b.subjects, subject{kind, namespace, name})
		}
	}
	return b
}

// concerns says whether the binding gives its role to the account, under whichever of
// its names.
func (b *binding) concerns(account realize.Account) bool {
	for _, s := range b.subjects {
		switch s.kind {
		case "ServiceAccount":
			namespace := s.namespace
			if namespace == "" {
				namespace = "default"
			}
			if namespace == account.Namespace && s.name == account.Name {
				return true
			}
		case "User":
			if s.name == "system:serviceaccount:"+account.Namespace+":"+account.Name {
				return true
			}
		case "Group":
			if s.name == "system:serviceaccounts" || s.name == "system:authenticated" ||
				strings.TrimPrefix(s.name, "system:serviceaccounts:") == account.Namespace && s.name != account.Namespace {
				return true
			}
		}
	}
	return false
}

func (w *accessWatch) accountEvent(object any) {
	if tombstone, ok := object.(cache.DeletedFinalStateUnknown); ok {
		object = tombstone.Obj
	}
	if o, ok := object.(metav1.Object); ok {
		w.accountChanged(realize.Account{Namespace: o.GetNamespace(), Name: o.GetName()})
	}
}

func (w *accessWatch) bindingChanged(object metav1.Object) {
	if b, ok := object.(*binding); ok {
		w.rightsChanged(b.concerns)
	}
}

func (w *accessWatch) roleChanged(kind string, role metav1.Object) {
	w.rightsChanged(func(account realize.Account) bool {
		for _, informer := range w.bindings {
			for _, object := range informer.GetStore().List() {
				b, ok := object.(*binding)
				if ok && b.roleKind == kind && b.roleName == role.GetName() &&
					(kind == "ClusterRole" || b.Namespace == role.GetNamespace()) && b.concerns(account) {
					return true
				}
			}
		}
		return false
	})
}

func (w *accessWatch) accountExists(account realize.Account) bool {
	_, exists, _ := w.accounts.GetStore().GetByKey(account.Namespace + "/" + account.Name)
	return exists
}

func (w *accessWatch) synced() []cache.InformerSynced {
	all := make([]cache.InformerSynced, 0, len(w.informers))
	for _, informer := range w.informers {
		all = append(all, informer.HasSynced)
	}
	return all
}
