package agent

import (
	"fmt"
	"strings"

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
	accounts  cache.SharedIndexInformer
	bindings  []cache.SharedIndexInformer
	informers []cache.SharedIndexInformer
	// heard is done when what is there at the start has been heard of.
	heard []cache.DoneChecker

	accountChanged func(realize.Account)
	rightsChanged  func(mayConcern func(realize.Account) bool)
}

const rbacGroup = "rbac.authorization.k8s.io"

func newAccessWatch(cluster reader, accountChanged func(realize.Account), rightsChanged func(func(realize.Account) bool)) *accessWatch {
	w := &accessWatch{accountChanged: accountChanged, rightsChanged: rightsChanged}
	w.accounts = newClusterInformer(cluster, schema.GroupVersionResource{Version: "v1", Resource: "serviceaccounts"}, &identity{})
	w.follow(w.accounts, cache.ResourceEventHandlerFuncs{
		AddFunc:    func(object any) { w.accountEvent(object) },
		DeleteFunc: func(object any) { w.accountEvent(object) },
	})
	for _, resource := range []string{"rolebindings", "clusterrolebindings"} {
		informer := newClusterInformer(cluster, schema.GroupVersionResource{Group: rbacGroup, Version: "v1", Resource: resource}, &binding{})
		w.follow(informer, onAnyChange(w.bindingChanged))
		w.bindings = append(w.bindings, informer)
	}
	for _, resource := range []string{"roles", "clusterroles"} {
		informer := newClusterInformer(cluster, schema.GroupVersionResource{Group: rbacGroup, Version: "v1", Resource: resource}, &identity{})
		kind := map[string]string{"roles": "Role", "clusterroles": "ClusterRole"}[resource]
		w.follow(informer, onAnyChange(func(object metav1.Object) { w.roleChanged(kind, object) }))
	}
	return w
}

func (w *accessWatch) follow(informer cache.SharedIndexInformer, handler cache.ResourceEventHandler) {
	w.informers = append(w.informers, informer)
	w.heard = append(w.heard, handle(informer, handler))
}

func onAnyChange(changed func(metav1.Object)) cache.ResourceEventHandlerFuncs {
	report := func(object any) {
		if tombstone, ok := object.(cache.DeletedFinalStateUnknown); ok {
			object = tombstone.Obj
		}
		if o, ok := object.(metav1.Object); ok {
			changed(o)
		}
	}
	return cache.ResourceEventHandlerFuncs{
		AddFunc:    report,
		UpdateFunc: func(_, now any) { report(now) },
		DeleteFunc: report,
	}
}

// binding is what the agent reads of a RoleBinding or ClusterRoleBinding.
type binding struct {
	identity
	roleKind, roleName string
	subjects           []subject
}

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
	return &binding{id, object.RoleRef.Kind, object.RoleRef.Name, object.Subjects}, nil
}

// concerns says whether the binding gives its role to the account, under whichever of
// its names.
func (b *binding) concerns(account realize.Account) bool {
	for _, s := range b.subjects {
		switch s.Kind {
		case "ServiceAccount":
			namespace := s.Namespace
			if namespace == "" {
				namespace = "default"
			}
			if namespace == account.Namespace && s.Name == account.Name {
				return true
			}
		case "User":
			if s.Name == "system:serviceaccount:"+account.Namespace+":"+account.Name {
				return true
			}
		case "Group":
			if s.Name == "system:serviceaccounts" || s.Name == "system:authenticated" ||
				strings.TrimPrefix(s.Name, "system:serviceaccounts:") == account.Namespace && s.Name != account.Namespace {
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
