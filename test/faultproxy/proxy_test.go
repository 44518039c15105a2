package faultproxy

import (
	"context"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"k8s.io/client-go/rest"
)

const objectText = `{"kind":"ConfigMap","data":{"a":"b"}}`

// backend is an API server of two answers: an object, and a watch of three events.
func backend(t *testing.T) (*rest.Config, *atomic.Int32) {
	t.Helper()
	var reached atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		reached.Add(1)
		if requestOf(r).Verb != "watch" {
			_, _ = io.WriteString(w, objectText)
			return
		}
		for _, event := range []string{"ADDED", "BOOKMARK", "MODIFIED"} {
			_, _ = fmt.Fprintf(w, "{\"type\":%q,\"object\":{}}\n", event)
			w.(http.Flusher).Flush()
		}
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	return &rest.Config{Host: server.URL, TLSClientConfig: rest.TLSClientConfig{CAData: ca}}, &reached
}

// TestFaults: what a client gets, and whether the API server got the request.
func TestFaults(t *testing.T) {
	const all = "{\"type\":\"ADDED\",\"object\":{}}\n{\"type\":\"BOOKMARK\",\"object\":{}}\n{\"type\":\"MODIFIED\",\"object\":{}}\n"
	for name, tc := range map[string]struct {
		reason  string
		fault   Fault
		watch   bool
		code    int // 0: no answer, or none that begins before it breaks
		body    string
		broken  bool // the body ends with an error
		reached int32
	}{
		"none":         {"it forwards", Fault{}, false, 200, objectText, false, 1},
		"none, watch":  {"events pass as they are", Fault{}, true, 200, all, false, 1},
		"busy":         {"the API server is spared", TooMany(1), false, 429, string(status(429, "TooManyRequests")), false, 0},
		"slow":         {"it comes late", Slow(time.Millisecond), false, 200, objectText, false, 1},
		"slow answer":  {"so does the answer", SlowAnswer(time.Millisecond), false, 200, objectText, false, 1},
		"no answer":    {"it was carried out", NoAnswer(), false, 0, "", false, 1},
		"reset":        {"it was not", ResetBefore(), false, 0, "", false, 0},
		"lost answer":  {"it was, and the client can not know", LostAnswer(), false, 0, "", false, 1},
		"cut answer":   {"half of it, and the client sees that", CutAnswer(), false, 200, objectText[:len(objectText)/2], true, 1},
		"short answer": {"half of it, and the client sees nothing wrong", ShortAnswer(), false, 200, objectText[:len(objectText)/2], false, 1},
		"garbage":      {"no JSON", Garbage(), false, 200, "<html>\x00{\"kind\":", false, 1},
		"cut watch":    {"the first event is lost with the connection", CutWatch(), true, 0, "", true, 1},
		"cut event":    {"half of it arrives", CutEvent(), true, 200, `{"type":"ADDED`, true, 1},
		"stalled":      {"nothing arrives, and nothing ends", StallWatch(), true, 200, "", true, 1},
		"too old":      {"an event says so, and the watch ends", TooOldEvent(), true, 200, `{"type":"ERROR","object":` + string(status(410, "Expired")) + "}\n", false, 1},
		"bad events":   {"each of them", GarbageEvent(), true, 200, strings.Repeat("{\"type\":<html>\x00\n", 3), false, 1},
		"no bookmarks": {"only those are missing", NoBookmarks(), true, 200, "{\"type\":\"ADDED\",\"object\":{}}\n{\"type\":\"MODIFIED\",\"object\":{}}\n", false, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Log(tc.reason)
			target, reached := backend(t)
			proxy, err := Start(target)
			if err != nil {
				t.Fatal(err)
			}
			defer proxy.Close()
			proxy.Set(Rule{Name: "it", Fault: tc.fault})
			path := "/api/v1/namespaces/a/configmaps"
			if tc.watch {
				path += "?watch=1"
			}
			code, body, err := get(t, proxy, path)
			if tc.code == 0 {
				code, tc.broken = 0, true
			}
			if code != tc.code || body != tc.body || (err != nil) != tc.broken {
				t.Errorf("got %d %q %v, want %d %q, broken: %v", code, body, err, tc.code, tc.body, tc.broken)
			}
			if reached.Load() != tc.reached {
				t.Errorf("the API server got %d requests, want %d", reached.Load(), tc.reached)
			}
			if fired := proxy.Fired("it"); (fired > 0) != !strings.HasPrefix(name, "none") {
				t.Errorf("the fault occurred %d times", fired)
			}
		})
	}
}

// get gives up after a moment: some faults never end.
func get(t *testing.T, proxy *Proxy, path string) (int, string, error) {
	t.Helper()
	transport, err := rest.TransportFor(proxy.Config())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, proxy.Config().Host+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := transport.RoundTrip(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	if response.ProtoMajor != 2 {
		t.Errorf("it speaks %s", response.Proto)
	}
	body, err := io.ReadAll(response.Body)
	return response.StatusCode, string(body), err
}

// TestRules: which requests a rule concerns, and when.
func TestRules(t *testing.T) {
	target, _ := backend(t)
	proxy, err := Start(target)
	if err != nil {
		t.Fatal(err)
	}
	defer proxy.Close()
	const list, one = "/api/v1/namespaces/a/configmaps", "/apis/carto.run/v1alpha1/namespaces/a/workloads/cart/status"
	for name, tc := range map[string]struct {
		rule Rule
		path string
		want string // codes of six requests
	}{
		"each":           {Rule{}, list, "500 500 500 500 500 500"},
		"every second":   {Rule{Every: 2}, list, "200 500 200 500 200 500"},
		"twice":          {Rule{Times: 2}, list, "500 500 200 200 200 200"},
		"second, once":   {Rule{Every: 2, Times: 1}, list, "200 500 200 200 200 200"},
		"by verb":        {Rule{Verbs: []string{"list"}, Times: 1}, list, "500 200 200 200 200 200"},
		"another verb":   {Rule{Verbs: Writes}, list, "200 200 200 200 200 200"},
		"by resource":    {Rule{Resources: []string{"workloads/status"}, Verbs: []string{"get"}, Times: 1}, one, "500 200 200 200 200 200"},
		"another one":    {Rule{Resources: []string{"workloads"}}, one, "200 200 200 200 200 200"},
		"by user agent":  {Rule{UserAgent: "Go-http"}, list, "500 500 500 500 500 500"},
		"another client": {Rule{UserAgent: "carto-agent"}, list, "200 200 200 200 200 200"},
	} {
		t.Run(name, func(t *testing.T) {
			tc.rule.Fault = Status(500, "InternalError")
			proxy.Set(tc.rule)
			var codes []string
			for range 6 {
				code, _, err := get(t, proxy, tc.path)
				if err != nil {
					t.Fatal(err)
				}
				codes = append(codes, fmt.Sprint(code))
			}
			if got := strings.Join(codes, " "); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
	if last := proxy.Passed()[len(proxy.Passed())-1]; last.Namespace != "a" || last.Ended.Before(last.Began) {
		t.Errorf("the log ends with %+v", last)
	}
}
