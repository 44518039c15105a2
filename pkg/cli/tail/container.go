package tail

import (
	"context"
	"errors"
	"io"
	"math"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
)

// container follows one container of one pod over all its instances.
type container struct {
	t    *tailer
	pod  *pod
	name string
	// seam is where the lines ended that were shown.
	seam seam

	mu      sync.Mutex
	state   containerState
	closing bool
	// changed is closed, and replaced, when the state changes.
	changed chan struct{}
}

func newContainer(t *tailer, p *pod, name string, state containerState) *container {
	return &container{t: t, pod: p, name: name, state: state, changed: make(chan struct{})}
}

// update tells the container how it is.
func (c *container) update(state containerState, closing bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state != state || c.closing != closing {
		c.state, c.closing = state, closing
		close(c.changed)
		c.changed = make(chan struct{})
	}
}

func (c *container) now() (state containerState, closing bool, changed <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state, c.closing, c.changed
}

// none is the instance before the first.
const none = int32(-1)

// run shows the instances one after the other. A stream ends when its container ends, but
// also when the connection drops, and nothing tells the two apart. So an instance counts
// as read only by a read that began when it was known to have ended, and came to its end.
func (c *container) run(ctx context.Context) {
	begun, read := none, none
	if state, _, _ := c.now(); c.t.beforeWindow(state) {
		begun, read = state.restarts, state.restarts
	}
	backoff := wait.Backoff{Duration: 200 * time.Millisecond, Factor: 2, Jitter: 0.2, Steps: 7, Cap: 10 * time.Second}
	for delay := backoff; ; {
		state, closing, changed := c.now()
		switch {
		case ctx.Err() != nil, state.gone, read == state.restarts && (state.over || closing), !state.started && closing:
			return
		case !state.started, read == state.restarts:
			select {
			case <-ctx.Done():
			case <-changed:
			}
			continue
		}
		if begun != none && begun < state.restarts && read < begun {
			// It restarted before the rest of its log was read.
			if err := c.read(ctx, false, true); err == nil {
				read = begun
			}
		}
		begun = state.restarts
		opened, last := time.Now(), state.ended || closing
		switch err := c.read(ctx, !last, false); {
		case ctx.Err() != nil, apierrors.IsNotFound(err):
			return
		case apierrors.IsForbidden(err), err != nil && closing:
			c.t.refuse(c.pod, c.name, err)
			return
		case err == nil && last:
			read, delay = state.restarts, backoff
			if closing {
				return
			}
			continue
		case apierrors.IsBadRequest(err): // it is about to start
		case isAnswer(err):
			c.t.refuse(c.pod, c.name, err) // the node may be back later
		case err != nil && c.t.following.Err() == nil:
			c.t.notef("dropped", "a connection dropped and will be resumed: %v", err)
		}
		if time.Since(opened) > 10*time.Second {
			delay = backoff
		}
		select {
		case <-ctx.Done():
		case <-changed:
		case <-time.After(delay.Step()):
		}
	}
}

// isAnswer tells what the API server says from a connection that dropped.
func isAnswer(err error) bool {
	var status apierrors.APIStatus
	return errors.As(err, &status)
}

// beforeWindow spares the request for a container that ended so long ago that no line is
// asked for. A minute is left for clocks that differ.
func (t *tailer) beforeWindow(s containerState) bool {
	return s.ended && t.o.Since > 0 && !s.endedAt.IsZero() && s.endedAt.Time.Before(t.begun.Add(-t.o.Since-time.Minute))
}

// read shows the lines after the seam. With follow it goes on until the stream ends.
func (c *container) read(ctx context.Context, follow, previous bool) error {
	if !c.t.take(ctx) {
		return ctx.Err()
	}
	defer func() { <-c.t.slots }()
	if follow {
		// A second context: its end is no end of the tail.
		var done context.CancelFunc
		ctx, done = context.WithCancel(ctx)
		defer done()
		defer context.AfterFunc(c.t.following, done)()
	}
	options := &corev1.PodLogOptions{Container: c.name, Follow: follow, Previous: previous, Timestamps: true}
	if from := c.seam.resume(); !from.IsZero() {
		at := metav1.NewTime(from)
		options.SinceTime = &at
	} else if c.t.o.Since > 0 {
		// The window begins before the tail began, however late the first line comes.
		// Seconds are counted back by the node, whose clock may differ from ours.
		seconds := int64(math.Ceil((c.t.o.Since + time.Since(c.t.begun)).Seconds()))
		options.SinceSeconds = &seconds
	}
	body, err := c.t.o.Logs(ctx, c.pod.key.namespace, c.pod.key.name, options)
	if err != nil {
		return err
	}
	defer closeQuietly(body)
	c.t.mu.Lock()
	place := c.t.place(c.pod.step)
	c.t.mu.Unlock()
	return lines(body, !follow, func(stamp, message string, at time.Time) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if !c.seam.fresh(stamp+" "+message, at) {
			return nil
		}
		return c.t.emit(Line{Time: stamp, Step: c.pod.step, Pod: c.pod.key.name, Container: c.name, Message: message, place: place})
	})
}

// take waits for a free stream; false when ctx was done first.
func (t *tailer) take(ctx context.Context) bool {
	select {
	case t.slots <- struct{}{}:
		return true
	default:
	}
	t.notef("slots", "%d containers are followed, which is the most; others wait (see --max-streams)", cap(t.slots))
	select {
	case t.slots <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

// refuse says once of each pod that its log can not be read.
func (t *tailer) refuse(p *pod, container string, err error) {
	t.notef("pod "+p.key.namespace+"/"+p.key.name, "cannot read the log of %s/%s[%s]: %v", p.key.namespace, p.key.name, container, err)
}

func closeQuietly(c io.Closer) { _ = c.Close() } // it was only read
