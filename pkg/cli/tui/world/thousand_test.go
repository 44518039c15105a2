package world

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/tui/feed"
)

const thousand = 1000

// serveWorkloads answers lists of a thousand large workloads in pages, and leaves watches
// open.
func serveWorkloads(t testing.TB) *Cluster {
	t.Helper()
	template := workload(t, "NAME")
	fields := strings.Repeat(`{"f:lastTransitionTime":{},"f:message":{},"f:reason":{},"f:status":{},"f:type":{}},`, 60)
	managed := metav1.NewFieldsV1(`{"f:x":[` + strings.TrimSuffix(fields, ",") + `]}`)
	template.SetManagedFields([]metav1.ManagedFieldsEntry{{Manager: "carto", Operation: "Apply", FieldsType: "FieldsV1", FieldsV1: managed}})
	text, err := json.Marshal(template.Object)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Query().Get("watch") != "" {
			w.(http.Flusher).Flush()
			<-r.Context().Done()
			return
		}
		from, _ := strconv.Atoi(r.URL.Query().Get("continue"))
		limit, _ := strconv.Atoi(r.URL.Query().Get("limit"))
		next := ""
		if from+limit < thousand {
			next = strconv.Itoa(from + limit)
		}
		_, _ = fmt.Fprintf(w, `{"kind":"WorkloadList","apiVersion":"carto.run/v1alpha1","metadata":{"resourceVersion":"1","continue":%q},"items":[`, next)
		for i := from; i < min(from+limit, thousand); i++ {
			if i > from {
				_, _ = w.Write([]byte(","))
			}
			_, _ = w.Write([]byte(strings.ReplaceAll(string(text), "NAME", fmt.Sprintf("workload-%04d", i))))
		}
		_, _ = w.Write([]byte("]}"))
	}))
	t.Cleanup(server.Close)
	t.Cleanup(server.CloseClientConnections)
	client, err := dynamic.NewForConfig(&rest.Config{Host: server.URL, QPS: -1})
	if err != nil {
		t.Fatal(err)
	}
	return &Cluster{Client: client}
}

// TestThousand: the first page does not wait for the others, and a thousand workloads leave room for the
// rest of a program of 150 MiB. It runs alone, as it measures.
func TestThousand(t *testing.T) {
	cluster := serveWorkloads(t)
	w, err := New(Options{Program: "carto", Clock: time.Now, Connect: func(string) (*Cluster, error) { return cluster, nil }})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	begin := time.Now()
	first, all := make(chan int, 1), make(chan struct{})
	rows := map[feed.Key]feed.Row{} // as a screen keeps them
	w.Bind(func(msg tea.Msg) {
		d, ok := msg.(feed.Delivery)
		if !ok {
			return
		}
		changed, ok := d.Payload.(feed.OwnersChanged)
		if !ok {
			t.Errorf("got %+v", d.Payload)
			return
		}
		if len(rows) == 0 {
			first <- len(changed.Changed)
		}
		for _, row := range changed.Changed {
			rows[row.Key()] = row
		}
		if changed.Synced {
			close(all)
		}
	})
	w.Follow(1, feed.Owners{Kind: v1alpha1.KindWorkload})
	size := <-first
	t.Logf("the first %d after %v", size, time.Since(begin))
	if size != pageSize {
		t.Errorf("the first delivery has %d rows, not a page", size)
	}
	<-all
	t.Logf("all after %v", time.Since(begin))
	runtime.GC()
	runtime.ReadMemStats(&after)
	kept := (int(after.HeapAlloc) - int(before.HeapAlloc)) >> 20
	t.Logf("they keep %d MiB; %d MiB were taken from the system", kept, (after.Sys-before.Sys)>>20)
	if kept > 25 {
		t.Errorf("%d workloads keep %d MiB", len(rows), kept)
	}
}

// BenchmarkPut is the cost of one change of an owner.
func BenchmarkPut(b *testing.B) {
	obj := workload(b, "cart")
	l := newListing(v1alpha1.KindWorkload, "")
	b.ReportAllocs()
	for b.Loop() {
		l.put(*obj)
	}
}

// BenchmarkFind is the cost of showing an object that is listed.
func BenchmarkFind(b *testing.B) {
	obj := workload(b, "cart")
	l := newListing(v1alpha1.KindWorkload, "")
	l.put(*obj)
	for b.Loop() {
		var found *unstructured.Unstructured
		_, object, ok := l.find(keyOf(refOf(obj)))
		if ok {
			found, _ = object()
		}
		if found == nil {
			b.Fatal("not found")
		}
	}
}
