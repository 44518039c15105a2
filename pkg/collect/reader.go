package collect

import (
	"context"
	"errors"
	"sort"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/dynamic"

	"github.com/carto-run/carto/pkg/tree"
)

// reader sends the requests and remembers what could not be read.
type reader struct {
	client dynamic.Interface
	// runs is what run templates stamp, by their names.
	runs map[string]childKind

	mu     sync.Mutex
	unread []tree.Unread
}

func (r *reader) note(verb, resource, namespace, name string, err error) {
	if errors.Is(err, context.Canceled) {
		return
	}
	u := tree.Unread{Verb: verb, Resource: resource, Namespace: namespace, Name: name, Code: "Error", Message: err.Error()}
	if apierrors.IsForbidden(err) {
		u.Code, u.Message = "Forbidden", "no permission to "+verb+" "+resource
		if namespace != "" {
			u.Message += " in namespace " + namespace
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.unread = append(r.unread, u)
}

// sorted makes the order independent of which request was answered first.
func (r *reader) sorted() []tree.Unread {
	r.mu.Lock()
	defer r.mu.Unlock()
	sort.Slice(r.unread, func(i, j int) bool {
		a, b := r.unread[i], r.unread[j]
		if a.Resource != b.Resource {
			return a.Resource < b.Resource
		}
		return a.Name < b.Name
	})
	return r.unread
}
