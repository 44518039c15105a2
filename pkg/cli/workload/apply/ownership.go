package apply

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"sort"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"

	"github.com/carto-run/carto/pkg/cli/workload/spec"
)

// Server-side apply deletes the fields that its manager owned and does not send any more,
// and cannot delete what others own. Neither is what a person means who says "change this
// flag", so what is sent is worked out from what is there:
//
//   - sent is every field that this manager owns, with its new or its live value, and every
//     field that changes. What others own and nobody asked to change is not claimed.
//   - what is to go is left out. Where that is not enough, because another manager owns it
//     too, or because create owns it (a create counts as an update, not as an apply), its
//     ownership is moved to the apply first. For other managers that is a conflict, and
//     takes --force-conflicts.

// field is a path of keys. Lists are one field: the API server treats those of workloads
// as one value.
type field []string

func (f field) String() string { return "." + strings.Join(f, ".") }

func (f field) within(set field) bool { return len(f) >= len(set) && slices.Equal(f[:len(set)], set) }

// configuration is what to send so that live becomes wanted.
func configuration(live, wanted *unstructured.Unstructured, own *fieldpath.Set) *unstructured.Unstructured {
	c := &unstructured.Unstructured{Object: map[string]any{}}
	c.SetGroupVersionKind(wanted.GroupVersionKind())
	c.SetName(live.GetName())
	c.SetNamespace(live.GetNamespace())
	// Optimistic: the difference was worked out for this version.
	c.SetResourceVersion(live.GetResourceVersion())
	written := spec.Written(wanted)
	for _, f := range leaves(written, nil) {
		value, _, _ := unstructured.NestedFieldCopy(written, f...)
		before, found, _ := unstructured.NestedFieldNoCopy(live.Object, f...)
		if owns(own, f) || !found || !reflect.DeepEqual(before, value) {
			_ = unstructured.SetNestedField(c.Object, value, f...)
		}
	}
	// The API demands a spec, also when nothing in it is ours.
	if _, ok := c.Object["spec"]; !ok {
		c.Object["spec"] = map[string]any{}
	}
	return c
}

// leaves are the fields of an object that hold no further fields, in order.
func leaves(object map[string]any, above field) []field {
	var all []field
	for _, key := range sortedKeys(object) {
		path := append(slices.Clone(above), key)
		if below, ok := object[key].(map[string]any); ok && len(below) > 0 {
			all = append(all, leaves(below, path)...)
			continue
		}
		all = append(all, path)
	}
	return all
}

// removed are the fields of before that after lacks, each as high up as it is gone whole.
func removed(before, after map[string]any, above field) []field {
	var all []field
	for _, key := range sortedKeys(before) {
		path := append(slices.Clone(above), key)
		value, kept := after[key]
		if !kept {
			all = append(all, path)
			continue
		}
		below, ok := before[key].(map[string]any)
		if now, also := value.(map[string]any); ok && also {
			all = append(all, removed(below, now, path)...)
		}
	}
	return all
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// pathOf reads the keys at the beginning of a path; what is below a list entry belongs to
// the list.
func pathOf(p fieldpath.Path) field {
	var f field
	for _, e := range p {
		if e.FieldName == nil {
			break
		}
		f = append(f, *e.FieldName)
	}
	return f
}

// owns tells whether a set holds a field, or anything below it.
func owns(set *fieldpath.Set, f field) bool {
	found := false
	// Not a loop over All, which panics when it is left early.
	set.Iterate(func(p fieldpath.Path) { found = found || pathOf(p).within(f) })
	return found
}

// manager is one entry of the managed fields.
type manager struct {
	entry metav1.ManagedFieldsEntry
	set   *fieldpath.Set
	// named is true for the name that changes are made under, adopted for what is treated as
	// ours though it has another.
	named, adopted bool
}

// ours tells whether it is this program, by apply or by create, and not the status.
func (m *manager) ours() bool {
	return m.adopted || m.named && m.entry.Subresource == ""
}

// kubectlApply is the manager of `kubectl apply`, which is no apply to the API server but an
// update of all fields.
const kubectlApply = "kubectl-client-side-apply"

// lastApplied is where kubectl keeps what it was given. It stays with kubectl.
var lastApplied = field{"metadata", "annotations", "kubectl.kubernetes.io/last-applied-configuration"}

// adopt takes over what `kubectl apply` wrote, where nobody else has a say: else each change
// of a workload from a file would conflict. kubectl does so too when it changes to
// server-side apply.
func adopt(all []manager) []manager {
	at := -1
	for i := range all {
		switch m := &all[i]; {
		case m.ours() || m.entry.Subresource != "":
		case at < 0 && m.entry.Manager == kubectlApply && !m.applies():
			at = i
		default:
			return all
		}
	}
	if at < 0 {
		return all
	}
	kept := all[at]
	kept.set = fieldpath.NewSet()
	all[at].set.Iterate(func(p fieldpath.Path) {
		if f := pathOf(p); lastApplied.within(f) && len(f) > 1 {
			kept.set.Insert(p.Copy())
		}
	})
	all[at].set, all[at].adopted = all[at].set.Difference(kept.set), true
	return append(all, kept)
}

func (m *manager) applies() bool { return m.entry.Operation == metav1.ManagedFieldsOperationApply }

// managers of the fields of a workload, of which self is the one that changes are made as.
func managers(live *unstructured.Unstructured, self string) ([]manager, error) {
	var all []manager
	for _, e := range live.GetManagedFields() {
		m := manager{entry: e, set: fieldpath.NewSet(), named: e.Manager == self}
		if e.FieldsV1 != nil {
			if err := m.set.FromJSON(e.FieldsV1.GetRawReader()); err != nil {
				return nil, fmt.Errorf("the managed fields of %s: %w", e.Manager, err)
			}
		}
		all = append(all, m)
	}
	return adopt(all), nil
}

// ownFields are all fields that this program owns, however it came to them.
func ownFields(all []manager) *fieldpath.Set {
	own := fieldpath.NewSet()
	for _, m := range all {
		if m.ours() {
			own = own.Union(m.set)
		}
	}
	return own
}

// othersOf are the conflicts of removing fields that other managers own.
func othersOf(all []manager, gone []field) []conflict {
	var found []conflict
	for _, f := range gone {
		for _, m := range all {
			if !m.ours() && m.entry.Subresource == "" && owns(m.set, f) {
				found = append(found, conflict{f.String(), m.entry.Manager})
			}
		}
	}
	return found
}

// takeOver moves to our apply everything that we own otherwise, and the fields that are to
// go from whoever owns them. It changes no field. nil means that nothing is to be moved.
func takeOver(all []manager, gone []field, self string) ([]metav1.ManagedFieldsEntry, error) {
	mine := manager{
		entry: metav1.ManagedFieldsEntry{Manager: self, Operation: metav1.ManagedFieldsOperationApply, FieldsType: "FieldsV1"},
		set:   fieldpath.NewSet(),
	}
	var kept []manager
	moved := false
	for _, m := range all {
		switch {
		case m.ours() && m.applies():
			mine.entry, mine.set = m.entry, mine.set.Union(m.set)
		case m.ours():
			mine.set, moved = mine.set.Union(m.set), true
			if mine.entry.APIVersion == "" {
				mine.entry.APIVersion = m.entry.APIVersion
			}
		default:
			taken := fieldpath.NewSet()
			m.set.Iterate(func(p fieldpath.Path) {
				if m.entry.Subresource == "" && slices.ContainsFunc(gone, func(f field) bool { return pathOf(p).within(f) }) {
					taken.Insert(p.Copy())
				}
			})
			if !taken.Empty() {
				mine.set, moved = mine.set.Union(taken), true
				mine.entry.APIVersion = m.entry.APIVersion
				m.set = m.set.Difference(taken)
			}
			kept = append(kept, m)
		}
	}
	if !moved {
		return nil, nil
	}
	var entries []metav1.ManagedFieldsEntry
	for _, m := range append(kept, mine) {
		if m.set.Empty() {
			continue
		}
		raw, err := m.set.ToJSON()
		if err != nil {
			return nil, err
		}
		m.entry.FieldsV1 = &metav1.FieldsV1{}
		m.entry.FieldsV1.SetRawBytes(bytes.Clone(raw))
		entries = append(entries, m.entry)
	}
	return entries, nil
}

// takeOverPatch is the JSON patch that writes them, for one version of the object only.
func takeOverPatch(entries []metav1.ManagedFieldsEntry, resourceVersion string) ([]byte, error) {
	return json.Marshal([]map[string]any{
		{"op": "replace", "path": "/metadata/managedFields", "value": entries},
		{"op": "replace", "path": "/metadata/resourceVersion", "value": resourceVersion},
	})
}
