package agent

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"k8s.io/client-go/rest"
)

// TestPatience: what brings nothing is given up, what goes on is not, and a silent watch ends as if in order.
func TestPatience(t *testing.T) {
	const short, long = 100 * time.Millisecond, time.Hour
	for name, tc := range map[string]struct {
		reason   string
		patience Patience
		path     string
		parts    int  // of the answer, each a moment after the one before
		ends     bool // the server ends it, else it is silent from then on
		body     string
		silent   bool // the request or its body fails because of the silence
	}{
		"answer":              {"nothing to give up", Patience{Answer: long, Watch: long}, "/", 1, true, "part", false},
		"long answer":         {"what comes slowly comes", Patience{Answer: short, Watch: long}, "/", 6, true, strings.Repeat("part", 6), false},
		"no answer":           {"not even headers", Patience{Answer: short, Watch: long}, "/", 0, false, "", true},
		"half an answer":      {"half of it is not taken for the whole", Patience{Answer: short, Watch: long}, "/", 1, false, "part", true},
		"silent watch":        {"it goes on from where it was, so it ends like any other", Patience{Answer: long, Watch: short}, "/?watch=true", 1, false, "part", false},
		"unanswered watch":    {"it can not go on", Patience{Answer: long, Watch: short}, "/?watch=1", 0, false, "", true},
		"watch, long silence": {"bookmarks come once a minute only", Patience{Answer: short, Watch: long}, "/?watch=true", 6, true, strings.Repeat("part", 6), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			t.Log(tc.reason)
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				for range tc.parts {
					_, _ = io.WriteString(w, "part") // a client that hangs up is found below
					w.(http.Flusher).Flush()
					time.Sleep(short / 4)
				}
				if !tc.ends {
					<-r.Context().Done()
				}
			}))
			defer server.Close()
			config := &rest.Config{Host: server.URL}
			tc.patience.apply(config)
			client, err := rest.HTTPClientFor(config)
			if err != nil {
				t.Fatal(err)
			}
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+tc.path, nil)
			if err != nil {
				t.Fatal(err)
			}
			var body []byte
			response, err := client.Do(request)
			if err == nil {
				body, err = io.ReadAll(response.Body)
				_ = response.Body.Close()
			}
			if string(body) != tc.body || errors.Is(err, errSilent) != tc.silent || !tc.silent && err != nil {
				t.Errorf("got %q, %v; want %q, silent: %v", body, err, tc.body, tc.silent)
			}
		})
	}
}

// TestPatienceEndsWithItsCaller: a request that is called off says so, and not that the server was silent.
func TestPatienceEndsWithItsCaller(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	defer server.Close()
	config := &rest.Config{Host: server.URL}
	Patience{}.apply(config)
	client, err := rest.HTTPClientFor(config)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := client.Do(request)
	if err == nil {
		_ = response.Body.Close()
	}
	if !errors.Is(err, context.Canceled) || errors.Is(err, errSilent) {
		t.Errorf("got %v", err)
	}
}
