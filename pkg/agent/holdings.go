package agent

import (
	"context"
	"fmt"
	"strings"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/realize"
)

// Whoever may create objects of a kind can give them Carto's labels, and the agent's watch
// then sees them. Of those that no owner controls only a stub is held. A tenant can name an
// owner of their own as controller: of large objects, so many bytes of each namespace are
// held. What is not held is read from the API server by the pass that needs it.
const (
	largeObject = 16 << 10
	maxLarge    = 8 << 20
)

// holdings say which stamped objects the caches hold whole.
type holdings struct {
	// isOwner says whether an owner has this UID. The first pass of an owner knows it, so what it
	// stamps is never taken for forged; another replica may see the object first, and reads it
	// when it has to.
	isOwner func(ownerKey, types.UID) bool

	mu sync.Mutex
	// large are the large objects that are held, and bytes is their sum by namespace.
	large map[heldKey]held
	bytes map[string]int
}

type heldKey struct {
	watch *kindWatch
	objectKey
}

type held struct {
	uid  types.UID
	size int
}

func newHoldings() *holdings {
	return &holdings{isOwner: func(ownerKey, types.UID) bool { return true }, large: map[heldKey]held{}, bytes: map[string]int{}}
}

// store returns the form in which a watch holds an object: the object itself or its stub.
func (h *holdings) store(w *kindWatch, s *stored) *stored {
	if !h.belongs(w, s) {
		h.forget(w, s)
		return s.stub()
	}
	if !h.admit(w, s) {
		return s.stub()
	}
	return s
}

// sift returns what does the same for the objects of one list while they are read. It counts for
// itself: a list may be given up, and what comes of it into the cache is counted by store.
func (h *holdings) sift(w *kindWatch) func(*stored) *stored {
	bytes := map[string]int{}
	return func(s *stored) *stored {
		size := s.size()
		if !h.belongs(w, s) || size > largeObject && bytes[s.Namespace]+size > maxLarge {
			return s.stub()
		}
		if size > largeObject {
			bytes[s.Namespace] += size
		}
		return s
	}
}

// belongs says whether an object is of an owner that there is.
func (h *holdings) belongs(w *kindWatch, s *stored) bool {
	owner, owned := s.owner()
	return owned && w.key.isOf(owner) && h.isOwner(owner, s.controller())
}

// admit says whether an object may be held whole, and counts it if so.
func (h *holdings) admit(w *kindWatch, s *stored) bool {
	key, size := heldKey{w, objectKey{s.Namespace, s.Name}}, s.size()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.remove(key)
	if size <= largeObject {
		return true
	}
	if h.bytes[s.Namespace]+size > maxLarge {
		return false
	}
	h.large[key] = held{s.UID, size}
	h.bytes[s.Namespace] += size
	return true
}

// remove takes an object out of the books; the lock is held.
func (h *holdings) remove(key heldKey) {
	before, ok := h.large[key]
	if !ok {
		return
	}
	delete(h.large, key)
	if h.bytes[key.Namespace] -= before.size; h.bytes[key.Namespace] == 0 {
		delete(h.bytes, key.Namespace)
	}
}

// forget takes an object that is not held any more out of the books, unless it is another of
// that name by now.
func (h *holdings) forget(w *kindWatch, s *stored) {
	key := heldKey{w, objectKey{s.Namespace, s.Name}}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.large[key].uid == s.UID {
		h.remove(key)
	}
}

// forgetAll is for a watch that has ended.
func (h *holdings) forgetAll(w *kindWatch) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for key := range h.large {
		if key.watch == w {
			h.remove(key)
		}
	}
}

// maxMark is the length above which a mark or a name is none that Carto made: tenants could
// hide a megabyte there. A digest has 71 bytes, names and kinds are far shorter.
const maxMark = 253

// stub is the object without its text, in new memory and of bounded size.
func (s *stored) stub() *stored {
	cut := func(text string) string { return strings.Clone(text[:min(len(text), maxMark)]) }
	stub := *s
	stub.text, stub.owned, stub.digest = nil, nil, cut(s.digest)
	if s.ref != nil {
		stub.ref = &metav1.OwnerReference{APIVersion: cut(s.ref.APIVersion), Kind: cut(s.ref.Kind), Name: cut(s.ref.Name), UID: types.UID(cut(string(s.ref.UID)))}
	}
	if s.Labels != nil {
		stub.Labels = map[string]string{
			v1alpha1.LabelResourceName:      s.Labels[v1alpha1.LabelResourceName],
			v1alpha1.LabelTemplateLifecycle: s.Labels[v1alpha1.LabelTemplateLifecycle],
		}
	}
	return &stub
}

// size is how much memory an object takes, above all.
func (s *stored) size() int { return len(s.text) + len(s.owned) }

func (s *stored) isStub() bool { return s.text == nil }

// newerThan says whether an answer to the agent tells more than the cache.
func (s *stored) newerThan(cached *stored) bool {
	if s == nil || cached == nil {
		return s != nil
	}
	mine, theirs := version(s.ResourceVersion), version(cached.ResourceVersion)
	return mine > theirs || mine == theirs && cached.isStub()
}

// whole is the object of a stub, read anew; nil when it is gone.
func (c *clusterView) whole(ctx context.Context, rest realize.Resource, w *kindWatch, s *stored) (*stored, error) {
	if !s.isStub() {
		return s, nil
	}
	key := objectKey{s.Namespace, s.Name}
	text, err := c.agent.read(ctx, rest, key)
	if apierrors.IsNotFound(err) {
		// The watch has not told of it yet, so nobody else asks whether its owner goes, too.
		return nil, c.alive(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("read %s %s/%s: %w", rest.Qualified(), key.Namespace, key.Name, err)
	}
	if s, err = readAnswer(text); err != nil {
		return nil, fmt.Errorf("read %s %s/%s: %w", rest.Qualified(), key.Namespace, key.Name, err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	// Large ones are read by each pass until they change: what is kept here is in no book.
	if s.controller() == c.owner.UID && s.size() <= largeObject {
		w.written[key] = s
	}
	return s, nil
}
