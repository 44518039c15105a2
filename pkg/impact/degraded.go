package impact

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/carto-run/carto/pkg/realize"
)

// degraded gathers what could not be asked, and for which objects.
type degraded struct {
	mu  sync.Mutex
	all map[Degraded]map[objectKey]bool
}

// note remembers that a request about an object was refused.
func (d *degraded) note(verb string, rest realize.Resource, object objectKey, err error) {
	what := Degraded{Verb: verb, Resource: rest.Qualified(), Namespace: object.namespace, Forbidden: apierrors.IsForbidden(err)}
	if what.Forbidden {
		what.Message = "no permission to " + verb + " " + what.Resource
		if what.Namespace != "" {
			what.Message += " in namespace " + what.Namespace
		}
	} else {
		what.Message = err.Error()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.all[what] == nil {
		d.all[what] = map[objectKey]bool{}
	}
	d.all[what][object] = true
}

func (d *degraded) sorted() []Degraded {
	var all []Degraded
	for what, objects := range d.all {
		what.Objects = len(objects)
		all = append(all, what)
	}
	slices.SortFunc(all, func(a, b Degraded) int {
		return cmp.Or(cmp.Compare(a.Resource, b.Resource), cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Verb, b.Verb), cmp.Compare(a.Message, b.Message))
	})
	return all
}

// noDryRun tells the answers that are about the dry run, not about the object: a missing
// permission, and an admission webhook that has side effects.
func noDryRun(err error) bool {
	return noPermission(err) || apierrors.IsBadRequest(err) && strings.Contains(err.Error(), "does not support dry run")
}

// noPermission tells what the person may not do from what nobody may: quotas, namespaces
// that are going and admission policies answer with the same code, and the agent will be
// refused as well. Only the words are different.
func noPermission(err error) bool {
	if !apierrors.IsForbidden(err) {
		return false
	}
	for _, words := range []string{
		`is forbidden: User "`,                   // the authorizer
		`is forbidden: user "`,                   // roles with more rights than one has oneself
		"is forbidden: cannot set blockOwnerDel", // owner references, where they need a right
		"is forbidden: cannot set an ownerRef",
	} {
		if strings.Contains(err.Error(), words) {
			return true
		}
	}
	return false
}

// cannotImpersonate tells that the person may not act as the account, from what the account
// may not do.
func cannotImpersonate(err error) bool {
	return apierrors.IsForbidden(err) && strings.Contains(err.Error(), "cannot impersonate")
}
