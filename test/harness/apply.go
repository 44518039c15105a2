package harness

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
)

// fieldManager owns what tests apply.
const fieldManager = "harness"

// ApplyYAML applies documents on the server's side, in their order, and returns what the server made of them. Objects that
// name no namespace go to the given one. A CustomResourceDefinition is waited for, so that its resources can follow it; a
// status is written to the status subresource, as a controller would.
func ApplyYAML(t testing.TB, config *rest.Config, namespace, documents string) []*unstructured.Unstructured {
	t.Helper()
	objects, err := Apply(context.Background(), config, namespace, documents)
	if err != nil {
		t.Fatal(err)
	}
	return objects
}

// Apply is ApplyYAML outside of tests.
func Apply(ctx context.Context, config *rest.Config, namespace, documents string) ([]*unstructured.Unstructured, error) {
	a, err := newApplier(config, namespace)
	if err != nil {
		return nil, err
	}
	objects, err := decode(documents)
	if err != nil {
		return nil, err
	}
	for i, object := range objects {
		applied, err := a.apply(ctx, object)
		if err != nil {
			return nil, fmt.Errorf("apply %s %s: %w", object.GetKind(), object.GetName(), err)
		}
		objects[i] = applied
	}
	return objects, nil
}

func decode(documents string) ([]*unstructured.Unstructured, error) {
	decoder := yaml.NewYAMLOrJSONDecoder(strings.NewReader(documents), 4096)
	var objects []*unstructured.Unstructured
	for {
		object := &unstructured.Unstructured{}
		err := decoder.Decode(&object.Object)
		if errors.Is(err, io.EOF) {
			return objects, nil
		}
		if err != nil {
			return nil, fmt.Errorf("parse document %d: %w", len(objects)+1, err)
		}
		if len(object.Object) > 0 {
			objects = append(objects, object)
		}
	}
}

type applier struct {
	client    dynamic.Interface
	mapper    *restmapper.DeferredDiscoveryRESTMapper
	namespace string
}

func newApplier(config *rest.Config, namespace string) (*applier, error) {
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("make a client: %w", err)
	}
	disco, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("make a client: %w", err)
	}
	mapper := restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(disco))
	return &applier{client: client, mapper: mapper, namespace: namespace}, nil
}

func (a *applier) apply(ctx context.Context, object *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	client, err := a.resource(ctx, object)
	if err != nil {
		return nil, err
	}
	opts := metav1.ApplyOptions{FieldManager: fieldManager, Force: true}
	applied, err := client.Apply(ctx, object.GetName(), object, opts)
	if err != nil {
		return nil, err
	}
	// kubectl writes an empty status into what it generates.
	if status, ok := object.Object["status"].(map[string]any); ok && len(status) > 0 {
		withStatus, err := client.ApplyStatus(ctx, object.GetName(), object, opts)
		if err == nil {
			applied = withStatus
		} else if !apierrors.IsNotFound(err) { // a kind without the subresource has its status already
			return nil, fmt.Errorf("its status: %w", err)
		}
	}
	if object.GroupVersionKind().GroupKind().String() == "CustomResourceDefinition.apiextensions.k8s.io" {
		return applied, waitEstablished(ctx, client, object.GetName())
	}
	return applied, nil
}

// resource finds the client for an object, with some patience for kinds that have only just been defined.
func (a *applier) resource(ctx context.Context, object *unstructured.Unstructured) (dynamic.ResourceInterface, error) {
	kind := object.GroupVersionKind()
	var mapping *meta.RESTMapping
	err := poll(ctx, 10*time.Second, func() (err error) {
		mapping, err = a.mapper.RESTMapping(kind.GroupKind(), kind.Version)
		if err != nil {
			a.mapper.Reset()
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	client := a.client.Resource(mapping.Resource)
	if mapping.Scope.Name() == meta.RESTScopeNameRoot {
		return client, nil
	}
	if object.GetNamespace() == "" {
		object.SetNamespace(a.namespace)
	}
	return client.Namespace(object.GetNamespace()), nil
}

func waitEstablished(ctx context.Context, client dynamic.ResourceInterface, name string) error {
	return poll(ctx, 30*time.Second, func() error {
		crd, err := client.Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		conditions, _, _ := unstructured.NestedSlice(crd.Object, "status", "conditions")
		for _, c := range conditions {
			if c, ok := c.(map[string]any); ok && c["type"] == "Established" && c["status"] == "True" {
				return nil
			}
		}
		return errors.New("it is not established yet")
	})
}

// poll calls f until it succeeds, and returns its last error when the time is over.
func poll(ctx context.Context, timeout time.Duration, f func() error) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	for {
		err := f()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(20 * time.Millisecond):
		}
	}
}
