package agent

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/stamped"
)

const (
	managedByCarto = `{"manager":"carto","operation":"Apply","apiVersion":"v1","time":"2026-11-21T10:00:00Z","fieldsType":"FieldsV1","fieldsV1":{"f:data":{"f:a":{}}}}`
	owner          = `[{"apiVersion":"v1","kind":"Other","name":"o","uid":"0"},{"apiVersion":"carto.run/v1alpha1","kind":"Workload","name":"cart","uid":"u1","controller":true}]`
)

// storedExamples are objects as an API server writes them, and as it could.
var storedExamples = map[string]string{
	"managed fields in the middle": `{"apiVersion":"v1","data":{"a":"1"},"kind":"ConfigMap","metadata":{"annotations":{"carto.run/digest":"d"},"creationTimestamp":"2026-11-21T10:00:00Z","managedFields":[` + managedByCarto + `],"name":"a","namespace":"n","ownerReferences":` + owner + `,"resourceVersion":"7","uid":"u"}}`,
	"managed fields first":         `{"metadata":{"managedFields":[` + managedByCarto + `],"name":"a","namespace":"n","resourceVersion":"7"}}`,
	"managed fields last":          `{"metadata":{"name":"a","resourceVersion":"7","managedFields":[` + managedByCarto + `]}}`,
	"managed fields alone":         `{"metadata":{"managedFields":[]}}`,
	"white space":                  "{ \"metadata\" : {\n \"name\" : \"a\" ,\n \"managedFields\" : [ ] \n} ,\n \"big\" : 9007199254740993 }\n",
	"no managed fields":            `{"metadata":{"name":"a"},"spec":{"metadata":{"managedFields":[1]}}}`,
	"a copy of them before":        `{"data":{"metadata":{"managedFields":[` + managedByCarto + `]}},"metadata":{"managedFields":[` + managedByCarto + `],"name":"a"}}`,
	"the word in a value":          `{"metadata":{"annotations":{"x":"\"managedFields\":[]"},"managedFields":[],"name":"a"}}`,
	"other scripts":                `{"metadata":{"name":"a","labels":{"carto.run/template-lifecycle":"immutable","k":"購物"},"annotations":{"carto.run/sequence":"12"},"creationTimestamp":"2026-11-21T10:00:00Z"}}`,
	"a map that others emptied":    `{"data":{},"metadata":{"name":"a","managedFields":[` + managedByCarto + `]}}`,
}

// TestReadStored: what is read without decoding is what decoding finds.
func TestReadStored(t *testing.T) {
	for name, text := range storedExamples {
		t.Run(name, func(t *testing.T) { compareStored(t, []byte(text)) })
	}
	for name, text := range map[string]string{
		"a list": `[]`, "no metadata": `{"kind":"x"}`, "metadata that is none": `{"metadata":3}`, "a name that is none": `{"metadata":{"name":{}}}`,
	} {
		if s, err := readStored([]byte(text)); err == nil {
			t.Errorf("%s: read %+v, want an error", name, s)
		}
	}
	for _, cut := range []string{``, `{"metadata":{"name":"a"}`, `<html>`} {
		if _, err := readAnswer([]byte(cut)); err == nil || !strings.Contains(err.Error(), "it is no JSON") {
			t.Errorf("%q: got error %v", cut, err)
		}
	}
}

func compareStored(t *testing.T, text []byte) {
	t.Helper()
	want := &unstructured.Unstructured{}
	if err := json.Unmarshal(text, &want.Object); err != nil {
		t.Fatal(err)
	}
	got, err := readStored(text)
	if err != nil {
		t.Fatal(err)
	}
	owned := string(stamped.Owned(want))
	want.SetManagedFields(nil)
	unstructured.RemoveNestedField(want.Object, "metadata", "managedFields") // an empty list of them, too
	var kept map[string]any
	if err := json.Unmarshal(got.text, &kept); err != nil {
		t.Fatalf("%v in %s", err, got.text)
	}
	if !reflect.DeepEqual(kept, want.Object) {
		t.Errorf("kept %s", got.text)
	}
	if string(got.owned) != owned {
		t.Errorf("owned %s, want %s", got.owned, owned)
	}
	if got.Name != want.GetName() || got.Namespace != want.GetNamespace() || got.UID != want.GetUID() || got.ResourceVersion != want.GetResourceVersion() || got.digest != stamped.Digest(want) {
		t.Errorf("read %+v", got)
	}
	if ref := metav1.GetControllerOf(want); ref == nil != (got.ref == nil) || ref != nil && (ref.UID != got.controller() || ref.Name != got.ref.Name) {
		t.Errorf("controller %v, want %v", got.ref, ref)
	}
	if stamped.IsRun("", want.GetLabels()) && (got.sequence != stamped.Sequence(want) || !reflect.DeepEqual(got.Labels, want.GetLabels()) || !got.CreationTimestamp.Equal(new(want.GetCreationTimestamp()))) {
		t.Errorf("run %+v", got)
	}
}

// FuzzReadStored: whatever an API server, or what poses as one, sends.
func FuzzReadStored(f *testing.F) {
	for _, text := range storedExamples {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if _, err := readAnswer(text); err != nil {
			return
		}
		s, err := readStored(text)
		if err != nil {
			t.Fatal(err)
		}
		if !json.Valid(s.text) {
			t.Errorf("kept %q, which is no JSON", s.text)
		}
	})
}

// TestStoredCodec: a watch brings events, a bookmark that ends the first list, and errors.
func TestStoredCodec(t *testing.T) {
	codec := storedCodec
	read := func(text string) (watch.EventType, any) {
		var event metav1.WatchEvent
		if _, _, err := cartoCodec.Decode([]byte(text), nil, &event); err != nil {
			t.Fatal(err)
		}
		object, _, err := codec.Decode(event.Object.Raw, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		return watch.EventType(event.Type), object
	}
	if kind, object := read(`{"type":"ADDED","object":{"metadata":{"name":"a"}}}`); kind != watch.Added || object.(*stored).Name != "a" {
		t.Errorf("%s %+v", kind, object)
	}
	kind, object := read(`{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"9"}}}`)
	if meta := object.(*stored).GetObjectMeta(); kind != watch.Bookmark || meta.GetResourceVersion() != "9" {
		t.Errorf("%s %+v", kind, object)
	}
	if kind, object := read(`{"type":"ERROR","object":{"apiVersion":"v1","kind":"Status","code":410,"reason":"Expired"}}`); kind != watch.Error || object.(*metav1.Status).Code != 410 {
		t.Errorf("%s %+v", kind, object)
	}
}

// TestCartoCodec: owners come as typed objects, without what nobody reads; and an error says what it is.
func TestCartoCodec(t *testing.T) {
	const cart = `{"apiVersion":"carto.run/v1alpha1","kind":"Workload","metadata":{"managedFields":[{"manager":"x"}],"name":"cart","labels":{"a":"b"}},` +
		`"spec":{"params":[{"name":"port","value":8080}]},"status":{"observedGeneration":3}}`
	object, _, err := cartoCodec.Decode([]byte(cart), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := &v1alpha1.Workload{
		ObjectMeta: metav1.ObjectMeta{Name: "cart", Labels: map[string]string{"a": "b"}},
		Status:     v1alpha1.WorkloadStatus{OwnerStatus: v1alpha1.OwnerStatus{ObservedGeneration: 3}},
	}
	want.Spec.Params = object.(*v1alpha1.Workload).Spec.Params
	if diff := cmp.Diff(want, object); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := string(want.Spec.Params[0].Value.Raw); got != "8080" {
		t.Errorf("the param is %s", got)
	}
	for text, complaint := range map[string]string{
		`{"apiVersion":"carto.run/v9","kind":"Workload"}`:                         `there is no kind "Workload" in version "carto.run/v9"`,
		`{"apiVersion":"carto.run/v1alpha1","kind":"Workload","metadata":"cart"}`: "read a Workload:",
	} {
		if _, _, err := cartoCodec.Decode([]byte(text), nil, nil); err == nil || !strings.Contains(err.Error(), complaint) {
			t.Errorf("%s: %v, want %q", text, err, complaint)
		}
	}
}

func BenchmarkReadStored(b *testing.B) {
	text := []byte(storedExamples["managed fields in the middle"])
	for b.Loop() {
		if _, err := readStored(text); err != nil {
			b.Fatal(err)
		}
	}
}
