package agent

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	"golang.org/x/net/netutil"
)

// Limits against those who reach the port of metrics: each connection takes memory, and keeps
// it until it is closed. The port of probes has none, since the kubelet is not to wait.
const (
	maxScrapers = 64
	idleTime    = time.Minute
	writeTime   = 2 * time.Minute // also of a profile
	maxHeaders  = 16 << 10
)

// servers are the HTTP servers for probes and metrics.
type servers []*http.Server

// serve starts the servers that the configuration asks for.
func (a *Agent) serve(background *sync.WaitGroup) (servers, error) {
	health := http.NewServeMux()
	// A probe that hangs up early is nobody's error.
	ok := func(w http.ResponseWriter) { _, _ = fmt.Fprintln(w, "ok") }
	health.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { ok(w) })
	health.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if !a.synced.Load() {
			http.Error(w, fmt.Sprint("the caches are not synced yet; first lists outstanding: ", a.outstanding()), http.StatusServiceUnavailable)
			return
		}
		ok(w)
	})
	metrics := http.NewServeMux()
	metrics.Handle("GET /metrics", promhttp.HandlerFor(a.metrics.registry, promhttp.HandlerOpts{}))
	if a.config.Profiling {
		metrics.HandleFunc("/debug/pprof/", pprof.Index)
		metrics.HandleFunc("/debug/pprof/profile", pprof.Profile)
		metrics.HandleFunc("/debug/pprof/trace", pprof.Trace)
	}
	var guarded http.Handler = metrics
	var secure *tls.Config
	if a.config.MetricsSecure {
		guarded = newGuard(a.reviews, a.clock).protect(metrics)
		var err error
		if secure, err = serverTLS(a.config.MetricsCertificate, a.config.MetricsKey); err != nil {
			return nil, err
		}
	}
	var started servers
	for _, s := range []struct {
		name, address string
		handler       http.Handler
		tls           *tls.Config
	}{{"health", a.config.HealthAddress, health, nil}, {"metrics", a.config.MetricsAddress, guarded, secure}} {
		if s.address == "" {
			continue
		}
		listener, err := net.Listen("tcp", s.address)
		if err != nil {
			started.stop()
			return nil, fmt.Errorf("serve %s on %s: %w", s.name, s.address, err)
		}
		if s.name == "metrics" {
			listener = netutil.LimitListener(listener, maxScrapers)
		}
		if s.tls != nil {
			listener = tls.NewListener(listener, s.tls)
		}
		server := &http.Server{Handler: s.handler, ReadHeaderTimeout: 5 * time.Second, IdleTimeout: idleTime, WriteTimeout: writeTime, MaxHeaderBytes: maxHeaders}
		// Who holds connections open would keep scrapers out, which need a new one twice a minute.
		server.SetKeepAlivesEnabled(s.name != "metrics")
		started = append(started, server)
		a.log.Info("serving", "what", s.name, "address", listener.Addr().String())
		background.Go(func() { _ = server.Serve(listener) }) // always ends with ErrServerClosed
	}
	return started, nil
}

func (s servers) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	for _, server := range s {
		if server.Shutdown(ctx) != nil {
			_ = server.Close()
		}
	}
}
