package lint

import (
	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/blueprint"
	"github.com/carto-run/carto/pkg/manifest"
	"github.com/carto-run/carto/pkg/schema"
	"github.com/carto-run/carto/pkg/stamp"
	"github.com/carto-run/carto/pkg/ytt"
)

// File is a file as it was read.
type File struct {
	Name string
	Data []byte
	// Remote objects were read from a cluster: they can be referred to, but nothing is
	// reported about them.
	Remote bool
	// Schemas says that only the CRDs of a remote file count.
	Schemas bool
}

// Set is everything that rules look at. It is immutable once it is read.
type Set struct {
	Files []File
	// Faults are what is wrong with the text of files.
	Faults []*manifest.Fault
	// RemoteFaults are those of remote files, which no rule reports.
	RemoteFaults []*manifest.Fault
	// Objects are all documents that have a kind, in the order of the files.
	Objects []*Object
	// Blueprints, Templates and Owners among them that could be decoded.
	Blueprints []*Blueprint
	Templates  []*Template
	Owners     []*Owner
	// Schemas of the kinds that templates stamp: those of Kubernetes and of the CRDs in the set.
	Schemas *schema.Catalog

	templates map[templateKey]*Template
	kinds     map[string][]*Object
	runnables runnableIndex
	routes    routes
}

type templateKey struct{ kind, name string }

// Object is one document.
type Object struct {
	Doc *manifest.Document
	// Remote: see File.
	Remote bool
	// Broken is why it can not be decoded into its type of group carto.run; nil otherwise, and
	// for kinds of other groups. Unknown fields break nothing.
	Broken error
}

// String is KIND/NAME.
func (o *Object) String() string { return o.Doc.Kind() + "/" + o.Doc.Name() }

// IsCarto says whether the object is of group carto.run, whatever its version.
func (o *Object) IsCarto() bool {
	group, _, _ := cutGroup(o.Doc.APIVersion())
	return group == v1alpha1.GroupVersion.Group
}

// Blueprint is a ClusterSupplyChain or ClusterDelivery.
type Blueprint struct {
	*Object
	*blueprint.Blueprint
	// Chain or Delivery is the decoded object.
	Chain    *v1alpha1.ClusterSupplyChain
	Delivery *v1alpha1.ClusterDelivery
	// Uses are the templates of its steps, one for each option, in the author's order.
	Uses []*Use
}

// Complete says that every template the blueprint can use is in the set: only then can it be
// said that nobody reads something.
func (b *Blueprint) Complete() bool {
	for _, use := range b.Uses {
		if use.Template == nil && !use.IsPassThrough() {
			return false
		}
	}
	return true
}

// Use is one template that one step can use.
type Use struct {
	Blueprint *Blueprint
	Step      *blueprint.Resource
	// StepPath is spec.resources[i].
	StepPath string
	// Path of the reference: spec.resources[i].templateRef, or of one of its options.
	Path string
	// Option is nil when the step has no options.
	Option *blueprint.Option
	// Kind and Name of the template; no name for a pass-through.
	Kind, Name string
	// Template is nil when it is not in the set, and for a pass-through.
	Template *Template
}

// IsPassThrough says that the option hands an input on, and needs no template.
func (u *Use) IsPassThrough() bool { return u.Option != nil && u.Option.Name == "" }

// Template is a template of any kind.
type Template struct {
	*Object
	*stamp.Template
	// Typed is the decoded object: *v1alpha1.ClusterSourceTemplate and so on.
	Typed any
	// Spec is what all kinds but ClusterRunTemplate have in common; of that kind it has the
	// template only.
	Spec *v1alpha1.TemplateSpec
	// Uses by the steps of blueprints in the set.
	Uses []*Use
	// Body is the object in spec.template; nil for ytt, and when it is no object.
	Body map[string]any
	// Reads are what the body reads of its context, in the order of the text: what is known
	// of it, see ReadsAll.
	Reads []Read
	// Ytt is what shows of a ytt body; nil for others, and when it can not be understood.
	Ytt *ytt.Analysis

	stamps                      stamped
	outputs, completion, health []ObjectPath
	samples                     func() []Sample
}

// IsRun says that it is a ClusterRunTemplate.
func (t *Template) IsRun() bool { return t.Template.Kind == v1alpha1.KindClusterRunTemplate }

// Owner is a Workload, Deliverable or Runnable.
type Owner struct {
	*Object
	// One of these is set.
	Workload    *v1alpha1.Workload
	Deliverable *v1alpha1.Deliverable
	Runnable    *v1alpha1.Runnable
	// Subject and Params are the owner as selectors and templates see it.
	Subject blueprint.Subject
	Params  []blueprint.OwnerParam
}

// Template finds a template; nil when it is not in the set.
func (s *Set) Template(kind, name string) *Template { return s.templates[templateKey{kind, name}] }

// OfKind lists the objects of a kind, whatever their group and version.
func (s *Set) OfKind(kind string) []*Object { return s.kinds[kind] }

// BlueprintsOf lists the blueprints for owners of a kind. Of several with one name it is the
// first, and one of the files before one of the cluster, which it is going to replace.
func (s *Set) BlueprintsOf(ownerKind string) []*Blueprint {
	var of []*Blueprint
	index := map[string]int{}
	for _, b := range s.Blueprints {
		if b.OwnerKind() != ownerKind {
			continue
		}
		i, seen := index[b.Blueprint.Name]
		switch {
		case !seen:
			index[b.Blueprint.Name] = len(of)
			of = append(of, b)
		case of[i].Remote && !b.Remote:
			of[i] = b
		}
	}
	return of
}
