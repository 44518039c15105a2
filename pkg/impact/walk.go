package impact

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/collect"
	"github.com/carto-run/carto/pkg/realize"
)

// maxNesting bounds owners that stamp owners: a Workload, its Deliverable, and one more.
const maxNesting = 3

// walk is the work of one Of.
type walk struct {
	source *Source
	query  *Query

	before, after *set
	// decided are the objects about which the files decide, and changed the owners among
	// them that are new or differ.
	decided map[key]bool
	changed map[key]Change
	loaded  map[string]bool
	given   map[realize.Account]bool

	live     *live
	degraded *degraded

	mu        sync.Mutex
	resources map[schema.GroupVersionKind]func() (realize.Resource, error)
	clients   map[realize.Account]func() (dynamic.Interface, error)
	// failed is the first fatal error.
	failed error
	done   int
	all    int

	impact *Impact
	owners map[key]*Owner
	// pending are the objects that the agent changes whatever the files say.
	pending map[objectKey]bool
	// nested are stamped owners that would change, and have to be looked at in turn.
	nested map[key]*unstructured.Unstructured
	// going are stamped owners that would be removed: what they stamped goes with them.
	going map[key]*unstructured.Unstructured
}

// Of foretells what would change. An error means that it is not known; faults of the files
// begin with their places, one a line.
func Of(ctx context.Context, source Source, query Query) (*Impact, error) {
	source.Parallel = max(1, source.Parallel)
	w := &walk{
		source: &source, query: &query, before: newSet(), after: newSet(),
		decided: map[key]bool{}, changed: map[key]Change{}, loaded: map[string]bool{}, given: map[realize.Account]bool{},
		live: newLive(source.Client), degraded: &degraded{all: map[Degraded]map[objectKey]bool{}},
		resources: map[schema.GroupVersionKind]func() (realize.Resource, error){},
		clients:   map[realize.Account]func() (dynamic.Interface, error){},
		impact:    &Impact{APIVersion: APIVersion, Kind: Kind, Files: []File{}, Owners: []Owner{}},
		owners:    map[key]*Owner{}, pending: map[objectKey]bool{}, nested: map[key]*unstructured.Unstructured{}, going: map[key]*unstructured.Unstructured{},
	}
	for _, account := range query.Accounts {
		w.given[account] = true
	}
	if err := w.try(ctx); err != nil {
		return nil, err
	}
	if err := w.takeAway(ctx); err != nil {
		return nil, err
	}
	if err := w.loadConcerned(ctx); err != nil {
		return nil, err
	}
	for round := 0; round < maxNesting; round++ {
		if err := w.round(ctx); err != nil {
			return nil, err
		}
		if len(w.nested) == 0 && len(w.going) == 0 {
			break
		}
		if err := w.takeNested(ctx); err != nil {
			return nil, err
		}
	}
	return w.finish(), nil
}

// try sends all given objects through the API server, and gathers what it refuses.
func (w *walk) try(ctx context.Context) error {
	given := w.query.Given
	results, faults := make([]tried, len(given)), make([]error, len(given))
	group, gctx := errgroup.WithContext(ctx)
	group.SetLimit(w.source.Parallel)
	for i := range given {
		group.Go(func() error {
			var err error
			results[i], err = given[i].try(gctx, w.source)
			var refused *RefusedError
			if errors.As(err, &refused) {
				faults[i] = err
				return nil // what else is refused is of interest, too
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if err := errors.Join(faults...); err != nil {
		return &RefusedError{err}
	}
	for i := range given {
		if err := w.decide(&given[i], results[i]); err != nil {
			return err
		}
	}
	return nil
}

// takeAway removes what is to be taken as removed.
func (w *walk) takeAway(ctx context.Context) error {
	for _, ref := range w.query.Removed {
		k := key{kind: ref.Kind, name: ref.Name}
		if w.decided[k] {
			return fmt.Errorf("%s %s is in the files, and among what is to be taken as removed", ref.Kind, ref.Name)
		}
		live, err := apiOf(w.source.Client, k).Get(ctx, ref.Name, metav1.GetOptions{})
		if err != nil {
			return fmt.Errorf("cannot read what would be removed, %s %s: %w", ref.Kind, ref.Name, err)
		}
		w.decided[k] = true
		if err := put(trim(live), w.before); err != nil {
			return err
		}
		w.impact.Files = append(w.impact.Files, File{Kind: ref.Kind, Name: ref.Name, Change: Removed})
	}
	return nil
}

// decide puts a given object into the sets.
func (w *walk) decide(g *Given, t tried) error {
	k := g.key()
	w.decided[k] = true
	w.impact.Files = append(w.impact.Files, File{Kind: k.kind, Namespace: k.namespace, Name: k.name, File: g.File, Line: g.Line, Change: t.change})
	if t.change == Unchanged {
		return put(trim(t.live), w.before, w.after)
	}
	if v1alpha1.IsOwnerKind(k.kind) {
		w.changed[k] = t.change
	}
	if t.live != nil {
		if err := put(trim(t.live), w.before); err != nil {
			return err
		}
	}
	return put(trim(t.after), w.after)
}

// loadConcerned reads the owners that the files may concern, and all that decides about
// them.
func (w *walk) loadConcerned(ctx context.Context) error {
	var wanted []string
	for _, f := range w.impact.Files {
		if f.Change == Unchanged {
			continue
		}
		owners := ownersOf(f.Kind)
		wanted = append(wanted, owners...)
		if v1alpha1.IsOwnerKind(f.Kind) {
			owners = []string{f.Kind}
		}
		for _, owner := range owners {
			wanted = append(wanted, neededFor(owner)...)
		}
	}
	return w.load(ctx, wanted)
}

// round looks at all owners that are concerned, and not yet known.
func (w *walk) round(ctx context.Context) error {
	var concerned []key
	for k, after := range w.after.owners {
		if w.owners[k] != nil || after.Deleting {
			continue
		}
		if before := w.before.owners[k]; before != after || !w.before.basis(before).equal(w.after.basis(after)) {
			concerned = append(concerned, k)
		}
	}
	for k, before := range w.before.owners {
		if w.after.owners[k] == nil && w.owners[k] == nil && !before.Deleting {
			concerned = append(concerned, k)
		}
	}
	slices.SortFunc(concerned, compareKeys)
	w.live.bulk, w.live.namespace = len(concerned) > few, oneNamespace(concerned)
	w.tell(0, len(concerned))

	group, gctx := errgroup.WithContext(ctx)
	group.SetLimit(w.source.Parallel)
	for _, k := range concerned {
		group.Go(func() error {
			if gctx.Err() != nil {
				return gctx.Err()
			}
			err := w.look(gctx, k)
			w.tell(1, 0)
			return err
		})
	}
	return group.Wait()
}

// look makes the two passes over an owner.
func (w *walk) look(ctx context.Context, k key) error {
	was, is := w.before.owners[k], w.after.owners[k]
	if is == nil {
		return w.lookAfter(ctx, k, was)
	}
	c := &comparison{key: k, walk: w, given: w.changed[k], basis: w.after.basis(is)}
	var earlier *view
	if was != nil {
		c.blueprintBefore = w.before.basis(was).blueprint()
		earlier = newView(ctx, w, w.before, was, nil)
		c.was = realize.Pass(ctx, was, w.before.all(k.kind), time.Time{}, earlier)
	}
	later := newView(ctx, w, w.after, is, earlier)
	c.is = realize.Pass(ctx, is, w.after.all(k.kind), time.Time{}, later)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.failed != nil {
		return w.failed
	}
	c.earlier, c.later = earlier, later
	w.owners[k] = c.owner()
	return nil
}

// lookAfter finds what goes with an owner: what its status names, and the runs that a pass
// over it would look through.
func (w *walk) lookAfter(ctx context.Context, k key, was *realize.Owner) error {
	v := newView(ctx, w, w.before, was, nil)
	realize.Pass(ctx, was, w.before.all(k.kind), time.Time{}, v)
	refs := v.ran
	for _, r := range was.Status.Resources {
		if r.StampedRef != nil {
			refs = append(refs, *r.StampedRef)
		}
	}
	for _, ref := range refs {
		_, _ = v.Remove(ctx, realize.Account{}, was.UID, ref) // what keeps it from being known is noted
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.failed != nil {
		return w.failed
	}
	c := &comparison{key: k, walk: w, later: v}
	w.owners[k] = &Owner{
		Kind: k.kind, Namespace: k.namespace, Name: k.name, BlueprintBefore: w.before.basis(was).blueprint(),
		Objects: append([]Object{}, c.removed()...),
	}
	return nil
}

// takeNested makes the stamped owners that would change be as they would.
func (w *walk) takeNested(ctx context.Context) error {
	var needed []string
	for k := range w.nested {
		needed = append(needed, neededFor(k.kind)...)
	}
	for k := range w.going {
		needed = append(needed, neededFor(k.kind)...)
	}
	if err := w.load(ctx, needed); err != nil {
		return err
	}
	for k, after := range w.nested {
		if err := put(trim(after), w.after); err != nil {
			return err
		}
		if live := w.nestedLive(ctx, k); live != nil {
			if err := put(trim(live), w.before); err != nil {
				return err
			}
		}
		delete(w.owners, k) // it is looked at again if it was concerned anyway
	}
	clear(w.nested)
	for k, live := range w.going {
		if err := put(trim(live.DeepCopy()), w.before); err != nil {
			return err
		}
		delete(w.after.owners, k)
		delete(w.owners, k)
	}
	clear(w.going)
	return nil
}

// nestedLive is the live state of a stamped owner, which was read when it was compared.
func (w *walk) nestedLive(ctx context.Context, k key) *unstructured.Unstructured {
	live, err := w.live.get(ctx, "", objectKey{resourceOf(k.kind), k.namespace, k.name})
	if err != nil || live == nil {
		return nil
	}
	return live.DeepCopy()
}

func (w *walk) finish() *Impact {
	for _, k := range slices.SortedFunc(maps.Keys(w.owners), compareKeys) {
		w.impact.Owners = append(w.impact.Owners, *w.owners[k])
	}
	w.impact.Degraded = w.degraded.sorted()
	w.impact.Summary.Pending = len(w.pending)
	w.impact.summarize()
	return w.impact
}

// as is the client for dry runs in the name of an account.
func (w *walk) as(account realize.Account) (dynamic.Interface, error) {
	if w.source.As == nil {
		return w.source.Client, nil
	}
	client, err := once(&w.mu, w.clients, account, func() (dynamic.Interface, error) { return w.source.As(account) })
	return client, w.fatal(err)
}

// fatal keeps an error because of which nothing can be foretold. Both passes would stop at
// it in the same way, so that nothing would seem to change.
func (w *walk) fatal(err error) error {
	if err != nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.failed = cmp.Or(w.failed, err)
	}
	return err
}

// answered does so with what is no answer to a write or to a selection, such as a lost
// connection. An internal error is one: an admission webhook that is down fails the agent's
// write, too.
func (w *walk) answered(err error) error {
	if err != nil && (collect.Passing(err) && !apierrors.IsInternalError(err) || apierrors.IsUnauthorized(err)) {
		return w.fatal(err)
	}
	return err
}

// tell reports progress: how many more are done, and how many more there are.
func (w *walk) tell(done, all int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.done, w.all = w.done+done, w.all+all
	if w.source.Progress != nil {
		w.source.Progress(w.done, w.all)
	}
}

func compareKeys(a, b key) int {
	return cmp.Or(-strings.Compare(a.kind, b.kind), strings.Compare(a.namespace, b.namespace), strings.Compare(a.name, b.name))
}

// oneNamespace is the namespace of all owners; empty when they are of several.
func oneNamespace(owners []key) string {
	for _, k := range owners {
		if k.namespace != owners[0].namespace {
			return ""
		}
	}
	if len(owners) == 0 {
		return ""
	}
	return owners[0].namespace
}
