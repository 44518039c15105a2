package harness

import (
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

const customResource = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.harness.test}
spec:
  group: harness.test
  scope: Namespaced
  names: {kind: Thing, plural: things}
  versions:
  - name: v1
    served: true
    storage: true
    subresources: {status: {}}
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
---
# a comment between documents
---
apiVersion: harness.test/v1
kind: Thing
metadata: {name: one}
spec: {size: 3}
status: {phase: Done}
`

func TestAppliesAKindTogetherWithItsDefinition(t *testing.T) {
	cp := Shared(t)
	namespace := Namespace(t, cp)
	objects := ApplyYAML(t, cp.Config, namespace, customResource)
	if len(objects) != 2 {
		t.Fatalf("%d objects, want 2", len(objects))
	}
	thing := objects[1]
	if thing.GetNamespace() != namespace || thing.GetUID() == "" {
		t.Errorf("the object is not in namespace %s: %v", namespace, thing.Object)
	}
	if phase, _, _ := unstructured.NestedString(thing.Object, "status", "phase"); phase != "Done" {
		t.Errorf("its status was not written: %v", thing.Object)
	}
}
