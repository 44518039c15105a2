package world

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"

	"github.com/carto-run/carto/pkg/tui/feed"
)

const (
	// quiet is how long nothing may be answered before the API server is asked whether it is
	// there.
	quiet = 5 * time.Second
	// probeTimeout is how long it may take to say so.
	probeTimeout = 3 * time.Second
	// look is how often the connection is looked at, and told about while it is used.
	look = time.Second
	// long is after how long away everything is read again at the return. Watches are resumed
	// with growing delays, and would show an old state for half a minute.
	long = 10 * time.Second
)

// Answers gathers whether requests were answered, whoever sent them.
type Answers struct {
	mu   sync.Mutex
	last time.Time
	// doubt is true when a request failed since.
	doubt bool
}

func (a *Answers) answered() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.last, a.doubt = time.Now(), false
}

func (a *Answers) failed() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.doubt = true
}

func (a *Answers) seen() (last time.Time, doubt bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.last, a.doubt
}

// noting is a transport that notes answers. Refusals are answers; those of a proxy whose
// server is away are not.
type noting struct {
	next    http.RoundTripper
	answers *Answers
}

func (n *noting) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := n.next.RoundTrip(request)
	switch {
	case err != nil && request.Context().Err() != nil: // given up
	case err != nil, away(response):
		n.answers.failed()
	default:
		n.answers.answered()
		response.Body = &notingBody{response.Body, request.Context(), n.answers}
	}
	return response, err
}

// WrappedRoundTripper is how client-go looks for the transport at the bottom.
func (n *noting) WrappedRoundTripper() http.RoundTripper { return n.next }

func away(response *http.Response) bool {
	return response.StatusCode >= http.StatusBadGateway && response.StatusCode <= http.StatusGatewayTimeout
}

// notingBody notes what a watch goes on to say, and that it broke.
type notingBody struct {
	io.ReadCloser
	ctx     context.Context
	answers *Answers
}

func (b *notingBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	switch {
	case n > 0:
		b.answers.answered()
	case err != nil && !errors.Is(err, io.EOF) && b.ctx.Err() == nil:
		b.answers.failed()
	}
	return n, err
}

// probe asks for the version, which everybody may read, and which costs the API server
// nothing.
func probe(config *rest.Config) (func(context.Context) error, error) {
	config = rest.CopyConfig(config)
	config.GroupVersion = &schema.GroupVersion{} // the URL below needs one, and does not use it
	// Only clients that client-go makes say by themselves who they are.
	config.UserAgent = cmp.Or(config.UserAgent, rest.DefaultKubernetesUserAgent())
	base, _, err := rest.DefaultServerUrlFor(config)
	if err != nil {
		return nil, err
	}
	client, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, err
	}
	url := base.JoinPath("version").String()
	return func(ctx context.Context) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		response, err := client.Do(request)
		if err != nil {
			return err
		}
		defer func() { _ = response.Body.Close() }()
		_, _ = io.Copy(io.Discard, response.Body) // or the connection could not be used again
		if away(response) {
			return fmt.Errorf("the API server is away: %s", response.Status)
		}
		return nil
	}, nil
}

// monitor tells how the API server of one cluster answers.
type monitor struct {
	cluster *Cluster
	clock   func() time.Time
	send    func(feed.Connection)
	// back is called when the API server is there again after long.
	back func()
	now  chan struct{}
	end  context.CancelFunc
	// ended is closed once it sends nothing more.
	ended chan struct{}
}

// watchConnection begins to look after the connection to the cluster in use, instead of the
// one before. The caller holds the lock.
func (w *World) watchConnection() {
	before := w.monitor
	if before != nil {
		before.end()
	}
	ctx, cancel := context.WithCancel(w.ctx)
	m := &monitor{
		cluster: w.cluster, clock: w.o.Clock, now: make(chan struct{}, 1), end: cancel, ended: make(chan struct{}), back: w.readAgain,
	}
	m.send = func(c feed.Connection) {
		if ctx.Err() == nil {
			w.send(c)
		}
	}
	w.monitor = m
	spawn(&w.group, func() error {
		if before != nil {
			// It may be sending: the cluster that was left must not have the last word.
			<-before.ended
		}
		m.run(ctx)
		return nil
	}, func(err error) {
		if err != nil {
			m.send(feed.Connection{
				Context: m.cluster.Context, Server: m.cluster.Server, Namespace: m.cluster.Namespace, State: feed.Lost, Since: w.o.Clock(), Err: err,
			})
		}
		cancel()
		close(m.ended)
	})
}

// ask has the API server asked at once. It is fine where nothing is looked after yet.
func (m *monitor) ask() {
	if m == nil {
		return
	}
	select {
	case m.now <- struct{}{}:
	default:
	}
}

// run sends the connection when its state changes, and when it was answered lately.
func (m *monitor) run(ctx context.Context) {
	told := m.cluster.connection(feed.Connecting, m.clock())
	m.send(told)
	if m.cluster.Probe == nil || m.cluster.Answers == nil {
		return // a cluster of a test
	}
	var asked, seen time.Time
	for asking := true; ctx.Err() == nil; {
		next := told
		last, doubt := m.cluster.Answers.seen()
		silent := time.Since(last) >= quiet && time.Since(asked) >= quiet
		var failure error
		if asking || doubt || silent {
			asked = time.Now()
			failure = m.probe(ctx)
		}
		last, _ = m.cluster.Answers.seen()
		switch {
		case ctx.Err() != nil:
			return
		case last.After(seen):
			next.State, next.Err, seen = feed.Live, nil, last
			next.Answered = m.clock().Add(-time.Since(last))
		case failure != nil:
			next.State, next.Err = feed.Lost, failure
		}
		changed := next.State != told.State
		if changed {
			next.Since = m.clock()
		}
		if changed && told.State == feed.Lost && next.Since.Sub(told.Since) >= long {
			m.back()
		}
		if changed || next.Answered != told.Answered {
			m.send(next)
			told = next
		}
		select {
		case <-ctx.Done():
			return
		case <-m.now:
			asking = true
		case <-time.After(look):
			asking = false
		}
	}
}

func (m *monitor) probe(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	err := m.cluster.Probe(ctx)
	switch {
	case err == nil:
		m.cluster.Answers.answered()
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return fmt.Errorf("no answer within %s", probeTimeout)
	}
	return err
}
