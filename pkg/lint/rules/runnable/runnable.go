// Package runnable holds the rules about run templates and the Runnables that use them (RUN).
package runnable

import (
	"maps"
	"slices"
	"strings"

	"github.com/carto-run/carto/pkg/lint"
	"github.com/carto-run/carto/pkg/manifest"
	"github.com/carto-run/carto/pkg/near"
	"github.com/carto-run/carto/pkg/schema"
)

// Rules of the family.
var Rules = []*lint.Rule{noSpec, missingInput, unreadInput, noOutputs, selector, mutatedSpec}

// runTemplates calls do for each run template that has a body.
func runTemplates(p *lint.Pass, do func(*lint.Template)) {
	for _, t := range p.Templates {
		if t.IsRun() && t.Body != nil {
			do(t)
		}
	}
}

var noSpec = &lint.Rule{
	ID: "RUN001", Slug: "run-without-spec", Level: lint.Error, Needs: lint.NeedsFiles, Admission: true,
	Title: "the body of a run template has no spec",
	Text: `A run is an object that does something once, and says what in its ` + "`spec`" + `. The API server refuses a run template whose
body has none, such as a ConfigMap.

Add the spec. For an object that is only data, use a ClusterTemplate in a blueprint.`,
	Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterRunTemplate
metadata: {name: note}
spec:
  template: # <-
    apiVersion: v1
    kind: ConfigMap
    metadata: {generateName: $(runnable.metadata.name)$-}
    data: {url: $(runnable.spec.inputs.url)$}
`,
	Good: `apiVersion: carto.run/v1alpha1
kind: ClusterRunTemplate
metadata: {name: note}
spec:
  template:
    apiVersion: tekton.dev/v1
    kind: TaskRun
    metadata: {generateName: $(runnable.metadata.name)$-}
    spec: {params: [{name: url, value: $(runnable.spec.inputs.url)$}]}
`,
	Check: func(p *lint.Pass) {
		runTemplates(p, func(t *lint.Template) {
			if _, has := t.Body["spec"]; !has {
				p.Report(t.Key("spec.template"), "the body of the run template has no spec").Do("add it, or stamp the object by a ClusterTemplate")
			}
		})
	},
}

var missingInput = &lint.Rule{
	ID: "RUN002", Slug: "missing-run-input", Level: lint.Error, Needs: lint.NeedsFiles,
	Title: "a run template reads an input that a Runnable does not give",
	Text: `A tag that reads an input which is not in ` + "`spec.inputs`" + ` of the Runnable leads to nothing. The Runnable makes no run, and its
condition says why.

Give the input in the Runnable, or in the body of the template that stamps it; or correct the name.`,
	Bad:  inputs("revision: main", "$(runnable.spec.inputs.url)$ # <-"),
	Good: inputs("url: https://git.example/cart.git", "$(runnable.spec.inputs.url)$"),
	Check: func(p *lint.Pass) {
		runTemplates(p, func(t *lint.Template) {
			users := p.RunnablesOf(t)
			said := map[string]bool{}
			for i := range t.Reads {
				if name := inputRead(&t.Reads[i]); name != "" && !said[name] {
					said[name] = true
					missing(p, t, &t.Reads[i], name, users)
				}
			}
		})
	},
}

// missing reports an input that some Runnables do not give: once when none does.
func missing(p *lint.Pass, t *lint.Template, read *lint.Read, name string, users []*lint.Runnable) {
	var without []*lint.Runnable
	for _, user := range users {
		if user.Inputs == nil {
			return // what it gives only shows when it is stamped
		}
		if _, given := user.Inputs[name]; !given {
			without = append(without, user)
		}
	}
	switch {
	case len(without) == 0:
		return
	case len(without) == len(users):
		f := p.Report(read.Place, "the run template reads the input %s, which %s does not give", name, without[0].Words())
		if len(users) > 1 {
			f.Message = "the run template reads the input " + name + ", which no Runnable gives"
		}
		var given []string
		for _, user := range users {
			f.Because(user.Part("spec.inputs").Range, "these are the inputs of %s", user.Words())
			given = append(given, slices.Sorted(maps.Keys(user.Inputs))...)
		}
		if meant := near.Names(name, given); len(meant) > 0 {
			f.Do("read %s, if that is what was meant; else give %s", meant[0], name)
		} else {
			f.Do("give it in spec.inputs")
		}
	default:
		for _, user := range without {
			p.Report(user.Part("spec.inputs"), "%s does not give the input %s, which its run template %s reads", user.Words(), name, t.Template.Name).
				Because(read.Place.Range, "it is read here")
		}
	}
}

// inputRead is the name of the input that a tag reads; empty when it reads something else.
func inputRead(r *lint.Read) string {
	if !r.Key && len(r.Names) > 3 && r.Names[0] == "runnable" && r.Names[1] == "spec" && r.Names[2] == "inputs" {
		return r.Names[3]
	}
	return ""
}

func inputs(given, read string) string {
	return `apiVersion: carto.run/v1alpha1
kind: ClusterRunTemplate
metadata: {name: test}
spec:
  template:
    apiVersion: tekton.dev/v1
    kind: TaskRun
    metadata: {generateName: $(runnable.metadata.name)$-}
    spec:
      params:
      - name: url
        value: ` + read + `
---
apiVersion: carto.run/v1alpha1
kind: Runnable
metadata: {name: cart-test, namespace: shop}
spec:
  runTemplateRef: {name: test}
  inputs:
    ` + given + `
`
}

var unreadInput = &lint.Rule{
	ID: "RUN003", Slug: "unread-run-input", Level: lint.Warning, Needs: lint.NeedsFiles,
	Title: "a Runnable gives an input that its run template never reads",
	Text: `The input has no effect: no tag of the run template reads it. Either its name is wrong, or it is left over. It is not even
a reason for a new run when it changes.

Remove the input, or read it: ` + "`$(runnable.spec.inputs.NAME)$`" + `.`,
	Bad: strings.Replace(inputs("url: https://git.example/cart.git", "$(runnable.spec.inputs.url)$"), `cart.git
`, `cart.git
    branch: main # <-
`, 1),
	Good: inputs("url: https://git.example/cart.git", "$(runnable.spec.inputs.url)$"),
	Check: func(p *lint.Pass) {
		runTemplates(p, func(t *lint.Template) {
			read, all := inputsRead(t)
			if all {
				return
			}
			for _, user := range p.RunnablesOf(t) {
				for _, name := range slices.Sorted(maps.Keys(user.Inputs)) {
					if read[name] || meantBy(name, read, user) {
						continue
					}
					p.Report(user.Part(manifest.Join("spec.inputs", name)), "the run template %s never reads the input %s", t.Template.Name, name).
						Because(t.Key("metadata.name").Range, "the run template").
						Do("remove it, or read it as $(runnable.spec.inputs.%s)$", name)
				}
			}
		})
	},
}

// meantBy says that an input has almost the name of one that is read and not given, which
// missing reports.
func meantBy(name string, read map[string]bool, user *lint.Runnable) bool {
	for wanted := range read {
		if _, given := user.Inputs[wanted]; !given && len(near.Names(wanted, []string{name})) > 0 {
			return true
		}
	}
	return false
}

// inputsRead are the inputs that a run template reads by their names; all says that it can
// read any of them.
func inputsRead(t *lint.Template) (read map[string]bool, all bool) {
	read = map[string]bool{}
	for i := range t.Reads {
		r := &t.Reads[i]
		if r.Key {
			continue
		}
		if len(r.Names) == 0 {
			return nil, true // a path that can not be told
		}
		if name := inputRead(r); name != "" {
			read[name] = true
			continue
		}
		if r.Names[0] == "runnable" && (len(r.Names) < 2 || r.Names[1] == "spec" && (len(r.Names) < 3 || r.Names[2] == "inputs")) {
			return nil, true
		}
	}
	return read, false
}

var noOutputs = &lint.Rule{
	ID: "RUN004", Slug: "outputs-without-succeeded", Level: lint.Warning, Needs: lint.NeedsFiles,
	Title: "a run template has outputs, but its runs never succeed in the way that Runnables look for",
	Text: `A Runnable takes its outputs from the newest run whose condition ` + "`Succeeded`" + ` is True. A kind that never has this condition
never gives any, and the Runnable is never ready.

Run a kind that has it, such as a TaskRun or PipelineRun. For a Job, use a template with ` + "`lifecycle: immutable`" + ` and a health rule in the
blueprint.`,
	Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterRunTemplate
metadata: {name: test}
spec:
  outputs: # <-
    url: .metadata.annotations.url
  template:
    apiVersion: batch/v1
    kind: Job
    metadata: {generateName: $(runnable.metadata.name)$-}
    spec: $(runnable.spec.inputs.job)$
`,
	Good: `apiVersion: carto.run/v1alpha1
kind: ClusterRunTemplate
metadata: {name: test}
spec:
  outputs:
    url: .metadata.annotations.url
  template:
    apiVersion: tekton.dev/v1
    kind: TaskRun
    metadata: {generateName: $(runnable.metadata.name)$-}
    spec: $(runnable.spec.inputs.run)$
`,
	Check: func(p *lint.Pass) {
		runTemplates(p, func(t *lint.Template) {
			kind, known := t.Stamps()
			if !known || len(t.Outputs()) == 0 {
				return
			}
			if possible, _ := p.Schemas.Publishes(kind, "Succeeded"); possible == schema.No {
				p.Report(t.Key("spec.outputs"), "outputs are read when the run has the condition Succeeded, which %s never has", kind.Kind).
					Because(t.StampsKind().Range, "%s %s is run", kind.GroupVersion(), kind.Kind).
					Do("run a kind that has it, such as a TaskRun, or use a template with lifecycle: immutable")
			}
		})
	},
}

var selector = &lint.Rule{
	ID: "RUN005", Slug: "selected-and-selector", Level: lint.Error, Needs: lint.NeedsFiles,
	Title: "a run template reads what is selected, but the Runnable selects nothing, or the other way round",
	Text: "`$(selected…)$`" + ` is the object that the selector of the Runnable finds. Without a selector it is nothing, and the Runnable makes no
run.

Add a ` + "`selector`" + ` to the Runnable. A selector that no tag uses only makes the Runnable wait for an object: of that lint warns.`,
	Bad:  selecting("", "# <-"),
	Good: selecting("  selector: {resource: {apiVersion: tekton.dev/v1, kind: Task}, matchingLabels: {task: test}}\n", ""),
	Check: func(p *lint.Pass) {
		runTemplates(p, func(t *lint.Template) {
			var first *lint.Read
			for i := range t.Reads {
				if r := &t.Reads[i]; !r.Key && (r.Root() == "selected" || len(r.Names) == 0) {
					first = r
					break
				}
			}
			if first != nil && len(first.Names) == 0 {
				return // a path that can not be told
			}
			for _, user := range p.RunnablesOf(t) {
				switch {
				case first != nil && !user.Selects:
					p.Report(user.Part("spec.runTemplateRef"), "the run template %s reads what is selected, but %s has no selector", t.Template.Name, user.Words()).
						Because(first.Place.Range, "it is read here").
						Do("add spec.selector")
				case first == nil && user.Selects:
					p.Report(user.Part("spec.selector"), "the run template %s never reads what is selected", t.Template.Name).
						Do("remove the selector, unless the Runnable shall wait until there is such an object").As(lint.Warning)
				}
			}
		})
	},
}

func selecting(selector, arrow string) string {
	return `apiVersion: carto.run/v1alpha1
kind: ClusterRunTemplate
metadata: {name: test}
spec:
  template:
    apiVersion: tekton.dev/v1
    kind: TaskRun
    metadata: {generateName: $(runnable.metadata.name)$-}
    spec: {taskRef: {name: $(selected.metadata.name)$}}
---
apiVersion: carto.run/v1alpha1
kind: Runnable
metadata: {name: cart-test, namespace: shop}
spec:
  runTemplateRef: {name: test} ` + arrow + `
` + selector
}

var mutatedSpec = &lint.Rule{
	ID: "RUN006", Slug: "restamped-run", Level: lint.Warning, Needs: lint.NeedsFiles,
	Title: "runs of this kind are made without end by Cartographer, because the API server completes their spec",
	Text: `Cartographer compares what it would make with the run that is there. The spec of a Pod has got more fields in the
meantime, from the API server and admission, so it never fits, and Cartographer makes another Pod, and another. Carto remembers what it
stamped, and makes one.

Wrap the pod in a TaskRun or Job when the files have to work with Cartographer too. Lint warns when ` + "`--target-version`" + ` says so, and
informs otherwise.`,
	With: lint.Options{TargetVersion: "v0.8.0"},
	Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterRunTemplate
metadata: {name: test}
spec:
  template:
    apiVersion: v1
    kind: Pod # <-
    metadata: {generateName: $(runnable.metadata.name)$-}
    spec: $(runnable.spec.inputs.pod)$
`,
	Good: `apiVersion: carto.run/v1alpha1
kind: ClusterRunTemplate
metadata: {name: test}
spec:
  template:
    apiVersion: tekton.dev/v1
    kind: TaskRun
    metadata: {generateName: $(runnable.metadata.name)$-}
    spec: $(runnable.spec.inputs.run)$
`,
	Check: func(p *lint.Pass) {
		runTemplates(p, func(t *lint.Template) {
			if kind, known := t.Stamps(); known && kind.Group == "" && kind.Kind == "Pod" {
				f := p.Report(t.StampsKind(), "Cartographer would make Pods without end: the API server completes their spec")
				if p.TargetVersion == "" {
					f.As(lint.Info)
				}
			}
		})
	},
}
