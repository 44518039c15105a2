package body

import (
	"strings"

	"github.com/carto-run/carto/pkg/lint"
)

var shapeRules = []*lint.Rule{
	{
		ID: "TPL001", Slug: "one-body", Level: lint.Error, Needs: lint.NeedsFiles, Admission: true,
		Title: "a template has two bodies, or none",
		Text: `A template makes one object, from ` + "`spec.template`" + ` or from ` + "`spec.ytt`" + `. With both it is not clear which is
meant, and with neither there is nothing to stamp: in both cases no step that uses the template works.

Keep one of the two.`,
		Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: note}
spec:
  template:
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: $(workload.metadata.name)$}
  ytt: "kind: ConfigMap" # <-
`,
		Good: `apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: note}
spec:
  template:
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: $(workload.metadata.name)$}
`,
		Check: func(p *lint.Pass) {
			for _, t := range p.Templates {
				for _, problem := range t.Problems() {
					if problem.Rule != "TPL001" {
						continue
					}
					where := t.Key(problem.Field)
					if t.Spec.Ytt != "" {
						where = t.Key(lint.YttPath)
					}
					p.Report(where, "%s", problem.Message)
				}
			}
		},
	},
	{
		ID: "TPL002", Slug: "body-namespace", Level: lint.Error, Needs: lint.NeedsFiles, Admission: true,
		Title: "a body sets a namespace",
		Text: `Objects are stamped into the namespace of their owner. A body that names another one fails for every
owner, and Cartographer refuses it outright.

Leave ` + "`metadata.namespace`" + ` out. One that repeats the namespace of the owner does no harm in Carto; it only is
refused by Cartographer.`,
		Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: note}
spec:
  template:
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: $(workload.metadata.name)$
      namespace: builds # <-
`,
		Good: `apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: note}
spec:
  template:
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: $(workload.metadata.name)$
`,
		Check: namespace,
	},
	{
		ID: "TPL003", Slug: "incomplete-object", Level: lint.Error, Needs: lint.NeedsFiles,
		Title: "a body is no Kubernetes object",
		Text: `An object needs ` + "`apiVersion`, `kind`" + ` and a name: ` + "`metadata.name`" + `, or ` + "`metadata.generateName`" + ` in templates that make
a new object for each change. Without them nothing can be sent to the API server.`,
		Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: note}
spec:
  template: # <-
    kind: ConfigMap
    metadata: {name: $(workload.metadata.name)$}
    data: {a: b}
`,
		Good: `apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: note}
spec:
  template:
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: $(workload.metadata.name)$}
    data: {a: b}
`,
		Check: incomplete,
	},
	{
		ID: "TPL021", Slug: "several-objects", Level: lint.Error, Needs: lint.NeedsFiles,
		Title: "a body is a list of objects",
		Text: `A template makes one object: it is what the step owns, judges and reads its output from. A ` + "`List`" + ` is a form
of answers, not an object that can be created.

Write one template and one step for each object.`,
		Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: notes}
spec:
  template:
    apiVersion: v1
    kind: List # <-
    items:
    - {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}
    - {apiVersion: v1, kind: ConfigMap, metadata: {name: b}}
`,
		Good: `apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: notes}
spec:
  template:
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: $(workload.metadata.name)$}
`,
		Check: several,
	},
}

func namespace(p *lint.Pass) {
	for _, t := range p.Templates {
		if t.Body != nil {
			if text, set := metadata(t.Body)["namespace"].(string); set && text != "" {
				f := p.Report(t.Key(lint.BodyPath+".metadata.namespace"), "the body sets the namespace %s; objects are stamped into that of their owner", text)
				if isOwnersNamespace(text) {
					f.Message = "the body repeats the namespace of the owner, into which objects are stamped anyway; Cartographer refuses it"
					f.As(lint.Warning)
				}
				f.Do("remove metadata.namespace")
			}
			continue
		}
		for _, sample := range t.Samples() {
			if len(sample.Documents) != 1 {
				continue
			}
			object, _ := sample.Documents[0].(map[string]any)
			if text, set := metadata(object)["namespace"].(string); set && text != "" && text != lint.SampleText {
				p.Report(place(t, "metadata", "namespace"), "the body sets the namespace %s; objects are stamped into that of their owner", text).
					Do("remove metadata.namespace")
				break
			}
		}
	}
}

func isOwnersNamespace(text string) bool {
	for _, owner := range []string{"workload", "deliverable", "runnable"} {
		if text == "$("+owner+".metadata.namespace)$" {
			return true
		}
	}
	return false
}

func incomplete(p *lint.Pass) {
	for _, t := range p.Templates {
		for _, problem := range t.Problems() {
			if problem.Rule == "TPL003" {
				p.Report(t.Key(lint.BodyPath), "%s", problem.Message)
			}
		}
		for _, object := range t.Objects() {
			if isList(object) {
				continue // TPL021 says it
			}
			if missing := missingParts(object); len(missing) > 0 {
				where := t.Key(lint.BodyPath)
				if t.Body == nil {
					where = t.Key(lint.YttPath)
				}
				p.Report(where, "the body has no %s, which every object needs", strings.Join(missing, " and no "))
				break
			}
		}
	}
}

func missingParts(object map[string]any) []string {
	var missing []string
	for _, name := range []string{"apiVersion", "kind"} {
		if text, _ := object[name].(string); text == "" {
			missing = append(missing, name)
		}
	}
	if _, filledIn := object["metadata"].(string); filledIn {
		return missing // by a tag
	}
	m := metadata(object)
	for _, name := range []string{"name", "generateName"} {
		if text, isText := m[name].(string); isText && text != "" || m[name] != nil && !isText {
			return missing
		}
	}
	return append(missing, "metadata.name or metadata.generateName")
}

func isList(object map[string]any) bool {
	kind, _ := object["kind"].(string)
	_, items := object["items"].([]any)
	return kind == "List" || items && strings.HasSuffix(kind, "List") && metadata(object)["name"] == nil
}

func several(p *lint.Pass) {
	for _, t := range p.Templates {
		for _, problem := range t.Problems() {
			if problem.Rule == "TPL021" {
				p.Report(t.Key(lint.BodyPath), "%s", problem.Message)
			}
		}
		for _, object := range t.Objects() {
			if isList(object) {
				p.Report(place(t, "kind"), "the body is a %s; a template makes one object", object["kind"]).
					Do("write one template and one step for each object")
				break
			}
		}
		for _, sample := range t.Samples() {
			if len(sample.Documents) != 1 {
				continue
			}
			if _, isList := sample.Documents[0].([]any); isList {
				p.Report(t.Key(lint.YttPath), "the body renders a list; a template makes one object").
					Do("write one template and one step for each object")
				break
			}
		}
	}
}
