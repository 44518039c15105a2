package noun

import (
	"context"
	"errors"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/collect"
)

// Watch calls emit for each change after the list that it is given, until emit returns an
// error or ctx is done. A watch that ends is resumed where it ended, with growing delays;
// where the API server has forgotten that place (410 Gone), everything is listed again and
// what differs is emitted, so that nothing is missed.
func (n *Noun) Watch(ctx context.Context, client dynamic.Interface, program, namespace string, options metav1.ListOptions, list *unstructured.UnstructuredList, emit func(watch.Event) error) error {
	w := &watcher{noun: n, known: map[types.UID]metav1.PartialObjectMetadata{}, emit: emit}
	for i := range list.Items {
		w.remember(&list.Items[i])
	}
	w.version = list.GetResourceVersion()
	first := wait.Backoff{Duration: 100 * time.Millisecond, Factor: 2, Jitter: 0.2, Steps: 9, Cap: 30 * time.Second}
	for delay := first; ; {
		opened := time.Now()
		watching := options
		watching.ResourceVersion, watching.AllowWatchBookmarks = w.version, true
		stream, err := n.Client(client, namespace).Watch(ctx, watching)
		if err == nil {
			err = w.read(ctx, stream)
		}
		var own *emitError
		switch {
		case errors.As(err, &own):
			return own.error
		case ctx.Err() != nil:
			return ctx.Err()
		case apierrors.IsGone(err), apierrors.IsResourceExpired(err):
			again, listed := n.Select(ctx, client, program, namespace, options)
			if listed == nil {
				if err := w.compare(again); err != nil {
					return err
				}
			} else if !collect.Passing(listed) {
				return listed
			}
		case err == nil, collect.Passing(err):
			if time.Since(opened) > 10*time.Second {
				delay = first
			}
		default:
			return cmdutil.Explain(program, "watch "+n.Plural, err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(delay.Step()):
		}
	}
}

// WatchOne is Watch for one object, from the state in which it was read.
func (n *Noun) WatchOne(ctx context.Context, client dynamic.Interface, program string, obj *unstructured.Unstructured, emit func(watch.Event) error) error {
	list := &unstructured.UnstructuredList{Object: cmdutil.List(nil), Items: []unstructured.Unstructured{*obj}}
	list.SetResourceVersion(obj.GetResourceVersion())
	one := metav1.ListOptions{FieldSelector: fields.OneTermEqualSelector("metadata.name", obj.GetName()).String()}
	return n.Watch(ctx, client, program, obj.GetNamespace(), one, list, emit)
}

// emitError is one of emit, which ends the watch.
type emitError struct{ error }

type watcher struct {
	noun    *Noun
	emit    func(watch.Event) error
	version string
	// known is what was emitted or listed last, without its content: there can be
	// thousands of objects.
	known map[types.UID]metav1.PartialObjectMetadata
}

func (w *watcher) remember(obj *unstructured.Unstructured) {
	w.known[obj.GetUID()] = metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{
		Namespace: obj.GetNamespace(), Name: obj.GetName(), UID: obj.GetUID(), ResourceVersion: obj.GetResourceVersion(),
	}}
}

// read emits the events of one watch until it ends.
func (w *watcher) read(ctx context.Context, stream watch.Interface) error {
	defer stream.Stop()
	// Not every client's watch ends with its context.
	defer context.AfterFunc(ctx, stream.Stop)()
	for event := range stream.ResultChan() {
		if event.Type == watch.Error {
			return apierrors.FromObject(event.Object)
		}
		obj, ok := event.Object.(*unstructured.Unstructured)
		if !ok {
			continue
		}
		w.version = obj.GetResourceVersion()
		switch event.Type {
		case watch.Bookmark:
			continue
		case watch.Deleted:
			delete(w.known, obj.GetUID())
		default:
			w.remember(obj)
		}
		if err := w.emit(event); err != nil {
			return &emitError{err}
		}
	}
	return nil
}

// compare emits what changed since a watch was lost.
func (w *watcher) compare(list *unstructured.UnstructuredList) error {
	gone := w.known
	w.known = map[types.UID]metav1.PartialObjectMetadata{}
	for i := range list.Items {
		obj := &list.Items[i]
		w.remember(obj)
		before, known := gone[obj.GetUID()]
		delete(gone, obj.GetUID())
		kind := watch.Modified
		if !known {
			kind = watch.Added
		}
		if before.ResourceVersion == obj.GetResourceVersion() && known {
			continue
		}
		if err := w.emit(watch.Event{Type: kind, Object: obj}); err != nil {
			return err
		}
	}
	for _, was := range gone {
		obj := &unstructured.Unstructured{}
		obj.SetGroupVersionKind(w.noun.Resource.GroupVersion().WithKind(w.noun.Kind))
		obj.SetNamespace(was.Namespace)
		obj.SetName(was.Name)
		obj.SetUID(was.UID)
		if err := w.emit(watch.Event{Type: watch.Deleted, Object: obj}); err != nil {
			return err
		}
	}
	w.version = list.GetResourceVersion()
	return nil
}
