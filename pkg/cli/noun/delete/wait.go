package delete

import (
	"context"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
)

// wait waits until the objects are gone, all under one deadline.
func (o *Options) wait(ctx context.Context, client dynamic.Interface, targets []target) error {
	waiting, cancel := context.WithTimeout(ctx, o.WaitTimeout)
	defer cancel()
	for _, t := range targets {
		held, err := o.waitGone(waiting, client, t)
		switch {
		case err == nil:
		case ctx.Err() != nil:
			return ctx.Err()
		case waiting.Err() != nil:
			return cmdutil.Findingf("%s is still there after %s%s", o.Noun.Qualified(t.namespace, t.name), o.WaitTimeout, held)
		default:
			return cmdutil.Explain(o.Program, "wait for the end of "+o.Noun.Qualified(t.namespace, t.name), err)
		}
	}
	return nil
}

var errGone = errors.New("gone")

// waitGone waits for one object by watch, and says what holds it. One of the same name
// that was made since is another.
func (o *Options) waitGone(ctx context.Context, client dynamic.Interface, t target) (held string, err error) {
	obj, err := o.Noun.Client(client, t.namespace).Get(ctx, t.name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	if obj.GetDeletionTimestamp() == nil {
		return "", nil // made again since
	}
	if all := obj.GetFinalizers(); len(all) > 0 {
		held = fmt.Sprintf("; it is held by its finalizers %v", all)
	}
	err = o.Noun.WatchOne(ctx, client, o.Program, obj, func(e watch.Event) error {
		if e.Type == watch.Deleted {
			return errGone
		}
		return nil
	})
	if errors.Is(err, errGone) {
		return held, nil
	}
	return held, err
}
