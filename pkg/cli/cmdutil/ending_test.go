package cmdutil

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// TestEnding: a server that never answers holds up nobody who wants to leave, before the
// answer begins or in the middle of it.
func TestEnding(t *testing.T) {
	t.Parallel()
	arrived := make(chan struct{}, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/half" {
			_, _ = w.Write([]byte("half"))
			_ = http.NewResponseController(w).Flush()
		}
		arrived <- struct{}{}
		<-r.Context().Done()
	}))
	defer server.Close()
	for _, path := range []string{"/never", "/half"} {
		ctx, interrupt := context.WithCancel(t.Context())
		client := http.Client{Transport: ending(ctx, http.DefaultTransport), Timeout: time.Minute}
		ended := make(chan error, 1)
		go func() {
			request, err := http.NewRequestWithContext(context.WithoutCancel(ctx), http.MethodGet, server.URL+path, nil)
			if err != nil {
				ended <- err
				return
			}
			response, err := client.Do(request)
			if err == nil {
				_, err = io.ReadAll(response.Body)
				_ = response.Body.Close()
			}
			ended <- err
		}()
		<-arrived
		interrupt()
		select {
		case err := <-ended:
			if !errors.Is(err, context.Canceled) {
				t.Errorf("%s: %v", path, err)
			}
		case <-time.After(10 * time.Second):
			t.Errorf("%s: still waiting", path)
		}
	}
}
