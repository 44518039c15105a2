package agent

import (
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/blueprint"
	"github.com/carto-run/carto/pkg/realize"
	"github.com/carto-run/carto/pkg/stamp"
)

// catalog holds what operators and developers wrote: owners as typed objects,
// blueprints and templates compiled once per change.
type catalog struct {
	informers map[string]cache.SharedIndexInformer // by kind
	lists     firstLists                           // once they are heard of, templates are compiled
	compiling stamp.Options

	mu         sync.RWMutex
	templates  map[realize.TemplateKey]compiled[*stamp.Template]
	blueprints map[blueprintKey]compiled[*blueprint.Blueprint]
	// ordered caches the blueprints by kind, so that a pass copies nothing.
	ordered map[string][]*blueprint.Blueprint
}

// compiled is a compiled object with the identity of what it was compiled from.
type compiled[T any] struct {
	uid        string
	generation int64
	value      T
}

func newCatalog(carto reader, compiling stamp.Options) *catalog {
	c := &catalog{
		compiling:  compiling,
		informers:  map[string]cache.SharedIndexInformer{},
		templates:  map[realize.TemplateKey]compiled[*stamp.Template]{},
		blueprints: map[blueprintKey]compiled[*blueprint.Blueprint]{},
		ordered:    map[string][]*blueprint.Blueprint{},
	}
	for _, kind := range v1alpha1.Kinds {
		c.informers[kind.Name] = carto.informer(listing{
			resource: kind.Resource().GroupResource(), example: kind.New(), keep: dropUnread,
			get: func(options metav1.ListOptions) *rest.Request {
				return carto.client.Get().Resource(kind.Plural).VersionedParams(&options, metav1.ParameterCodec)
			},
		})
	}
	return c
}

// dropUnread removes from an object what the engine never reads, and the codec left.
func dropUnread(object runtime.Object) runtime.Object {
	if o, ok := object.(metav1.Object); ok {
		if annotations := o.GetAnnotations(); annotations[lastApplied] != "" {
			delete(annotations, lastApplied)
			o.SetAnnotations(annotations)
		}
	}
	return object
}

// lastApplied is where kubectl keeps a copy of the whole object. Templates that copy
// the annotations of their owner would carry it along; nobody wants that.
const lastApplied = "kubectl.kubernetes.io/last-applied-configuration"

// template returns a compiled template; nil when it does not exist.
func (c *catalog) template(kind, name string) *stamp.Template {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.templates[realize.TemplateKey{Kind: kind, Name: name}].value
}

// blueprint returns a compiled blueprint; nil when it does not exist.
func (c *catalog) blueprint(key blueprintKey) *blueprint.Blueprint {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.blueprints[key].value
}

// all returns the blueprints of a kind. The slice is shared: never change it.
func (c *catalog) all(kind string) []*blueprint.Blueprint {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.ordered[kind]
}

// putTemplate compiles a template, and says whether it differs from the one before.
func (c *catalog) putTemplate(kind string, object runtime.Object) bool {
	meta := object.(metav1.Object)
	key := realize.TemplateKey{Kind: kind, Name: meta.GetName()}
	c.mu.RLock()
	old, ok := c.templates[key]
	c.mu.RUnlock()
	if ok && old.uid == string(meta.GetUID()) && old.generation == meta.GetGeneration() {
		return false
	}
	// Outside of the lock: a large ytt template takes its time, and all passes read here.
	// The events of one kind come one after the other.
	template := c.compiling.Compile(object)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.templates[key] = compiled[*stamp.Template]{string(meta.GetUID()), meta.GetGeneration(), template}
	return true
}

func (c *catalog) removeTemplate(kind, name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.templates, realize.TemplateKey{Kind: kind, Name: name})
}

// putBlueprint compiles a blueprint and returns the one before, nil if there was none,
// and whether they differ.
func (c *catalog) putBlueprint(object runtime.Object) (before, now *blueprint.Blueprint, changed bool) {
	var kind string
	var compile func() *blueprint.Blueprint
	switch o := object.(type) {
	case *v1alpha1.ClusterSupplyChain:
		kind, compile = v1alpha1.KindClusterSupplyChain, func() *blueprint.Blueprint { return blueprint.CompileSupplyChain(o) }
	case *v1alpha1.ClusterDelivery:
		kind, compile = v1alpha1.KindClusterDelivery, func() *blueprint.Blueprint { return blueprint.CompileDelivery(o) }
	}
	meta := object.(metav1.Object)
	key := blueprintKey{kind, meta.GetName()}
	c.mu.Lock()
	defer c.mu.Unlock()
	old := c.blueprints[key]
	if old.value != nil && old.uid == string(meta.GetUID()) && old.generation == meta.GetGeneration() {
		return old.value, old.value, false
	}
	now = compile()
	c.blueprints[key] = compiled[*blueprint.Blueprint]{string(meta.GetUID()), meta.GetGeneration(), now}
	c.reorder(kind)
	return old.value, now, true
}

func (c *catalog) removeBlueprint(key blueprintKey) *blueprint.Blueprint {
	c.mu.Lock()
	defer c.mu.Unlock()
	old := c.blueprints[key].value
	delete(c.blueprints, key)
	c.reorder(key.Kind)
	return old
}

func (c *catalog) reorder(kind string) {
	all := make([]*blueprint.Blueprint, 0, len(c.blueprints))
	for key, b := range c.blueprints {
		if key.Kind == kind {
			all = append(all, b.value)
		}
	}
	c.ordered[kind] = all
}

// users lists the blueprints that can use a template.
func (c *catalog) users(template realize.TemplateKey) []blueprintKey {
	c.mu.RLock()
	defer c.mu.RUnlock()
	var users []blueprintKey
	for key, b := range c.blueprints {
		for _, use := range b.value.Templates() {
			if use.Kind == template.Kind && use.Name == template.Name {
				users = append(users, key)
				break
			}
		}
	}
	return users
}

// owner returns an owner as the informer holds it; nil when it is gone. Never change it.
func (c *catalog) owner(key ownerKey) runtime.Object {
	return c.object(key.Kind, key.Namespace+"/"+key.Name)
}

// isOwner says whether there is an owner with this UID.
func (c *catalog) isOwner(key ownerKey, uid types.UID) bool {
	object, ok := c.owner(key).(metav1.Object)
	return ok && object.GetUID() == uid
}

func (c *catalog) object(kind, key string) runtime.Object {
	object, exists, _ := c.informers[kind].GetStore().GetByKey(key)
	if !exists {
		return nil
	}
	return object.(runtime.Object)
}

// owners lists the owners of a kind.
func (c *catalog) owners(kind string) []runtime.Object {
	list := c.informers[kind].GetStore().List()
	objects := make([]runtime.Object, 0, len(list))
	for _, object := range list {
		objects = append(objects, object.(runtime.Object))
	}
	return objects
}

// follow tells a handler of the objects of a kind.
func (c *catalog) follow(kind string, handler cache.ResourceEventHandler) {
	c.lists = append(c.lists, firstList{kind, handle(c.informers[kind], handler).Done()})
}
