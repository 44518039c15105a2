package collect

import (
	"cmp"
	"context"
	"slices"

	"golang.org/x/sync/errgroup"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/blueprint"
	"github.com/carto-run/carto/pkg/stamp"
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
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(owner.Read.Object, typed); err != nil {
		return nil // the tree could not have been made of it
	}
	return typed
}

// compiled lists the blueprints that select owners of a kind.
func (r *reader) compiled(ctx context.Context, owner string) []*blueprint.Blueprint {
	resource := v1alpha1.GroupVersion.WithResource("clustersupplychains")
	compile := func(obj *unstructured.Unstructured) (*blueprint.Blueprint, error) {
		c := &v1alpha1.ClusterSupplyChain{}
		err := runtime.DefaultUnstructuredConverter.FromUnstructured(obj.Object, c)
		return blueprint.CompileSupplyChain(c), err
	}
	switch owner {
	case v1alpha1.KindRunnable:
		return nil
	case v1alpha1.KindDeliverable:
		resource = v1alpha1.GroupVersion.WithResource("clusterdeliveries")
		compile = func(obj *unstructured.Unstructured) (*blueprint.Blueprint, error) {
			d := &v1alpha1.ClusterDelivery{}
			err := runtime.DefaultUnstructuredConverter.FromUnstructured(obj.Object, d)
			return blueprint.CompileDelivery(d), err
		}
	}
	var all []*blueprint.Blueprint
	for _, obj := range r.listAll(ctx, target{resource: resource}) {
		b, err := compile(&obj)
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

// templateKinds are the resources of templates, and what makes an empty one.
var templateKinds = map[string]struct {
	resource string
	empty    func() any
}{
	v1alpha1.KindClusterSourceTemplate:     {"clustersourcetemplates", func() any { return &v1alpha1.ClusterSourceTemplate{} }},
	v1alpha1.KindClusterImageTemplate:      {"clusterimagetemplates", func() any { return &v1alpha1.ClusterImageTemplate{} }},
	v1alpha1.KindClusterConfigTemplate:     {"clusterconfigtemplates", func() any { return &v1alpha1.ClusterConfigTemplate{} }},
	v1alpha1.KindClusterDeploymentTemplate: {"clusterdeploymenttemplates", func() any { return &v1alpha1.ClusterDeploymentTemplate{} }},
	v1alpha1.KindClusterTemplate:           {"clustertemplates", func() any { return &v1alpha1.ClusterTemplate{} }},
}

// templates are nil for what does not exist, and absent for what could not be read.
func (r *reader) templates(ctx context.Context, b *blueprint.Blueprint) map[blueprint.TemplateUse]*stamp.Template {
	uses := b.Templates()
	compiled := make([]*stamp.Template, len(uses))
	read := make([]bool, len(uses))
	var group errgroup.Group
	for i, use := range uses {
		group.Go(func() error {
			compiled[i], read[i] = r.template(ctx, use)
			return nil
		})
	}
	_ = group.Wait() // what went wrong is noted
	all := make(map[blueprint.TemplateUse]*stamp.Template, len(uses))
	for i, use := range uses {
		if read[i] {
			all[use] = compiled[i]
		}
	}
	return all
}

func (r *reader) template(ctx context.Context, use blueprint.TemplateUse) (*stamp.Template, bool) {
	kind, ok := templateKinds[use.Kind]
	if !ok {
		return nil, true
	}
	resource := v1alpha1.GroupVersion.WithResource(kind.resource)
	obj, err := r.get(ctx, resource, "", use.Name)
	if apierrors.IsNotFound(err) {
		return nil, true
	}
	typed := kind.empty()
	if err == nil {
		err = runtime.DefaultUnstructuredConverter.FromUnstructured(obj.Object, typed)
	}
	if err != nil {
		r.note("get", resource.GroupResource().String(), "", use.Name, err)
		return nil, false
	}
	return stamp.Compile(typed), true
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

// BlueprintFacts reads what explains a blueprint: its templates and the owners that went
// through it last; missing are the templates that do not exist.
func BlueprintFacts(ctx context.Context, client dynamic.Interface, b *blueprint.Blueprint) ([]blueprint.TemplateUse, []why.OwnerState, []tree.Unread, error) {
	r := newReader(Source{Client: client}, Query{})
	var templates map[blueprint.TemplateUse]*stamp.Template
	var owners []why.OwnerState
	group, gctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		templates = r.templates(gctx, b)
		return gctx.Err()
	})
	group.Go(func() error {
		resource := OwnerRef{Kind: b.OwnerKind()}.Resource()
		for _, obj := range r.listAll(gctx, target{resource: resource}) {
			owner, err := decodeOwner(&obj)
			if err != nil || owner.Blueprint.Name != b.Name {
				continue
			}
			state := tree.Build(tree.Input{Owner: owner}).Owner
			owners = append(owners, why.OwnerState{Ref: state.Ref, Ready: state.Ready})
		}
		return gctx.Err()
	})
	if err := group.Wait(); err != nil {
		return nil, nil, nil, err
	}
	var missing []blueprint.TemplateUse
	for _, use := range b.Templates() {
		if template, read := templates[use]; read && template == nil {
			missing = append(missing, use)
		}
	}
	return missing, owners, r.sorted(), nil
}
