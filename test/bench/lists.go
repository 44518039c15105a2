package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
)

// lists reads the owners and then all that is stamped for them, as the agent does when it starts, throws all of it away, and
// returns the seconds that it took: what no start can be faster than. The API server answers from its cache.
func (b *bench) lists(ctx context.Context) (float64, error) {
	client, err := discovery.NewDiscoveryClientForConfig(b.cp.Config)
	if err != nil {
		return 0, fmt.Errorf("make a client: %w", err)
	}
	read := func(ctx context.Context, kind schema.GroupVersionResource) error {
		body, err := client.RESTClient().Get().AbsPath("apis", kind.Group, kind.Version, kind.Resource).Param("resourceVersion", "0").Stream(ctx)
		if err == nil {
			_, err = io.Copy(io.Discard, body)
			_ = body.Close() // read to its end or failed
		}
		if err != nil {
			return fmt.Errorf("list %s: %w", kind.Resource, err)
		}
		return nil
	}
	began := time.Now()
	if err := read(ctx, b.owners.resource); err != nil {
		return 0, err
	}
	group, ctx := errgroup.WithContext(ctx)
	for _, kind := range b.owners.kinds {
		group.Go(func() error { return read(ctx, resourceOf(kind)) })
	}
	err = group.Wait()
	return since(began), err
}
