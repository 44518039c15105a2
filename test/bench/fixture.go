package main

import (
	"context"
	"fmt"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"

	"github.com/carto-run/carto/pkg/api/v1alpha1/crds"
	"github.com/carto-run/carto/test/harness"
)

const (
	namespace = "bench"
	group     = "bench.carto.run"
)

// kinds of all that is ever stamped; each object's input is the output of the one before it.
var kinds = []string{"Source", "Image", "Config", "Run"}

func resourceOf(kind string) schema.GroupVersionResource {
	return schema.GroupVersionResource{Group: group, Version: "v1", Resource: strings.ToLower(kind) + "s"}
}

const crdFormat = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: %[2]s.%[3]s }
spec:
  group: %[3]s
  scope: Namespaced
  names: { kind: %[1]s, plural: %[2]s }
  versions:
    - name: v1
      served: true
      storage: true
      subresources: { status: {} }
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec: { type: object, properties: { input: { type: string } } }
            status: { type: object, x-kubernetes-preserve-unknown-fields: true }
---
`

const namespaceFormat = `
apiVersion: v1
kind: Namespace
metadata: { name: %s }
`

// accountFormat is a service account that has a cluster role in its namespace.
const accountFormat = `
---
apiVersion: v1
kind: ServiceAccount
metadata: { name: %[1]s, namespace: %[2]s }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: %[1]s, namespace: %[2]s }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: %[3]s }
subjects: [{ kind: ServiceAccount, name: %[1]s, namespace: %[2]s }]
`

// stamperRole lets the owners' service accounts stamp.
const stamperRole = `
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: bench-stamper }
rules: [{ apiGroups: [bench.carto.run], resources: ["*"], verbs: ["*"] }]
`

// ownersAccount is the owners' service account, in a namespace of its own.
func ownersAccount(namespace string) string {
	return fmt.Sprintf(namespaceFormat, namespace) + stamperRole + fmt.Sprintf(accountFormat, "stamper", namespace, "bench-stamper")
}

// editedMark is what the edited template adds to the value that travels.
const editedMark = "edited-"

// prepare installs the CRDs and the blueprint, and creates n owners.
func prepare(ctx context.Context, config *rest.Config, o *owners, n int) error {
	manifests, err := crds.Raw()
	if err != nil {
		return fmt.Errorf("read Carto's CRDs: %w", err)
	}
	for _, kind := range kinds {
		manifests = append(manifests, fmt.Appendf(nil, crdFormat, kind, resourceOf(kind).Resource, group))
	}
	for _, manifest := range append(manifests, []byte(ownersAccount(namespace)), []byte(o.manifests)) {
		if _, err := harness.Apply(ctx, config, namespace, string(manifest)); err != nil {
			return err
		}
	}
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return fmt.Errorf("make a client: %w", err)
	}
	return forAll(ctx, n, func(ctx context.Context, i int) error {
		_, err := client.Resource(o.resource).Namespace(namespace).Create(ctx, o.object(i), metav1.CreateOptions{})
		return err
	})
}

func nameOf(i int) string { return fmt.Sprintf("w-%05d", i) }
