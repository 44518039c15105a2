package happenings

import (
	"context"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"k8s.io/apimachinery/pkg/watch"
	watchtools "k8s.io/client-go/tools/watch"

	"github.com/carto-run/carto/pkg/collect"
	"github.com/carto-run/carto/pkg/tree"
)

// maxUnclaimed bounds the events that are kept although they are about nothing known: a
// pod's first event may come before the pod is seen.
const maxUnclaimed = 1000

// retryEvery is how long a namespace rests after it could not be read.
const retryEvery = 2 * time.Second

// Follow shows what happens from where the lists ended, until ctx is done or the owner is
// gone. Note takes what a person should know. Each namespace has one watch, of all its
// events: what is shown of them changes as objects come.
func (s *Source) Follow(ctx context.Context, inputs collect.Inputs, note func(string, ...any), show func(*Event) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	var group sync.WaitGroup
	defer group.Wait()
	defer cancel(nil)

	only := s.concern.only
	arrived, concerns := make(chan *Event), make(chan *concern)
	watched := map[string]bool{}
	begin := func() {
		for _, namespace := range s.concern.inOrder() {
			if !watched[namespace] {
				watched[namespace] = true
				w := &Source{client: s.client, types: s.types, resume: map[string]string{namespace: s.resume[namespace]}}
				group.Go(func() {
					defer utilruntime.HandleCrash() // a full-screen program gives the terminal back there
					w.watch(ctx, namespace, arrived, note)
				})
			}
		}
	}
	begin()
	group.Go(func() {
		defer utilruntime.HandleCrash()
		cancel(inputs(ctx, func(in tree.Input) error {
			select {
			case concerns <- newConcern(in, only):
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}))
	})
	var unclaimed, unplaced []*Event
	take := func(e *Event) error {
		if !s.concern.claims(e) {
			if unclaimed = append(unclaimed, e); len(unclaimed) > maxUnclaimed {
				unclaimed = unclaimed[1:]
			}
			return nil
		}
		if s.shown[e.UID] == e.ResourceVersion {
			return nil // it was listed again
		}
		s.shown[e.UID] = e.ResourceVersion
		if s.Again && e.Step == "" && aboutObject.MatchString(e.Message) {
			if unplaced = append(unplaced, e); len(unplaced) > maxUnclaimed {
				unplaced = unplaced[1:]
			}
		}
		return show(e)
	}
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case e := <-arrived:
			if err := take(e); err != nil {
				return err
			}
		case c := <-concerns:
			s.concern = c.with(s.concern)
			begin()
			nowhere := unplaced
			unplaced = nil
			for _, e := range nowhere {
				if s.concern.claims(e); e.Step == "" {
					unplaced = append(unplaced, e)
				} else if err := show(e); err != nil {
					return err
				}
			}
			waiting := unclaimed
			unclaimed = nil
			for _, e := range waiting {
				if err := take(e); err != nil {
					return err
				}
			}
		}
	}
}

// watch sends all events of a namespace until ctx is done. Where a watch can not be
// resumed, it begins anew with a list.
func (s *Source) watch(ctx context.Context, namespace string, arrived chan<- *Event, note func(string, ...any)) {
	s.concern = &concern{} // of no single object
	send := func(e *Event) {
		select {
		case arrived <- e:
		case <-ctx.Done():
		}
	}
	for failed := false; ctx.Err() == nil; {
		if s.resume[namespace] == "" {
			if err := s.pages(ctx, namespace, s.selector(namespace), send); err != nil && ctx.Err() == nil && !failed {
				failed = true
				note("cannot list events in namespace %s, trying again: %v", namespace, err)
			}
		}
		if from := s.resume[namespace]; from != "" {
			s.resume[namespace] = ""
			if err := s.watchFrom(ctx, namespace, from, send); apierrors.IsForbidden(err) || apierrors.IsUnauthorized(err) {
				note("cannot watch events in namespace %s: %v", namespace, err)
				return // to list them again and again is no watch
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(retryEvery):
		}
	}
}

// watchFrom resumes by itself when a connection drops; it returns when the API server has
// forgotten what happened since, or refuses.
func (s *Source) watchFrom(ctx context.Context, namespace, from string, send func(*Event)) error {
	watcher, err := watchtools.NewRetryWatcherWithContext(ctx, from, opener(func(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
		options.FieldSelector = s.selector(namespace)
		return s.client.Resource(eventResource).Namespace(namespace).Watch(ctx, options)
	}))
	if err != nil {
		return err
	}
	defer func() {
		watcher.Stop()
		<-watcher.Done()
	}()
	for change := range watcher.ResultChan() {
		if change.Type == watch.Error {
			return apierrors.FromObject(change.Object)
		}
		raw, ok := change.Object.(*unstructured.Unstructured)
		if !ok || (change.Type != watch.Added && change.Type != watch.Modified) {
			continue
		}
		if e := s.read(raw); e != nil {
			send(e)
		}
	}
	return nil
}

type opener func(context.Context, metav1.ListOptions) (watch.Interface, error)

func (f opener) WatchWithContext(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
	return f(ctx, options)
}
