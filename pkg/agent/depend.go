package agent

import (
	"maps"
	"slices"
	"sync"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/carto-run/carto/pkg/realize"
)

// dependencyIndex answers, for everything that can change, which owners it concerns.
// Each pass replaces the records of its owner (spec: reconcile §18).
type dependencyIndex struct {
	mu      sync.Mutex
	byOwner map[ownerKey]realize.Dependencies
	byThing map[any]map[ownerKey]struct{}
	// refused are the things in byThing of that type, by namespace: a change of a role in one
	// need not look at what all others depend on.
	refused map[string]map[refusedAccount]struct{}
}

// What owners depend on, beside realize.TemplateKey, realize.Account, realize.Selection
// and schema.GroupKind (of the objects that are stamped or selected).
type (
	blueprintKey struct{ Kind, Name string }
	unknownKind  schema.GroupKind // its CRD may appear
	// refusedAccount may not do something in the namespace of its owners; a role may appear.
	refusedAccount struct {
		namespace string
		realize.Account
	}
	// powerless owners are of this namespace, or have an account of it, as which the agent may
	// not act; it may be given a role. All are of the empty namespace, too.
	powerless struct{ namespace string }
)

func newDependencyIndex() *dependencyIndex {
	return &dependencyIndex{
		byOwner: map[ownerKey]realize.Dependencies{}, byThing: map[any]map[ownerKey]struct{}{},
		refused: map[string]map[refusedAccount]struct{}{},
	}
}

// set replaces the dependencies of an owner. It returns whether any of them is new: a
// change of a new one may have been missed while the pass ran.
func (x *dependencyIndex) set(key ownerKey, blueprintKind string, d realize.Dependencies) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	before := map[any]bool{}
	for _, thing := range things(key, blueprintKind, x.byOwner[key]) {
		before[thing] = true
	}
	x.remove(key, blueprintKind)
	x.byOwner[key] = d
	gained := false
	for _, thing := range things(key, blueprintKind, d) {
		gained = gained || !before[thing]
		owners := x.byThing[thing]
		if owners == nil {
			owners = map[ownerKey]struct{}{}
			x.byThing[thing] = owners
			x.noteRefused(thing)
		}
		owners[key] = struct{}{}
	}
	return gained
}

func (x *dependencyIndex) forget(key ownerKey, blueprintKind string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.remove(key, blueprintKind)
	delete(x.byOwner, key)
}

func (x *dependencyIndex) remove(key ownerKey, blueprintKind string) {
	for _, thing := range things(key, blueprintKind, x.byOwner[key]) {
		owners := x.byThing[thing]
		delete(owners, key)
		if len(owners) == 0 {
			delete(x.byThing, thing)
			x.forgetRefused(thing)
		}
	}
}

func (x *dependencyIndex) noteRefused(thing any) {
	r, ok := thing.(refusedAccount)
	if !ok {
		return
	}
	if x.refused[r.namespace] == nil {
		x.refused[r.namespace] = map[refusedAccount]struct{}{}
	}
	x.refused[r.namespace][r] = struct{}{}
}

func (x *dependencyIndex) forgetRefused(thing any) {
	r, ok := thing.(refusedAccount)
	if !ok {
		return
	}
	if delete(x.refused[r.namespace], r); len(x.refused[r.namespace]) == 0 {
		delete(x.refused, r.namespace)
	}
}

func things(key ownerKey, blueprintKind string, d realize.Dependencies) []any {
	all := make([]any, 0, len(d.Blueprints)+len(d.Templates)+len(d.Kinds)+2)
	for _, name := range d.Blueprints {
		all = append(all, blueprintKey{blueprintKind, name})
	}
	for _, template := range d.Templates {
		all = append(all, template)
	}
	for _, kind := range d.Kinds {
		all = append(all, kind.GroupKind())
	}
	for _, kind := range d.UnknownKinds {
		all = append(all, unknownKind(kind.GroupKind()))
	}
	if d.Selection != nil {
		all = append(all, *d.Selection, d.Selection.Kind.GroupKind())
	}
	if d.Account == nil {
		return all
	}
	all = append(all, *d.Account)
	if d.Forbidden {
		all = append(all, refusedAccount{key.Namespace, *d.Account})
	}
	if d.Powerless {
		all = append(all, powerless{}, powerless{key.Namespace}, powerless{d.Account.Namespace})
	}
	return all
}

// of lists the owners that depend on a thing.
func (x *dependencyIndex) of(thing any) []ownerKey {
	x.mu.Lock()
	defer x.mu.Unlock()
	owners := make([]ownerKey, 0, len(x.byThing[thing]))
	for key := range x.byThing[thing] {
		owners = append(owners, key)
	}
	return owners
}

// owners lists all that have been passed.
func (x *dependencyIndex) owners() []ownerKey {
	x.mu.Lock()
	defer x.mu.Unlock()
	return slices.Collect(maps.Keys(x.byOwner))
}

// size is how many they are.
func (x *dependencyIndex) size() int {
	x.mu.Lock()
	defer x.mu.Unlock()
	return len(x.byOwner)
}

// refusedIn lists the accounts with owners in a namespace that wait for rights; those in all
// when it is empty.
func (x *dependencyIndex) refusedIn(namespace string) []refusedAccount {
	x.mu.Lock()
	defer x.mu.Unlock()
	if namespace != "" {
		return slices.Collect(maps.Keys(x.refused[namespace]))
	}
	var all []refusedAccount
	for _, accounts := range x.refused {
		all = slices.AppendSeq(all, maps.Keys(accounts))
	}
	return all
}

// unknownKinds lists the kinds that owners wait for.
func (x *dependencyIndex) unknownKinds() []unknownKind {
	x.mu.Lock()
	defer x.mu.Unlock()
	var kinds []unknownKind
	for thing := range x.byThing {
		if kind, ok := thing.(unknownKind); ok {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

// stampedKind is a kind of objects that owners of a kind stamp.
type stampedKind struct {
	schema.GroupVersionKind
	owner string
}

// watched lists what has to be watched: the kinds of all stamped objects, and what
// Runnables select.
func (x *dependencyIndex) watched() (map[stampedKind]bool, map[realize.Selection]bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	stamped, selections := map[stampedKind]bool{}, map[realize.Selection]bool{}
	for owner, d := range x.byOwner {
		for _, kind := range d.Kinds {
			stamped[stampedKind{kind, owner.Kind}] = true
		}
		if d.Selection != nil {
			selections[*d.Selection] = true
		}
	}
	return stamped, selections
}
