package agent

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/cache"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/realize"
	"github.com/carto-run/carto/pkg/stamped"
)

// runIndex finds the runs of a resource without a look at the others of their kind.
const runIndex = "runs"

// runKey has the namespace in it: whoever may create objects in any namespace may name any owner
// as their controller, and what is read from a run goes into the next step.
func runKey(namespace string, owner types.UID, resource string) string {
	return namespace + "/" + string(owner) + "/" + resource
}

func indexRuns(object any) ([]string, error) {
	if s, ok := object.(*stored); ok && s.Labels != nil {
		return []string{runKey(s.Namespace, s.controller(), s.step())}, nil
	}
	return nil, nil
}

// step is the resource of the blueprint that a run was stamped for; empty when it was for
// a Runnable.
func (s *stored) step() string {
	kind := ""
	if ref := s.controllerRef(); ref != nil {
		kind = ref.Kind
	}
	return stamped.RunStep(kind, s.Labels)
}

// runs returns the newest known states of the runs of a resource of an owner in a
// namespace, the newest run first.
func (w *kindWatch) runs(namespace string, owner types.UID, resource string) []*stored {
	found := map[objectKey]*stored{}
	cached, _ := w.informer.GetIndexer().ByIndex(runIndex, runKey(namespace, owner, resource)) // the index exists
	for _, object := range cached {
		if s, ok := object.(*stored); ok {
			found[objectKey{s.Namespace, s.Name}] = s
		}
	}
	w.mu.Lock()
	for key, own := range w.written {
		if own.Labels == nil || own.Namespace != namespace || own.controller() != owner || own.step() != resource {
			continue
		}
		if own.newerThan(found[key]) {
			found[key] = own
		}
	}
	w.mu.Unlock()
	all := make([]*stored, 0, len(found))
	for _, s := range found {
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b *stored) int {
		return stamped.NewestFirst(a.order(), b.order())
	})
	return all
}

func (s *stored) order() stamped.Order {
	return stamped.Order{Sequence: s.sequence, Created: s.CreationTimestamp, Name: s.Name}
}

// Runs implements realize.Cluster.
func (c *clusterView) Runs(ctx context.Context, kind schema.GroupVersionKind, owner types.UID, resource string) iter.Seq2[realize.Run, error] {
	return func(yield func(realize.Run, error) bool) {
		rest, w, err := c.readable(kind)
		if err != nil {
			yield(realize.Run{}, err)
			return
		}
		for _, s := range w.runs(c.key.Namespace, owner, resource) {
			var run realize.Run
			if s, err = c.whole(ctx, rest, w, s); err == nil {
				if s == nil || s.controller() != owner {
					continue // not any more
				}
				run, err = s.run()
			}
			if !yield(run, err) || err != nil {
				return
			}
		}
	}
}

func (s *stored) run() (realize.Run, error) {
	object, err := s.object()
	return realize.Run{
		Name: s.Name, Labels: s.Labels, Digest: s.digest, Sequence: s.sequence, Deleting: s.DeletionTimestamp != nil, Object: object,
	}, err
}

// Create implements realize.Cluster. It is a plain create: an object of an immutable
// lifecycle is never written again, so nothing needs to know whose its fields are.
func (c *clusterView) Create(ctx context.Context, account realize.Account, object map[string]any) (realize.Run, error) {
	u := unstructured.Unstructured{Object: object}
	rest, err := c.agent.mapper.resource(u.GroupVersionKind())
	if err != nil {
		return realize.Run{}, err
	}
	key := objectKey{u.GetNamespace(), u.GetName()}
	client, err := c.agent.accounts.get(account)
	if err != nil {
		return realize.Run{}, err
	}
	body, err := json.Marshal(object)
	if err != nil {
		return realize.Run{}, fmt.Errorf("encode the rendered object: %w", err)
	}
	if c.vanished(rest, u.GroupVersionKind(), "") {
		if err := c.alive(ctx); err != nil {
			return realize.Run{}, err
		}
	}
	text, err := accountAnswer(asOurs(client.Post()).AbsPath(collectionPath(rest.GroupVersionResource, key.Namespace)...).Body(body).Do(ctx))
	c.agent.metrics.wrote("create", rest.Qualified(), err)
	if apierrors.IsAlreadyExists(err) {
		return c.earlierAttempt(ctx, rest, key, u.GetAnnotations(), err)
	}
	if err != nil {
		return realize.Run{}, err
	}
	if !c.changedAt.IsZero() {
		c.agent.metrics.propagation.Observe(c.agent.clock.Since(c.changedAt).Seconds())
	}
	return c.noteRun(rest, key, text)
}

// earlierAttempt takes an object for the run that was to be made, if it is that one: its
// creation was sent before, but the answer was lost.
func (c *clusterView) earlierAttempt(ctx context.Context, rest realize.Resource, key objectKey, wanted map[string]string, exists error) (realize.Run, error) {
	// The watch may not have shown it yet; this is the one read that can not wait for it.
	text, err := c.agent.read(ctx, rest, key)
	if err != nil {
		return realize.Run{}, exists
	}
	s, err := readAnswer(text)
	if err != nil {
		return realize.Run{}, exists
	}
	if s.controller() != c.owner.UID || s.DeletionTimestamp != nil || s.digest != wanted[v1alpha1.AnnotationDigest] ||
		s.sequence != stamped.ParseSequence(wanted) {
		return realize.Run{}, realize.RunExists(exists)
	}
	return c.noteRun(rest, key, text)
}

// noteRun remembers a run until the watch has shown it.
func (c *clusterView) noteRun(rest realize.Resource, key objectKey, text []byte) (realize.Run, error) {
	s, err := readAnswer(text)
	if err != nil {
		return realize.Run{}, err
	}
	w := c.watch(rest)
	w.wrote(key, s, reverts{}, "")
	c.agent.share.note(w.key.name(), version(s.ResourceVersion))
	return s.run()
}

var runIndexers = cache.Indexers{runIndex: indexRuns}
