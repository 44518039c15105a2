package pane

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/blueprint"
	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/pkg/tui/viewer"
)

// blueprint tells whom it selects, its steps in the order in which they run, and who goes
// through it.
func (s *sheet) blueprint(snapshot *feed.Snapshot) {
	t := snapshot.Tree
	s.state("  ", "Ready", t.BlueprintReady)
	var compiled *blueprint.Blueprint
	if root := snapshot.Input.Root; root != nil && root.Object != nil {
		compiled = compile(root.Object)
	}
	if compiled != nil {
		s.field("Selects", compiled.Selector.String())
		s.title(fmt.Sprintf("Steps (%d)", len(compiled.Order)))
		for _, r := range compiled.Order {
			s.blueprintStep(r)
		}
	}
	s.title(fmt.Sprintf("Owners (%d)", len(t.Owners)))
	for _, o := range t.Owners {
		s.state("  ", strings.TrimPrefix(o.Owner.Namespace+"/"+o.Owner.Name, "/"), o.Owner.Ready)
	}
	s.unread(t)
}

// compile is nil for what is no blueprint that can be read.
func compile(object *unstructured.Unstructured) *blueprint.Blueprint {
	convert := runtime.DefaultUnstructuredConverter.FromUnstructured
	switch object.GetKind() {
	case v1alpha1.KindClusterSupplyChain:
		var c v1alpha1.ClusterSupplyChain
		if convert(object.Object, &c) == nil {
			return blueprint.CompileSupplyChain(&c)
		}
	case v1alpha1.KindClusterDelivery:
		var d v1alpha1.ClusterDelivery
		if convert(object.Object, &d) == nil {
			return blueprint.CompileDelivery(&d)
		}
	}
	return nil
}

func (s *sheet) blueprintStep(r *blueprint.Resource) {
	template := r.TemplateKind + "/" + r.TemplateName
	if len(r.Options) > 0 {
		var options []string
		for _, o := range r.Options {
			options = append(options, o.String())
		}
		template = r.TemplateKind + ", one of: " + strings.Join(options, ", ")
	}
	s.styled("  ", r.Name, template, viewer.Plain)
	for _, in := range r.Inputs {
		text := string(in.Type) + " of step " + in.From
		if in.Name != "" && in.Name != string(in.Type) {
			text = in.Name + " (" + string(in.Type) + "), of step " + in.From
		}
		s.styled("  ", "", text, viewer.Plain)
	}
}
