package body

import (
	"regexp"
	"strings"

	"github.com/carto-run/carto/pkg/lint"
	"github.com/carto-run/carto/pkg/near"
	"github.com/carto-run/carto/pkg/stamp"
)

var tagRules = []*lint.Rule{
	{
		ID: "TPL004", Slug: "malformed-tag", Level: lint.Error, Needs: lint.NeedsFiles,
		Title: "a tag can not be understood",
		Text: `What stands between ` + "`$(` and `)$`" + ` is a path: names with dots between them, indexes and filters. A tag that
is no path fails for every owner. One that ends with ` + "`)`" + ` alone, or
has other brackets, is no tag at all: its text is stamped as it is.

Carto takes a tag for one only where its first name is one that templates have, so that the
` + "`$(…)`" + ` of shells and of Tekton is left alone.`,
		Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: note}
spec:
  template:
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: $(workload.metadata.name)} # <-
    data:
      url: $(workload.spec.source[)$ # <-
`,
		Good: `apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: note}
spec:
  template:
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: $(workload.metadata.name)$}
    data:
      url: $(workload.spec.source.git.url)$
`,
		Check: malformed,
	},
	{
		ID: "TPL005", Slug: "unknown-root", Level: lint.Error, Needs: lint.NeedsFiles,
		Title: "a tag begins with a name that templates do not have",
		Text: `The first name of a tag says where the value comes from: ` + "`workload`, `deliverable`, `params`, `sources`, `source`, `images`,\n`image`, `configs`, `config`, `deployment` or `labels`" + `; in a ClusterRunTemplate ` + "`runnable` or `selected`" + `.
A tag that begins with anything else fails for every owner.`,
		Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: note}
spec:
  template:
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: $(wrkload.metadata.name)$ # <-
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
		Check: unknownRoot,
	},
	{
		ID: "TPL011", Slug: "tag-in-key", Level: lint.Warning, Needs: lint.NeedsFiles,
		Title: "a tag stands in the key of a mapping, where it is never evaluated",
		Text: `Only values are evaluated. A key with a tag is stamped as it is written, with its dollar and brackets.

Write the body in ytt to compute keys, or choose keys that do not depend on the owner.`,
		Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: note}
spec:
  params: [{name: key, default: a}]
  template:
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: $(workload.metadata.name)$}
    data:
      $(params.key)$: b # <-
`,
		Good: `apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: note}
spec:
  params: [{name: key, default: a}]
  template:
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: $(workload.metadata.name)$}
    data:
      a: $(params.key)$
`,
		Check: func(p *lint.Pass) {
			for _, t := range p.Templates {
				for _, r := range t.Reads {
					if r.Key {
						p.Report(r.Place, "the tag $(%s)$ stands in a key, where it is never evaluated", r.Expression)
					}
				}
			}
		},
	},
}

func malformed(p *lint.Pass) {
	for _, t := range p.Templates {
		tags := map[string]lint.Place{}
		for _, r := range t.Reads {
			if len(r.Names) == 0 && !r.Key {
				tags[r.Field+" "+r.Expression] = r.Place
			}
		}
		for _, problem := range t.Problems() {
			if problem.Rule != "TPL004" {
				continue
			}
			expression, _, _ := strings.Cut(strings.TrimPrefix(problem.Message, "tag $("), ")$: ")
			where, known := tags[strings.TrimPrefix(problem.Field, lint.BodyPath+".")+" "+expression]
			if !known {
				where = t.Value(problem.Field)
			}
			p.Report(where, "%s", problem.Message)
		}
		unclosed(p, t)
		misbracketed(p, t)
	}
}

// unclosed finds what was meant for a tag, but ends without its dollar.
func unclosed(p *lint.Pass, t *lint.Template) {
	if t.Body == nil {
		return
	}
	lint.Walk(t.Body, lint.BodyPath, func(path string, value any) {
		text, ok := value.(string)
		if !ok {
			return
		}
		for from := 0; ; {
			open := strings.Index(text[from:], "$(")
			if open < 0 {
				return
			}
			open += from
			rest := text[open+2:]
			end := strings.IndexByte(rest, ')')
			if end < 0 {
				return
			}
			from = open + 2 + end + 1
			if strings.HasPrefix(rest[end:], ")$") || !meantAsTag(rest[:end], t.IsRun()) || strings.Contains(rest, ")$") {
				continue
			}
			if expression := rest[:end]; isTektonParam(t, expression) {
				continue
			}
			p.Report(t.InText(path, open, from), "%s is no tag, because the dollar at its end is missing: the text is stamped as it is", text[open:from]).
				Do("write %s$", text[open:from]).
				FixBy(t.InText(path, open, from).Range, text[open:from]+"$")
		}
	})
}

// slip is a path within brackets that are not those of a tag.
var slip = regexp.MustCompile(`\$([({])([A-Za-z0-9_.\-/\\\[\]]+)([$)}]*)`)

// misbracketed finds what was meant for a tag, but has other brackets, or none at its end.
func misbracketed(p *lint.Pass, t *lint.Template) {
	if t.Body == nil {
		return
	}
	lint.Walk(t.Body, lint.BodyPath, func(path string, value any) {
		text, ok := value.(string)
		if !ok {
			return
		}
		for _, at := range slip.FindAllStringSubmatchIndex(text, -1) {
			opening, expression, end := text[at[2]:at[3]], text[at[4]:at[5]], text[at[6]:at[7]]
			isOther := opening == "(" && (strings.HasPrefix(end, ")") || strings.Contains(text[at[2]:], ")$"))
			if isOther || !meantAsTag(expression, t.IsRun()) {
				continue // a tag, or one without its dollar, or the engine says it
			}
			p.Report(t.InText(path, at[0], at[1]), "%s is no tag, which begins with $( and ends with )$: the text is stamped as it is", text[at[0]:at[1]]).
				Do("write $(%s)$", expression)
		}
	})
}

// isTektonParam says that a path means a param of a Task, which has the same form.
func isTektonParam(t *lint.Template, expression string) bool {
	version, _ := t.Body["apiVersion"].(string)
	return strings.HasPrefix(expression, "params.") && strings.HasPrefix(version, "tekton.dev/")
}

// meantAsTag says that an expression is a path that begins as those of templates do. Names
// that a shell may call, too, have to be followed by the field of an input.
func meantAsTag(expression string, isRun bool) bool {
	for _, c := range expression {
		if c <= ' ' || strings.ContainsRune(`|&;<>"$`, c) {
			return false
		}
	}
	if _, err := stamp.ParsePath(expression); err != nil {
		return false
	}
	root, rest, dotted := strings.Cut(expression, ".")
	if !dotted || rest == "" {
		return false
	}
	if isRun {
		return root == "runnable" || root == "selected"
	}
	switch root {
	case "workload", "deliverable":
		return strings.HasPrefix(rest, "metadata.") || strings.HasPrefix(rest, "spec.")
	case "params":
		return true
	case "source", "deployment":
		return rest == "url" || rest == "revision"
	case "sources", "images", "configs":
		return strings.Contains(rest, ".")
	}
	return false
}

// Roots that a body can read (spec: reconcile §6.1, §6.7).
var (
	ownerRoots = []string{"workload", "deliverable", "params", "sources", "source", "images", "image", "configs", "config", "deployment", "labels"}
	runRoots   = []string{"runnable", "selected"}
)

// Roots are the names that a template's reads can begin with.
func Roots(t *lint.Template) []string {
	if t.IsRun() {
		return runRoots
	}
	return ownerRoots
}

func unknownRoot(p *lint.Pass) {
	for _, t := range p.Templates {
		if t.Spec.Ytt != "" {
			continue // YTT003 is about it
		}
		for _, r := range t.Reads {
			root := r.Root()
			if root == "" || r.Key || contains(Roots(t), root) {
				continue
			}
			f := p.Report(r.Place, "the tag $(%s)$ begins with %q, which templates do not have", r.Expression, root)
			if meant := near.Names(root, Roots(t)); len(meant) > 0 {
				f.Do("write %s", meant[0])
			} else {
				f.Do("begin with one of: %s", strings.Join(Roots(t), ", "))
			}
		}
	}
}

func contains(list []string, s string) bool {
	for _, item := range list {
		if item == s {
			return true
		}
	}
	return false
}
