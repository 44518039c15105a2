package main

import (
	"context"
	"time"

	"github.com/carto-run/carto/test/demo/scene"
	"github.com/carto-run/carto/test/terminal"
)

// picture is how to come to a screen.
type picture struct {
	name          string
	width, height int
	light         bool
	args          []string
	steps         []step
}

type step func(context.Context, *scene.Scene, *terminal.Terminal) error

// press presses keys.
func press(keys ...string) step {
	return func(_ context.Context, _ *scene.Scene, t *terminal.Terminal) error { return t.Press(keys...) }
}

// types sends text.
func types(text string) step {
	return func(_ context.Context, _ *scene.Scene, t *terminal.Terminal) error { return t.Type(text) }
}

// sees waits for texts.
func sees(texts ...string) step {
	return func(ctx context.Context, _ *scene.Scene, t *terminal.Terminal) error { return t.WaitFor(ctx, texts...) }
}

// after lets time pass, so that there is something to see.
func after(d time.Duration) step {
	return func(ctx context.Context, _ *scene.Scene, _ *terminal.Terminal) error {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(d):
			return nil
		}
	}
}

var pictures = []picture{
	{name: "overview", width: 120, height: 22, steps: []step{sees("cart", "payment", "failed"), after(8 * time.Second)}},
	{name: "owner", width: 160, height: 44, args: []string{"workload/cart"}, steps: []step{sees("fetch", "promote"), after(2 * time.Second)}},
	{name: "stuck", width: 100, height: 36, args: []string{"workload/checkout"}, steps: []step{sees("expected 4, got 5"), after(time.Second)}},
	{name: "logs", width: 120, height: 22, args: []string{"workload/cart"}, steps: []step{sees("fetch"), press("l"), sees("GET /cart"), after(5 * time.Second)}},
	{name: "yaml", width: 100, height: 26, args: []string{"workload/cart"}, steps: []step{sees("fetch"), press("y"), sees("apiVersion"), types("/revision"), press("enter"), after(time.Second)}},
	{name: "help", width: 120, height: 40, steps: []step{sees("cart"), press("?"), sees("Everywhere")}},
}
