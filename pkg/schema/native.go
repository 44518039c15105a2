package schema

import (
	"reflect"
	"strings"
	"sync"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"
)

// nativeTypes are the Go types of the kinds of Kubernetes that are objects of their own. The
// scheme is in the programs anyway, for their clients.
var nativeTypes = sync.OnceValue(func() map[schema.GroupVersionKind]reflect.Type {
	types := map[schema.GroupVersionKind]reflect.Type{
		apiextensionsv1.SchemeGroupVersion.WithKind("CustomResourceDefinition"): reflect.TypeFor[apiextensionsv1.CustomResourceDefinition](),
	}
	for kind, typ := range scheme.Scheme.AllKnownTypes() {
		if meta, ok := typ.FieldByName("ObjectMeta"); ok && meta.Anonymous && !noObject.has(kind) {
			types[kind] = typ
		}
	}
	return types
})

var nativeGroups = sync.OnceValue(func() map[string][]schema.GroupVersionKind {
	groups := map[string][]schema.GroupVersionKind{}
	for kind := range nativeTypes() {
		groups[kind.Group] = append(groups[kind.Group], kind)
	}
	for kind := range withoutType {
		groups[kind.Group] = append(groups[kind.Group], kind)
	}
	return groups
})

// cache of what was made of Go types. It is filled under the lock; what is in a finished
// schema never changes.
var cache = struct {
	sync.Mutex
	kinds   map[schema.GroupVersionKind]*Kind
	schemas map[reflect.Type]*Schema
}{kinds: map[schema.GroupVersionKind]*Kind{}, schemas: map[reflect.Type]*Schema{}}

// native finds a kind of Kubernetes.
func native(kind schema.GroupVersionKind) *Kind {
	typ, known := nativeTypes()[kind]
	lifecycle, bare := withoutType[kind]
	if !known && !bare {
		return nil
	}
	cache.Lock()
	defer cache.Unlock()
	if k := cache.kinds[kind]; k != nil {
		return k
	}
	k := &Kind{GroupVersionKind: kind, Namespaced: !clusterScoped.has(kind), Lifecycle: lifecycle, Schema: Unknown}
	resource, _ := meta.UnsafeGuessKindToResource(kind)
	k.Plural = resource.Resource
	if known {
		k.Schema = ofType(typ)
		k.Lifecycle = lifecycleOf(typ)
	}
	cache.kinds[kind] = k
	return k
}

// objectMeta describes metadata, which CRDs do not.
func objectMeta() *Schema {
	cache.Lock()
	defer cache.Unlock()
	return ofType(metaType)
}

func lifecycleOf(typ reflect.Type) Lifecycle {
	var l Lifecycle
	value := reflect.New(typ).Interface()
	if v, ok := value.(interface{ APILifecycleIntroduced() (int, int) }); ok {
		l.Introduced.Major, l.Introduced.Minor = v.APILifecycleIntroduced()
	}
	if v, ok := value.(interface{ APILifecycleDeprecated() (int, int) }); ok {
		l.Deprecated.Major, l.Deprecated.Minor = v.APILifecycleDeprecated()
	}
	if v, ok := value.(interface{ APILifecycleRemoved() (int, int) }); ok {
		l.Removed.Major, l.Removed.Minor = v.APILifecycleRemoved()
	}
	if v, ok := value.(interface {
		APILifecycleReplacement() schema.GroupVersionKind
	}); ok {
		l.Replacement = v.APILifecycleReplacement()
	}
	return l
}

// GuessPlural is the plural of a kind of which nothing is known, as most are made.
func GuessPlural(kind schema.GroupVersionKind) string {
	resource, _ := meta.UnsafeGuessKindToResource(kind)
	return strings.ToLower(resource.Resource)
}
