package world

import (
	"context"
	"maps"
	"slices"
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/carto-run/carto/pkg/cli/noun"
	"github.com/carto-run/carto/pkg/tui/feed"
)

var namespaceNoun = &noun.Noun{
	Kind: "Namespace", Name: "namespace", Plural: "namespaces", Cluster: true,
	Resource: schema.GroupVersionResource{Version: "v1", Resource: "namespaces"},
}

// namespaces delivers the names of all, whenever there is another one or one less.
func (w *World) namespaces(ctx context.Context, c *Cluster, emit func(any)) error {
	var mu sync.Mutex
	names, told := map[string]bool{}, -1
	count := 0 // changes of the set
	wake := make(chan struct{}, 1)
	set := func(name string, there bool) {
		mu.Lock()
		defer mu.Unlock()
		if names[name] == there {
			return
		}
		count++
		if names[name] = there; !there {
			delete(names, name)
		}
	}
	poke := func() {
		select {
		case wake <- struct{}{}:
		default:
		}
	}
	take := func() (any, bool) {
		mu.Lock()
		defer mu.Unlock()
		if told == count {
			return nil, false
		}
		told = count
		return feed.Names{Names: slices.Sorted(maps.Keys(names)), Current: c.Namespace}, true
	}
	return together(ctx, func(ctx context.Context, crew *crew) error {
		crew.do(func() error { return deliver(ctx, wake, take, emit) })
		list, err := namespaceNoun.Select(ctx, c.Client, w.o.Program, "", metav1.ListOptions{})
		if err != nil {
			return err
		}
		for i := range list.Items {
			set(list.Items[i].GetName(), true)
		}
		poke()
		return namespaceNoun.Watch(ctx, c.Client, w.o.Program, "", metav1.ListOptions{}, list, func(e watch.Event) error {
			if obj, ok := e.Object.(*unstructured.Unstructured); ok {
				set(obj.GetName(), e.Type != watch.Deleted)
				poke()
			}
			return nil
		})
	})
}
