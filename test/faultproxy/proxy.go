// Package faultproxy stands on loopback between a client and an API server, and fails as networks and busy servers do: by rules
// that say which requests, which answers and which events of watches are concerned. It speaks HTTP/2 to both.
//
//	proxy, err := faultproxy.Start(cp.Config)
//	defer proxy.Close()
//	proxy.Set(faultproxy.Rule{Verbs: []string{"create"}, Every: 2, Fault: faultproxy.LostAnswer()})
//	…use proxy.Config()…
//	proxy.Set() // the fault ends
package faultproxy

import (
	"bytes"
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// Proxy forwards to an API server with the identity of a configuration. Its methods may be called from any goroutine.
type Proxy struct {
	server *httptest.Server

	mu    sync.Mutex
	rules []*Rule
	since time.Time     // when they were set
	seen  map[*Rule]int // requests, answers or events that the rule concerned
	fired map[string]int
	log   []Passed
}

// Passed is a request that reached the API server.
type Passed struct {
	Request
	// Began is when it was sent on; Ended when the API server's answer began, zero before that.
	Began, Ended time.Time
}

// Start starts a proxy without rules, which hinders nothing.
func Start(target *rest.Config) (*Proxy, error) {
	upstream, err := url.Parse(target.Host)
	if err != nil {
		return nil, fmt.Errorf("start a proxy: read the API server's URL: %w", err)
	}
	transport, err := rest.TransportFor(target)
	if err != nil {
		return nil, fmt.Errorf("start a proxy: %w", err)
	}
	p := &Proxy{seen: map[*Rule]int{}, fired: map[string]int{}}
	forward := &httputil.ReverseProxy{
		Transport: transport,
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(upstream)
			r.Out.Header["Accept"] = jsonOnly(r.In.Header["Accept"])
		},
		ModifyResponse: p.answered,
		FlushInterval:  -1, // events of watches pass at once
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
			if errors.Is(err, errReset) {
				panic(http.ErrAbortHandler)
			}
			w.WriteHeader(http.StatusBadGateway)
		},
		ErrorLog: log.New(io.Discard, "", 0), // faults are what it is for
	}
	p.server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		request := requestOf(r)
		for _, fault := range p.match(request, func(f Fault) bool { return f.before != nil }) {
			if !fault.before(w, r) {
				return
			}
		}
		forward.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), passedKey{}, p.note(request))))
	}))
	p.server.EnableHTTP2 = true
	p.server.Config.ErrorLog = log.New(io.Discard, "", 0)
	p.server.Config.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		return context.WithValue(ctx, connectionKey{}, c)
	}
	p.server.StartTLS()
	return p, nil
}

type (
	connectionKey struct{}
	passedKey     struct{}
)

// Close cuts all connections and returns when nothing is under way any more.
func (p *Proxy) Close() {
	p.server.CloseClientConnections()
	p.server.Close()
}

// Config is for clients of the proxy, who need no identity of their own.
func (p *Proxy) Config() *rest.Config {
	return &rest.Config{Host: p.server.URL, TLSClientConfig: rest.TLSClientConfig{CAData: p.certificate()}}
}

// WriteKubeconfig writes the same to a file.
func (p *Proxy) WriteKubeconfig(path string) error {
	config := clientcmdapi.NewConfig()
	config.Clusters["proxy"] = &clientcmdapi.Cluster{Server: p.server.URL, CertificateAuthorityData: p.certificate()}
	config.Contexts["proxy"] = &clientcmdapi.Context{Cluster: "proxy"}
	config.CurrentContext = "proxy"
	return clientcmd.WriteToFile(*config, path)
}

func (p *Proxy) certificate() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.server.Certificate().Raw})
}

// Set replaces the rules. Requests and watches under way come under the new ones, except that a watch which was stalled stays so.
func (p *Proxy) Set(rules ...Rule) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rules, p.seen, p.since = nil, map[*Rule]int{}, time.Now()
	for i := range rules {
		p.rules = append(p.rules, &rules[i])
	}
}

// Fired counts how often rules of a name did what they say.
func (p *Proxy) Fired(name string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.fired[name]
}

// Passed are the requests that reached the API server so far, in the order in which they were sent.
func (p *Proxy) Passed() []Passed {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.log)
}

// note keeps a request in the log and returns its place.
func (p *Proxy) note(r Request) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.log = append(p.log, Passed{Request: r, Began: time.Now()})
	return len(p.log) - 1
}

// match returns the faults of the rules that concern a request and have a part in this stage of it.
func (p *Proxy) match(r Request, stage func(Fault) bool) []Fault {
	p.mu.Lock()
	defer p.mu.Unlock()
	var faults []Fault
	for _, rule := range p.rules {
		if !stage(rule.Fault) || !rule.concerns(r) || rule.For > 0 && time.Since(p.since) > rule.For {
			continue
		}
		p.seen[rule]++
		n := p.seen[rule]
		if every := max(rule.Every, 1); n%every != 0 || rule.Times > 0 && n/every > rule.Times {
			continue
		}
		p.fired[rule.Name]++
		faults = append(faults, rule.Fault)
	}
	return faults
}

// answered has the rules look at an answer, and puts itself into the stream of a watch.
func (p *Proxy) answered(response *http.Response) error {
	request := requestOf(response.Request)
	if place, ok := response.Request.Context().Value(passedKey{}).(int); ok {
		p.mu.Lock()
		p.log[place].Ended = time.Now()
		p.mu.Unlock()
	}
	for _, fault := range p.match(request, func(f Fault) bool { return f.answer != nil }) {
		if err := fault.answer(response); err != nil {
			return err
		}
	}
	if request.Verb == "watch" && response.StatusCode == http.StatusOK {
		response.Body = newStream(response.Request.Context(), response.Body, func(event []byte) ([]byte, error) {
			for _, fault := range p.match(request, func(f Fault) bool { return f.event != nil && f.wants(event) }) {
				var err error
				if event, err = fault.event(event); err != nil {
					return event, err
				}
			}
			return event, nil
		})
	}
	return nil
}

// jsonOnly leaves JSON of what a client accepts: events in other encodings can not be told apart here.
func jsonOnly(accept []string) []string {
	var kept []string
	for _, choice := range strings.Split(strings.Join(accept, ","), ",") {
		if strings.Contains(choice, "json") {
			kept = append(kept, strings.TrimSpace(choice))
		}
	}
	if len(kept) == 0 {
		return accept
	}
	return []string{strings.Join(kept, ",")}
}

// bufferAnswer reads the whole of an answer, so that the API server is done with the request.
func bufferAnswer(response *http.Response) ([]byte, error) {
	text, err := io.ReadAll(response.Body)
	if closed := response.Body.Close(); err == nil {
		err = closed
	}
	return text, err
}

// replaceAnswer puts another body into an answer; it ends as if it were whole.
func replaceAnswer(response *http.Response, text []byte) {
	response.Header.Del("Content-Length")
	response.ContentLength = -1
	response.Body = io.NopCloser(bytes.NewReader(text))
}
