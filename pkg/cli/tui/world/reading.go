package world

import (
	"context"
	"fmt"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/carto-run/carto/pkg/cli/noun"
	"github.com/carto-run/carto/pkg/collect"
	"github.com/carto-run/carto/pkg/tree"
)

// inputs are what is read of an owner, or of a blueprint with its owners, once for all topics
// about it. Their errors are in words, and Ended where it is gone.
func (w *World) inputs(c *Cluster, ref tree.Ref) collect.Inputs {
	n := noun.OfKind(ref.Kind)
	return func(ctx context.Context, show func(tree.Input) error) error {
		if n == nil {
			return &Ended{Err: fmt.Errorf("nothing is known of the kind %q", ref.Kind)}
		}
		var own error
		read := false
		see := func(in tree.Input) error {
			read = true
			own = show(in)
			return own
		}
		err := c.readings.follow(ctx, w.source(c), rootOf(n, ref), n.Cluster, see)
		switch {
		case err == nil, own != nil, ctx.Err() != nil:
			return err
		case apierrors.IsNotFound(err) && !collect.MissingKind(err) && read:
			return &Ended{Err: fmt.Errorf("%s was deleted", n.Qualified(ref.Namespace, ref.Name)), Gone: true}
		case apierrors.IsNotFound(err) && !collect.MissingKind(err):
			return &Ended{Err: n.Missing(ctx, c.Client, ref.Namespace, ref.Name)}
		}
		return n.Explain(ctx, c.Client, w.o.Program, "read", ref.Namespace, ref.Name, err)
	}
}

func rootOf(n *noun.Noun, ref tree.Ref) collect.Root {
	return collect.Root{Resource: n.Resource, Namespace: ref.Namespace, Name: ref.Name}
}

// readings are the owners that are read now. The zero value reads none.
type readings struct {
	mu  sync.Mutex
	all map[collect.Root]*reading
	// memory of what was stamped.
	memory memory
}

// reading is one owner. It ends when the last one who follows it leaves.
type reading struct {
	end    context.CancelFunc
	group  sync.WaitGroup
	follow int // how many follow it

	mu sync.Mutex
	// latest is the newest state, and version counts the states.
	latest  tree.Input
	version int
	// err is why nothing more comes.
	err error
	// changed is closed, and replaced, when anything above changes.
	changed chan struct{}
}

// follow is collect.FollowRoot. Who is slow misses states, never the newest. The inputs are
// shared: nobody may change them.
func (r *readings) follow(ctx context.Context, source collect.Source, root collect.Root, shallow bool, show func(tree.Input) error) error {
	read := r.enter(ctx, source, root, shallow)
	defer r.leave(root, read)
	for seen := 0; ; {
		in, version, err, changed := read.now()
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case version != seen:
			seen = version
			if err := show(in); err != nil {
				return err
			}
			continue
		case err != nil:
			return err
		}
		select {
		case <-ctx.Done():
		case <-changed:
		}
	}
}

func (r *readings) enter(ctx context.Context, source collect.Source, root collect.Root, shallow bool) *reading {
	r.mu.Lock()
	defer r.mu.Unlock()
	read := r.all[root]
	if read == nil || read.over() {
		if r.all == nil {
			r.all = map[collect.Root]*reading{}
		}
		// It lasts as long as anyone follows it, not as long as the one who came first.
		own, end := context.WithCancel(context.WithoutCancel(ctx))
		read = &reading{end: end, changed: make(chan struct{})}
		r.all[root] = read
		// A blueprint may have a thousand owners: what their own statuses say is enough.
		query := collect.Query{Roots: []collect.Root{root}, Shallow: shallow}
		spawn(&read.group, func() error {
			return collect.FollowRoot(own, source, query, func(in tree.Input) error {
				r.memory.remember(in, source.Clock())
				withoutManaged(in)
				read.set(func() { read.latest, read.version = in, read.version+1 })
				return nil
			})
		}, func(err error) { read.set(func() { read.err = err }) })
	}
	read.follow++
	return read
}

// withoutManaged takes away what nobody reads, and what is often half of an object, before
// the input is shared.
func withoutManaged(in tree.Input) {
	if in.Root != nil && in.Root.Object != nil {
		withoutManagedFields(in.Root.Object)
	}
	for _, owner := range in.Owners {
		withoutManagedFields(owner.Root.Object)
	}
	in.Visit(func(_ string, f *tree.Found) { withoutManagedFields(f.Object) })
}

// present is the newest state of an owner that is read now; false for others.
func (r *readings) present(root collect.Root) (tree.Input, bool) {
	r.mu.Lock()
	read := r.all[root]
	r.mu.Unlock()
	if read == nil {
		return tree.Input{}, false
	}
	in, version, err, _ := read.now()
	return in, version > 0 && err == nil
}

// leave ends a reading that nobody follows any more, and waits for its end.
func (r *readings) leave(root collect.Root, read *reading) {
	r.mu.Lock()
	read.follow--
	last := read.follow == 0
	if last && r.all[root] == read {
		delete(r.all, root)
	}
	r.mu.Unlock()
	if last {
		read.end()
		read.group.Wait()
	}
}

// forget has whoever comes now read anew.
func (r *readings) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = nil
}

func (r *reading) set(change func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change()
	close(r.changed)
	r.changed = make(chan struct{})
}

func (r *reading) now() (in tree.Input, version int, err error, changed <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.latest, r.version, r.err, r.changed
}

func (r *reading) over() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err != nil
}
