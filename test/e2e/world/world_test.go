// Package world lets the full-screen view's reader of the cluster work on a real control
// plane: a thousand workloads, bursts, refusals, and everything that can go away.
package world

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"golang.org/x/sync/errgroup"
	v1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"sigs.k8s.io/yaml"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/api/v1alpha1/crds"
	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/streams"
	"github.com/carto-run/carto/pkg/cli/tui/world"
	"github.com/carto-run/carto/pkg/tree"
	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/test/harness"
)

func TestMain(m *testing.M) { os.Exit(harness.Main(m)) }

const (
	many     = 1000
	patience = 40 * time.Second
)

var (
	workloads   = v1alpha1.GroupVersion.WithResource("workloads")
	definitions = schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"}
)

// program plays the one that shows what the world sends.
type program struct {
	t     *testing.T
	world *world.World

	mu         sync.Mutex
	rows       map[feed.ID]map[feed.Key]feed.Row
	synced     map[feed.ID]time.Time
	first      map[feed.ID]time.Time
	deliveries []time.Time
	last       map[feed.ID]any
	seen       map[feed.ID][]feed.Event
	faults     map[feed.ID][]feed.Fault
	connection feed.Connection
	lost       int
}

// open makes a world for a kubeconfig, as somebody if that is not empty.
func open(t *testing.T, kubeconfig, as string) *program {
	t.Helper()
	s, _, _, stderr := streams.Test()
	f := cmdutil.NewFactory("kubectl carto", s)
	cache := t.TempDir()
	f.Config.KubeConfig, f.Config.Impersonate, f.Config.CacheDir = &kubeconfig, &as, &cache
	w, err := world.New(world.FromFactory(f))
	if err != nil {
		t.Fatal(err)
	}
	p := &program{
		t: t, world: w, rows: map[feed.ID]map[feed.Key]feed.Row{}, synced: map[feed.ID]time.Time{}, first: map[feed.ID]time.Time{},
		last: map[feed.ID]any{}, seen: map[feed.ID][]feed.Event{}, faults: map[feed.ID][]feed.Fault{},
	}
	w.Bind(p.take)
	t.Cleanup(func() {
		w.Close()
		if stderr.Len() > 0 {
			t.Errorf("it wrote into the picture: %s", stderr)
		}
	})
	return p
}

func (p *program) take(msg tea.Msg) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch m := msg.(type) {
	case feed.Connection:
		if m.State == feed.Lost && p.connection.State != feed.Lost {
			p.lost++
		}
		p.connection = m
	case feed.Delivery:
		now := time.Now()
		p.deliveries = append(p.deliveries, now)
		if p.first[m.ID].IsZero() {
			p.first[m.ID] = now
		}
		switch payload := m.Payload.(type) {
		case feed.OwnersChanged:
			if payload.Reset || p.rows[m.ID] == nil {
				p.rows[m.ID] = map[feed.Key]feed.Row{}
			}
			for _, row := range payload.Changed {
				p.rows[m.ID][row.Key()] = row
			}
			for _, key := range payload.Gone {
				delete(p.rows[m.ID], key)
			}
			if payload.Synced && p.synced[m.ID].IsZero() {
				p.synced[m.ID] = now
			}
			p.last[m.ID] = payload
		case feed.EventsSeen:
			p.seen[m.ID] = append(p.seen[m.ID], payload.Events...)
			p.last[m.ID] = payload
		case feed.Fault:
			p.faults[m.ID] = append(p.faults[m.ID], payload)
		default:
			p.last[m.ID] = payload
		}
	}
}

// eventually waits until what was sent is right.
func (p *program) eventually(check func() error) {
	p.t.Helper()
	harness.Eventually(p.t, patience, func() error {
		p.mu.Lock()
		defer p.mu.Unlock()
		return check()
	})
}

// fault waits for one about a subscription.
func (p *program) fault(id feed.ID, final bool, says string) {
	p.t.Helper()
	p.eventually(func() error {
		for _, f := range p.faults[id] {
			if f.Final == final && strings.Contains(f.Err.Error(), says) {
				return nil
			}
		}
		return fmt.Errorf("no fault says %q (final %t): %v", says, final, p.faults[id])
	})
}

func (p *program) state(want feed.ConnectionState) {
	p.t.Helper()
	p.eventually(func() error {
		if p.connection.State != want {
			return fmt.Errorf("the connection is %s (%v), not %s", p.connection.State, p.connection.Err, want)
		}
		return nil
	})
}

func (p *program) snapshot(id feed.ID, check func(feed.Snapshot) error) {
	p.t.Helper()
	p.eventually(func() error {
		s, ok := p.last[id].(feed.Snapshot)
		if !ok {
			return fmt.Errorf("no snapshot, but %T; faults: %v", p.last[id], p.faults[id])
		}
		return check(s)
	})
}

type fixture struct {
	t      *testing.T
	cp     *harness.ControlPlane
	client dynamic.Interface
	ns     string
}

func (f *fixture) workload(name string) *unstructured.Unstructured {
	f.t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "pkg", "tui", "rows", "testdata", "workload.yaml"))
	if err != nil {
		f.t.Fatal(err)
	}
	obj := &unstructured.Unstructured{}
	if err := yaml.Unmarshal([]byte(strings.NewReplacer("NAMESPACE", f.ns, "NAME", name).Replace(string(text))), &obj.Object); err != nil {
		f.t.Fatal(err)
	}
	unstructured.RemoveNestedField(obj.Object, "metadata", "creationTimestamp")
	return obj
}

func name(i int) string { return fmt.Sprintf("w%04d", i) }

// each does something to many workloads, eight at a time.
func (f *fixture) each(do func(ctx context.Context, i int) error) {
	f.t.Helper()
	group, ctx := errgroup.WithContext(f.t.Context())
	group.SetLimit(8)
	for i := range many {
		group.Go(func() error { return do(ctx, i) })
	}
	if err := group.Wait(); err != nil {
		f.t.Fatal(err)
	}
}

func (f *fixture) create() {
	f.t.Helper()
	template := f.workload("NAME")
	f.each(func(ctx context.Context, i int) error {
		obj := template.DeepCopy()
		obj.SetName(name(i))
		made, err := f.client.Resource(workloads).Namespace(f.ns).Create(ctx, obj, v1.CreateOptions{})
		if err != nil {
			return err
		}
		obj.SetResourceVersion(made.GetResourceVersion())
		_, err = f.client.Resource(workloads).Namespace(f.ns).UpdateStatus(ctx, obj, v1.UpdateOptions{})
		return err
	})
}

func (f *fixture) label(ctx context.Context, name, value string) error {
	_, err := f.client.Resource(workloads).Namespace(f.ns).Patch(ctx, name, types.MergePatchType, []byte(`{"metadata":{"labels":{"round":"`+value+`"}}}`), v1.PatchOptions{})
	return err
}

func (f *fixture) install() {
	f.t.Helper()
	manifests, err := crds.Raw()
	if err != nil {
		f.t.Fatal(err)
	}
	for _, manifest := range manifests {
		harness.ApplyYAML(f.t, f.cp.Config, "", string(manifest))
	}
}

// TestWorld is one story on one control plane, which is broken at its end.
func TestWorld(t *testing.T) {
	cp := harness.New(t, harness.Options{AuditLog: true})
	client, err := dynamic.NewForConfig(cp.Config)
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{t: t, cp: cp, client: client}
	f.install()
	f.ns = harness.Namespace(t, cp)
	f.create()

	const owners, one, manifest, namespaces, forbidden, next, why = feed.ID(1), feed.ID(2), feed.ID(3), feed.ID(4), feed.ID(5), feed.ID(6), feed.ID(7)
	p := open(t, cp.Kubeconfig, "")
	ref := tree.Ref{APIVersion: v1alpha1.GroupVersion.String(), Kind: v1alpha1.KindWorkload, Namespace: f.ns, Name: name(7)}

	t.Log("a thousand workloads")
	p.state(feed.Live)
	begin := time.Now()
	p.world.Follow(owners, feed.Owners{Kind: v1alpha1.KindWorkload})
	p.eventually(func() error {
		if len(p.rows[owners]) != many || p.synced[owners].IsZero() {
			return fmt.Errorf("%d rows", len(p.rows[owners]))
		}
		return nil
	})
	p.mu.Lock()
	t.Logf("first page after %v, all after %v", p.first[owners].Sub(begin), p.synced[owners].Sub(begin))
	// A second is promised; machines that run tests have other things to do.
	if took := p.first[owners].Sub(begin); took > 3*time.Second {
		t.Errorf("the first page took %v", took)
	}
	if row := p.rows[owners][feed.Key{Namespace: f.ns, Name: name(7)}]; row.State != feed.Ready || row.StepsReady != 6 || row.Blueprint != "web" {
		t.Errorf("a row is %+v", row)
	}
	p.deliveries = nil
	p.mu.Unlock()

	t.Log("what the list holds costs no request")
	mark, err := cp.Mark(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	p.world.Follow(manifest, feed.Object{Ref: ref})
	p.eventually(func() error {
		m, ok := p.last[manifest].(feed.Manifest)
		if !ok || m.Object.GetName() != ref.Name || len(m.Object.GetManagedFields()) > 0 {
			return fmt.Errorf("got %+v", p.last[manifest])
		}
		return nil
	})
	requests, err := cp.Requests(t.Context(), harness.Filter{Since: mark})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range requests {
		if strings.Contains(r.URI, ref.Name) {
			t.Errorf("it sent %s %s", r.Verb, r.URI)
		}
	}

	t.Log("a burst of a thousand changes")
	p.mu.Lock()
	p.deliveries = nil
	p.mu.Unlock()
	begin = time.Now()
	f.each(func(ctx context.Context, i int) error { return f.label(ctx, name(i), "burst") })
	p.eventually(func() error {
		for key, row := range p.rows[owners] {
			if row.Labels["round"] != "burst" {
				return fmt.Errorf("%s is old", key.Name)
			}
		}
		if m := p.last[manifest].(feed.Manifest); m.Object.GetLabels()["round"] != "burst" {
			return errors.New("the manifest is old")
		}
		return nil
	})
	p.mu.Lock()
	t.Logf("%d deliveries in %v", len(p.deliveries), time.Since(begin))
	for i, at := range p.deliveries {
		within := 0
		for _, other := range p.deliveries[i:] {
			if other.Sub(at) < time.Second {
				within++
			}
		}
		if within > 30 {
			t.Errorf("%d deliveries within a second", within)
			break
		}
	}
	p.mu.Unlock()

	t.Log("a person who may see nothing")
	jane := open(t, cp.Kubeconfig, "jane")
	jane.world.Follow(forbidden, feed.Owners{Kind: v1alpha1.KindWorkload})
	jane.world.Follow(namespaces, feed.Namespaces{})
	jane.fault(forbidden, true, ":ns NAME")
	jane.fault(namespaces, true, "cannot list namespaces")
	jane.state(feed.Live)

	t.Log("an owner is followed, and one is deleted while it is shown")
	p.world.Follow(one, feed.Owner{Ref: ref})
	p.snapshot(one, func(s feed.Snapshot) error {
		if s.Tree.Owner.Name != ref.Name || s.Why == nil || len(s.Tree.Steps) != 6 || len(s.Tree.Owner.Read.GetManagedFields()) > 0 {
			return fmt.Errorf("got %+v", s.Tree.Owner)
		}
		return nil
	})
	if err := client.Resource(workloads).Namespace(f.ns).Delete(t.Context(), ref.Name, v1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	p.fault(one, true, "was deleted")
	p.fault(manifest, true, "was deleted")
	p.eventually(func() error {
		if !p.faults[one][0].Gone || len(p.rows[owners]) != many-1 {
			return fmt.Errorf("faults %v, %d rows", p.faults[one], len(p.rows[owners]))
		}
		return nil
	})

	t.Log("the API server goes away and comes back")
	ref.Name = name(8)
	p.world.Follow(next, feed.Owner{Ref: ref})
	p.snapshot(next, func(s feed.Snapshot) error {
		if s.Tree.Owner.Name != ref.Name {
			return errors.New("the old one")
		}
		return nil
	})
	p.world.Follow(why, feed.Explained{Owner: ref})
	p.eventually(func() error {
		if e, ok := p.last[why].(feed.Explanation); !ok || e.Why.Subject.Name != ref.Name {
			return fmt.Errorf("got %+v, faults %v", p.last[why], p.faults[why])
		}
		return nil
	})
	if err := cp.StopAPIServer(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.state(feed.Lost)
	if err := cp.StartAPIServer(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.state(feed.Live)
	if err := f.label(t.Context(), ref.Name, "after"); err != nil {
		t.Fatal(err)
	}
	p.eventually(func() error {
		s, _ := p.last[next].(feed.Snapshot)
		if row := p.rows[owners][feed.Key{Namespace: f.ns, Name: ref.Name}]; row.Labels["round"] != "after" || s.Tree.Owner.Read.GetLabels()["round"] != "after" {
			return fmt.Errorf("the row has %v, faults %v", row.Labels, p.faults)
		}
		return nil
	})

	t.Log("the API server hangs")
	pid := cp.PIDs()[harness.APIServer]
	begin = time.Now()
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	p.state(feed.Lost)
	t.Logf("noticed after %v", time.Since(begin))
	if took := time.Since(begin); took > 12*time.Second {
		t.Errorf("it took %v to notice", took)
	}
	if err := syscall.Kill(pid, syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	p.state(feed.Live)

	t.Log("the kinds of Carto are removed and come back")
	for _, kind := range []string{"workloads", "clustersupplychains"} {
		if err := client.Resource(definitions).Delete(t.Context(), kind+".carto.run", v1.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	p.fault(owners, false, "install --crds-only")
	p.fault(next, true, "was deleted")
	f.install()
	obj := f.workload("new")
	harness.Eventually(t, patience, func() error {
		_, err := client.Resource(workloads).Namespace(f.ns).Create(t.Context(), obj, v1.CreateOptions{})
		return err
	})
	p.eventually(func() error {
		if len(p.rows[owners]) != 1 {
			return fmt.Errorf("%d rows; faults %v", len(p.rows[owners]), p.faults[owners])
		}
		return nil
	})
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.lost != 2 {
		t.Errorf("the connection was lost %d times", p.lost)
	}
}
