package agent

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	utilnet "k8s.io/apimachinery/pkg/util/net"
	"k8s.io/client-go/rest"
)

// TestFence: writes that come too late are not sent, reads are.
func TestFence(t *testing.T) {
	var sent atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { sent.Add(1) }))
	defer server.Close()
	f := newFence()
	tripper := f.wrap(http.DefaultTransport)
	if below := tripper.(utilnet.RoundTripperWrapper).WrappedRoundTripper(); below != http.DefaultTransport {
		t.Errorf("the transport below is %v", below)
	}
	send := func(method string) (closed bool, err error) {
		body := &closing{Reader: strings.NewReader("{}")}
		request, err := http.NewRequestWithContext(t.Context(), method, server.URL, body)
		if err != nil {
			t.Fatal(err)
		}
		response, err := tripper.RoundTrip(request)
		if err == nil {
			_ = response.Body.Close()
		}
		return body.closed, err
	}
	for _, step := range []struct {
		reason, method string
		sent           bool
	}{
		{"no lease was held yet", http.MethodPatch, false},
		{"a read does no harm", http.MethodGet, true},
	} {
		before := sent.Load()
		closed, err := send(step.method)
		if (sent.Load() > before) != step.sent || errors.Is(err, errFenced) == step.sent || !step.sent && !closed {
			t.Errorf("%s: %s was sent: %v, %v; its body closed: %v", step.reason, step.method, sent.Load() > before, err, closed)
		}
	}
	f.extend(time.Now(), time.Hour)
	if _, err := send(http.MethodPatch); err != nil {
		t.Error(err)
	}
}

type closing struct {
	io.Reader
	closed bool
}

func (c *closing) Close() error { c.closed = true; return nil }

// TestMetricsOfAFencedReplica: whoever finds out why a replica does not work must get its metrics, which it asks the API server
// about by requests that look like writes.
func TestMetricsOfAFencedReplica(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"status":{"authenticated":true,"allowed":true}}`) // a client that hangs up is found below
	}))
	defer server.Close()
	a, err := newAgent(Config{Client: &rest.Config{Host: server.URL}, Shards: &Shards{Namespace: "carto-system", Name: "carto-agent"}, Templates: DefaultTemplates()})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.own.Post().AbsPath("/api/v1/namespaces").Body([]byte("{}")).Do(t.Context()).Error(); !errors.Is(err, errFenced) {
		t.Errorf("a write was not refused: %v", err)
	}
	request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", http.NoBody)
	request.Header.Set("Authorization", "Bearer token")
	answer := httptest.NewRecorder()
	newGuard(a.reviews, a.clock).protect(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })).ServeHTTP(answer, request)
	if answer.Code != http.StatusOK {
		t.Errorf("%d %s", answer.Code, answer.Body)
	}
}
