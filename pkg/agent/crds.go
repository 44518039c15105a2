package agent

import (
	"context"
	"log/slog"
	"sort"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/tools/cache"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
)

// crdWatch follows CustomResourceDefinitions: the agent starts once its own are there,
// and owners whose templates name an unknown kind are woken when its CRD appears.
type crdWatch struct {
	informer cache.SharedIndexInformer
	changed  func(crd *definition)

	mu    sync.Mutex
	ready chan struct{} // closed and replaced at each change
}

// definition is what the agent reads of a CRD.
type definition struct {
	metav1.ObjectMeta
	group, kind, plural string
	established         bool
	// versions that are served, joined; a new one is a change.
	versions string
	deleted  bool
}

func newCRDWatch(client dynamic.Interface, changed func(*definition)) *crdWatch {
	w := &crdWatch{changed: changed, ready: make(chan struct{})}
	w.informer = newDynamicInformer(client, schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"}, readDefinition)
	_, _ = w.informer.AddEventHandler(cache.ResourceEventHandlerDetailedFuncs{ // fails only when the informer has ended
		AddFunc: func(object any, isInInitialList bool) {
			w.signal()
			if !isInInitialList { // what was there before the agent is no change
				w.changed(object.(*definition))
			}
		},
		UpdateFunc: func(before, now any) {
			a, b := before.(*definition), now.(*definition)
			if a.established != b.established || a.versions != b.versions || a.UID != b.UID {
				w.note(b)
			}
		},
		DeleteFunc: func(object any) {
			if tombstone, ok := object.(cache.DeletedFinalStateUnknown); ok {
				object = tombstone.Obj
			}
			if d, ok := object.(*definition); ok {
				gone := *d
				gone.deleted = true
				w.note(&gone)
			}
		},
	})
	return w
}

func readDefinition(u *unstructured.Unstructured) any {
	d := &definition{ObjectMeta: metav1.ObjectMeta{Name: u.GetName(), UID: u.GetUID(), ResourceVersion: u.GetResourceVersion()}}
	d.group, _, _ = unstructured.NestedString(u.Object, "spec", "group")
	d.kind, _, _ = unstructured.NestedString(u.Object, "spec", "names", "kind")
	d.plural, _, _ = unstructured.NestedString(u.Object, "spec", "names", "plural")
	versions, _, _ := unstructured.NestedSlice(u.Object, "spec", "versions")
	for _, version := range versions {
		if v, ok := version.(map[string]any); ok && v["served"] == true {
			name, _ := v["name"].(string)
			d.versions += name + " "
		}
	}
	conditions, _, _ := unstructured.NestedSlice(u.Object, "status", "conditions")
	for _, condition := range conditions {
		if c, ok := condition.(map[string]any); ok && c["type"] == "Established" {
			d.established = c["status"] == "True"
		}
	}
	return d
}

func (w *crdWatch) note(d *definition) {
	w.signal()
	w.changed(d)
}

func (w *crdWatch) signal() {
	w.mu.Lock()
	defer w.mu.Unlock()
	close(w.ready)
	w.ready = make(chan struct{})
}

// missing lists the CRDs of carto.run that are not established.
func (w *crdWatch) missing() []string {
	var missing []string
	for _, kind := range v1alpha1.Kinds {
		name := kind.Plural + "." + v1alpha1.Group
		object, exists, _ := w.informer.GetStore().GetByKey(name)
		if d, ok := object.(*definition); !exists || !ok || !d.established {
			missing = append(missing, name)
		}
	}
	sort.Strings(missing)
	return missing
}

// await returns once the CRDs of carto.run are established, and says every minute what
// it waits for.
func (w *crdWatch) await(ctx context.Context, log *slog.Logger) error {
	reminder := time.NewTicker(time.Minute)
	defer reminder.Stop()
	said := false
	for {
		w.mu.Lock()
		changed := w.ready
		w.mu.Unlock()
		missing := w.missing()
		if len(missing) == 0 && w.informer.HasSynced() {
			return nil
		}
		if w.informer.HasSynced() && !said {
			log.Warn("waiting for the CRDs of carto.run; install them with: kubectl carto install --crds-only", "missing", missing)
			said = true
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		case <-reminder.C:
			said = false
		case <-time.After(200 * time.Millisecond): // the first list has no event when it is empty
		}
	}
}

// sayWhetherOwn logs that a CRD of carto.run has gone or come back. Its informer keeps
// trying by itself; nothing is deleted because of it.
func (a *Agent) sayWhetherOwn(d *definition) {
	if d.group != v1alpha1.Group || !a.synced.Load() {
		return
	}
	switch {
	case d.deleted:
		a.log.Warn("a CRD of carto.run is gone; what it defined is not worked on until it is back", "crd", d.Name)
	case d.established:
		a.log.Info("a CRD of carto.run is back", "crd", d.Name)
	}
}
