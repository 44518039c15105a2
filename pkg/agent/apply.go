package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/realize"
	"github.com/carto-run/carto/pkg/stamp"
	"github.com/carto-run/carto/pkg/stamped"
)

// clusterView is the cluster as the pass over one owner sees it.
type clusterView struct {
	agent *Agent
	key   ownerKey
	// owner as it was before the pass.
	owner *realize.Owner
	// changedAt is when the change that led to this pass was noticed.
	changedAt time.Time
}

var _ realize.Cluster = (*clusterView)(nil)

func (c *clusterView) Template(kind, name string) *stamp.Template {
	return c.agent.catalog.template(kind, name)
}

func (c *clusterView) ServiceAccount(account realize.Account) error {
	if !c.agent.access.accountExists(account) {
		return errors.New("it does not exist")
	}
	return nil
}

func (c *clusterView) Resource(kind schema.GroupVersionKind) (realize.Resource, error) {
	return c.agent.mapper.resource(kind)
}

// watch is the watch of what owners of this kind stamp of a kind.
func (c *clusterView) watch(rest realize.Resource) *kindWatch {
	return c.agent.watches.watch(c.agent.informers, stampedFor(c.key.Kind, rest))
}

// readable is the same once it can be relied on; realize.ErrPending until then. So it is for
// an owner that is given away: no step that asks for this begins any more, since the handing
// over of all owners waits for the pass. Whoever gains the owner begins anew.
func (c *clusterView) readable(kind schema.GroupVersionKind) (realize.Resource, *kindWatch, error) {
	if !c.agent.share.works(c.key) {
		return realize.Resource{}, nil, realize.ErrPending
	}
	rest, err := c.agent.mapper.resource(kind)
	if err != nil {
		return realize.Resource{}, nil, err
	}
	w := c.watch(rest)
	return rest, w, w.ready(c.key)
}

// Apply implements realize.Cluster for objects of mutable lifecycle (spec: reconcile
// §10.1). It writes when the object is absent, was rendered differently, or has drifted.
func (c *clusterView) Apply(ctx context.Context, account realize.Account, object map[string]any) (realize.Applied, error) {
	u := unstructured.Unstructured{Object: object}
	rest, w, err := c.readable(u.GroupVersionKind())
	if err != nil {
		return realize.Applied{}, err
	}
	key := objectKey{u.GetNamespace(), u.GetName()}
	digest := stamp.Digest(object)
	live := w.live(key)
	known := w.mark(key)
	if live != nil {
		if err := stamped.Foreign(rest.Qualified(), key.Namespace, key.Name, live.controllerRef(), c.owner.UID); err != nil {
			return realize.Applied{}, err
		}
		if live, err = c.whole(ctx, rest, w, live); err != nil {
			return realize.Applied{}, err
		}
	}
	if live != nil {
		if c.isCurrent(w, key, live, known, digest, object) {
			return c.untouched(w, rest, key, live)
		}
	} else if c.vanished(rest, u.GroupVersionKind(), key.Name) {
		if err := c.alive(ctx); err != nil {
			return realize.Applied{}, err
		}
	}

	r := known.reverts
	if live != nil && live.digest == digest {
		// Somebody changed what was applied. It is put back, but not in a race.
		now := c.agent.clock.Now()
		if wait := r.delay(now); wait > 0 {
			c.agent.queue.AddAfter(c.key, wait)
			c.noteRivals(ctx, w, rest, key, object)
			return c.untouched(w, rest, key, live)
		}
		r = r.next(now)
		c.agent.metrics.reverts.WithLabelValues(rest.Qualified()).Inc()
	} else {
		r.rivals = "" // what is rendered now may leave them their fields
	}
	written, verb, err := c.write(ctx, account, rest.GroupVersionResource, key, object, digest)
	if err != nil {
		return realize.Applied{}, err
	}
	if live != nil && live.ResourceVersion == written.ResourceVersion {
		verb = "" // the write had no effect
	}
	answered, err := written.object()
	if err != nil {
		return realize.Applied{}, err
	}
	w.wrote(key, written, r, fieldNames(stamped.Altered(answered, object)))
	c.agent.share.note(w.key.name(), version(written.ResourceVersion))
	return realize.Applied{Object: answered, Verb: verb, Remark: c.remark(w, rest, key)}, nil
}

// isCurrent says whether the live object is as rendered. The check of the fields is
// done once per state of the object.
func (c *clusterView) isCurrent(w *kindWatch, key objectKey, live *stored, known mark, digest string, object map[string]any) bool {
	if live.DeletionTimestamp != nil {
		return true // nothing can be applied any more; its deletion will wake the owner
	}
	if live.digest != digest || live.controller() != c.owner.UID {
		return false
	}
	print := stamped.Fingerprint(live.owned)
	if known.digest == digest && known.owned == print {
		return true
	}
	if !stamped.Owns(live.owned, object) {
		return false
	}
	w.setMark(key, mark{digest: digest, owned: print, version: known.version, reverts: known.reverts, altered: altered(live, object)})
	return true
}

// untouched is the answer about an object that was not written.
func (c *clusterView) untouched(w *kindWatch, rest realize.Resource, key objectKey, s *stored) (realize.Applied, error) {
	object, err := s.object()
	return realize.Applied{Object: object, Remark: c.remark(w, rest, key)}, err
}

// write sends one server-side apply as the account.
func (c *clusterView) write(ctx context.Context, account realize.Account, gvr schema.GroupVersionResource, key objectKey, object map[string]any, digest string) (*stored, string, error) {
	client, err := c.agent.accounts.get(account)
	if err != nil {
		return nil, "", err
	}
	body, err := json.Marshal(stamped.WithDigest(object, digest))
	if err != nil {
		return nil, "", fmt.Errorf("encode the rendered object: %w", err)
	}
	var status int
	result := asOurs(client.Patch(types.ApplyPatchType)).
		AbsPath(objectPath(gvr, key.Namespace, key.Name)...).Param("force", "true").
		Body(body).Do(ctx).StatusCode(&status)
	text, err := accountAnswer(result)
	c.agent.metrics.wrote("apply", gvr.GroupResource().String(), err)
	if err != nil {
		return nil, "", err
	}
	if !c.changedAt.IsZero() {
		c.agent.metrics.propagation.Observe(c.agent.clock.Since(c.changedAt).Seconds())
	}
	written, err := readAnswer(text)
	if err != nil {
		return nil, "", err
	}
	if status == http.StatusCreated {
		return written, realize.VerbCreated, nil
	}
	return written, realize.VerbPatched, nil
}

// Remove implements realize.Cluster: an object that is gone, or that the owner does not
// control, is left alone.
func (c *clusterView) Remove(ctx context.Context, account realize.Account, owner types.UID, ref v1alpha1.StampedRef) (bool, error) {
	if ref.Namespace != c.key.Namespace {
		return false, nil // nothing is stamped there: another than the agent wrote this status
	}
	rest, w, err := c.readable(ref.GroupVersionKind())
	if err != nil {
		return false, err
	}
	key := objectKey{ref.Namespace, ref.Name}
	live := w.live(key)
	if live == nil || live.controller() != owner || live.DeletionTimestamp != nil {
		return false, nil
	}
	client, err := c.agent.accounts.get(account)
	if err != nil {
		return false, err
	}
	background := metav1.DeletePropagationBackground
	body, err := json.Marshal(&metav1.DeleteOptions{
		TypeMeta:          metav1.TypeMeta{APIVersion: "v1", Kind: "DeleteOptions"},
		Preconditions:     &metav1.Preconditions{UID: &live.UID},
		PropagationPolicy: &background,
	})
	if err != nil {
		return false, err
	}
	_, err = accountAnswer(client.Delete().AbsPath(objectPath(rest.GroupVersionResource, key.Namespace, key.Name)...).Body(body).Do(ctx))
	c.agent.metrics.wrote("delete", rest.Qualified(), err)
	if apierrors.IsNotFound(err) {
		return false, nil
	}
	return err == nil, err
}

// reverts bounds how often drift of one object is put back when somebody keeps
// changing it: at once for the first few times, then ever less often.
type reverts struct {
	count int
	last  time.Time
	// rivals says which fields are set by whom else, as of the revert number noted; empty
	// while the object is put back at once.
	rivals string
	noted  int
}

// Limits of reverts.
const (
	freeReverts   = 3
	firstInterval = time.Second
	maxInterval   = 5 * time.Minute
	revertsForget = 10 * time.Minute // a quiet time after which the count starts again
)

// delay is how long to wait before the next revert.
func (r reverts) delay(now time.Time) time.Duration {
	if r.count < freeReverts || now.Sub(r.last) > revertsForget {
		return 0
	}
	return r.last.Add(r.interval()).Sub(now)
}

// interval is the least time from the last revert to the next, for all but the free ones.
func (r reverts) interval() time.Duration {
	if shift := r.count - freeReverts; shift < 9 {
		return min(firstInterval<<shift, maxInterval)
	}
	return maxInterval
}

func (r reverts) next(now time.Time) reverts {
	if now.Sub(r.last) > revertsForget {
		return reverts{count: 1, last: now}
	}
	r.count, r.last = r.count+1, now
	return r
}
