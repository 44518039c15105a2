package agent

import (
	"errors"
	"net/http"
	"sync/atomic"
	"time"
)

// errFenced is the answer to a write that came too late.
var errFenced = errors.New("this replica could not renew its lease in time, so it writes no more: another may be at work")

// fence lets writes through until a moment that every renewal of a lease puts off. A process
// that was stopped, or starved, may wake up in the middle of a pass long after others have
// taken its work over; only what asks right before each write finds that out.
type fence struct {
	began time.Time
	until atomic.Int64 // since began, by the monotonic clock
}

func newFence() *fence { return &fence{began: time.Now()} }

// extend lets writes through for a time after a moment, unless it is over already.
func (f *fence) extend(since time.Time, lasts time.Duration) {
	if until := int64(since.Add(lasts).Sub(f.began)); until > f.until.Load() {
		f.until.Store(until)
	}
}

// left is how long writes are still let through; not positive when they are not.
func (f *fence) left() time.Duration {
	return time.Duration(f.until.Load()) - time.Since(f.began)
}

// wrap puts the fence before a transport.
func (f *fence) wrap(next http.RoundTripper) http.RoundTripper {
	return &fencedTripper{f, next}
}

type fencedTripper struct {
	*fence
	next http.RoundTripper
}

// RoundTrip sends what is no write, and what is not too late.
func (t *fencedTripper) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodGet || t.left() > 0 {
		return t.next.RoundTrip(r)
	}
	if r.Body != nil {
		_ = r.Body.Close() // as every transport does, whatever becomes of the request
	}
	return nil, errFenced
}

// WrappedRoundTripper lets the library find the transport below.
func (t *fencedTripper) WrappedRoundTripper() http.RoundTripper { return t.next }
