// Package collect reads what package tree draws, with the fewest requests: one get for
// the owner, one for its blueprint, one for each stamped object that the status names,
// and one list for each kind of children below them. It discovers kinds only for objects
// that a person names, and never sweeps the API unless asked to.
//
// Whatever can not be read, for lack of a permission or otherwise, degrades one node of
// the tree and is named; only the root itself is indispensable.
package collect

import (
	"context"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/tree"
)

// Source is the cluster.
type Source struct {
	Client dynamic.Interface
	// Mapper finds the resource of a kind that only an owner reference names. Without it
	// the usual plural is taken.
	Mapper func() (meta.RESTMapper, error)
	// Discovery lists the kinds of the API; only deep reads need it.
	Discovery func() (discovery.DiscoveryInterface, error)
	// Clock is the present, by which something takes too long; nil is that of the system.
	Clock func() time.Time
}

// OwnerRef names the owner to read.
type OwnerRef struct {
	// Kind is Workload, Deliverable or Runnable.
	Kind      string
	Namespace string
	Name      string
}

// Resource of the owner.
func (r OwnerRef) Resource() schema.GroupVersionResource {
	return v1alpha1.GroupVersion.WithResource(strings.ToLower(r.Kind) + "s")
}

// Root is what stands at the top of trees.
type Root struct {
	Resource schema.GroupVersionResource
	// Namespace is empty for kinds without, and for all namespaces.
	Namespace string
	// Name is empty for all objects of the kind, which then must be one of owners.
	Name string
	// Selector of labels, of the objects themselves or, below a blueprint, of its owners.
	Selector string
}

// Query says what to read.
type Query struct {
	Roots []Root
	// Shallow leaves out the stamped objects and what is below: trees are made of the
	// statuses of owners.
	Shallow bool
	// Deep finds children of every kind, by listing every kind of the API.
	Deep bool
	// Missing hears which of several roots is not there, or may not be read; the others are
	// read all the same. Without it such a root ends the reading.
	Missing func(index int, err error)
}

// Collect reads one owner and everything that the tree shows of it. An error means that
// the owner itself could not be read.
func Collect(ctx context.Context, client dynamic.Interface, ref OwnerRef) (tree.Input, error) {
	r := newReader(Source{Client: client}, Query{})
	return r.readInput(ctx, Root{Resource: ref.Resource(), Namespace: ref.Namespace, Name: ref.Name})
}

func (r *reader) readInput(ctx context.Context, root Root) (tree.Input, error) {
	read := r.named
	if isBlueprint(root.Resource) {
		read = r.withBlueprint
	}
	in, err := read(ctx, root)
	if err != nil {
		return tree.Input{}, err
	}
	if err := r.descend(ctx); err != nil {
		return tree.Input{}, err
	}
	in.Unread = r.sorted()
	return *in, nil
}

// Trees reads the trees of a query. An error means that a root could not be read.
func Trees(ctx context.Context, source Source, query Query) (*tree.Forest, error) {
	return newReader(source, query).readTrees(ctx)
}

func (r *reader) readTrees(ctx context.Context) (*tree.Forest, error) {
	query := r.query
	var inputs []*tree.Input
	for i, root := range query.Roots {
		var read []*tree.Input
		var in *tree.Input
		var err error
		switch {
		case isBlueprint(root.Resource):
			in, err = r.withBlueprint(ctx, root)
			read = []*tree.Input{in}
		case root.Name == "":
			read, err = r.all(ctx, root, "")
		default:
			in, err = r.named(ctx, root)
			read = []*tree.Input{in}
		}
		switch {
		case query.Missing != nil && len(query.Roots) > 1 && (apierrors.IsNotFound(err) || apierrors.IsForbidden(err)):
			query.Missing(i, err)
			continue
		case err != nil:
			return nil, err
		}
		inputs = append(inputs, read...)
	}
	if err := r.descend(ctx); err != nil {
		return nil, err
	}
	trees := make([]*tree.Tree, len(inputs))
	for i, in := range inputs {
		trees[i] = tree.Build(*in)
		inputs[i] = nil // a tree is a fraction of the objects that it is made of
	}
	if len(query.Roots) == 1 && query.Roots[0].Name != "" {
		trees[0].Unread = r.sorted()
		return tree.Single(trees[0]), nil
	}
	return tree.NewForest(trees, r.sorted()), nil
}

// descend finds what is below the objects that were gathered.
func (r *reader) descend(ctx context.Context) error {
	if r.query.Deep {
		return r.sweep(ctx)
	}
	level := r.parents
	for depth := 0; depth < maxChildDepth && len(level) > 0; depth++ {
		var err error
		if level, err = r.below(ctx, level); err != nil {
			return err
		}
	}
	return r.labelled(ctx)
}
