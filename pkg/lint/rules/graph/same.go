package graph

import (
	"reflect"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/blueprint"
	"github.com/carto-run/carto/pkg/blueprint/reason"
	"github.com/carto-run/carto/pkg/lint"
)

var sameObject = &lint.Rule{
	ID: "GRF006", Slug: "same-object", Level: lint.Error, Needs: lint.NeedsFiles,
	Title: "two steps stamp the same object for one owner",
	Text: `Objects are stamped into the namespace of the owner. Two steps whose bodies have the same kind and the same name write one
object: each pass of one overwrites what the other one wrote, and the outputs of both are read from whatever is there.

Give each its own name, such as one that ends in what the step does: ` + "`$(workload.metadata.name)$-config`" + `. Options of one step
exclude each other, and may share a name. Bodies in ytt, and names with inputs in them, are not compared.`,
	Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: web}
spec:
  selector: {type: web}
  resources:
  - name: settings
    templateRef: {kind: ClusterTemplate, name: settings}
  - name: note
    templateRef:
      kind: ClusterTemplate
      name: note # <-
---
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: settings}
spec:
  template: {apiVersion: v1, kind: ConfigMap, metadata: {name: $(workload.metadata.name)$}, data: {a: b}}
---
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: note}
spec:
  template: {apiVersion: v1, kind: ConfigMap, metadata: {name: $(workload.metadata.name)$}, data: {c: d}}
`,
	Good: `apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: web}
spec:
  selector: {type: web}
  resources:
  - name: settings
    templateRef: {kind: ClusterTemplate, name: settings}
  - name: note
    templateRef:
      kind: ClusterTemplate
      name: note
---
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: settings}
spec:
  template: {apiVersion: v1, kind: ConfigMap, metadata: {name: $(workload.metadata.name)$}, data: {a: b}}
---
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: note}
spec:
  template: {apiVersion: v1, kind: ConfigMap, metadata: {name: $(workload.metadata.name)$-note}, data: {c: d}}
`,
	Check: func(p *lint.Pass) {
		for _, b := range p.Blueprints {
			first := map[target][]*lint.Use{}
			for _, use := range b.Uses {
				object, ok := targetOf(use.Template)
				if !ok {
					continue
				}
				for _, other := range first[object] {
					if other.Step == use.Step || !sameParams(other, use) || !together(b, other, use) {
						continue
					}
					p.Report(b.At(use.Path+".name"), "steps %q and %q stamp the same %s for one owner, called %s", other.Step.Name, use.Step.Name, object.Kind, use.Template.Body["metadata"].(map[string]any)["name"]).
						Because(b.At(other.Path+".name").Range, "the other step").
						Because(other.Template.At("spec.template.metadata.name").Range, "the name in %q", other.Name).
						Because(use.Template.At("spec.template.metadata.name").Range, "the name in %q", use.Name).
						Do("give one of the objects another name")
					break
				}
				first[object] = append(first[object], use)
			}
		}
	},
}

// target is what a template stamps: its group and kind, and its name with tags in one form.
type target struct {
	schema.GroupKind
	name string
}

// ownerName is the tag for the name of the owner, in that form.
const ownerName = "$(workload.metadata.name)$"

// targetOf is the object that a template keeps up to date; false when it makes runs, or when
// it can not be told before there are inputs.
func targetOf(t *lint.Template) (target, bool) {
	if t == nil || t.Lifecycle != v1alpha1.LifecycleMutable {
		return target{}, false
	}
	metadata, _ := t.Body["metadata"].(map[string]any)
	name, _ := metadata["name"].(string)
	kind, known := t.Stamps()
	if name == "" || !known {
		return target{}, false
	}
	var b strings.Builder
	end := 0
	for _, tag := range t.Tags() {
		if tag.Location != "metadata.name" {
			continue
		}
		names := tag.Names
		if !tag.Whole || len(names) < 2 {
			return target{}, false
		}
		switch names[0] {
		case "workload", "params":
		case "deliverable": // both are the owner
			names = append([]string{"workload"}, names[1:]...)
		default:
			return target{}, false
		}
		b.WriteString(name[end:tag.Offset] + "$(" + strings.Join(names, ".") + ")$")
		end = tag.Offset + len(tag.Expression) + len("$()$")
	}
	b.WriteString(name[end:])
	return target{kind.GroupKind(), b.String()}, true
}

// sameParams says that the params in the names of what two uses stamp have the same values,
// whoever the owner is.
func sameParams(a, b *lint.Use) bool {
	for _, tag := range a.Template.Tags() {
		if tag.Location != "metadata.name" || tag.Root != "params" {
			continue
		}
		name := tag.Names[1]
		one := blueprint.ResolveParams(a.Template.Params, a.Blueprint.Blueprint, a.Step, nil)[name]
		two := blueprint.ResolveParams(b.Template.Params, b.Blueprint.Blueprint, b.Step, nil)[name]
		if one.Locked != two.Locked || !reflect.DeepEqual(one.Value, two.Value) {
			return false
		}
	}
	return true
}

// together says that there is an owner for which both are used.
func together(b *lint.Blueprint, uses ...*lint.Use) bool {
	all := []*blueprint.Selector{b.Selector}
	for _, use := range uses {
		if use.Option != nil {
			all = append(all, use.Option.Selector)
		}
	}
	if len(all) == 1 {
		return true
	}
	verdict, _ := reason.Ask(reason.Question{Kind: b.OwnerKind(), All: all})
	return verdict == reason.Possible
}
