package agent

import (
	"context"
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/carto-run/carto/pkg/jsonread"
	"github.com/carto-run/carto/pkg/realize"
)

const (
	// maxSelected bounds what is read when a selector matches more than the one object
	// that it should.
	maxSelected = "10"
	// maxSelections bounds the watches that tenants can cause by their selectors, and
	// selectionShare what part of those that are left one namespace may have. What exceeds
	// either is looked at from time to time instead, and so is a selection without labels:
	// it is of the whole kind, of which there may be a million objects.
	maxSelections  = 256
	selectionShare = 8
	lookAgain      = time.Minute
)

// Select implements realize.Cluster. The objects are read anew in each pass, with the
// account's rights: what the agent may read is nothing that every owner may. The watch
// only tells that there is something to read.
func (c *clusterView) Select(ctx context.Context, account realize.Account, selection realize.Selection) ([]map[string]any, error) {
	rest, err := c.agent.mapper.resource(selection.Kind)
	if err != nil {
		return nil, err
	}
	key := selectedBy(selection, rest)
	if w := c.agent.watches.watchSelection(c.agent.informers, key); w == nil {
		c.agent.queue.AddAfter(c.key, lookAgain)
	} else if err := w.ready(c.key); errors.Is(err, realize.ErrPending) {
		return nil, err
	}
	client, err := c.agent.accounts.get(account)
	if err != nil {
		return nil, err
	}
	text, err := accountAnswer(client.Get().AbsPath(collectionPath(rest.GroupVersionResource, key.namespace)...).
		Param("labelSelector", selection.Labels).Param("limit", maxSelected).Do(ctx))
	if err != nil {
		return nil, err
	}
	var list struct {
		Items []map[string]any `json:"items"`
	}
	if err := jsonread.Into(text, &list); err != nil {
		return nil, fmt.Errorf("decode the API server's answer: %w", err)
	}
	for _, item := range list.Items {
		// Items of a list of a built-in kind come without it.
		item["apiVersion"], item["kind"] = selection.Kind.GroupVersion().String(), selection.Kind.Kind
	}
	return list.Items, nil
}

// selectionChanged wakes the Runnables that a change of a selected object can concern.
func (a *Agent) selectionChanged(selection realize.Selection) {
	a.epoch.Add(1)
	for _, owner := range a.depends.of(selection) {
		a.wake(owner)
	}
}

// watchSelection returns the watch of a selection, and starts it on first use; nil when it is
// not to be watched.
func (s *watchSet) watchSelection(ctx context.Context, key watchKey) *kindWatch {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.watches[key]
	if w == nil {
		if !s.mayWatch(key) {
			return nil
		}
		w = s.start(ctx, key)
	}
	w.used = time.Now()
	return w
}

// selectionFailed reports that what Runnables select can not be listed or watched. It is up to
// tenants what that is, so a kind that the agent has no right to is no fault of the cluster:
// such failures are counted apart, and told once. Its Runnables are woken by each, and look
// for themselves.
func (s *watchSet) selectionFailed(w *kindWatch, err error) {
	if apierrors.IsNotFound(err) {
		return // the kind is gone, which its Runnables say; its series have ended, and shall not begin again
	}
	s.metrics.selectionFailures.WithLabelValues(w.key.GroupResource().String()).Inc()
	w.mu.Lock()
	told := w.told
	w.told = true
	w.mu.Unlock()
	if !told {
		s.log.Warn("cannot watch what a Runnable selects; trying again from time to time", append(w.key.details(), "err", err)...)
	}
}

// mayWatch says whether one more selection may be watched, at the expense of its namespace;
// the lock is held.
func (s *watchSet) mayWatch(key watchKey) bool {
	all, of := 0, 0
	for other := range s.watches {
		if other.isSelection() {
			all++
			if other.selection.Namespace == key.selection.Namespace {
				of++
			}
		}
	}
	// Each is compared with what would be left without its own.
	return key.selector != "" && all < maxSelections && of < fairShare(maxSelections, all-of, selectionShare)
}
