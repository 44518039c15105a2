package lint

import (
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/blueprint"
	"github.com/carto-run/carto/pkg/manifest"
	"github.com/carto-run/carto/pkg/schema"
	"github.com/carto-run/carto/pkg/stamp"
)

// ReadFiles reads and compiles files. It never fails: what can not be read is among the faults.
func ReadFiles(files []File) *Set {
	read := make([]parsed, len(files))
	inParallel(len(files), func(i int) { read[i] = parse(files[i]) })
	withoutReplaced(files, read)
	return newSet(files, read)
}

// ReadDocument takes an object that is read already, without the comments of its file.
func ReadDocument(doc *manifest.Document) *Set {
	var p parsed
	p.add(&Object{Doc: doc})
	return newSet([]File{{Name: doc.File}}, []parsed{p})
}

func newSet(files []File, read []parsed) *Set {
	s := &Set{Files: files, templates: map[templateKey]*Template{}, kinds: map[string][]*Object{}}
	samples := &sampler{}
	for i, p := range read {
		if files[i].Remote {
			s.RemoteFaults = append(s.RemoteFaults, p.faults...)
		} else {
			s.Faults = append(s.Faults, p.faults...)
		}
		for _, object := range p.objects {
			s.Objects = append(s.Objects, object)
			s.kinds[object.Doc.Kind()] = append(s.kinds[object.Doc.Kind()], object)
		}
		for _, t := range p.templates {
			s.Templates = append(s.Templates, t)
			t.samples = samples.of(t)
			key := templateKey{t.Template.Kind, t.Template.Name}
			if s.templates[key] == nil {
				s.templates[key] = t
			}
		}
		s.Blueprints = append(s.Blueprints, p.blueprints...)
		s.Owners = append(s.Owners, p.owners...)
	}
	for _, b := range s.Blueprints {
		s.link(b)
	}
	s.Schemas = s.schemas()
	return s
}

// withoutReplaced leaves out the remote objects that files define too: the files are what will
// be in the cluster.
func withoutReplaced(files []File, read []parsed) {
	type identity struct{ group, kind, namespace, name string }
	of := func(o *Object) identity {
		group, _, grouped := cutGroup(o.Doc.APIVersion())
		if !grouped {
			group = ""
		}
		return identity{group, o.Doc.Kind(), o.Doc.Namespace(), o.Doc.Name()}
	}
	local := map[identity]bool{}
	remote := false
	for i, p := range read {
		if remote = remote || files[i].Remote; files[i].Remote {
			continue
		}
		for _, o := range p.objects {
			local[of(o)] = true
		}
	}
	if !remote {
		return
	}
	replaced := func(o *Object) bool {
		id := of(o)
		anywhere := id
		anywhere.namespace = "" // a file may leave the namespace to the one who applies it
		return local[id] || local[anywhere]
	}
	for i := range read {
		if p := &read[i]; files[i].Remote {
			p.objects = slices.DeleteFunc(p.objects, replaced)
			p.blueprints = slices.DeleteFunc(p.blueprints, func(b *Blueprint) bool { return replaced(b.Object) })
			p.templates = slices.DeleteFunc(p.templates, func(t *Template) bool { return replaced(t.Object) })
			p.owners = slices.DeleteFunc(p.owners, func(w *Owner) bool { return replaced(w.Object) })
		}
	}
}

// inParallel calls do for 0 to n-1 and returns when all have returned.
func inParallel(n int, do func(int)) {
	var wait sync.WaitGroup
	next := make(chan int)
	for range min(n, runtime.GOMAXPROCS(0)) {
		wait.Go(func() {
			for i := range next {
				do(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wait.Wait()
}

// parsed is what one file holds.
type parsed struct {
	faults     []*manifest.Fault
	objects    []*Object
	blueprints []*Blueprint
	templates  []*Template
	owners     []*Owner
}

func parse(file File) parsed {
	var p parsed
	docs, faults := manifest.ParseAll(file.Name, file.Data)
	p.faults = faults
	for _, doc := range docs {
		for _, item := range doc.Items() {
			if file.Schemas && item.Kind() != "CustomResourceDefinition" {
				continue
			}
			p.add(&Object{Doc: item, Remote: file.Remote})
		}
	}
	return p
}

func (p *parsed) add(o *Object) {
	p.objects = append(p.objects, o)
	if o.Doc.APIVersion() != v1alpha1.GroupVersion.String() {
		return
	}
	decode := func(typed any) bool {
		o.Broken = o.Doc.IntoKnown(typed)
		return o.Broken == nil
	}
	switch o.Doc.Kind() {
	case v1alpha1.KindClusterSupplyChain:
		if chain := (&v1alpha1.ClusterSupplyChain{}); decode(chain) {
			p.blueprints = append(p.blueprints, &Blueprint{Object: o, Chain: chain, Blueprint: blueprint.CompileSupplyChain(chain)})
		}
	case v1alpha1.KindClusterDelivery:
		if delivery := (&v1alpha1.ClusterDelivery{}); decode(delivery) {
			p.blueprints = append(p.blueprints, &Blueprint{Object: o, Delivery: delivery, Blueprint: blueprint.CompileDelivery(delivery)})
		}
	case v1alpha1.KindWorkload:
		if w := (&v1alpha1.Workload{}); decode(w) {
			p.addOwner(&Owner{Object: o, Workload: w}, w, w.Labels, w.Spec.Params)
		}
	case v1alpha1.KindDeliverable:
		if d := (&v1alpha1.Deliverable{}); decode(d) {
			p.addOwner(&Owner{Object: o, Deliverable: d}, d, d.Labels, d.Spec.Params)
		}
	case v1alpha1.KindRunnable:
		if r := (&v1alpha1.Runnable{}); decode(r) {
			p.addOwner(&Owner{Object: o, Runnable: r}, r, r.Labels, nil)
		}
	default:
		kind := v1alpha1.KindOf(o.Doc.Kind())
		if kind == nil || kind.Role != v1alpha1.RoleTemplate {
			return
		}
		if typed := kind.New(); decode(typed) {
			t := &Template{Object: o, Typed: typed, Spec: v1alpha1.SpecOf(typed), Template: stamp.Compile(typed)}
			t.readBody()
			p.templates = append(p.templates, t)
		}
	}
}

func (p *parsed) addOwner(o *Owner, typed any, labels map[string]string, params []v1alpha1.OwnerParam) {
	view, err := stamp.View(typed)
	if err == nil {
		o.Params, err = blueprint.DecodeOwnerParams(params)
	}
	if err != nil {
		o.Broken = err
		return
	}
	o.Subject = blueprint.Subject{Labels: labels, View: view}
	p.owners = append(p.owners, o)
}

// link finds the templates of a blueprint's steps.
func (s *Set) link(b *Blueprint) {
	for i, step := range b.Resources {
		at := "spec.resources[" + strconv.Itoa(i) + "]"
		add := func(use *Use) {
			use.Blueprint, use.Step, use.StepPath, use.Kind = b, step, at, step.TemplateKind
			if use.Name != "" {
				use.Template = s.Template(use.Kind, use.Name)
			}
			if use.Template != nil {
				use.Template.Uses = append(use.Template.Uses, use)
			}
			b.Uses = append(b.Uses, use)
		}
		if len(step.Options) == 0 {
			add(&Use{Path: at + ".templateRef", Name: step.TemplateName})
			continue
		}
		for j := range step.Options {
			add(&Use{Path: at + ".templateRef.options[" + strconv.Itoa(j) + "]", Name: step.Options[j].Name, Option: &step.Options[j]})
		}
	}
}

// schemas are those of Kubernetes and of the CRDs in the set.
func (s *Set) schemas() *schema.Catalog {
	catalog := schema.BuiltIn()
	for _, crd := range s.OfKind("CustomResourceDefinition") {
		// A CRD that can not be read leaves its kind unknown, which rules say of the
		// templates that stamp it.
		_ = catalog.AddCRD(crd.Doc.Object)
	}
	return catalog
}

func cutGroup(apiVersion string) (group, version string, ok bool) {
	return strings.Cut(apiVersion, "/")
}
