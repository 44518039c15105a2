package world

import (
	"context"
	"sync"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/carto-run/carto/pkg/tree"
	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/pkg/why"
)

// owner delivers snapshots of an owner, or of a blueprint with its owners.
func (w *World) owner(ctx context.Context, c *Cluster, t feed.Owner, emit func(any)) error {
	s := &snapshots{objects: map[objectKey]*unstructured.Unstructured{}}
	defer c.held.add(s)()
	return w.inputs(c, t.Ref)(ctx, func(in tree.Input) error {
		s.set(in)
		c.held.notify()
		emit(w.snapshot(in))
		return nil
	})
}

func (w *World) snapshot(in tree.Input) feed.Snapshot {
	now := w.o.Clock()
	s := feed.Snapshot{Tree: tree.Build(in), Input: in, At: now}
	if !in.IsBlueprint {
		s.Why = why.Build(s.Tree, why.Facts{Now: now})
	}
	return s
}

// snapshots hold the objects of the last snapshot of an owner.
type snapshots struct {
	mu      sync.Mutex
	objects map[objectKey]*unstructured.Unstructured
}

var _ holder = (*snapshots)(nil)

// set takes the objects of an input.
func (s *snapshots) set(in tree.Input) {
	objects := map[objectKey]*unstructured.Unstructured{}
	note := func(obj *unstructured.Unstructured) {
		objects[keyOfObject(obj)] = obj
	}
	if in.Root != nil && in.Root.Object != nil {
		note(in.Root.Object)
	}
	for _, owner := range in.Owners {
		note(owner.Root.Object)
	}
	in.Visit(func(_ string, f *tree.Found) { note(f.Object) })
	s.mu.Lock()
	defer s.mu.Unlock()
	s.objects = objects
}

func (s *snapshots) find(key objectKey) (string, func() (*unstructured.Unstructured, error), bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	obj := s.objects[key]
	if obj == nil {
		return "", nil, false
	}
	return obj.GetResourceVersion(), func() (*unstructured.Unstructured, error) { return obj.DeepCopy(), nil }, true
}
