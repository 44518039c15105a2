package world

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/noun"
	"github.com/carto-run/carto/pkg/collect"
	"github.com/carto-run/carto/pkg/tree"
	"github.com/carto-run/carto/pkg/tui/feed"
)

// delete deletes the object that was shown, and no other that has its name by now.
func (w *World) delete(ctx context.Context, c *Cluster, a feed.Delete) (string, error) {
	client, err := resourceOf(c.Client, a.Ref)
	if err != nil {
		return "", err
	}
	background := metav1.DeletePropagationBackground
	options := metav1.DeleteOptions{PropagationPolicy: &background}
	if a.UID != "" {
		uid := types.UID(a.UID)
		options.Preconditions = &metav1.Preconditions{UID: &uid}
	}
	err = client.Delete(ctx, a.Ref.Name, options)
	switch {
	case err == nil:
		return "deleted " + qualified(a.Ref), nil
	case apierrors.IsConflict(err) && a.UID != "":
		return "", cmdutil.Findingf("%s is another one than was shown: it was deleted and made anew; nothing was deleted", qualified(a.Ref))
	}
	return "", w.explain(ctx, c, "delete", a.Ref, err)
}

// resourceOf is where an object lives.
func resourceOf(client dynamic.Interface, ref tree.Ref) (dynamic.ResourceInterface, error) {
	if n := nounOf(ref); n != nil {
		return n.Client(client, ref.Namespace), nil
	}
	resource, err := collect.Resource(&v1alpha1.StampedRef{ObjectReference: corev1.ObjectReference{APIVersion: ref.APIVersion, Kind: ref.Kind}, Resource: ref.Resource})
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", ref.Kind, ref.Name, err)
	}
	return client.Resource(resource).Namespace(ref.Namespace), nil
}

// nounOf is nil for kinds that are not Carto's.
func nounOf(ref tree.Ref) *noun.Noun {
	if ref.APIVersion != "" && ref.APIVersion != v1alpha1.GroupVersion.String() {
		return nil
	}
	return noun.OfKind(ref.Kind)
}

// qualified names an object in messages.
func qualified(ref tree.Ref) string {
	switch n := nounOf(ref); {
	case n != nil:
		return n.Qualified(ref.Namespace, ref.Name)
	case ref.Namespace == "":
		return ref.Kind + " " + ref.Name
	}
	return ref.Kind + " " + ref.Namespace + "/" + ref.Name
}

// explain says what was attempted on which object, and why it failed.
func (w *World) explain(ctx context.Context, c *Cluster, verb string, ref tree.Ref, err error) error {
	if n := nounOf(ref); n != nil {
		return n.Explain(ctx, c.Client, w.o.Program, verb, ref.Namespace, ref.Name, err)
	}
	if apierrors.IsNotFound(err) && !collect.MissingKind(err) {
		return cmdutil.Findingf("%s not found", qualified(ref))
	}
	return fmt.Errorf("cannot %s %s: %w", verb, qualified(ref), err)
}
