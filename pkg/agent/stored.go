package agent

import (
	"bytes"
	"fmt"
	"strings"
	"unique"

	"github.com/tidwall/gjson"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/jsonread"
	"github.com/carto-run/carto/pkg/stamped"
)

// stored is a stamped object as the caches hold it: what decisions are made on, and
// the rest as JSON text. As a tree of maps the same object takes several times the
// memory; it is decoded only when a pass reads it, which a settled owner never does.
// Nobody changes one once it is made.
type stored struct {
	Name, Namespace   string
	UID               types.UID
	ResourceVersion   string
	DeletionTimestamp *metav1.Time
	// Labels and CreationTimestamp of runs only.
	Labels            map[string]string
	CreationTimestamp metav1.Time

	// ref is the owner that controls the object; nil when none does.
	ref *metav1.OwnerReference
	// digest of the rendering that was applied last.
	digest string
	// sequence orders the runs of a resource; 0 for all other objects.
	sequence int64
	// owned is the field set that Carto applied, as the API server tracks it; nil when
	// Carto never applied the object.
	owned []byte
	// text is the object without managed fields; nil in a stub.
	text []byte
}

var (
	_ runtime.Object            = (*stored)(nil)
	_ metav1.ObjectMetaAccessor = (*stored)(nil)
)

// GetObjectKind implements runtime.Object; who reads a stored object knows its kind.
func (s *stored) GetObjectKind() schema.ObjectKind { return schema.EmptyObjectKind }

// DeepCopyObject implements runtime.Object.
func (s *stored) DeepCopyObject() runtime.Object { return s }

// GetObjectMeta tells client-go what it wants to know of an object. To keep a whole
// ObjectMeta of each would take half as much memory again.
func (s *stored) GetObjectMeta() metav1.Object {
	return &metav1.ObjectMeta{Name: s.Name, Namespace: s.Namespace, UID: s.UID, ResourceVersion: s.ResourceVersion}
}

// storedMeta is what is read of an object's metadata.
type storedMeta struct {
	Name              string                      `json:"name"`
	Namespace         string                      `json:"namespace"`
	UID               types.UID                   `json:"uid"`
	ResourceVersion   string                      `json:"resourceVersion"`
	DeletionTimestamp *metav1.Time                `json:"deletionTimestamp"`
	CreationTimestamp metav1.Time                 `json:"creationTimestamp"`
	Labels            map[string]string           `json:"labels"`
	Annotations       map[string]string           `json:"annotations"`
	OwnerReferences   []metav1.OwnerReference     `json:"ownerReferences"`
	ManagedFields     []metav1.ManagedFieldsEntry `json:"managedFields"`
}

// readStored makes the compact form of an object as the API server writes it, without
// decoding more than its metadata. It does not keep the text, which must be valid JSON.
func readStored(text []byte) (*stored, error) {
	metadata := look(text, "metadata")
	if !metadata.IsObject() || metadata.Index == 0 {
		return nil, fmt.Errorf("read an object: it has no metadata: %.100q", text)
	}
	var m storedMeta
	if err := jsonread.Into(text[metadata.Index:metadata.Index+len(metadata.Raw)], &m); err != nil {
		return nil, fmt.Errorf("read the metadata of an object: %w", err)
	}
	s := &stored{
		Name: m.Name, Namespace: unique.Make(m.Namespace).Value(), UID: m.UID,
		ResourceVersion: m.ResourceVersion, DeletionTimestamp: m.DeletionTimestamp,
		digest: m.Annotations[v1alpha1.AnnotationDigest], ref: controllerOf(m.OwnerReferences),
	}
	kind := ""
	if s.ref != nil {
		kind = s.ref.Kind
	}
	if stamped.IsRun(kind, m.Labels) {
		s.Labels, s.CreationTimestamp, s.sequence = m.Labels, m.CreationTimestamp, stamped.ParseSequence(m.Annotations)
	}
	s.text = without(text, metadata, gjson.Get(metadata.Raw, "managedFields"))
	s.owned = bytes.Clone(stamped.OwnedFields(m.ManagedFields, bytes.Contains(s.text, []byte("{}")), func() map[string]any {
		object, _ := s.object() // no map is as good as one without the fields
		return object
	}))
	return s, nil
}

// controllerOf is a copy of the controlling reference. Its strings that are the same in
// thousands of objects are shared by those that are read at the same time.
func controllerOf(refs []metav1.OwnerReference) *metav1.OwnerReference {
	for _, ref := range refs {
		if ref.Controller != nil && *ref.Controller {
			return &metav1.OwnerReference{APIVersion: unique.Make(ref.APIVersion).Value(), Kind: unique.Make(ref.Kind).Value(), Name: ref.Name, UID: ref.UID}
		}
	}
	return nil
}

// space is what JSON allows between its tokens.
const space = " \t\r\n"

// withoutManagedFields is an object without its managed fields.
func withoutManagedFields(text []byte) []byte {
	metadata := look(text, "metadata")
	managed := gjson.Get(metadata.Raw, "managedFields")
	if metadata.Index == 0 || !managed.Exists() {
		return text
	}
	return without(text, metadata, managed)
}

// without copies an object without its managed fields, which are often half of it.
func without(text []byte, metadata, managed gjson.Result) []byte {
	if !managed.Exists() || managed.Index == 0 {
		return bytes.Clone(text)
	}
	start, end := metadata.Index+managed.Index, metadata.Index+managed.Index+len(managed.Raw)
	before, found := bytes.CutSuffix(bytes.TrimRight(text[:start], space+":"), []byte(`"managedFields"`))
	if !found {
		return bytes.Clone(text) // written with escapes, which the API server never does
	}
	after := text[end:]
	// One of the commas around goes, too.
	if rest := bytes.TrimLeft(after, space); rest[0] == ',' {
		after = rest[1:]
	} else {
		before = bytes.TrimSuffix(bytes.TrimRight(before, space), []byte(","))
	}
	kept := make([]byte, 0, len(before)+len(after))
	return append(append(kept, before...), after...)
}

// object decodes the whole object; integers stay integers.
func (s *stored) object() (map[string]any, error) {
	var object map[string]any
	if err := jsonread.Into(s.text, &object); err != nil {
		return nil, fmt.Errorf("read stored object %s/%s: %w", s.Namespace, s.Name, err)
	}
	return object, nil
}

// controllerRef is the owner that controls the object; nil when none does.
func (s *stored) controllerRef() *metav1.OwnerReference { return s.ref }

// controller is its UID; empty when there is none.
func (s *stored) controller() types.UID {
	if s.ref == nil {
		return ""
	}
	return s.ref.UID
}

// owner is the owner that the controller reference names; it is always in the namespace
// of the object.
func (s *stored) owner() (ownerKey, bool) {
	if s.ref == nil || !v1alpha1.IsOwnerKind(s.ref.Kind) {
		return ownerKey{}, false
	}
	group, _, _ := strings.Cut(s.ref.APIVersion, "/")
	return ownerKey{s.ref.Kind, s.Namespace, s.ref.Name}, group == v1alpha1.Group
}
