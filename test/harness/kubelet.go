package harness

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes"
)

// Kubelet is the part of a node that serves logs, from memory. Serve puts it behind an API server; Open reads it without one.
type Kubelet struct {
	mu sync.Mutex
	// logs of each pod/container, one for each instance.
	logs map[string][]*kubeletLog
	// changed is closed, and replaced, when anything is written.
	changed chan struct{}
	// drop ends all open streams.
	drop chan struct{}
	// requests counts what was opened.
	requests int
}

type kubeletLog struct {
	lines []kubeletLine
	ended bool
}

type kubeletLine struct {
	at   time.Time
	text string
}

// NewKubelet makes one without logs.
func NewKubelet() *Kubelet {
	return &Kubelet{logs: map[string][]*kubeletLog{}, changed: make(chan struct{}), drop: make(chan struct{})}
}

// Write appends lines, of one moment each, to the newest instance of pod/container.
func (k *Kubelet) Write(container string, lines ...string) {
	k.change(container, func(l *kubeletLog) {
		for _, text := range lines {
			at := time.Now()
			if n := len(l.lines); n > 0 && !at.After(l.lines[n-1].at) {
				at = l.lines[n-1].at.Add(time.Nanosecond)
			}
			l.lines = append(l.lines, kubeletLine{at, text})
		}
	})
}

// End ends the newest instance, Restart begins one more.
func (k *Kubelet) End(container string) {
	k.change(container, func(l *kubeletLog) { l.ended = true })
}

// Restart begins one more instance.
func (k *Kubelet) Restart(container string) {
	k.End(container)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.logs[container] = append(k.logs[container], &kubeletLog{})
}

func (k *Kubelet) change(container string, change func(*kubeletLog)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.logs[container]) == 0 {
		k.logs[container] = []*kubeletLog{{}}
	}
	change(k.logs[container][len(k.logs[container])-1])
	close(k.changed)
	k.changed = make(chan struct{})
}

// Drop cuts all open streams in the middle of a line.
func (k *Kubelet) Drop() {
	k.mu.Lock()
	defer k.mu.Unlock()
	close(k.drop)
	k.drop = make(chan struct{})
}

// Requests is how many streams were opened.
func (k *Kubelet) Requests() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.requests
}

// Open opens a log as a kubelet does: from a second on, with timestamps, until the instance ends.
func (k *Kubelet) Open(ctx context.Context, _, pod string, options *corev1.PodLogOptions) (io.ReadCloser, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.requests++
	instances := k.logs[pod+"/"+options.Container]
	which := len(instances) - 1
	if options.Previous {
		which--
	}
	if which < 0 {
		return nil, apierrors.NewBadRequest("container " + options.Container + " is waiting to start")
	}
	since := time.Time{}
	if options.SinceTime != nil {
		since = options.SinceTime.Truncate(time.Second)
	} else if options.SinceSeconds != nil {
		since = time.Now().Add(-time.Duration(*options.SinceSeconds) * time.Second)
	}
	r, w := io.Pipe()
	go k.stream(ctx, w, instances[which], since, options.Follow, k.drop)
	return r, nil
}

func (k *Kubelet) stream(ctx context.Context, w *io.PipeWriter, l *kubeletLog, since time.Time, follow bool, drop <-chan struct{}) {
	for next := 0; ; {
		k.mu.Lock()
		lines, ended, changed := l.lines[next:], l.ended, k.changed
		next = len(l.lines)
		k.mu.Unlock()
		for _, line := range lines {
			if line.at.Before(since) {
				continue
			}
			if _, err := fmt.Fprintf(w, "%s %s\n", line.at.UTC().Format(time.RFC3339Nano), line.text); err != nil {
				return // the reader has gone
			}
		}
		if ended || !follow {
			_ = w.Close()
			return
		}
		select {
		case <-changed:
		case <-drop:
			_, _ = fmt.Fprintf(w, "%s half a li", time.Now().UTC().Format(time.RFC3339Nano))
			_ = w.CloseWithError(io.ErrUnexpectedEOF)
			return
		case <-ctx.Done():
			_ = w.CloseWithError(ctx.Err())
			return
		}
	}
}

// Listen serves the logs on loopback until stop is called.
func (k *Kubelet) Listen() (host string, port int32, stop func(), err error) {
	server := httptest.NewTLSServer(k)
	stop = func() {
		server.CloseClientConnections()
		server.Close()
	}
	host, text, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		stop()
		return "", 0, nil, fmt.Errorf("serve logs: %w", err)
	}
	number, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		stop()
		return "", 0, nil, fmt.Errorf("serve logs: %w", err)
	}
	return host, int32(number), stop, nil
}

// Serve makes a node of the API server whose logs these are, until the test ends, and returns its name. Nothing else of a node
// is there: pods have to be bound, and their status written, by the test.
func (k *Kubelet) Serve(t testing.TB, cp *ControlPlane) string {
	t.Helper()
	host, port, stop, err := k.Listen()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	client, err := kubernetes.NewForConfig(cp.Config)
	if err != nil {
		t.Fatal(err)
	}
	node := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("logs-%d", port)}}
	node.Status.Addresses = []corev1.NodeAddress{{Type: corev1.NodeInternalIP, Address: host}}
	node.Status.DaemonEndpoints.KubeletEndpoint.Port = port
	if _, err := client.CoreV1().Nodes().Create(t.Context(), node, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = client.CoreV1().Nodes().Delete(context.Background(), node.Name, metav1.DeleteOptions{}) // the control plane goes too
	})
	return node.Name
}

// ServeHTTP serves /containerLogs/NAMESPACE/POD/CONTAINER, as the API server asks for it.
func (k *Kubelet) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	parts := strings.Split(strings.TrimPrefix(r.URL.Path, "/containerLogs/"), "/")
	if len(parts) != 3 {
		http.NotFound(w, r)
		return
	}
	query := r.URL.Query()
	options := &corev1.PodLogOptions{Container: parts[2], Follow: query.Get("follow") == "true", Previous: query.Get("previous") == "true"}
	if at, err := time.Parse(time.RFC3339, query.Get("sinceTime")); err == nil {
		since := metav1.NewTime(at)
		options.SinceTime = &since
	}
	if n, err := strconv.ParseInt(query.Get("sinceSeconds"), 10, 64); err == nil {
		options.SinceSeconds = &n
	}
	body, err := k.Open(r.Context(), parts[0], parts[1], options)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	defer func() { _ = body.Close() }()
	flusher := http.NewResponseController(w)
	_ = flusher.Flush()
	buffer := make([]byte, 32<<10)
	for {
		n, err := body.Read(buffer)
		if n > 0 {
			if _, err := w.Write(buffer[:n]); err != nil {
				return
			}
			_ = flusher.Flush()
		}
		switch {
		case errors.Is(err, io.EOF):
			return
		case err != nil:
			panic(http.ErrAbortHandler) // the connection drops
		}
	}
}

// Forbidden is what the API server says when logs may not be read.
func Forbidden(pod string) error {
	return apierrors.NewForbidden(schema.GroupResource{Resource: "pods"}, pod, errors.New("no"))
}
