package render

import (
	"fmt"
	"io"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/offline"
	"github.com/carto-run/carto/pkg/table"
	"github.com/carto-run/carto/pkg/tree"
)

// stampedObject is an object to print, and where it comes from.
type stampedObject struct {
	walk *offline.Walk
	step *offline.Step
}

// objects of the walks in the order of their steps, with those that stamped owners stamp
// behind these.
func (o *Options) objects(walks []*offline.Walk) []stampedObject {
	var all []stampedObject
	var gather func(walk *offline.Walk)
	gather = func(walk *offline.Walk) {
		for i := range walk.Steps {
			step := &walk.Steps[i]
			if step.Sent != nil {
				all = append(all, stampedObject{walk, step})
			}
			if step.Inner != nil {
				gather(step.Inner)
			}
		}
	}
	for _, walk := range walks {
		if o.Step == "" {
			gather(walk)
			continue
		}
		part := *walk
		part.Steps = nil
		for _, step := range walk.Steps {
			if step.Name == o.Step {
				part.Steps = append(part.Steps, step)
			}
		}
		gather(&part)
	}
	return all
}

func (o *Options) print(walks []*offline.Walk) error {
	w := o.Streams.Out
	switch o.Output.Format() {
	case "tree":
		return o.printTree(walks)
	case "", "yaml":
		return printYAML(w, o.objects(walks))
	case "name":
		for _, s := range o.objects(walks) {
			u := unstructured.Unstructured{Object: s.step.Sent}
			ref := tree.Ref{APIVersion: u.GetAPIVersion(), Kind: u.GetKind()}
			if _, err := fmt.Fprintf(w, "%s/%s\n", table.Printable(ref.Typed()), table.Printable(u.GetName())); err != nil {
				return err
			}
		}
		return nil
	}
	var items []unstructured.Unstructured
	for _, s := range o.objects(walks) {
		items = append(items, unstructured.Unstructured{Object: s.step.Sent})
	}
	return o.Output.PrintData(w, cmdutil.List(items))
}

// printYAML prints the objects one after the other. Comments say where they come from, and
// what was invented for the steps that read from them.
func printYAML(w io.Writer, objects []stampedObject) error {
	for i, s := range objects {
		if i > 0 {
			if _, err := io.WriteString(w, "---\n"); err != nil {
				return err
			}
		}
		text := "# " + s.origin() + "\n"
		for _, a := range s.step.Assumed {
			text += fmt.Sprintf("# assumed: %s is %s\n", table.OneLine(a.Path), table.OneLine(fmt.Sprint(a.Value)))
		}
		body, err := yaml.Marshal(s.step.Sent)
		if err != nil {
			return err
		}
		if _, err := io.WriteString(w, text+string(body)); err != nil {
			return err
		}
	}
	return nil
}

// origin says in words what stamped the object.
func (s stampedObject) origin() string {
	template := s.step.Template.Kind + " " + s.step.Template.Name
	if s.step.Name == "" {
		return table.OneLine(fmt.Sprintf("%s, by %s", s.walk.Owner, template))
	}
	return table.OneLine(fmt.Sprintf("%s, step %s, by %s", s.walk.Owner, s.step.Name, template))
}

func (o *Options) printTree(walks []*offline.Walk) error {
	trees := make([]*tree.Tree, len(walks))
	for i, walk := range walks {
		trees[i] = walk.Tree()
	}
	forest := tree.NewForest(trees, nil)
	if o.Step != "" {
		forest = tree.Filter{Steps: []string{o.Step}}.Apply(forest)
	}
	return tree.WriteTable(o.Streams.Out, forest, tree.TableOptions{
		Program: o.Program, Now: o.Clock(), Values: true, Unicode: o.Streams.Unicode(), Color: o.Streams.UseColor(),
		Width: o.Streams.Width(), NoHeaders: o.Output.NoHeaders,
	})
}
