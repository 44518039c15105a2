package realize

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/stamp"
)

// Cluster is the world as a pass sees it.
type Cluster interface {
	// Template returns the compiled template; nil when there is none of that name.
	Template(kind, name string) *stamp.Template
	// ServiceAccount returns an error unless the account exists.
	ServiceAccount(account Account) error
	// Resource maps a kind to its REST resource. An unknown kind is a
	// *meta.NoKindMatchError.
	Resource(kind schema.GroupVersionKind) (Resource, error)
	// Apply makes the object be as rendered, with the rights of the account, and
	// returns what the cluster then holds. It writes only when something has to
	// change. ErrPending when it can not know yet.
	Apply(ctx context.Context, account Account, object map[string]any) (Applied, error)
	// Runs yields all objects of a kind that an owner controls, that were stamped for
	// one of its resources with a lifecycle other than mutable, the newest first. The runs
	// of a Runnable are those of a resource without a name. An error is the last: ErrPending
	// when it can not know yet. They come one at a time, because anybody in the namespace
	// can make any number that claim to be runs: keep of each no more than it takes.
	Runs(ctx context.Context, kind schema.GroupVersionKind, owner types.UID, resource string) iter.Seq2[Run, error]
	// Create makes a new object with the rights of the account. One of the same name
	// and digest that the owner controls is the answer to an earlier attempt.
	Create(ctx context.Context, account Account, object map[string]any) (Run, error)
	// Select finds the objects that a Runnable's selector matches, with the rights of the
	// account. It may leave out what comes after the first few. ErrPending when it could
	// not notice yet that the answer changes.
	Select(ctx context.Context, account Account, selection Selection) ([]map[string]any, error)
	// Remove deletes a stamped object with the rights of the account, provided that
	// the owner still controls it, and says whether there was anything to delete.
	Remove(ctx context.Context, account Account, owner types.UID, ref v1alpha1.StampedRef) (bool, error)
}

// ErrPending means that the answer is on its way: the pass is abandoned without a
// trace, and the owner is woken once the answer is there.
var ErrPending = errors.New("the objects of this kind are still being read")

// ErrNoCredentials means that Carto can not act as the account. Whoever installed it has
// to change that; nothing of it shows in the account's namespace.
var ErrNoCredentials = errors.New("the agent may not act as this service account; install its roles with: kubectl carto install")

// RunExists says that a run can not be made, because another object has its name.
func RunExists(exists error) error {
	return fmt.Errorf("%w; every change of what is stamped makes another object, so the template should give a metadata.generateName instead of a name", exists)
}

// Account is the service account with whose rights an owner acts.
type Account struct{ Namespace, Name string }

func (a Account) String() string { return a.Namespace + "/" + a.Name }

// Resource is the REST resource of a kind.
type Resource struct {
	schema.GroupVersionResource
	Namespaced bool
}

// Qualified is plural.group, or only the plural for the core group.
func (r Resource) Qualified() string { return r.GroupResource().String() }

// Selection describes the objects of a kind with certain labels.
type Selection struct {
	Kind schema.GroupVersionKind
	// Namespace of the Runnable, and of the objects, unless their kind is cluster-scoped.
	Namespace string
	// Labels that the objects carry, in the form of a label selector.
	Labels string
}

func (s Selection) String() string {
	return fmt.Sprintf("%s with labels %s", s.Kind.GroupKind(), s.Labels)
}

// Applied is the answer to an Apply.
type Applied struct {
	// Object as the cluster holds it. It is shared: never change it.
	Object map[string]any
	// Verb is what had to be done: Created, Patched, or nothing.
	Verb string
	// Remark is what the status should say about the object although it was applied, such
	// as who keeps changing it; mostly empty.
	Remark string
}

// Run is one of the objects of a resource whose lifecycle is immutable or tekton.
type Run struct {
	Name   string
	Labels map[string]string
	// Digest of the object as it was rendered; empty when Carto did not make it.
	Digest string
	// Sequence grows with every run of the resource.
	Sequence int64
	// Deleting: somebody has asked for its deletion.
	Deleting bool
	// Object as the cluster holds it. It is shared: never change it.
	Object map[string]any
}

// TheseRuns yields runs that are known already, and then the error, if there is one.
func TheseRuns(runs []Run, err error) iter.Seq2[Run, error] {
	return func(yield func(Run, error) bool) {
		for _, run := range runs {
			if !yield(run, nil) {
				return
			}
		}
		if err != nil {
			yield(Run{}, err)
		}
	}
}

// Verbs of writes, as events name them.
const (
	VerbCreated = "Created"
	VerbPatched = "Patched"
	VerbDeleted = "Deleted"
)
