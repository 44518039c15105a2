package reference

import (
	"strings"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/lint"
	"github.com/carto-run/carto/pkg/near"
)

var unknownRunTemplate = &lint.Rule{
	ID: "REF009", Slug: "unknown-run-template", Level: lint.Error, Needs: lint.NeedsOwner,
	Title: "a Runnable names a run template that does not exist",
	Text: `A Runnable makes its runs by the ClusterRunTemplate that it names. Without that it does nothing: its condition
says ` + "`RunTemplateNotFound`" + `.

Correct the name, or add the run template. When no run template at all is among the files, lint takes it that they are
elsewhere, and only informs.`,
	Bad: `apiVersion: carto.run/v1alpha1
kind: Runnable
metadata: {name: cart-test, namespace: shop}
spec:
  runTemplateRef:
    name: tst # <-
---
apiVersion: carto.run/v1alpha1
kind: ClusterRunTemplate
metadata: {name: test}
spec:
  template: {apiVersion: tekton.dev/v1, kind: TaskRun, metadata: {generateName: test-}, spec: {}}
`,
	Good: `apiVersion: carto.run/v1alpha1
kind: Runnable
metadata: {name: cart-test, namespace: shop}
spec:
  runTemplateRef:
    name: test
---
apiVersion: carto.run/v1alpha1
kind: ClusterRunTemplate
metadata: {name: test}
spec:
  template: {apiVersion: tekton.dev/v1, kind: TaskRun, metadata: {generateName: test-}, spec: {}}
`,
	Check: func(p *lint.Pass) {
		for _, o := range p.Owners {
			if o.Runnable != nil {
				name := o.Runnable.Spec.RunTemplateRef.Name
				checkRun(p, o.At("spec.runTemplateRef.name"), "the Runnable", name)
			}
		}
	},
}

var unknownStampedRunTemplate = &lint.Rule{
	ID: "REF011", Slug: "unknown-stamped-run-template", Level: lint.Error, Needs: lint.NeedsFiles,
	Title: "a template stamps a Runnable whose run template does not exist",
	Text: `The Runnable is stamped, but makes no runs, because the ClusterRunTemplate that it names is not there. So it has
no outputs, and the step that stamped it waits for ever.

Correct the name in the body, or add the run template. Names with tags in them are not checked, nor those that the code of a ytt body makes.`,
	Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterSourceTemplate
metadata: {name: linted}
spec:
  urlPath: .status.outputs.url
  revisionPath: .status.outputs.revision
  template:
    apiVersion: carto.run/v1alpha1
    kind: Runnable
    metadata: {name: $(workload.metadata.name)$-lint}
    spec:
      runTemplateRef: {name: lint} # <-
---
apiVersion: carto.run/v1alpha1
kind: ClusterRunTemplate
metadata: {name: lint-task}
spec:
  template: {apiVersion: tekton.dev/v1, kind: TaskRun, metadata: {generateName: lint-}, spec: {}}
`,
	Good: `apiVersion: carto.run/v1alpha1
kind: ClusterSourceTemplate
metadata: {name: linted}
spec:
  urlPath: .status.outputs.url
  revisionPath: .status.outputs.revision
  template:
    apiVersion: carto.run/v1alpha1
    kind: Runnable
    metadata: {name: $(workload.metadata.name)$-lint}
    spec:
      runTemplateRef: {name: lint-task}
---
apiVersion: carto.run/v1alpha1
kind: ClusterRunTemplate
metadata: {name: lint-task}
spec:
  template: {apiVersion: tekton.dev/v1, kind: TaskRun, metadata: {generateName: lint-}, spec: {}}
`,
	Check: func(p *lint.Pass) {
		for _, t := range p.Templates {
			if name, at, ok := stampedRun(t); ok && name != "" && !strings.Contains(name, "$(") {
				checkRun(p, at, "the Runnable that the template stamps", name)
			}
		}
	},
}

// checkRun reports a name of a run template that is not there.
func checkRun(p *lint.Pass, at lint.Place, who, name string) {
	if name == "" || p.Template(v1alpha1.KindClusterRunTemplate, name) != nil {
		return
	}
	runs := p.OfKind(v1alpha1.KindClusterRunTemplate)
	names := make([]string, len(runs))
	for i, run := range runs {
		if names[i] = run.Doc.Name(); names[i] == name {
			return // broken or not, it is there
		}
	}
	f := p.Report(at, "%s names the ClusterRunTemplate %q, which is not there", who, name)
	if len(runs) == 0 {
		f.As(lint.Info)
	}
	proposeName(f, name, names, "add it, or give lint the files or the cluster that have it")
}

var runnable = v1alpha1.GroupVersion.WithKind(v1alpha1.KindRunnable).GroupKind()

// stampedRun is the name of the run template of the Runnable that a template stamps, with its
// tags, and where it stands; false when it stamps something else, or a ytt body makes the name.
func stampedRun(t *lint.Template) (name string, at lint.Place, ok bool) {
	if kind, known := t.Stamps(); !known || kind.GroupKind() != runnable {
		return "", at, false
	}
	if t.Body == nil {
		written := t.Written()
		if written == nil {
			return "", at, false
		}
		value, certain := t.Certain(written, "spec", "runTemplateRef", "name")
		name, _ = value.(string)
		return name, t.WrittenIn(written, "spec.runTemplateRef.name"), certain && name != ""
	}
	spec, _ := t.Body["spec"].(map[string]any)
	ref, _ := spec["runTemplateRef"].(map[string]any)
	name, _ = ref["name"].(string)
	return name, t.At("spec.template.spec.runTemplateRef.name"), true
}

var unusedRunTemplate = &lint.Rule{
	ID: "REF010", Slug: "unused-run-template", Level: lint.Warning, Needs: lint.NeedsFiles,
	Title: "nothing runs a run template",
	Text: `A ClusterRunTemplate that no Runnable names makes no runs. It is left over, or a name is wrong.

Remove it, or name it in a Runnable. Nothing is said when no Runnable is among the files, neither as an object nor in the body
of a template, or when one of them has a name that only shows when it is stamped.`,
	Bad: `apiVersion: carto.run/v1alpha1
kind: Runnable
metadata: {name: cart-test, namespace: shop}
spec:
  runTemplateRef: {name: test}
---
apiVersion: carto.run/v1alpha1
kind: ClusterRunTemplate
metadata: {name: test}
spec:
  template: {apiVersion: tekton.dev/v1, kind: TaskRun, metadata: {generateName: test-}, spec: {}}
---
apiVersion: carto.run/v1alpha1
kind: ClusterRunTemplate
metadata: {name: scan-2023} # <-
spec:
  template: {apiVersion: tekton.dev/v1, kind: TaskRun, metadata: {generateName: scan-}, spec: {}}
`,
	Good: `apiVersion: carto.run/v1alpha1
kind: Runnable
metadata: {name: cart-test, namespace: shop}
spec:
  runTemplateRef: {name: test}
---
apiVersion: carto.run/v1alpha1
kind: ClusterRunTemplate
metadata: {name: test}
spec:
  template: {apiVersion: tekton.dev/v1, kind: TaskRun, metadata: {generateName: test-}, spec: {}}
`,
	Check: func(p *lint.Pass) {
		used, all := runsInUse(p)
		if !all || len(used) == 0 || unreadable(p, templateKinds...) || unreadable(p, v1alpha1.KindRunnable) {
			return
		}
		var names []string
		known := map[string]bool{}
		for _, run := range p.OfKind(v1alpha1.KindClusterRunTemplate) {
			names = append(names, run.Doc.Name())
			known[run.Doc.Name()] = true
		}
		meant := map[string]bool{}
		for name := range used {
			if !known[name] { // REF009 and REF011 propose what is near to it
				for _, near := range near.Names(name, names) {
					meant[near] = true
				}
			}
		}
		for _, t := range p.Templates {
			if t.IsRun() && !used[t.Template.Name] && !meant[t.Template.Name] {
				p.Report(t.At("metadata.name"), "no Runnable names the ClusterRunTemplate %q", t.Template.Name).
					Do("remove it, or name it in the runTemplateRef of a Runnable")
			}
		}
	},
}

// runsInUse are the names of the run templates that Runnables use, and whether these are all.
func runsInUse(p *lint.Pass) (used map[string]bool, all bool) {
	used, all = map[string]bool{}, true
	for _, o := range p.Owners {
		if o.Runnable != nil {
			used[o.Runnable.Spec.RunTemplateRef.Name] = true
		}
	}
	for _, t := range p.Templates {
		kind, known := t.Stamps()
		switch name, _, isRun := stampedRun(t); {
		case isRun && !strings.Contains(name, "$("):
			used[name] = true
		case isRun, !known, kind.GroupKind() == runnable:
			all = false // which one shows when it is stamped
		}
	}
	return used, all
}
