package collect

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/carto-run/carto/pkg/tree"
)

// parallel bounds the requests in flight: enough to hide the latency, too few to be
// noticed by the API server.
const parallel = 8

// pageSize of lists.
const pageSize = 500

// target is something that was read: an object by name, or all of a kind in a namespace.
type target struct {
	resource        schema.GroupVersionResource
	namespace, name string
	// selector is one of labels, fields one of fields beyond the name.
	selector, fields string
}

// listOptions of a list or watch.
func (t target) listOptions() metav1.ListOptions {
	options := metav1.ListOptions{LabelSelector: t.selector, FieldSelector: t.fields}
	if t.name != "" {
		options.FieldSelector = "metadata.name=" + t.name
	}
	return options
}

// reader sends the requests of one reading, and remembers what they were and what could
// not be read.
type reader struct {
	Source
	query Query
	slots chan struct{}

	mu      sync.Mutex
	unread  []tree.Unread
	targets map[target]bool
	// unwatched are the watches that the API server refuses, of a reading that is repeated.
	unwatched []tree.Unread
	// parents are the objects below which to look.
	parents    []*tree.Found
	blueprints map[blueprintKey]func() *tree.Blueprint
	// runs is what run templates stamp, by their names.
	runs map[string]childKind
	now  time.Time
}

func newReader(source Source, query Query) *reader {
	clock := source.Clock
	if clock == nil {
		clock = time.Now
	}
	return &reader{
		now:    clock(),
		Source: source, query: query, slots: make(chan struct{}, parallel),
		targets:    map[target]bool{},
		blueprints: map[blueprintKey]func() *tree.Blueprint{},
		runs:       map[string]childKind{},
	}
}

func (r *reader) addParent(found *tree.Found) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.parents = append(r.parents, found)
}

// begin remembers a target, and waits for a place among the requests in flight.
func (r *reader) begin(ctx context.Context, t target) (end func(), err error) {
	r.mu.Lock()
	r.targets[t] = true
	r.mu.Unlock()
	select {
	case r.slots <- struct{}{}:
		return func() { <-r.slots }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (r *reader) get(ctx context.Context, resource schema.GroupVersionResource, namespace, name string) (*unstructured.Unstructured, error) {
	end, err := r.begin(ctx, target{resource: resource, namespace: namespace, name: name})
	if err != nil {
		return nil, err
	}
	defer end()
	return r.Client.Resource(resource).Namespace(namespace).Get(ctx, name, metav1.GetOptions{})
}

// list reads all pages; what was read before an error is given as well.
func (r *reader) list(ctx context.Context, t target) ([]unstructured.Unstructured, error) {
	end, err := r.begin(ctx, t)
	if err != nil {
		return nil, err
	}
	defer end()
	var items []unstructured.Unstructured
	options := t.listOptions()
	options.Limit = pageSize
	for {
		page, err := r.Client.Resource(t.resource).Namespace(t.namespace).List(ctx, options)
		if apierrors.IsResourceExpired(err) && options.Continue != "" {
			// The pages took too long for the API server: begin again without.
			items, options.Continue, options.Limit = nil, "", 0
			continue
		}
		if err != nil {
			return items, err
		}
		if r.query.Shallow {
			// Of ten thousand owners only the statuses are shown: who owns which field is often
			// half of an object, and of the memory.
			for i := range page.Items {
				page.Items[i].SetManagedFields(nil)
			}
		}
		items = append(items, page.Items...)
		if options.Continue = page.GetContinue(); options.Continue == "" {
			return items, nil
		}
	}
}

func (r *reader) note(verb, resource, namespace, name string, err error) {
	if errors.Is(err, context.Canceled) {
		return
	}
	u := newUnread(verb, resource, namespace, name, err)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.unread = append(r.unread, u)
}

func newUnread(verb, resource, namespace, name string, err error) tree.Unread {
	u := tree.Unread{Verb: verb, Resource: resource, Namespace: namespace, Name: name, Code: "Error", Message: err.Error()}
	if apierrors.IsForbidden(err) {
		u.Code, u.Message = "Forbidden", "no permission to "+verb+" "+resource
		if namespace != "" {
			u.Message += " in namespace " + namespace
		}
	}
	return u
}

// sorted makes the order independent of which request was answered first. What could not
// be read is not named again because it cannot be watched.
func (r *reader) sorted() []tree.Unread {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := slices.Clone(r.unread)
	for _, w := range r.unwatched {
		if !slices.ContainsFunc(all, func(u tree.Unread) bool { return u.Resource == w.Resource && u.Namespace == w.Namespace }) {
			all = append(all, w)
		}
	}
	slices.SortFunc(all, func(a, b tree.Unread) int {
		return cmp.Or(cmp.Compare(a.Resource, b.Resource), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Verb, b.Verb))
	})
	return all
}
