package output

import (
	"strings"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/lint"
	"github.com/carto-run/carto/pkg/schema"
	"github.com/carto-run/carto/pkg/stamp"
)

var ownPath = &lint.Rule{
	ID: "OUT004", Slug: "output-of-own-body", Level: lint.Warning, Needs: lint.NeedsFiles,
	Title: "an output is what the template itself writes, so it does not wait for anything",
	Text: `The path leads to a field under ` + "`spec`" + ` that the body sets. It has its value as soon as the object is written, long
before a controller has done anything: a tag is handed on before the image is built.

Read the output from ` + "`status`" + `, where the controller writes what it has made. When the value is right as it is, the lifecycle
immutable or tekton hands it on only when the object is healthy. Objects that are only data, such as a ConfigMap, are meant to be
read so; of kinds that lint does not know it only informs.`,
	Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterImageTemplate
metadata: {name: kpack}
spec:
  imagePath: .spec.tag # <-
  template:
    apiVersion: kpack.io/v1alpha2
    kind: Image
    metadata: {name: $(workload.metadata.name)$}
    spec:
      tag: registry.example/$(workload.metadata.name)$
`,
	Good: `apiVersion: carto.run/v1alpha1
kind: ClusterImageTemplate
metadata: {name: kpack}
spec:
  imagePath: .status.latestImage
  template:
    apiVersion: kpack.io/v1alpha2
    kind: Image
    metadata: {name: $(workload.metadata.name)$}
    spec:
      tag: registry.example/$(workload.metadata.name)$
`,
	Check: func(p *lint.Pass) {
		for _, t := range p.Templates {
			kind, known := t.Stamps()
			if !known || t.Body == nil || t.Lifecycle != v1alpha1.LifecycleMutable || p.Schemas.HasStatus(kind) == schema.No {
				continue
			}
			own := make([]lint.ObjectPath, 0, 2)
			for _, path := range t.Outputs() {
				if isSpec(path) && written(t, path.Path) != nil {
					own = append(own, path)
				}
			}
			if len(own) < len(t.Outputs()) {
				continue // another output makes the step wait: OUT007 looks at such a pair
			}
			for _, path := range own {
				f := p.Report(t.At(path.Field), "the output %s is read at %s, which the template itself writes: it is handed on before %s has done anything", path.Name, path.Text, kind.Kind).
					Do("read it from the status of the object")
				if p.Schemas.HasStatus(kind) == schema.Perhaps {
					f.As(lint.Info)
				}
			}
		}
	},
}

func isSpec(p lint.ObjectPath) bool { return first(p) == "spec" }

// first is the first name of a path; empty when it does not begin with one.
func first(p lint.ObjectPath) string {
	if p.Path == nil {
		return ""
	}
	name, _, _ := strings.Cut(strings.TrimLeft(p.Text, "{."), ".")
	name, _, _ = strings.Cut(name, "[")
	return strings.TrimRight(name, "}")
}

// written is the value that the body has at a path; nil when it has none.
func written(t *lint.Template, path *stamp.Path) any {
	value, found, err := path.Lookup(t.Body)
	if err != nil || found != stamp.Present {
		return nil
	}
	return value
}

var twoPlaces = &lint.Rule{
	ID: "OUT007", Slug: "url-and-revision-apart", Level: lint.Warning, Needs: lint.NeedsFiles,
	Title: "url and revision are read from places that do not change together",
	Text: `One of the two is read from ` + "`spec`" + `, which has the new value at once, and the other from ` + "`status`" + `, which the controller
writes later. In between, what is handed on is the url of one state with the revision of another.

Read both from the same part of ` + "`status`" + `. The lifecycle immutable or tekton avoids the same: its objects never change.`,
	Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterSourceTemplate
metadata: {name: git}
spec:
  urlPath: .status.artifact.url
  revisionPath: .spec.ref.branch # <-
  template:
    apiVersion: source.toolkit.fluxcd.io/v1
    kind: GitRepository
    metadata: {name: $(workload.metadata.name)$}
    spec:
      url: $(workload.spec.source.git.url)$
      ref: $(workload.spec.source.git.ref)$
`,
	Good: `apiVersion: carto.run/v1alpha1
kind: ClusterSourceTemplate
metadata: {name: git}
spec:
  urlPath: .status.artifact.url
  revisionPath: .status.artifact.revision
  template:
    apiVersion: source.toolkit.fluxcd.io/v1
    kind: GitRepository
    metadata: {name: $(workload.metadata.name)$}
    spec:
      url: $(workload.spec.source.git.url)$
      ref: $(workload.spec.source.git.ref)$
`,
	Check: func(p *lint.Pass) {
		for _, t := range p.Templates {
			outputs := t.Outputs()
			if t.Template.Kind != v1alpha1.KindClusterSourceTemplate || t.Lifecycle != v1alpha1.LifecycleMutable || len(outputs) != 2 {
				continue
			}
			early, late := outputs[0], outputs[1]
			if first(late) == "spec" {
				early, late = late, early
			}
			if first(early) != "spec" || first(late) != "status" || isConstant(t, early) {
				continue
			}
			p.Report(t.At(early.Field), "the output %s is read at %s and the output %s at %s: for a while after a change they do not belong together", early.Name, early.Text, late.Name, late.Text).
				Because(t.At(late.Field).Range, "the other one").
				Do("read both from status")
		}
	},
}

// isConstant says that the body has a value at a path that never changes.
func isConstant(t *lint.Template, p lint.ObjectPath) bool {
	if t.Body == nil {
		return false
	}
	text, ok := written(t, p.Path).(string)
	return ok && !strings.Contains(text, "$(")
}
