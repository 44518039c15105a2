package agent

import "sync"

// workOff takes things from a queue and does each in a goroutine of its own, until the queue
// has ended and all that was begun is done. How many there are at once is for the queue to
// say: it hands out the next one when there is room for it.
func workOff[K comparable](queue interface {
	Get() (key K, shutdown bool)
	Done(key K)
}, do func(K),
) {
	var errands sync.WaitGroup
	defer errands.Wait()
	for {
		key, shutdown := queue.Get()
		if shutdown {
			return
		}
		errands.Go(func() {
			defer queue.Done(key)
			do(key)
		})
	}
}
