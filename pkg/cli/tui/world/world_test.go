package world

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic/fake"
	clienttesting "k8s.io/client-go/testing"
	"sigs.k8s.io/yaml"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/cli/noun"
	"github.com/carto-run/carto/pkg/tree"
	"github.com/carto-run/carto/pkg/tui/feed"
)

// played is a world over a fake cluster, whose messages are kept.
type played struct {
	t      *testing.T
	world  *World
	client *fake.FakeDynamicClient

	mu   sync.Mutex
	sent []tea.Msg
}

// play runs in a bubble of synctest: waiting takes no time.
func play(t *testing.T, objects ...*unstructured.Unstructured) *played {
	t.Helper()
	p := &played{t: t, client: clientOf(t, objects...)}
	w, err := New(Options{
		Program: "kubectl carto", Clock: time.Now,
		Connect: func(name string) (*Cluster, error) {
			switch name {
			case "":
				return &Cluster{Context: "dev", Namespace: "shop", Client: p.client}, nil
			case "away":
				return &Cluster{Context: name, Server: "https://away", Probe: func(context.Context) error { return errors.New("refused") }}, nil
			case "other":
				return &Cluster{Context: name, Client: clientOf(t), Probe: func(context.Context) error { return nil }}, nil
			}
			return nil, fmt.Errorf("there is no context %q", name)
		},
		Contexts: func() ([]string, error) { return []string{"away", "dev", "other"}, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	p.world = w
	w.Bind(func(msg tea.Msg) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.sent = append(p.sent, msg)
	})
	t.Cleanup(w.Close)
	return p
}

func clientOf(t *testing.T, objects ...*unstructured.Unstructured) *fake.FakeDynamicClient {
	t.Helper()
	kinds := map[schema.GroupVersionResource]string{
		namespaceNoun.Resource: "NamespaceList", {Version: "v1", Resource: "configmaps"}: "ConfigMapList",
		{Group: "apps", Version: "v1", Resource: "deployments"}: "DeploymentList", {Group: "apps", Version: "v1", Resource: "replicasets"}: "ReplicaSetList",
		{Version: "v1", Resource: "pods"}: "PodList", {Version: "v1", Resource: "events"}: "EventList",
	}
	for _, k := range v1alpha1.Kinds {
		kinds[v1alpha1.GroupVersion.WithResource(k.Plural)] = k.Name + "List"
	}
	client := fake.NewSimpleDynamicClientWithCustomListKinds(runtime.NewScheme(), kinds)
	for _, obj := range objects {
		if err := client.Tracker().Add(obj); err != nil {
			t.Fatal(err)
		}
	}
	return client
}

// payloads of a subscription so far.
func (p *played) payloads(id feed.ID) []any {
	synctest.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []any
	for _, msg := range p.sent {
		if d, ok := msg.(feed.Delivery); ok && d.ID == id {
			all = append(all, d.Payload)
		}
	}
	return all
}

// last payload of a subscription, once nothing more comes for a while.
func (p *played) last(id feed.ID) any {
	p.t.Helper()
	time.Sleep(2 * time.Second)
	all := p.payloads(id)
	if len(all) == 0 {
		p.t.Fatalf("nothing was delivered to %d", id)
	}
	return all[len(all)-1]
}

func (p *played) do(action feed.Action) feed.Done {
	p.t.Helper()
	done, ok := p.world.Do(action)().(feed.Done)
	if !ok {
		p.t.Fatalf("%T did not end", action)
	}
	return done
}

func (p *played) put(obj *unstructured.Unstructured) {
	p.t.Helper()
	if _, err := p.client.Resource(noun.OfKind(obj.GetKind()).Resource).Namespace(obj.GetNamespace()).Update(p.t.Context(), obj, metav1.UpdateOptions{}); err != nil {
		p.t.Fatal(err)
	}
}

func (p *played) delete(obj *unstructured.Unstructured) {
	p.t.Helper()
	if err := p.client.Resource(noun.OfKind(obj.GetKind()).Resource).Namespace(obj.GetNamespace()).Delete(p.t.Context(), obj.GetName(), metav1.DeleteOptions{}); err != nil {
		p.t.Fatal(err)
	}
}

// workload is a large, ready one.
func workload(t testing.TB, name string) *unstructured.Unstructured {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "tui", "rows", "testdata", "workload.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	data, err := yaml.YAMLToJSON([]byte(strings.NewReplacer("NAMESPACE", "shop", "NAME", name).Replace(string(text))))
	if err != nil {
		t.Fatal(err)
	}
	obj := &unstructured.Unstructured{}
	if err := obj.UnmarshalJSON(data); err != nil {
		t.Fatal(err)
	}
	obj.SetResourceVersion("1")
	obj.SetManagedFields([]metav1.ManagedFieldsEntry{{Manager: "kubectl"}})
	return obj
}

// changed is the next version of an object.
func changed(obj *unstructured.Unstructured, label string) *unstructured.Unstructured {
	next := obj.DeepCopy()
	next.SetResourceVersion(obj.GetResourceVersion() + "1")
	next.SetLabels(map[string]string{"changed": label})
	return next
}

func refOf(obj *unstructured.Unstructured) tree.Ref {
	return tree.Ref{APIVersion: obj.GetAPIVersion(), Kind: obj.GetKind(), Namespace: obj.GetNamespace(), Name: obj.GetName()}
}

// sameRows adds deliveries up, as a screen does.
func sameRows(payloads []any) (names string, synced bool) {
	rows := map[string]string{}
	for _, payload := range payloads {
		changed, ok := payload.(feed.OwnersChanged)
		if !ok {
			continue
		}
		if changed.Reset {
			clear(rows)
		}
		for _, row := range changed.Changed {
			rows[row.Ref.Name] = row.Ref.Name + row.Labels["changed"]
		}
		for _, key := range changed.Gone {
			delete(rows, key.Name)
		}
		synced = changed.Synced
	}
	var all []string
	for _, text := range rows {
		all = append(all, text)
	}
	slices.Sort(all)
	return strings.Join(all, " "), synced
}

func TestOwners(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a, b := workload(t, "a"), workload(t, "b")
		p := play(t, a, b)
		p.world.Follow(1, feed.Owners{Kind: v1alpha1.KindWorkload, Namespace: "shop"})
		expect := func(reason, want string) {
			t.Helper()
			p.last(1)
			if got, synced := sameRows(p.payloads(1)); got != want || !synced {
				t.Errorf("%s: got %q, synced %t; want %q", reason, got, synced, want)
			}
		}
		expect("what there is", "a b")
		p.put(changed(b, "!"))
		expect("a change", "a b!")
		p.delete(a)
		expect("a deletion", "b!")
		p.do(feed.Refresh{})
		expect("everything is read again", "b!")
		if first := p.payloads(1)[0].(feed.OwnersChanged); !first.Reset {
			t.Error("what a screen had before counts still")
		}

		before := len(p.payloads(1))
		for i := range 1000 {
			p.put(changed(b, fmt.Sprint(i)))
			time.Sleep(time.Millisecond)
		}
		expect("the last of many changes", "b999")
		if n := len(p.payloads(1)) - before; n > 25 {
			t.Errorf("%d deliveries within a second", n)
		}

		p.world.Stop(1)
		synctest.Wait()
		before = len(p.payloads(1))
		p.put(changed(b, "later"))
		time.Sleep(time.Minute)
		if n := len(p.payloads(1)); n != before {
			t.Errorf("%d deliveries after the end", n-before)
		}
	})
}

// TestOwnersFaults: what can not be listed, and how it goes on.
func TestOwnersFaults(t *testing.T) {
	t.Parallel()
	forbidden := apierrors.NewForbidden(noun.Workload.Resource.GroupResource(), "", errors.New("no"))
	missing := &apierrors.StatusError{ErrStatus: metav1.Status{Reason: metav1.StatusReasonNotFound, Code: 404, Message: "the server could not find the requested resource"}}
	for _, tc := range []struct {
		reason string
		topic  feed.Owners
		err    error
		says   string
		final  bool
	}{
		{"all namespaces are not allowed, one may be", feed.Owners{Kind: v1alpha1.KindWorkload}, forbidden, "choose one with :ns NAME", true},
		{"one namespace is not allowed", feed.Owners{Kind: v1alpha1.KindWorkload, Namespace: "shop"}, forbidden, "cannot list workloads", true},
		{"kinds may be installed at any time", feed.Owners{Kind: v1alpha1.KindWorkload}, missing, "kubectl carto install --crds-only", false},
		{"an API server that is overloaded", feed.Owners{Kind: v1alpha1.KindWorkload}, apierrors.NewTooManyRequests("slow", 1), "slow", false},
		{"no kind of Carto", feed.Owners{Kind: "Pod"}, nil, `nothing is known of the kind "Pod"`, true},
	} {
		synctest.Test(t, func(t *testing.T) {
			p := play(t, workload(t, "a"))
			lists := 0
			p.client.PrependReactor("list", "workloads", func(clienttesting.Action) (bool, runtime.Object, error) {
				lists++
				return lists == 1 && tc.err != nil, nil, tc.err
			})
			p.world.Follow(1, tc.topic)
			fault, ok := p.last(1).(feed.Fault)
			if !ok || fault.Final != tc.final || !strings.Contains(fault.Err.Error(), tc.says) {
				t.Errorf("%s: got %+v", tc.reason, fault)
			}
			time.Sleep(tryAgain)
			if got, _ := sameRows(p.payloads(1)); (got == "a") == tc.final {
				t.Errorf("%s: later there is %q", tc.reason, got)
			}
			if !tc.final || tc.err == nil {
				return
			}
			p.do(feed.Refresh{}) // permissions may have come
			p.last(1)
			if got, _ := sameRows(p.payloads(1)); got != "a" {
				t.Errorf("%s: after a refresh there is %q", tc.reason, got)
			}
		})
	}
}

// TestPanic: a fault of ours ends what it concerns, and not the program with the terminal as
// it is.
func TestPanic(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := play(t)
		p.client.PrependReactor("list", "*", func(clienttesting.Action) (bool, runtime.Object, error) { panic("oops") })
		p.world.Follow(1, feed.Namespaces{})
		if f, ok := p.last(1).(feed.Fault); !ok || !f.Final || !strings.Contains(f.Err.Error(), "a fault in this program: oops") {
			t.Errorf("got %+v", p.last(1))
		}
	})
}

// TestOwnersCounted: blueprints know their owners, whoever lists them.
func TestOwnersCounted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		chain := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "carto.run/v1alpha1", "kind": "ClusterSupplyChain", "metadata": map[string]any{"name": "web"}}}
		b := workload(t, "b")
		p := play(t, workload(t, "a"), b, chain)
		lists := func() (n int) {
			for _, a := range p.client.Actions() {
				if a.GetVerb() == "list" && a.GetResource().Resource == "workloads" {
					n++
				}
			}
			return n
		}
		expect := func(reason string, want, requests int) {
			t.Helper()
			last := p.last(1).(feed.OwnersChanged)
			if got := last.Changed[len(last.Changed)-1].Owners; got != want || lists() != requests {
				t.Errorf("%s: %d owners after %d lists, want %d after %d", reason, got, lists(), want, requests)
			}
		}
		p.world.Follow(2, feed.Owners{Kind: v1alpha1.KindWorkload})
		p.last(2)
		p.world.Follow(1, feed.Owners{Kind: v1alpha1.KindClusterSupplyChain})
		expect("another topic lists them", 2, 1)
		p.delete(b)
		expect("one less", 1, 1)
		p.world.Stop(2)
		expect("nobody else lists them", 1, 2)
		p.client.PrependReactor("list", "workloads", func(a clienttesting.Action) (bool, runtime.Object, error) {
			return true, nil, apierrors.NewForbidden(a.GetResource().GroupResource(), "", errors.New("no"))
		})
		p.do(feed.Refresh{})
		expect("they may not be listed", -1, 3)
	})
}

func TestOwner(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cart := workload(t, "cart")
		p := play(t, cart)
		p.world.Follow(1, feed.Owner{Ref: refOf(cart)})
		s, ok := p.last(1).(feed.Snapshot)
		if !ok || s.Tree.Owner.Name != "cart" || s.Why == nil || s.At.IsZero() || len(s.Input.Root.Object.GetManagedFields()) > 0 {
			t.Fatalf("got %+v", s)
		}

		// The objects of an owner cost no request.
		requests := len(p.client.Actions())
		p.world.Follow(2, feed.Object{Ref: refOf(cart)})
		if m := p.last(2).(feed.Manifest); m.Object.GetName() != "cart" || m.Object == s.Input.Root.Object {
			t.Errorf("got %+v", m)
		}
		if n := len(p.client.Actions()); n != requests {
			t.Errorf("%d requests", n-requests)
		}
		p.put(changed(cart, "!"))
		if m := p.last(2).(feed.Manifest); m.Object.GetLabels()["changed"] != "!" {
			t.Errorf("got %v", m.Object.GetLabels())
		}
		p.delete(cart)
		for _, id := range []feed.ID{1, 2} {
			if f, ok := p.last(id).(feed.Fault); !ok || !f.Final || !f.Gone || !strings.Contains(f.Err.Error(), "was deleted") {
				t.Errorf("%d: got %+v", id, p.last(id))
			}
		}
		p.world.Follow(3, feed.Owner{Ref: refOf(cart)})
		if f, ok := p.last(3).(feed.Fault); !ok || !f.Final || f.Gone {
			t.Errorf("got %+v", p.last(3))
		}
	})
}

// TestBlueprint: a blueprint is followed with its owners, of which only the statuses are read.
func TestBlueprint(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		chain := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "carto.run/v1alpha1", "kind": "ClusterSupplyChain", "metadata": map[string]any{"name": "web"}}}
		p := play(t, workload(t, "a"), workload(t, "b"), chain)
		p.world.Follow(1, feed.Owner{Ref: refOf(chain)})
		s, ok := p.last(1).(feed.Snapshot)
		if !ok || len(s.Tree.Owners) != 2 || !s.Input.IsBlueprint || s.Why != nil {
			t.Fatalf("got %+v", p.last(1))
		}
		for _, a := range p.client.Actions() {
			if r := a.GetResource().Resource; r != "clustersupplychains" && r != "workloads" {
				t.Errorf("it asked for %s", r)
			}
		}
		p.world.Follow(2, feed.Explained{Owner: refOf(chain)})
		if e, ok := p.last(2).(feed.Explanation); !ok || e.Why.Subject.Name != "web" {
			t.Errorf("got %+v", p.last(2))
		}
		p.world.Follow(3, feed.Explained{Owner: tree.Ref{Kind: "Workload", Namespace: "shop", Name: "none"}})
		if f, ok := p.last(3).(feed.Fault); !ok || !f.Final {
			t.Errorf("got %+v", p.last(3))
		}
	})
}

// TestObject: what no topic holds is read and watched.
func TestObject(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cart := workload(t, "cart")
		p := play(t, cart)
		p.world.Follow(1, feed.Object{Ref: refOf(cart)})
		if m, ok := p.last(1).(feed.Manifest); !ok || len(m.Object.GetManagedFields()) > 0 {
			t.Fatalf("got %+v", p.last(1))
		}
		p.put(changed(cart, "!"))
		if m := p.last(1).(feed.Manifest); m.Object.GetLabels()["changed"] != "!" {
			t.Errorf("got %v", m.Object.GetLabels())
		}
		p.delete(cart)
		if f, ok := p.last(1).(feed.Fault); !ok || !f.Gone || !f.Final {
			t.Errorf("got %+v", p.last(1))
		}
		p.world.Follow(2, feed.Object{Ref: tree.Ref{APIVersion: "v1", Kind: "ConfigMap", Namespace: "shop", Name: "none"}})
		if f, ok := p.last(2).(feed.Fault); !ok || f.Gone || !f.Final || f.Err.Error() != "configmap shop/none not found" {
			t.Errorf("got %+v", p.last(2))
		}
	})
}

// TestObjectRead: one that may not be watched is read again now and then.
func TestObjectRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cart := workload(t, "cart")
		p := play(t, cart)
		p.client.PrependWatchReactor("*", func(a clienttesting.Action) (bool, watch.Interface, error) {
			return true, nil, apierrors.NewForbidden(a.GetResource().GroupResource(), "", errors.New("no"))
		})
		p.world.Follow(1, feed.Object{Ref: refOf(cart)})
		p.last(1)
		p.put(changed(cart, "!"))
		time.Sleep(tryAgain)
		if m := p.last(1).(feed.Manifest); m.Object.GetLabels()["changed"] != "!" {
			t.Errorf("got %v", m.Object.GetLabels())
		}
	})
}

func TestNames(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		namespace := func(name string) *unstructured.Unstructured {
			return &unstructured.Unstructured{Object: map[string]any{"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{"name": name}}}
		}
		p := play(t, namespace("shop"), namespace("bank"))
		p.world.Follow(1, feed.Namespaces{})
		if got := fmt.Sprint(p.last(1)); got != "{[bank shop] shop}" {
			t.Errorf("got %s", got)
		}
		if _, err := p.client.Resource(namespaceNoun.Resource).Create(t.Context(), namespace("cafe"), metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(p.last(1)); got != "{[bank cafe shop] shop}" {
			t.Errorf("got %s", got)
		}
		p.world.Follow(2, feed.Contexts{})
		if got := fmt.Sprint(p.last(2)); got != "{[away dev other] dev}" {
			t.Errorf("got %s", got)
		}
	})
}

// TestUse: the old context stays until the new one has answered.
func TestUse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cart := workload(t, "cart")
		p := play(t, cart)
		topic := feed.Owners{Kind: v1alpha1.KindWorkload}
		p.world.Follow(1, topic)
		p.last(1)
		for name, says := range map[string]string{"none": `there is no context "none"`, "away": "https://away does not answer: refused"} {
			if done := p.do(feed.Use{Context: name}); done.Err == nil || !strings.Contains(done.Err.Error(), says) {
				t.Errorf("%s: got %+v", name, done)
			}
		}
		p.put(changed(cart, "!"))
		p.last(1)
		if got, _ := sameRows(p.payloads(1)); got != "cart!" {
			t.Errorf("the old context ended: %q", got)
		}
		if done := p.do(feed.Use{Context: "other"}); done.Err != nil || done.Text != "using context other" {
			t.Errorf("got %+v", done)
		}
		before := len(p.payloads(1))
		p.put(changed(cart, "later"))
		p.world.Follow(2, topic)
		if got, _ := sameRows([]any{p.last(2)}); got != "" {
			t.Errorf("the new context has %q", got)
		}
		if n := len(p.payloads(1)); n != before {
			t.Error("the old subscription goes on")
		}
		if c := p.world.cluster; c.Context != "other" {
			t.Errorf("connected to %s", c.Context)
		}
		p.world.Close()
		if p.world.Follow(3, topic); len(p.payloads(3)) > 0 || p.world.Do(feed.Refresh{})() != nil {
			t.Error("it goes on after its end")
		}
	})
}
