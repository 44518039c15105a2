package stamped

import (
	"fmt"
	"strings"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/blueprint"
	"github.com/carto-run/carto/pkg/lint"
	"github.com/carto-run/carto/pkg/manifest"
	"github.com/carto-run/carto/pkg/schema"
)

var structuredValue = &lint.Rule{
	ID: "TPL012", Slug: "structured-value-in-text-field", Level: lint.Warning, Needs: lint.NeedsSchema,
	Title: "a tag puts an object or a list where a text or a number has to be",
	Text: `A tag that is the whole value of a field keeps the type of what it reads. When that is an object or a list, and the
field takes a text, the API server refuses the object. Within a longer text an object or a list becomes JSON: of
` + "`$(params.registry)$/app`" + ` comes ` + "`{\"server\":\"registry.example\"}/app`" + `, which nobody can use.

Read a field of the value: ` + "`$(params.registry.server)$/app`" + `. The first needs the schema of the kind. Of the second only params are looked
at that are known, where a word or another tag touches the tag; JSON between quotes, brackets or blanks is taken for meant.`,
	Bad:  body("$(params.settings)$ # <-") + "      file: $(params.settings)$.conf # <-\n",
	Good: body("$(params.settings.mode)$") + "      file: $(params.settings.mode)$.conf\n",
	Check: func(p *lint.Pass) {
		for _, t := range p.Templates {
			gluedParams(p, t)
			for i := range t.Reads {
				read := &t.Reads[i]
				if read.InText || !read.Whole {
					continue
				}
				field := fieldOf(p, t, read)
				if field == nil || !field.IsScalar() {
					continue
				}
				if what, why := structured(p, t, read.Names); what != "" {
					f := p.Report(read.Place, "$(%s)$ is %s, but %s takes %s", read.Expression, what, read.Field, field.Words()).
						Do("read a field of it")
					if why.Object != nil {
						f.Because(why.Range, "it has its value here")
					}
				}
			}
		}
	},
}

func body(value string) string {
	return `apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: settings}
spec:
  params:
  - name: settings
    default: {mode: fast}
  template:
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: $(workload.metadata.name)$}
    data:
      mode: ` + value + `
`
}

// structured says that names lead to an object or a list, and where that is written; empty
// when they lead to a text or number, or when it is not known.
func structured(p *lint.Pass, t *lint.Template, names []string) (what string, why lint.Place) {
	if len(names) == 0 {
		return "", why
	}
	switch root := names[0]; {
	case root == "params" && len(names) == 2:
		return param(t, names[1])
	case len(names) == 1 && (root == "params" || root == "sources" || root == "images" || root == "configs" || root == "labels" ||
		root == "source" || root == "deployment" || root == "workload" || root == "deliverable" || root == "runnable"):
		return "an object", why
	case len(names) > 1 && (root == "workload" || root == "deliverable" || root == "runnable"):
		kind := p.Schemas.Kind(v1alpha1.GroupVersion.WithKind(strings.ToUpper(root[:1]) + root[1:]))
		answer := kind.Schema.Field(names[1:]...)
		if answer.Possible == schema.Yes && (answer.Schema.Type == schema.Object || answer.Schema.Type == schema.Array) {
			return answer.Schema.Words(), why
		}
	}
	return "", why
}

// param looks at what a param is when its owner says nothing, in each blueprint that uses the
// template; without one, at its default.
func param(t *lint.Template, name string) (what string, why lint.Place) {
	for _, use := range t.Uses {
		value := blueprint.ResolveParams(t.Params, use.Blueprint.Blueprint, use.Step, nil)[name]
		switch what = words(value.Value); {
		case what == "":
		case value.Origin == blueprint.FromTemplate:
			return what + " by its default", defaultOf(t, name)
		default:
			return what + " in " + use.Blueprint.Object.String(), use.Blueprint.Key(use.StepPath)
		}
	}
	if len(t.Uses) > 0 {
		return "", why
	}
	for _, p := range t.Params {
		if what = words(p.Default); p.Name == name && what != "" {
			return what + " by its default", defaultOf(t, name)
		}
	}
	return "", why
}

func defaultOf(t *lint.Template, name string) lint.Place {
	for i, p := range t.Params {
		if p.Name == name {
			return t.At(fmt.Sprintf("spec.params[%d].default", i))
		}
	}
	return t.Key("spec.params")
}

// words says what a value is, when it is no text or number.
func words(value any) string {
	switch value.(type) {
	case map[string]any:
		return "an object"
	case []any:
		return "a list"
	}
	return ""
}

var mixedText = &lint.Rule{
	ID: "TPL022", Slug: "text-in-typed-field", Level: lint.Warning, Needs: lint.NeedsSchema,
	Title: "a tag within a longer text fills a field that takes no text",
	Text: `Only a tag that is the whole value keeps the type of what it reads. With anything around it, be it a blank, the result
is a text, and the API server refuses it where a number, a boolean, an object or a list has to be.

Remove what stands around the tag: ` + "`replicas: $(params.replicas)$`" + `. Quotes do no harm.`,
	Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: deploy}
spec:
  healthRule: {singleConditionType: Available}
  template:
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: $(workload.metadata.name)$}
    spec:
      replicas: "$(params.replicas)$ " # <-
`,
	Good: `apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: deploy}
spec:
  healthRule: {singleConditionType: Available}
  template:
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: $(workload.metadata.name)$}
    spec:
      replicas: $(params.replicas)$
`,
	Check: func(p *lint.Pass) {
		for _, t := range p.Templates {
			said := ""
			for i := range t.Reads {
				read := &t.Reads[i]
				if !read.InText || read.Field == said {
					continue
				}
				field := fieldOf(p, t, read)
				if field == nil || field.Type == schema.String || field.IntOrString {
					continue
				}
				said = read.Field
				at := t.At(manifest.Append("spec.template", read.Field))
				f := p.Report(at, "%s takes %s, but a tag within a longer text always makes a text", read.Field, field.Words()).
					Do("let the tag be the whole value: $(%s)$", read.Expression)
				if text := textAt(t.Body, read.Field); strings.TrimSpace(text) == "$("+read.Expression+")$" && plain(read.Expression) {
					f.FixBy(t.Value(at.Path).Range, strings.TrimSpace(text))
				}
			}
		}
	},
}

// plain says that a tag needs no quotes in YAML.
func plain(expression string) bool {
	return strings.Trim(expression, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == ""
}

// textAt is the text that a field of the body holds.
func textAt(value any, path string) string {
	for _, name := range manifest.Names(path) {
		switch v := value.(type) {
		case map[string]any:
			value = v[name]
		case []any:
			var i int
			if _, err := fmt.Sscan(name, &i); err != nil || i < 0 || i >= len(v) {
				return ""
			}
			value = v[i]
		}
	}
	text, _ := value.(string)
	return text
}

var brokenSchema = &lint.Rule{
	ID: "TPL013", Slug: "broken-stamped-schema", Level: lint.Error, Needs: lint.NeedsSchema,
	Title: "the body of a template does not fit the kind that it stamps",
	Text: `What the body says in plain words is no valid object of its kind: a field that the kind does not have, or a value of a
wrong type. The API server refuses the object, for each owner. Values that come from tags are not looked at.

Correct the field: ` + "`kubectl explain KIND.spec --recursive`" + ` lists what there is. Of a required field that is missing lint only warns: admission
may fill it in.`,
	Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: deploy}
spec:
  healthRule: {singleConditionType: Available}
  template:
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: $(workload.metadata.name)$}
    spec:
      replica: 2 # <-
      selector: {matchLabels: {app: $(workload.metadata.name)$}}
`,
	Good: `apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: deploy}
spec:
  healthRule: {singleConditionType: Available}
  template:
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: $(workload.metadata.name)$}
    spec:
      replicas: 2
      selector: {matchLabels: {app: $(workload.metadata.name)$}}
`,
	Check: func(p *lint.Pass) {
		for _, t := range p.Templates {
			kind := p.StampedKind(t)
			if kind == nil || t.Body == nil {
				continue
			}
			for _, fault := range schema.Validate(t.Body, kind.Schema, certainty) {
				broken(p, t, kind, fault)
			}
		}
	},
}

// certainty of a value: a tag can become anything. What a text with tags becomes, mixedText
// looks at.
func certainty(value any) schema.Certainty {
	if text, ok := value.(string); ok {
		if _, rest, open := strings.Cut(text, "$("); open && strings.Contains(rest, ")$") {
			return schema.Uncertain
		}
	}
	return schema.Certain
}

func broken(p *lint.Pass, t *lint.Template, kind *schema.Kind, fault schema.Fault) {
	path := manifest.Append("spec.template", fault.Path)
	switch {
	case strings.Contains(fault.Field, "$("): // TPL011 says that it is never evaluated
		return
	case fault.Breach == schema.MissingField && (fault.Field == "metadata" || fault.Path == "metadata"): // TPL003, or Carto adds it
		return
	}
	at, of := t.At(path), kind.Kind
	switch fault.Breach {
	case schema.UnknownField:
		at = t.Key(path)
		if before := strings.TrimSuffix(strings.TrimSuffix(fault.Path, fault.Field), "."); before != "" && before != fault.Path {
			of = before + " of " + kind.Kind
		}
	case schema.MissingField:
		at = t.Key(path)
		if fault.Path != "" {
			of = fault.Path + " of " + kind.Kind
		}
	default:
		of = fault.Path + " of " + kind.Kind
	}
	f := p.Report(at, "%s %s", of, fault.Message)
	switch {
	case len(fault.Meant) > 0:
		f.Do("write %s, if that is what was meant", fault.Meant[0])
	case fault.Breach == schema.WrongType && strings.HasSuffix(fault.Message, "a text") && !strings.Contains(fault.Message, "is an object") && !strings.Contains(fault.Message, "is a list"):
		f.Do("write it in quotes")
	case fault.Breach == schema.MissingField:
		f.Do("add %s", fault.Field).As(lint.Warning)
	}
}
