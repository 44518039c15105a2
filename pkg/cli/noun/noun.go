// Package noun describes the kinds of objects that commands are about. The verbs below
// it, one package each, work on whatever noun they are made for, so that what is learnt
// from one holds for all.
package noun

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/quantity"
)

// Noun is a kind of objects. Its resource is fixed, so no command needs discovery for it.
type Noun struct {
	Kind string
	// Name and Plural as people type them.
	Name, Plural string
	Aliases      []string
	Resource     schema.GroupVersionResource
	// Cluster is true for kinds without namespaces.
	Cluster bool
	// Columns of list between the name and the state.
	Columns []Column
	// Wide columns are at the end, and shown on demand.
	Wide []Column
	// Example is the name of an object in examples, ExampleStep that of one of its steps.
	Example, ExampleStep string
}

// Column is a column of list.
type Column struct {
	Title string
	Cell  func(*Item) string
}

// String is the noun as it is typed.
func (n *Noun) String() string { return n.Name }

// The nouns.
var (
	Workload = &Noun{
		Kind: v1alpha1.KindWorkload, Name: "workload", Plural: "workloads", Aliases: []string{"workloads", "wld"},
		Resource: v1alpha1.GroupVersion.WithResource("workloads"), Example: "cart", ExampleStep: "build",
		Columns: []Column{{"Type", func(i *Item) string { return i.Labels[TypeLabel] }}, AppColumn},
		Wide:    []Column{{"SupplyChain", blueprintOf}, {"Source", sourceOf}},
	}
	Deliverable = &Noun{
		Kind: v1alpha1.KindDeliverable, Name: "deliverable", Plural: "deliverables", Aliases: []string{"deliverables", "dlv"},
		Resource: v1alpha1.GroupVersion.WithResource("deliverables"), Example: "cart", ExampleStep: "deploy",
		Columns: []Column{AppColumn},
		Wide:    []Column{{"Delivery", blueprintOf}, {"Source", sourceOf}},
	}
	Runnable = &Noun{
		Kind: v1alpha1.KindRunnable, Name: "runnable", Plural: "runnables", Aliases: []string{"runnables", "run"},
		Resource: v1alpha1.GroupVersion.WithResource("runnables"), Example: "cart-test",
		Wide: []Column{{"RunTemplate", func(i *Item) string { return i.Runnable.Spec.RunTemplateRef.Name }}},
	}
	SupplyChain = &Noun{
		Kind: v1alpha1.KindClusterSupplyChain, Name: "supplychain", Plural: "supply chains", Aliases: []string{"supplychains", "clustersupplychain", "clustersupplychains", "csc"},
		Resource: v1alpha1.GroupVersion.WithResource("clustersupplychains"), Cluster: true, Example: "web",
		Columns: blueprintColumns, Wide: []Column{{"Selector", selectorOf}},
	}
	Delivery = &Noun{
		Kind: v1alpha1.KindClusterDelivery, Name: "delivery", Plural: "deliveries", Aliases: []string{"deliveries", "clusterdelivery", "clusterdeliveries", "cd", "cdl"},
		Resource: v1alpha1.GroupVersion.WithResource("clusterdeliveries"), Cluster: true, Example: "staging",
		Columns: blueprintColumns, Wide: []Column{{"Selector", selectorOf}},
	}
)

var all = []*Noun{Workload, Deliverable, Runnable, SupplyChain, Delivery}

// TypeLabel says what kind of application a workload is; blueprints in use select by it.
const TypeLabel = v1alpha1.LabelWorkloadType

// AppLabel names the application that an owner is a part of.
const AppLabel = "app.kubernetes.io/part-of"

// AppColumn shows it.
var AppColumn = Column{"App", func(i *Item) string { return i.Labels[AppLabel] }}

// Apps tells whether objects are parts of applications.
func (n *Noun) Apps() bool {
	return slices.ContainsFunc(n.Columns, func(c Column) bool { return c.Title == AppColumn.Title })
}

// Of finds a noun by how a person may write it; nil when there is none.
func Of(name string) *Noun {
	for _, n := range all {
		if n.Name == name {
			return n
		}
		for _, alias := range n.Aliases {
			if alias == name {
				return n
			}
		}
	}
	return nil
}

// Names of all nouns.
func Names() []string {
	names := make([]string, len(all))
	for i, n := range all {
		names[i] = n.Name
	}
	return names
}

// OfKind finds a noun by its kind; nil when there is none.
func OfKind(kind string) *Noun {
	for _, n := range all {
		if n.Kind == kind {
			return n
		}
	}
	return nil
}

// Where names a place in messages: in namespace "shop", or nothing for kinds without.
func (n *Noun) Where(namespace string) string {
	if n.Cluster || namespace == metav1.NamespaceAll {
		return ""
	}
	return fmt.Sprintf(" in namespace %q", namespace)
}

// Qualified names an object in messages: workload shop/cart.
func (n *Noun) Qualified(namespace, name string) string {
	if n.Cluster {
		return n.Name + " " + name
	}
	return n.Name + " " + namespace + "/" + name
}

// Printed is how commands print an object that they changed: workload.carto.run/cart.
func (n *Noun) Printed(name string) string { return n.Name + "." + v1alpha1.Group + "/" + name }

// Client is for the objects of a namespace; of all, or for kinds without, when it is empty.
func (n *Noun) Client(client dynamic.Interface, namespace string) dynamic.ResourceInterface {
	if n.Cluster {
		return client.Resource(n.Resource)
	}
	return client.Resource(n.Resource).Namespace(namespace)
}

// Read fetches an object; one that is not there is a finding.
func (n *Noun) Read(ctx context.Context, client dynamic.Interface, program, namespace, name string) (*unstructured.Unstructured, error) {
	object, err := n.Client(client, namespace).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return nil, n.Explain(ctx, client, program, "read", namespace, name, err)
	}
	return object, nil
}

// NotFound is the finding for an object that is not there; Missing says more.
func (n *Noun) NotFound(namespace, name string) error {
	return cmdutil.Findingf("%s %q not found%s", n.Name, name, n.Where(namespace))
}

// List reads all objects of a namespace, of all namespaces when it is empty.
func (n *Noun) List(ctx context.Context, client dynamic.Interface, program, namespace, selector string) ([]unstructured.Unstructured, error) {
	list, err := n.Select(ctx, client, program, namespace, metav1.ListOptions{LabelSelector: selector})
	if err != nil {
		return nil, err
	}
	return list.Items, nil
}

// pageSize of lists, which is that of kubectl.
const pageSize = 500

// Select reads the objects that the options select, in pages; the list tells from where
// to watch. What nobody needs of an object can be taken off when its page is there: ten
// thousand of them are held at once.
func (n *Noun) Select(ctx context.Context, client dynamic.Interface, program, namespace string, options metav1.ListOptions, without ...func(*unstructured.Unstructured)) (*unstructured.UnstructuredList, error) {
	all := &unstructured.UnstructuredList{}
	version, err := n.Pages(ctx, client, program, namespace, options, func(items []unstructured.Unstructured, first bool) {
		if first {
			all.Items = nil
		}
		for i := range items {
			for _, takeOff := range without {
				takeOff(&items[i])
			}
		}
		all.Items = append(all.Items, items...)
	})
	if err != nil {
		return nil, err
	}
	all.Object = cmdutil.List(nil)
	all.SetResourceVersion(version)
	return all, nil
}

// Pages is Select for those who need no list: each is given one page after the other, as
// large as the limit of the options. First is true where the list begins, which it does
// again when the pages took too long; what was given before does not count then. The
// version tells from where to watch.
func (n *Noun) Pages(ctx context.Context, client dynamic.Interface, program, namespace string, options metav1.ListOptions, each func(items []unstructured.Unstructured, first bool)) (version string, err error) {
	if options.Limit == 0 {
		options.Limit = pageSize
	}
	for first := true; ; first = false {
		page, err := n.Client(client, namespace).List(ctx, options)
		if apierrors.IsResourceExpired(err) && options.Continue != "" {
			options.Continue, options.Limit = "", 0
			if page, err = n.Client(client, namespace).List(ctx, options); err == nil {
				first = true
			}
		}
		if err != nil {
			return "", cmdutil.Explain(program, "list "+n.Plural, err)
		}
		each(page.Items, first)
		if options.Continue = page.GetContinue(); options.Continue == "" {
			return page.GetResourceVersion(), nil
		}
	}
}

// decode turns what the API server returned into a type. An owner whose spec does not fit it is
// read without, as the agent does: a list is to be shown also with a Workload in it whose
// quantity is 1e1.5, and its status says what is wrong.
func (n *Noun) decode(obj *unstructured.Unstructured, into any) error {
	why := convert(obj.Object, into)
	if why == nil {
		return nil
	}
	if v1alpha1.IsOwnerKind(n.Kind) {
		rest := maps.Clone(obj.Object)
		delete(rest, "spec")
		reflect.ValueOf(into).Elem().SetZero() // of what was read before the fault
		if convert(rest, into) == nil {
			return nil
		}
	}
	return fmt.Errorf("%s is not as %s says: %w", n.Qualified(obj.GetNamespace(), obj.GetName()), v1alpha1.GroupVersion, why)
}

func convert(object map[string]any, into any) error {
	if err := quantity.Decodable(object); err != nil {
		return err
	}
	return runtime.DefaultUnstructuredConverter.FromUnstructured(object, into)
}
