package lint

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"golang.org/x/sync/errgroup"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/collect"
	"github.com/carto-run/carto/pkg/lint"
)

// Bounds of the lists: at most so many at once, of so many objects each.
const (
	listsAtOnce = 4
	pageSize    = 500
)

// kind is a kind that files refer to.
type kind struct {
	resource schema.GroupVersionResource
	kind     string
}

const rbac = "rbac.authorization.k8s.io"

// referred are the kinds that are read from the cluster: what owners use, not owners.
var referred = append(cartoKinds(), []kind{
	{schema.GroupVersionResource{Version: "v1", Resource: "serviceaccounts"}, "ServiceAccount"},
	{schema.GroupVersionResource{Group: rbac, Version: "v1", Resource: "roles"}, "Role"},
	{schema.GroupVersionResource{Group: rbac, Version: "v1", Resource: "rolebindings"}, "RoleBinding"},
	{schema.GroupVersionResource{Group: rbac, Version: "v1", Resource: "clusterroles"}, "ClusterRole"},
	{schema.GroupVersionResource{Group: rbac, Version: "v1", Resource: "clusterrolebindings"}, "ClusterRoleBinding"},
	{schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"}, crdKind},
}...)

const crdKind = "CustomResourceDefinition"

func cartoKinds() []kind {
	var kinds []kind
	for _, k := range v1alpha1.Kinds {
		if k.Role != v1alpha1.RoleOwner {
			kinds = append(kinds, kind{k.Resource(), k.Name})
		}
	}
	return kinds
}

// readCluster adds what the files may refer to: one list for each kind. What may not be read
// is said, and left out.
func (o *Options) readCluster(ctx context.Context, in *input) error {
	client, err := o.Client()
	if err != nil {
		return err
	}
	lists := make([][]lint.File, len(referred))
	var mu sync.Mutex
	var left []error
	group, gctx := errgroup.WithContext(ctx)
	group.SetLimit(listsAtOnce)
	for i, k := range referred {
		group.Go(func() error {
			files, err := k.list(gctx, client)
			switch {
			case err == nil:
				lists[i] = files
			case apierrors.IsForbidden(err), collect.MissingKind(err), apierrors.IsNotFound(err):
				mu.Lock()
				left = append(left, fmt.Errorf("%s are left out: %w", k.resource.GroupResource(), err))
				mu.Unlock()
			default:
				return cmdutil.Explain(o.Program, "read "+k.resource.GroupResource().String(), err)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if err := errors.Join(left...); err != nil {
		o.sayf("%v", err)
	}
	last := len(referred) - 1
	for _, files := range lists[:last] {
		in.files = append(in.files, files...)
	}
	in.files = append(in.files, mentioned(lists[last], in.files)...)
	return nil
}

// list reads a kind page by page: one file for each object, so that none is too large.
func (k kind) list(ctx context.Context, client dynamic.Interface) ([]lint.File, error) {
	var files []lint.File
	for options := (metav1.ListOptions{Limit: pageSize}); ; {
		page, err := client.Resource(k.resource).List(ctx, options)
		if err != nil {
			return nil, err
		}
		for i := range page.Items {
			file, err := k.file(&page.Items[i])
			if err != nil {
				return nil, err
			}
			files = append(files, file)
		}
		if options.Continue = page.GetContinue(); options.Continue == "" {
			return files, nil
		}
	}
}

func (k kind) file(object *unstructured.Unstructured) (lint.File, error) {
	// Items of a list of a built-in kind come without their kind.
	object.SetGroupVersionKind(k.resource.GroupVersion().WithKind(k.kind))
	object.SetManagedFields(nil)
	unstructured.RemoveNestedField(object.Object, "status")
	data, err := json.Marshal(object.Object)
	name := object.GetName()
	if namespace := object.GetNamespace(); namespace != "" {
		name = namespace + "/" + name
	}
	return lint.File{Name: "the cluster: " + k.kind + " " + name, Data: data, Remote: true}, err
}

// mentioned are the definitions of kinds that some file speaks of. A cluster has hundreds,
// and reading them all would take most of the time.
func mentioned(definitions, files []lint.File) []lint.File {
	var kept []lint.File
	for _, d := range definitions {
		var crd struct {
			Spec struct {
				Names struct {
					Kind string `json:"kind"`
				} `json:"names"`
			} `json:"spec"`
		}
		if json.Unmarshal(d.Data, &crd) != nil || crd.Spec.Names.Kind == "" {
			continue
		}
		for _, f := range files {
			if bytes.Contains(f.Data, []byte(crd.Spec.Names.Kind)) {
				d.Schemas = true
				kept = append(kept, d)
				break
			}
		}
	}
	return kept
}
