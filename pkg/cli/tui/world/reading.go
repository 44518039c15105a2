package world

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"

	"github.com/carto-run/carto/pkg/cli/noun"
	"github.com/carto-run/carto/pkg/collect"
	"github.com/carto-run/carto/pkg/tree"
)

// inputs are what is read of an owner, once for all topics about it. Their errors are in
// words, and Ended where the owner is gone. Those of a blueprint are the blueprint alone.
func (w *World) inputs(c *Cluster, ref tree.Ref) collect.Inputs {
	n := noun.OfKind(ref.Kind)
	return func(ctx context.Context, show func(tree.Input) error) error {
		if n == nil {
			return &Ended{Err: fmt.Errorf("%s %s is no owner", ref.Kind, ref.Name)}
		}
		var own error
		read := false
		see := func(in tree.Input) error {
			read = true
			own = show(in)
			return own
		}
		var err error
		if n.Cluster {
			err = w.blueprintInputs(ctx, c, n, ref.Name, see)
		} else {
			err = c.readings.follow(ctx, c.Client, collect.OwnerRef{Kind: ref.Kind, Namespace: ref.Namespace, Name: ref.Name}, w.o.Clock, see)
		}
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

var errGone = errors.New("gone")

func (w *World) blueprintInputs(ctx context.Context, c *Cluster, n *noun.Noun, name string, show func(tree.Input) error) error {
	obj, err := n.Read(ctx, c.Client, w.o.Program, "", name)
	if err != nil {
		return err
	}
	if err := show(tree.Input{Root: &tree.Found{Object: obj}, IsBlueprint: true}); err != nil {
		return err
	}
	err = n.WatchOne(ctx, c.Client, w.o.Program, obj, func(e watch.Event) error {
		if e.Type == watch.Deleted {
			return errGone
		}
		return nil // its UID stays, which is all that its topics need
	})
	if errors.Is(err, errGone) {
		return &Ended{Err: fmt.Errorf("%s was deleted", n.Qualified("", name)), Gone: true}
	}
	return err
}

// readings are the owners that are read now. The zero value reads none.
type readings struct {
	mu  sync.Mutex
	all map[collect.OwnerRef]*reading
	// memory of what was stamped.
	memory memory
}

// reading is one owner. It ends when the last one who follows it leaves.
type reading struct {
	end    context.CancelFunc
	ended  chan struct{}
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

// follow is collect.FollowInput. Who is slow misses states, never the newest. The inputs are
// shared: nobody may change them.
func (r *readings) follow(ctx context.Context, client dynamic.Interface, ref collect.OwnerRef, clock func() time.Time, show func(tree.Input) error) error {
	read := r.enter(ctx, client, ref, clock)
	defer r.leave(ref, read)
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

func (r *readings) enter(ctx context.Context, client dynamic.Interface, ref collect.OwnerRef, clock func() time.Time) *reading {
	r.mu.Lock()
	defer r.mu.Unlock()
	read := r.all[ref]
	if read == nil || read.over() {
		if r.all == nil {
			r.all = map[collect.OwnerRef]*reading{}
		}
		// It lasts as long as anyone follows it, not as long as the one who came first.
		own, end := context.WithCancel(context.WithoutCancel(ctx))
		read = &reading{end: end, ended: make(chan struct{}), changed: make(chan struct{})}
		r.all[ref] = read
		go func() {
			defer close(read.ended)
			err := collect.FollowInput(own, client, ref, func(in tree.Input) error {
				r.memory.remember(in, clock())
				withoutManaged(in)
				read.set(func() { read.latest, read.version = in, read.version+1 })
				return nil
			})
			read.set(func() { read.err = err })
		}()
	}
	read.follow++
	return read
}

// withoutManaged takes away what nobody reads, and what is often half of an object, before
// the input is shared.
func withoutManaged(in tree.Input) {
	if in.Root != nil && in.Root.Object != nil {
		in.Root.Object.SetManagedFields(nil)
	}
	in.Visit(func(_ string, f *tree.Found) { f.Object.SetManagedFields(nil) })
}

// leave ends a reading that nobody follows any more, and waits for its end.
func (r *readings) leave(ref collect.OwnerRef, read *reading) {
	r.mu.Lock()
	read.follow--
	last := read.follow == 0
	if last && r.all[ref] == read {
		delete(r.all, ref)
	}
	r.mu.Unlock()
	if last {
		read.end()
		<-read.ended
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
