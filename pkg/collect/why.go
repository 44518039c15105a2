package collect

import (
	"cmp"
	"context"
	"slices"

	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/blueprint"
	"github.com/carto-run/carto/pkg/quantity"
	"github.com/carto-run/carto/pkg/tree"
	"github.com/carto-run/carto/pkg/why"
)

// Facts reads what explains an owner beyond its tree: all blueprints of the kind that
// selects it (one list), the templates of the selected one if they are wanted (one get
// each), and the Warnings about the object at the end of the root cause (one list). What
// can not be read is left out and named.
func Facts(ctx context.Context, client dynamic.Interface, t *tree.Tree, templates bool) (why.Facts, error) {
	r := newReader(Source{Client: client}, Query{})
	facts := why.Facts{Owner: typed(&t.Owner)}
	group, gctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		facts.Blueprints = r.compiled(gctx, t.Owner.Kind)
		if templates && t.Blueprint != nil {
			for _, b := range facts.Blueprints {
				if b.Name == t.Blueprint.Name {
					facts.Templates = r.templates(gctx, b)
				}
			}
		}
		return gctx.Err()
	})
	group.Go(func() error {
		if culprit := deepest(t.RootCause); culprit != nil && culprit.UID != "" {
			facts.Events = r.warnings(gctx, culprit)
		}
		return gctx.Err()
	})
	if err := group.Wait(); err != nil {
		return why.Facts{}, err
	}
	facts.Unread = r.sorted()
	return facts, nil
}

// deepest is the last object of a root cause; nil when there is none.
func deepest(c *tree.RootCause) *tree.Link {
	if c == nil {
		return nil
	}
	if below := deepest(c.Nested); below != nil {
		return below
	}
	if len(c.Path) == 0 {
		return nil
	}
	return &c.Path[len(c.Path)-1]
}

// typed is the owner as templates see it; nil where that was not read.
func typed(owner *tree.OwnerNode) any {
	if owner.Read == nil {
		return nil
	}
	var typed any = &v1alpha1.Workload{}
	switch owner.Kind {
	case v1alpha1.KindDeliverable:
		typed = &v1alpha1.Deliverable{}
	case v1alpha1.KindRunnable:
		typed = &v1alpha1.Runnable{}
	}
	if quantity.Decodable(owner.Read.Object) != nil {
		return nil // as below
	}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(owner.Read.Object, typed); err != nil {
		return nil // the tree could not have been made of it
	}
	return typed
}

// compiled lists the blueprints that select owners of a kind.
func (r *reader) compiled(ctx context.Context, owner string) []*blueprint.Blueprint {
	resource := supplyChains
	switch owner {
	case v1alpha1.KindRunnable:
		return nil
	case v1alpha1.KindDeliverable:
		resource = deliveries
	}
	var all []*blueprint.Blueprint
	for _, obj := range r.listAll(ctx, target{resource: resource}) {
		b, err := compile(resource, &obj)
		if err != nil {
			r.note("get", resource.GroupResource().String(), "", obj.GetName(), err)
			continue
		}
		all = append(all, b)
	}
	return all
}

// listAll is list for what can be left out: a failure is noted.
func (r *reader) listAll(ctx context.Context, t target) []unstructured.Unstructured {
	items, err := r.list(ctx, t)
	if err != nil {
		r.note("list", t.resource.GroupResource().String(), t.namespace, "", err)
	}
	return items
}

// maxWarnings is how many events are of use to a person.
const maxWarnings = 5

// warnings are the events about one object, the newest first.
func (r *reader) warnings(ctx context.Context, about *tree.Link) []why.Event {
	resource := schema.GroupVersionResource{Version: "v1", Resource: "events"}
	selector := fields.Set{"involvedObject.uid": string(about.UID), "type": "Warning"}.AsSelector().String()
	var found []why.Event
	for _, obj := range r.listAll(ctx, target{resource: resource, namespace: about.Namespace, fields: selector}) {
		text := func(path ...string) string { s, _, _ := unstructured.NestedString(obj.Object, path...); return s }
		e := why.Event{Reason: text("reason"), Message: text("message"), Count: 1}
		if n, ok, _ := unstructured.NestedInt64(obj.Object, "count"); ok {
			e.Count = n
		}
		// Events of the newer API count in a series.
		if n, ok, _ := unstructured.NestedInt64(obj.Object, "series", "count"); ok {
			e.Count = n
		}
		for _, at := range []string{text("series", "lastObservedTime"), text("lastTimestamp"), text("eventTime"), text("metadata", "creationTimestamp")} {
			if t := tree.ParseTime(at); t != nil {
				e.Last = t
				break
			}
		}
		found = append(found, e)
	}
	slices.SortStableFunc(found, func(a, b why.Event) int {
		if a.Last != nil && b.Last != nil && !a.Last.Equal(b.Last) {
			return b.Last.Compare(a.Last.Time)
		}
		return cmp.Compare(a.Reason, b.Reason)
	})
	return found[:min(len(found), maxWarnings)]
}
