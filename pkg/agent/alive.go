package agent

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/jsonread"
	"github.com/carto-run/carto/pkg/realize"
)

// vanished says whether an object of a kind, and of a name unless that is empty, is gone
// or going that the owner had stamped. It may have been deleted because its owner is: that news
// comes by another watch, and perhaps later.
func (c *clusterView) vanished(rest realize.Resource, kind schema.GroupVersionKind, name string) bool {
	if c.key.Kind == v1alpha1.KindRunnable {
		// Its status does not name its runs: whenever its spec does not ask for another.
		return c.owner.Status.ObservedGeneration == c.owner.Generation
	}
	w := c.watch(rest)
	for i := range c.owner.Status.Resources {
		ref := c.owner.Status.Resources[i].StampedRef
		if ref == nil || ref.GroupVersionKind().GroupKind() != kind.GroupKind() || name != "" && ref.Name != name {
			continue
		}
		if live := w.live(objectKey{ref.Namespace, ref.Name}); live == nil || live.DeletionTimestamp != nil {
			return true
		}
	}
	return false
}

// alive asks the API server whether the owner is there to stay. If not, the pass is
// abandoned: nothing may be made again for an owner that is being deleted (spec:
// reconcile Q25), and the news of it is on its way.
func (c *clusterView) alive(ctx context.Context) error {
	path := objectPath(v1alpha1.KindOf(c.key.Kind).Resource(), c.key.Namespace, c.key.Name)
	text, err := answerOf(c.agent.own.Get().AbsPath(path...).SetHeader("Accept", metadataOnly).Do(ctx))
	if apierrors.IsNotFound(err) {
		return realize.ErrPending
	}
	if err != nil {
		return fmt.Errorf("find out whether %s is being deleted: %w", c.key, err)
	}
	var owner metav1.PartialObjectMetadata
	if err := jsonread.Into(text, &owner); err != nil {
		return fmt.Errorf("decode the API server's answer: %w", err)
	}
	if owner.UID != c.owner.UID || owner.DeletionTimestamp != nil {
		return realize.ErrPending
	}
	return nil
}
