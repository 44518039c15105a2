package realize

import (
	"errors"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/stamp"
)

// target finds where a rendered object belongs. Errors are those of Cluster.Resource, or
// a *stamp.RenderError for a kind of which no owner can have objects.
func (p *pass) target(object map[string]any) (schema.GroupVersionKind, Resource, error) {
	kind := kindOf(object)
	p.result.Depends.Kinds = append(p.result.Depends.Kinds, kind)
	rest, err := p.cluster.Resource(kind)
	if meta.IsNoMatchError(err) {
		p.result.Depends.UnknownKinds = append(p.result.Depends.UnknownKinds, kind)
	}
	if err == nil && !rest.Namespaced {
		err = &stamp.RenderError{Err: fmt.Errorf("%s is cluster-scoped: an object of a cluster-scoped kind can not be owned by the %s, and would be deleted by the garbage collector", rest.Qualified(), p.owner.Kind)}
	}
	return kind, rest, err
}

// refused reports an error of the cluster. It decides who can heal it: roles that are
// granted and kinds that appear wake the owner, all else may heal with time. When the
// cluster has no answer yet, the pass is abandoned, and the report is never seen.
func (p *pass) refused(err error, reason, format string, args ...any) *failure {
	f := failed(reason, format, args...)
	switch {
	case errors.Is(err, ErrPending):
		p.result.Pending = true
	case errors.Is(err, ErrNoCredentials):
		// Tried again as well: the agent's rights may come from elsewhere than roles.
		p.result.Depends.Powerless = true
		f.reason, f.retry = v1alpha1.ReasonServiceAccountTokenError, true
	case apierrors.IsForbidden(err):
		p.result.Depends.Forbidden = true
		f.retry = !lacksRights(err)
	case meta.IsNoMatchError(err): // registered by target
	default:
		f.retry = true
	}
	return f
}

// lacksRights says whether the API server's authorizer refused a request, or RBAC to hand on what
// the account has not got itself: a change of a role tells when to try again. Quotas, admission
// policies and namespaces that go away are answered by 403, too, and nothing tells of these.
func lacksRights(err error) bool {
	said := err.Error()
	return strings.Contains(said, `User "`) && strings.Contains(said, `" cannot `) || strings.Contains(said, "RBAC permissions")
}

func stampedRef(object map[string]any, rest Resource) *v1alpha1.StampedRef {
	kind := kindOf(object)
	return &v1alpha1.StampedRef{
		ObjectReference: corev1.ObjectReference{
			APIVersion: kind.GroupVersion().String(), Kind: kind.Kind,
			Namespace: text(object, "metadata", "namespace"), Name: text(object, "metadata", "name"),
		},
		Resource: rest.Qualified(),
	}
}

func qualifiedName(ref *v1alpha1.StampedRef) string { return ref.Resource + "/" + ref.Name }

func kindOf(object map[string]any) schema.GroupVersionKind {
	return schema.FromAPIVersionAndKind(text(object, "apiVersion"), text(object, "kind"))
}

// text reads a string at a path of maps; empty when it is not there.
func text(object map[string]any, path ...string) string {
	var at any = object
	for _, key := range path {
		m, ok := at.(map[string]any)
		if !ok {
			return ""
		}
		at = m[key]
	}
	s, _ := at.(string)
	return s
}
