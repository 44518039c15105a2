package impact

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	kubetesting "k8s.io/client-go/testing"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
)

// lines shows what changes, one object or step a line.
func lines(found *Impact) []string {
	var all []string
	for _, o := range found.Owners {
		name := o.Name
		if o.Stops != nil {
			all = append(all, name+" stops "+o.Stops.Reason)
		}
		for _, object := range o.Objects {
			all = append(all, strings.TrimSpace(strings.Join([]string{name, string(object.Change), object.Kind + "/" + object.Name, strings.Join(object.Fields, ",")}, " ")))
		}
		for _, s := range o.Steps {
			line := strings.TrimSpace(strings.Join([]string{name, string(s.State), s.Step, strings.Join(s.From, ",")}, " "))
			if s.State == NoOutput && s.Reason != nil {
				line += " " + s.Reason.Reason
			}
			all = append(all, line)
		}
	}
	return all
}

// TestRequests: however many owners there are, reading takes a few requests, and each
// changed object one dry run.
func TestRequests(t *testing.T) {
	t.Parallel()
	kindsOfCarto := map[string]int{
		"get clusterconfigtemplates": 1, "patch clusterconfigtemplates": 1, // the file
		"list workloads": 1, "list deliverables": 1, "list clustersupplychains": 1, "list clusterdeliveries": 1,
		"list clustersourcetemplates": 1, "list clusterimagetemplates": 1, "list clusterconfigtemplates": 1,
		"list clusterdeploymenttemplates": 1, "list clustertemplates": 1,
		"get serviceaccounts": 1,
	}
	for _, tc := range []struct {
		reason string
		owners int
		want   map[string]int
	}{
		{"the objects of a few owners are read one by one", 3, map[string]int{"get configmaps": 6, "get deployments": 3, "patch configmaps": 6}},
		{"those of many are listed", 300, map[string]int{"list configmaps": 1, "list deployments": 1, "patch configmaps": 600}},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			t.Parallel()
			c := newCluster(t, tc.owners)
			c.settle()
			found, err := c.of(changedText, Query{})
			if err != nil {
				t.Fatal(err)
			}
			if s := found.Summary; s.Owners != tc.owners || s.Changed != 2*tc.owners || s.Pending != 0 {
				t.Errorf("got %+v", s)
			}
			for request, n := range kindsOfCarto {
				tc.want[request] = n
			}
			if diff := cmp.Diff(tc.want, c.requests()); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
		})
	}
}

func TestOf(t *testing.T) {
	t.Parallel()
	forbidden := func(verb, resource string) func(kubetesting.Action) error {
		return func(a kubetesting.Action) error {
			if a.GetVerb() == verb && a.GetResource().Resource == resource {
				return apierrors.NewForbidden(a.GetResource().GroupResource(), "", errors.New(`User "ada" cannot do that`))
			}
			return nil
		}
	}
	edit := func(name string, change func(*unstructured.Unstructured)) func(*cluster) {
		return func(c *cluster) {
			object, err := c.Tracker().Get(configMaps, "shop", name)
			if err != nil {
				c.t.Fatal(err)
			}
			edited := object.(*unstructured.Unstructured).DeepCopy()
			change(edited)
			if err := c.Tracker().Update(configMaps, edited, "shop"); err != nil {
				c.t.Fatal(err)
			}
		}
	}
	set := func(u *unstructured.Unstructured, value string, path ...string) {
		_ = unstructured.SetNestedField(u.Object, value, path...)
	}
	for _, tc := range []struct {
		reason  string
		prepare func(*cluster)
		file    string
		query   Query
		want    []string
		pending int
		// degraded are verbs and resources.
		degraded []string
	}{
		{
			reason: "what is as it was changes nothing",
			file:   strings.ReplaceAll(changedText, "bye", "hello"),
		},
		{
			reason: "an output that is known at once goes down the chain",
			file:   changedText,
			want:   []string{"w000 changed ConfigMap/w000 data.text", "w000 changed ConfigMap/w000-copy data.copy"},
		},
		{
			reason: "drift is put back whatever the files say, and no other field is named",
			prepare: edit("w000-copy", func(u *unstructured.Unstructured) {
				u.SetManagedFields(nil)
				set(u, "by hand", "data", "copy")
			}),
			file: changedText,
			want: []string{"w000 changed ConfigMap/w000 data.text", "w000 changed ConfigMap/w000-copy data.copy"},
		},
		{
			reason: "drift of what the files do not change is left out, and counted",
			prepare: edit("w000", func(u *unstructured.Unstructured) {
				u.SetManagedFields(nil)
				set(u, "by hand", "data", "text")
			}),
			file: `
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: run}
spec:
  template: {apiVersion: apps/v1, kind: Deployment, metadata: {name: $(workload.metadata.name)$}, spec: {replicas: 2}}`,
			want:    []string{"w000 changed Deployment/w000 spec.replicas"},
			pending: 1,
		},
		{
			reason: "an object of another is refused, before and after",
			prepare: edit("w000", func(u *unstructured.Unstructured) {
				set(u, "", "metadata", "uid")
				u.Object["metadata"].(map[string]any)["ownerReferences"].([]any)[0].(map[string]any)["uid"] = "other"
			}),
			file: changedText,
		},
		{
			reason:   "without the right to patch, what is rendered is compared",
			prepare:  func(c *cluster) { c.fail = forbidden("patch", "configmaps") },
			file:     changedText,
			want:     []string{"w000 changed ConfigMap/w000 data.text", "w000 follows copy text"},
			degraded: []string{"patch configmaps 1"},
		},
		{
			reason:   "without the right to read, nothing is known",
			prepare:  func(c *cluster) { c.fail = forbidden("get", "configmaps") },
			file:     changedText,
			want:     []string{"w000 changed ConfigMap/w000 data.text", "w000 changed ConfigMap/w000-copy data.copy"},
			degraded: []string{"get configmaps 2"},
		},
		{
			reason:   "an account that may not be read is taken to exist",
			prepare:  func(c *cluster) { c.fail = forbidden("get", "serviceaccounts") },
			file:     changedText,
			want:     []string{"w000 changed ConfigMap/w000 data.text", "w000 changed ConfigMap/w000-copy data.copy"},
			degraded: []string{"get serviceaccounts 1"},
		},
		{
			reason: "a template that is imagined away stops its owners",
			query:  Query{Removed: []Ref{{"ClusterTemplate", "run"}}},
			want:   []string{"w000 stops TemplatesNotFound"},
		},
		{
			reason: "a broken template fails where it is used, and holds up what reads from it",
			file:   strings.ReplaceAll(changedText, "workload.metadata.name", "workload.metadata.nme"),
			want:   []string{"w000 fails text", "w000 waits copy text"},
		},
		{
			reason: "a path that leads to nothing in an object that stays as it is",
			file:   strings.NewReplacer("bye", "hello", ".data.text", ".data.txt").Replace(changedText),
			want:   []string{"w000 noOutput text MissingValueAtPath", "w000 waits copy text"},
		},
		{
			reason: "an owner's own change",
			file:   "apiVersion: carto.run/v1alpha1\nkind: Workload\nmetadata: {name: w000, namespace: shop, labels: {shape: square}}\nspec: {}",
			want:   []string{"w000 stops SupplyChainNotFound"},
		},
		{
			reason: "a new owner",
			file:   "apiVersion: carto.run/v1alpha1\nkind: Workload\nmetadata: {name: new, namespace: shop, labels: {shape: round}}\nspec: {}",
			want:   []string{"new created ConfigMap/new", "new created ConfigMap/new-copy", "new created Deployment/new"},
		},
		{
			reason: "a new owner whose account is not there",
			file:   "apiVersion: carto.run/v1alpha1\nkind: Workload\nmetadata: {name: new, namespace: shop, labels: {shape: round}}\nspec: {serviceAccountName: nope}",
			want:   []string{"new stops ServiceAccountError"},
		},
		{
			reason: "owners of other namespaces are not looked at",
			file:   changedText,
			query:  Query{Namespace: "elsewhere"},
		},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			t.Parallel()
			c := newCluster(t, 1)
			c.settle()
			if tc.prepare != nil {
				tc.prepare(c)
			}
			var found *Impact
			var err error
			if tc.file == "" {
				found, err = Of(t.Context(), c.source(), tc.query)
			} else {
				found, err = c.of(tc.file, tc.query)
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, lines(found)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if found.Summary.Pending != tc.pending {
				t.Errorf("%d pending, want %d", found.Summary.Pending, tc.pending)
			}
			var degraded []string
			for _, d := range found.Degraded {
				degraded = append(degraded, d.Verb+" "+d.Resource+" "+string(rune('0'+d.Objects)))
			}
			if !slices.Equal(degraded, tc.degraded) {
				t.Errorf("degraded %q, want %q", degraded, tc.degraded)
			}
		})
	}
}

// TestFatal: where nothing can be known, the answer is not that nothing changes.
func TestFatal(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		reason, verb, resource string
		err                    error
		want                   []string // nil: an error
	}{
		{"the store of the API server fails", "get", "configmaps", apierrors.NewInternalError(errors.New("etcd")), nil},
		{"the credentials run out while reading", "get", "deployments", apierrors.NewUnauthorized("late"), nil},
		{"and while asking for a dry run", "patch", "configmaps", apierrors.NewUnauthorized("late"), nil},
		{"a service account can not be read", "get", "serviceaccounts", apierrors.NewInternalError(errors.New("etcd")), nil},
		{"owners may not be listed", "list", "workloads", apierrors.NewForbidden(configMaps.GroupResource(), "", nil), nil},
		{"the quota is used up, as it will be for the agent", "patch", "configmaps", apierrors.NewForbidden(configMaps.GroupResource(), "w000", errors.New("exceeded quota: q")), []string{"w000 fails text", "w000 waits copy text"}},
		{"a webhook is down, as it will be for the agent", "patch", "configmaps", apierrors.NewInternalError(errors.New("failed calling webhook")), []string{"w000 fails text", "w000 waits copy text"}},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			t.Parallel()
			c := newCluster(t, 1)
			c.settle()
			c.fail = func(a kubetesting.Action) error {
				if a.GetVerb() == tc.verb && a.GetResource().Resource == tc.resource {
					return tc.err
				}
				return nil
			}
			found, err := c.of(changedText, Query{})
			if tc.want == nil {
				if !errors.Is(err, tc.err) {
					t.Errorf("got %+v and %v", found, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, lines(found)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestEnds: what can not be foretold is an error, not an empty answer, and nothing goes on
// working behind it.
func TestEnds(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		reason string
		err    error
		cancel bool
	}{
		{"a lost connection", &url.Error{Op: "Patch", URL: "https://x", Err: errors.New("connection refused")}, false},
		{"an overloaded API server", apierrors.NewTooManyRequests("later", 1), false},
		{"Ctrl-C", nil, true},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			t.Parallel()
			c := newCluster(t, 30)
			c.settle()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			patches := 0
			c.fail = func(a kubetesting.Action) error {
				if a.GetVerb() != "patch" || a.GetResource() != configMaps {
					return nil
				}
				if patches++; patches == 5 {
					if tc.cancel {
						cancel()
					}
					return tc.err
				}
				return nil
			}
			_, err := Of(ctx, c.source(), Query{Given: []Given{{Object: parse(t, changedText)[0]}}})
			switch {
			case err == nil:
				t.Fatal("there is an answer")
			case tc.cancel && !errors.Is(err, context.Canceled):
				t.Errorf("got %v", err)
			case !tc.cancel && !errors.Is(err, tc.err):
				t.Errorf("got %v", err)
			}
			sent := len(c.Actions())
			if patches > 5+4*3 { // what was in flight: one of each owner, and what that asks for next
				t.Errorf("%d patches after it, of %d requests", patches-5, sent)
			}
		})
	}
}

// TestGoing: when a stamped owner is removed, what it stamped goes with it.
func TestGoing(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 1)
	for _, object := range parse(t, `
apiVersion: carto.run/v1alpha1
kind: Deliverable
metadata: {name: w000, namespace: shop, uid: d, ownerReferences: [{apiVersion: carto.run/v1alpha1, kind: Workload, name: w000, uid: u0, controller: true}]}
status: {resources: [{name: text, stampedRef: {apiVersion: v1, kind: ConfigMap, namespace: shop, name: below}}, {name: gone, stampedRef: {apiVersion: v1, kind: ConfigMap, namespace: shop, name: gone}}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: below, namespace: shop, labels: {carto.run/resource-name: text}, ownerReferences: [{apiVersion: carto.run/v1alpha1, kind: Deliverable, name: w000, uid: d, controller: true}]}
---
apiVersion: carto.run/v1alpha1
kind: Workload
metadata: {name: w000, namespace: shop, uid: u0, labels: {shape: round}}
spec: {}
status: {resources: [{name: old, stampedRef: {apiVersion: carto.run/v1alpha1, kind: Deliverable, namespace: shop, name: w000}}]}`) {
		gvr := configMaps
		if k := v1alpha1.KindOf(object.GetKind()); k != nil {
			gvr = k.Resource()
		}
		_ = c.Tracker().Delete(gvr, "shop", object.GetName())
		if err := c.Tracker().Create(gvr, object, "shop"); err != nil {
			t.Fatal(err)
		}
	}
	// So that the step is there before, and not after.
	chain := parse(t, blueprints)[3]
	now := chain.DeepCopy()
	step := map[string]any{"name": "old", "templateRef": map[string]any{"kind": "ClusterTemplate", "name": "old"}}
	chain.Object["spec"].(map[string]any)["resources"] = append(chain.Object["spec"].(map[string]any)["resources"].([]any), step)
	old := parse(t, "apiVersion: carto.run/v1alpha1\nkind: ClusterTemplate\nmetadata: {name: old}\nspec:\n  template: {apiVersion: carto.run/v1alpha1, kind: Deliverable, metadata: {name: $(workload.metadata.name)$}, spec: {}}")[0]
	if err := errors.Join(c.Tracker().Update(resourceOf("ClusterSupplyChain"), chain, ""), c.Tracker().Create(resourceOf("ClusterTemplate"), old, "")); err != nil {
		t.Fatal(err)
	}
	text, err := now.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	c.settle()
	found, err := c.of(string(text), Query{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"w000 removed Deliverable/w000", "w000 removed ConfigMap/below"}, lines(found)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
