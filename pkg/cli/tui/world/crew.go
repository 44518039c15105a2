package world

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
)

// spawn is the one way to start a goroutine of the world: a panic in it becomes an error,
// which ended is told with all others. Elsewhere than in the program's own loop it would end
// the process, with the terminal as the program has it.
func spawn(group *sync.WaitGroup, work func() error, ended func(error)) {
	group.Go(func() { ended(guarded(work)) })
}

// guarded makes an error of a panic.
func guarded(work func() error) (err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = &Ended{Err: fmt.Errorf("a fault in this program: %v\n%s", fault, debug.Stack())}
		}
	}()
	return work()
}

// crew are the goroutines that work at a topic together.
type crew struct {
	ctx    context.Context //nolint:containedctx // a crew lasts as long as one call
	cancel context.CancelCauseFunc
	group  sync.WaitGroup
}

// together does work with a crew, and waits for all of it. The context of the work ends with
// the work, and at the first error of the crew, which is the error of all then.
func together(ctx context.Context, work func(ctx context.Context, c *crew) error) error {
	c := &crew{}
	c.ctx, c.cancel = context.WithCancelCause(ctx)
	defer c.group.Wait()
	defer c.cancel(nil)
	err := work(c.ctx, c)
	if c.ctx.Err() != nil {
		return context.Cause(c.ctx)
	}
	return err
}

// do starts work beside that of the crew's leader.
func (c *crew) do(work func() error) {
	spawn(&c.group, work, func(err error) {
		if err != nil {
			c.cancel(err) // nothing, when the work has ended already
		}
	})
}
