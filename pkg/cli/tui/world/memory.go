package world

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/cli/workload/spec"
	"github.com/carto-run/carto/pkg/tree"
	"github.com/carto-run/carto/pkg/tui/feed"
)

// Bounds of the memory: a few versions are what people compare, and an object has some
// kilobytes.
const (
	maxVersions = 10
	maxStamped  = 200
)

// memory keeps the versions of stamped objects that were seen: the cluster has only the
// newest. The zero value is empty.
type memory struct {
	mu  sync.Mutex
	all map[stampedKey]*remembered
	// looks counts the reads, to find who was not looked at for the longest.
	looks int64
	// began is when the first object was seen.
	began time.Time
}

// stampedKey names a stamped object. One that was deleted and stamped again goes on.
type stampedKey struct{ group, kind, namespace, name string }

func stampedAs(obj *unstructured.Unstructured) stampedKey {
	kind := obj.GroupVersionKind().GroupKind()
	return stampedKey{kind.Group, kind.Kind, obj.GetNamespace(), obj.GetName()}
}

type remembered struct {
	// resourceVersion and generation of the newest version.
	resourceVersion string
	generation      int64
	// versions, the newest first.
	versions []feed.Version
	look     int64
}

// remember takes the stamped objects of an owner, and of the owners that it stamps.
func (m *memory) remember(in tree.Input, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.all == nil {
		m.all, m.began = map[stampedKey]*remembered{}, now
	}
	m.looks++
	m.take(in, now)
	for len(m.all) > maxStamped {
		var oldest stampedKey
		least := m.looks + 1
		for key, r := range m.all {
			if r.look < least {
				oldest, least = key, r.look
			}
		}
		delete(m.all, oldest)
	}
}

func (m *memory) take(in tree.Input, now time.Time) {
	for _, f := range in.Objects {
		if f == nil || f.Object == nil {
			continue
		}
		if !makesRuns(f.Object) { // runs stay in the cluster
			key := stampedAs(f.Object)
			if m.all[key] == nil {
				m.all[key] = &remembered{}
			}
			m.all[key].look = m.looks
			m.all[key].add(f.Object, now)
		}
		if f.Owner != nil {
			m.take(*f.Owner, now)
		}
	}
}

func (r *remembered) add(obj *unstructured.Unstructured, now time.Time) {
	if r.resourceVersion == obj.GetResourceVersion() && len(r.versions) > 0 {
		return
	}
	r.resourceVersion = obj.GetResourceVersion()
	v := version(obj, now)
	if v.Name = fmt.Sprintf("generation %d", obj.GetGeneration()); obj.GetGeneration() == 0 { // kinds that do not count them
		v.Name = "resource version " + obj.GetResourceVersion()
	}
	if len(r.versions) > 0 {
		newest := &r.versions[0]
		if equality.Semantic.DeepEqual(newest.Object.Object, v.Object.Object) {
			return // only its status changed
		}
		if g := obj.GetGeneration(); g > 0 && g == r.generation {
			newest.Object = v.Object // what was written beside it, as a controller's annotation
			return
		}
	}
	r.generation = obj.GetGeneration()
	r.versions = slices.Insert(r.versions, 0, v)
	r.versions = r.versions[:min(len(r.versions), maxVersions)]
}

// versions of an object that were seen, the newest first, and since when there were eyes.
func (m *memory) versions(obj *unstructured.Unstructured) (versions []feed.Version, began time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if r := m.all[stampedAs(obj)]; r != nil {
		versions = slices.Clone(r.versions)
	}
	return versions, m.began
}

// version of an object, without what is not stamped: its status, what the API server keeps,
// and the marks by which Carto tells one rendering from another.
func version(obj *unstructured.Unstructured, now time.Time) feed.Version {
	stripped := &unstructured.Unstructured{Object: spec.Written(obj)}
	annotations := stripped.GetAnnotations()
	for _, mark := range []string{v1alpha1.AnnotationDigest, v1alpha1.AnnotationSequence} {
		delete(annotations, mark)
	}
	if stripped.SetAnnotations(annotations); len(annotations) == 0 {
		unstructured.RemoveNestedField(stripped.Object, "metadata", "annotations")
	}
	return feed.Version{Name: obj.GetName(), At: stampedAt(obj, now), Object: stripped}
}

// stampedAt is when Carto wrote the object last, as far as that can be known.
func stampedAt(obj *unstructured.Unstructured, now time.Time) time.Time {
	at := obj.GetCreationTimestamp().Time
	for _, entry := range obj.GetManagedFields() {
		if entry.Manager == v1alpha1.FieldManager && entry.Operation == metav1.ManagedFieldsOperationApply && entry.Subresource == "" && entry.Time != nil {
			at = entry.Time.Time
		}
	}
	if at.IsZero() {
		return now
	}
	return at
}
