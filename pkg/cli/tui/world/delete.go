package world

import (
	"context"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/noun"
	"github.com/carto-run/carto/pkg/collect"
	"github.com/carto-run/carto/pkg/tree"
	"github.com/carto-run/carto/pkg/tui/feed"
)

// delete deletes the object that was shown, and no other that has its name by now.
func (w *World) delete(ctx context.Context, c *Cluster, a feed.Delete) (string, error) {
	n, err := w.nounOf(c, a.Ref)
	if err != nil {
		return "", err
	}
	background := metav1.DeletePropagationBackground
	options := metav1.DeleteOptions{PropagationPolicy: &background}
	if a.UID != "" {
		uid := types.UID(a.UID)
		options.Preconditions = &metav1.Preconditions{UID: &uid}
	}
	what := n.Qualified(a.Ref.Namespace, a.Ref.Name)
	err = n.Client(c.Client, a.Ref.Namespace).Delete(ctx, a.Ref.Name, options)
	switch {
	case err == nil:
		return "deleted " + what, nil
	case apierrors.IsConflict(err) && a.UID != "":
		return "", cmdutil.Findingf("%s is another one than was shown: it was deleted and made anew; nothing was deleted", what)
	}
	return "", w.explain(ctx, c, n, "delete", a.Ref, err)
}

// explain says what was attempted on which object, and why it failed.
func (w *World) explain(ctx context.Context, c *Cluster, n *noun.Noun, verb string, ref tree.Ref, err error) error {
	if collect.MissingKind(err) && n.Resource.Group != v1alpha1.Group {
		return w.unreadable(n, verb, ref, err)
	}
	return n.Explain(ctx, c.Client, w.o.Program, verb, ref.Namespace, ref.Name, err)
}
