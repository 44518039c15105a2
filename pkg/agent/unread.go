package agent

import (
	"encoding/json"
	"errors"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/jsonread"
)

// readPart reads of an object what fits its type, when not all of it does: the schemas of CRDs
// let some texts pass that no type takes, such as the quantity 1e1.5 (those of the original more
// than ours), and a status can have been written by anybody who may. Lists and watches have to
// be read to their ends: one object that could not be would keep all others of its kind, of
// whichever tenant, from being heard of.
//
// Without a status that does not fit, the object is as good as any; the next one replaces it.
// Without its spec it is marked, see whyUnread.
func readPart(kind *v1alpha1.Kind, text []byte, why error) (v1alpha1.Object, error) {
	var whole map[string]json.RawMessage
	if err := jsonread.Into(text, &whole); err != nil {
		return nil, why // no object at all
	}
	for _, part := range []struct{ status, spec bool }{{spec: true}, {status: true}, {}} {
		kept := map[string]json.RawMessage{"metadata": whole["metadata"]}
		if part.spec {
			kept["spec"] = whole["spec"]
		}
		if part.status {
			kept["status"] = whole["status"]
		}
		text, err := json.Marshal(kept)
		if err != nil {
			return nil, why
		}
		object := kind.New()
		if jsonread.Into(text, object) != nil {
			continue
		}
		object.SetManagedFields(nil)
		if !part.spec {
			markUnread(object, why)
		}
		return object, nil
	}
	return nil, why
}

// unreadMark is the manager of the entry in which an object that could be read in part says why.
// Of all that an object carries, its managed fields are what the agent never keeps of what the
// API server sends: nobody else can write into them here.
const unreadMark = "carto-unread"

func markUnread(object metav1.Object, why error) {
	object.SetManagedFields([]metav1.ManagedFieldsEntry{{Manager: unreadMark, Subresource: why.Error()}})
}

// whyUnread says why the spec of an object could not be read, so that it is empty; nil when it
// could.
func whyUnread(object metav1.Object) error {
	if fields := object.GetManagedFields(); len(fields) == 1 && fields[0].Manager == unreadMark {
		return errors.New(fields[0].Subresource)
	}
	return nil
}
