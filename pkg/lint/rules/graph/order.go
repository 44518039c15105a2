package graph

import (
	"fmt"
	"strings"

	"github.com/carto-run/carto/pkg/lint"
)

var cycle = &lint.Rule{
	ID: "GRF001", Slug: "step-cycle", Level: lint.Error, Needs: lint.NeedsFiles,
	Title: "steps read from each other in a cycle",
	Text: `A step is stamped when its inputs are there. Steps that read from each other in a circle wait for each other, and none of
them is ever stamped. The blueprint is not valid. (The API server only refuses a step that reads from itself: longer cycles are
beyond what its rules can find.)

Remove one of the inputs. Where both directions are needed, one of them belongs into an object that both know, such as a
repository.`,
	Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: web}
spec:
  selector: {type: web}
  resources:
  - name: fetch # <-
    templateRef: {kind: ClusterSourceTemplate, name: git}
    sources: [{name: tested, resource: test}]
  - name: test
    templateRef: {kind: ClusterSourceTemplate, name: test}
    sources: [{name: code, resource: fetch}]
`,
	Good: `apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: web}
spec:
  selector: {type: web}
  resources:
  - name: fetch
    templateRef: {kind: ClusterSourceTemplate, name: git}
  - name: test
    templateRef: {kind: ClusterSourceTemplate, name: test}
    sources: [{name: code, resource: fetch}]
`,
	Check: (*lint.Pass).Diagnosed,
}

var laterInput = &lint.Rule{
	ID: "GRF002", Slug: "input-from-later-step", Level: lint.Error, Needs: lint.NeedsFiles,
	Title: "for Cartographer, a step reads from one that is listed after it",
	Text: `Carto orders the steps of a blueprint by what they read, so the list may have any order. Cartographer walks the list
once in each pass, with no outputs at its beginning: an input from a step further down never arrives, and the step is never
stamped.

So this is said only of files that Cartographer has to understand (` + "`--target-version`" + `). ` + "`lint --fix`" + ` moves the steps,
with their comments. For Carto, STY004 says the same as a matter of style.`,
	Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: web}
spec:
  selector: {type: web}
  resources:
  - name: run
    templateRef: {kind: ClusterTemplate, name: run}
    images:
    - {name: app, resource: build} # <-
  - name: build
    templateRef: {kind: ClusterImageTemplate, name: kpack}
`,
	Good: `apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: web}
spec:
  selector: {type: web}
  resources:
  - name: build
    templateRef: {kind: ClusterImageTemplate, name: kpack}
  - name: run
    templateRef: {kind: ClusterTemplate, name: run}
    images:
    - {name: app, resource: build}
`,
	With: lint.Options{TargetVersion: "0.7"},
	Check: func(p *lint.Pass) {
		if p.TargetVersion == "" {
			return
		}
		for _, b := range p.Blueprints {
			if has(b, "GRF001") {
				continue
			}
			index, fixed := indexOf(b), false
			for i, step := range b.Resources {
				for _, in := range step.Inputs {
					from, known := index[in.From]
					if !known || from <= i {
						continue
					}
					f := p.Report(b.At(in.Path+".resource"), "step %q reads from %q, which is listed after it: Cartographer never gives it that input", step.Name, in.From).
						Because(b.At(stepPath(from)+".name").Range, "%q is listed here", in.From).
						Do("list %q before %q", in.From, step.Name)
					if !fixed { // one change puts all of them in order
						f.FixBySorting(b)
						fixed = true
					}
				}
			}
		}
	},
}

// Limits beyond which a blueprint is called large. The API server takes 100 steps.
const (
	manySteps = 30
	deepSteps = 12
)

var large = &lint.Rule{
	ID: "GRF008", Slug: "large-blueprint", Level: lint.Info, Needs: lint.NeedsFiles,
	Title: "a blueprint has very many steps, or very many in a row",
	Text: fmt.Sprintf(`More than %d steps, or more than %d in a row, are hard to follow for those who look for a fault, and a change takes a
write and an answer for each step in a row before it arrives.

Look for steps that one controller could do at once, such as a pipeline of tasks, or part the blueprint: the last step of the
one writes what the first step of the other reads.`, manySteps, deepSteps),
	Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: long} # <-
spec:
  selector: {type: web}
  resources:
` + row(deepSteps+1),
	Good: `apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: long}
spec:
  selector: {type: web}
  resources:
` + row(4),
	Check: func(p *lint.Pass) {
		for _, b := range p.Blueprints {
			if n := len(b.Resources); n > manySteps {
				p.Report(b.At("metadata.name"), "the blueprint has %d steps", n)
			}
			if n := depth(b); n > deepSteps {
				p.Report(b.At("metadata.name"), "the blueprint has %d steps in a row", n)
			}
		}
	},
}

// row are so many steps, of which each reads from the one before.
func row(n int) string {
	var b strings.Builder
	for i := range n {
		inputs := ""
		if i > 0 {
			inputs = fmt.Sprintf(", sources: [{name: code, resource: step-%d}]", i)
		}
		fmt.Fprintf(&b, "  - {name: step-%d, templateRef: {kind: ClusterSourceTemplate, name: test}%s}\n", i+1, inputs)
	}
	return b.String()
}

// depth is how many steps there are on the longest way; cycles are left out.
func depth(b *lint.Blueprint) int {
	index, longest := indexOf(b), 0
	depths := make(map[int]int, len(b.Order))
	for _, step := range b.Order {
		deepest := 0
		for _, in := range step.Inputs {
			if from, known := index[in.From]; known {
				deepest = max(deepest, depths[from])
			}
		}
		depths[index[step.Name]] = deepest + 1
		longest = max(longest, deepest+1)
	}
	return longest
}
