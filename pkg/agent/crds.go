package agent

import (
	"context"
	"fmt"
	"log/slog"
	"sort"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/tools/cache"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/jsonread"
)

// crdWatch follows CustomResourceDefinitions: the agent starts once its own are there,
// and owners whose templates name an unknown kind are woken when its CRD appears.
type crdWatch struct {
	informer cache.SharedIndexInformer
	lists    firstLists // the one that there is
	changed  func(crd *definition)

	mu    sync.Mutex
	ready chan struct{} // closed and replaced at each change
}

// definition is what the agent reads of a CRD.
type definition struct {
	identity
	group, kind, plural string
	established         bool
	// versions that are served, joined; a new one is a change.
	versions string
	deleted  bool
}

func newCRDWatch(cluster reader, changed func(*definition)) *crdWatch {
	w := &crdWatch{changed: changed, ready: make(chan struct{})}
	w.informer = newClusterInformer(cluster, schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"}, &definition{})
	heard := handle(w.informer, cache.ResourceEventHandlerDetailedFuncs{
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
	w.lists = firstLists{{"customresourcedefinitions", heard.Done()}}
	return w
}

// DeepCopyObject implements runtime.Object; nobody changes what is in a cache.
func (d *definition) DeepCopyObject() runtime.Object { return d }

func readDefinition(text []byte) (runtime.Object, error) {
	var crd struct {
		Spec struct {
			Group string `json:"group"`
			Names struct {
				Kind   string `json:"kind"`
				Plural string `json:"plural"`
			} `json:"names"`
			Versions []struct {
				Name   string `json:"name"`
				Served bool   `json:"served"`
			} `json:"versions"`
		} `json:"spec"`
		Status struct {
			Conditions []metav1.Condition `json:"conditions"`
		} `json:"status"`
	}
	if err := jsonread.Into(text, &crd); err != nil {
		return nil, fmt.Errorf("read a CustomResourceDefinition: %w", err)
	}
	id, err := readIdentity(text)
	if err != nil {
		return nil, err
	}
	d := &definition{
		identity: id, group: crd.Spec.Group, kind: crd.Spec.Names.Kind, plural: crd.Spec.Names.Plural,
		established: meta.IsStatusConditionTrue(crd.Status.Conditions, "Established"),
	}
	for _, version := range crd.Spec.Versions {
		if version.Served {
			d.versions += version.Name + " "
		}
	}
	return d, nil
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
	if !w.lists.await(ctx, log, sayWaiting) {
		return ctx.Err()
	}
	reminder := time.NewTicker(time.Minute)
	defer reminder.Stop()
	said := false
	for {
		w.mu.Lock()
		changed := w.ready
		w.mu.Unlock()
		missing := w.missing()
		if len(missing) == 0 {
			return nil
		}
		if !said {
			log.Warn("waiting for the CRDs of carto.run; install them with: kubectl carto install --crds-only", "missing", missing)
			said = true
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		case <-reminder.C:
			said = false
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
