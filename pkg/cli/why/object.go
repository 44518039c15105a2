package why

import (
	"context"
	"fmt"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/noun"
	"github.com/carto-run/carto/pkg/tree"
	"github.com/carto-run/carto/pkg/why"
)

// place is where an object belongs: an owner, and its step where that is known.
type place struct {
	owner           *noun.Noun
	namespace, name string
	step            string
}

// ownerOf finds the place of an object; nil when it has none.
type ownerOf func(ctx context.Context, client dynamic.Interface, mapper meta.RESTMapper, obj *unstructured.Unstructured) (*place, error)

// object explains the owner of an object.
func (o *Options) object(ctx context.Context, client dynamic.Interface) (*why.Why, error) {
	mapper, err := o.Mapper()
	if err != nil {
		return nil, fmt.Errorf("cannot find out what %s is: %w", o.Type, err)
	}
	mapping, err := resolve(mapper, o.Type)
	switch {
	case meta.IsNoMatchError(err):
		return nil, o.unknownType()
	case err != nil:
		return nil, fmt.Errorf("cannot find out what %s is: %w", o.Type, err)
	}
	namespace := ""
	if mapping.Scope.Name() == meta.RESTScopeNameNamespace {
		namespace = o.namespace
	}
	qualified := strings.ToLower(mapping.GroupVersionKind.Kind) + " " + strings.TrimPrefix(namespace+"/"+o.Name, "/")
	obj, err := client.Resource(mapping.Resource).Namespace(namespace).Get(ctx, o.Name, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		other := &noun.Noun{Name: strings.ToLower(mapping.GroupVersionKind.Kind), Resource: mapping.Resource, Cluster: namespace == ""}
		return nil, o.notFound(ctx, client, other, namespace, o.Name)
	case err != nil:
		return nil, cmdutil.Explain(o.Program, "read "+qualified, err)
	}
	var find ownerOf = byLabels
	at, err := find(ctx, client, mapper, obj)
	if err != nil {
		return nil, err
	}
	if at == nil {
		command := fmt.Sprintf("kubectl describe %s %s", mapping.Resource.GroupResource(), o.Name)
		if namespace != "" {
			command += " -n " + namespace
		}
		return nil, cmdutil.Findingf("%s is of no workload, deliverable or runnable: neither it nor what controls it has their labels; try: %s", qualified, command)
	}
	w, err := o.owner(ctx, client, at.owner, at.namespace, at.name)
	if err != nil {
		return nil, err
	}
	return w.Below(tree.Ref{
		APIVersion: obj.GetAPIVersion(), Kind: obj.GetKind(), Resource: mapping.Resource.GroupResource().String(), Namespace: namespace, Name: o.Name,
	}, at.step), nil
}

// resolve takes a type as kubectl does: po, pods, deployment.apps, images.v1alpha2.kpack.io.
func resolve(mapper meta.RESTMapper, name string) (*meta.RESTMapping, error) {
	full, short := schema.ParseResourceArg(name)
	var kind schema.GroupVersionKind
	err := error(&meta.NoResourceMatchError{})
	if full != nil {
		kind, err = mapper.KindFor(*full)
	}
	if err != nil {
		if kind, err = mapper.KindFor(short.WithVersion("")); err != nil {
			return nil, err
		}
	}
	return mapper.RESTMapping(kind.GroupKind(), kind.Version)
}

// maxUp bounds the walk to what controls an object.
const maxUp = 8

// byLabels reads the labels that the agent sets on what it stamps, of the object or of
// what controls it.
func byLabels(ctx context.Context, client dynamic.Interface, mapper meta.RESTMapper, obj *unstructured.Unstructured) (*place, error) {
	for range maxUp {
		if at := labelled(obj); at != nil {
			return at, nil
		}
		controller := metav1.GetControllerOf(obj)
		if controller == nil {
			return nil, nil
		}
		kind := schema.FromAPIVersionAndKind(controller.APIVersion, controller.Kind)
		if kind.Group == v1alpha1.Group && noun.OfKind(kind.Kind) != nil {
			return &place{owner: noun.OfKind(kind.Kind), namespace: obj.GetNamespace(), name: controller.Name}, nil
		}
		mapping, err := mapper.RESTMapping(kind.GroupKind(), kind.Version)
		if err != nil {
			return nil, fmt.Errorf("cannot go up to %s %s: %w", controller.Kind, controller.Name, err)
		}
		above := obj.GetNamespace()
		if mapping.Scope.Name() != meta.RESTScopeNameNamespace {
			above = ""
		}
		if obj, err = client.Resource(mapping.Resource).Namespace(above).Get(ctx, controller.Name, metav1.GetOptions{}); err != nil {
			return nil, fmt.Errorf("cannot go up to %s %s: %w", controller.Kind, controller.Name, err)
		}
	}
	return nil, nil
}

// labelled reads the labels of one object. What a Runnable of a workload runs may have
// those of both; the workload tells more.
func labelled(obj *unstructured.Unstructured) *place {
	labels := obj.GetLabels()
	at := &place{namespace: obj.GetNamespace(), step: labels[v1alpha1.LabelResourceName]}
	for _, is := range []struct {
		owner           *noun.Noun
		name, namespace string
	}{
		{noun.Workload, v1alpha1.LabelWorkloadName, v1alpha1.LabelWorkloadNamespace},
		{noun.Deliverable, v1alpha1.LabelDeliverableName, v1alpha1.LabelDeliverableNamespace},
		{noun.Runnable, v1alpha1.LabelRunnableName, ""},
	} {
		if labels[is.name] == "" {
			continue
		}
		at.owner, at.name = is.owner, labels[is.name]
		if in := labels[is.namespace]; in != "" {
			at.namespace = in
		}
		return at
	}
	return nil
}
