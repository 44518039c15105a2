package agent

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"k8s.io/client-go/rest"
)

// How long a request may bring nothing. Broken connections are found by HTTP/2 pings within 45 s; this is about connections that
// live and streams that do not, as behind a proxy whose backend is gone. The library waits for those without end.
const (
	// watchSilence: on a watch at rest the API server sends a bookmark each minute.
	watchSilence = 3 * time.Minute
	// answerSilence: all other requests the API server ends itself after a minute, unless told otherwise.
	answerSilence = 90 * time.Second
)

// Patience says how long requests may bring nothing before they are given up. The zero value has defaults.
type Patience struct {
	// Watch is for the events and bookmarks of a watch; it is begun anew from where it was. Default 3 min.
	Watch time.Duration
	// Answer is for the next byte of any other answer. Default 90 s.
	Answer time.Duration
}

// apply has all requests of a configuration watched over.
func (p Patience) apply(config *rest.Config) {
	if p.Watch <= 0 {
		p.Watch = watchSilence
	}
	if p.Answer <= 0 {
		p.Answer = answerSilence
	}
	config.Wrap(func(next http.RoundTripper) http.RoundTripper { return &patientTripper{p, next} })
}

type patientTripper struct {
	Patience
	next http.RoundTripper
}

var errSilent = errors.New("the API server, or what stands before it, has fallen silent")

// RoundTrip gives the request up when it brings nothing for too long.
func (t *patientTripper) RoundTrip(request *http.Request) (*http.Response, error) {
	isWatch, silence := false, t.Answer
	if watch := request.URL.Query().Get("watch"); watch == "true" || watch == "1" {
		isWatch, silence = true, t.Watch
	}
	ctx, cancel := context.WithCancelCause(request.Context())
	timer := time.AfterFunc(silence, func() { cancel(fmt.Errorf("%w for %s", errSilent, silence)) })
	response, err := t.next.RoundTrip(request.WithContext(ctx))
	if err != nil {
		timer.Stop()
		err = silenceOr(ctx, err)
		cancel(nil)
		return nil, err
	}
	response.Body = &patientBody{
		ReadCloser: response.Body, isWatch: isWatch, silence: silence, timer: timer, context: ctx, cancel: cancel,
	}
	return response, nil
}

// WrappedRoundTripper lets the library find the transport below.
func (t *patientTripper) WrappedRoundTripper() http.RoundTripper { return t.next }

func silenceOr(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); errors.Is(cause, errSilent) {
		return cause
	}
	return err
}

// patientBody ends the request when nothing comes for too long.
type patientBody struct {
	io.ReadCloser
	isWatch bool
	silence time.Duration
	timer   *time.Timer
	context context.Context //nolint:containedctx // of the request whose answer this is
	cancel  context.CancelCauseFunc
}

// Read reads on. A silent watch ends as the API server ends one, so that it is begun anew from the version that it had come to;
// after an error everything would be listed again.
func (b *patientBody) Read(into []byte) (int, error) {
	n, err := b.ReadCloser.Read(into)
	if n > 0 {
		b.timer.Reset(b.silence)
	}
	if err == nil || errors.Is(err, io.EOF) {
		return n, err
	}
	if err = silenceOr(b.context, err); b.isWatch && errors.Is(err, errSilent) {
		return n, io.EOF
	}
	return n, err
}

// Close ends the request.
func (b *patientBody) Close() error {
	b.timer.Stop()
	err := b.ReadCloser.Close()
	b.cancel(nil)
	return err
}
