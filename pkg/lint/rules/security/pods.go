package security

import (
	"cmp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/carto-run/carto/pkg/lint"
)

var podRules = []*lint.Rule{
	{
		ID: "SEC003", Slug: "owner-chosen-rights", Level: lint.Warning, Needs: lint.NeedsFiles,
		Title: "an owner chooses the rights of a pod",
		Text: `The account of a pod, its privileges and the paths of the node that it sees decide what it can do. Here an owner
chooses them, by a param that no blueprint fixes or by a field of its own, and so gets rights that were meant for others.

Fix the value in the blueprint, with ` + "`value`" + ` instead of ` + "`default`" + `. The account that stamps an owner's objects,
` + "`spec.serviceAccountName`" + `, is the owner's own and no finding.`,
		Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: web}
spec:
  selector: {type: web}
  resources:
  - name: test
    templateRef: {kind: ClusterTemplate, name: test}
---
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: test}
spec:
  params: [{name: account, default: tester}]
  template:
    apiVersion: carto.run/v1alpha1
    kind: Runnable
    metadata: {name: $(workload.metadata.name)$}
    spec:
      serviceAccountName: $(params.account)$ # <-
      runTemplateRef: {name: test}
`,
		Good: `apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: web}
spec:
  selector: {type: web}
  params: [{name: account, value: tester}]
  resources:
  - name: test
    templateRef: {kind: ClusterTemplate, name: test}
---
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: test}
spec:
  params: [{name: account, default: tester}]
  template:
    apiVersion: carto.run/v1alpha1
    kind: Runnable
    metadata: {name: $(workload.metadata.name)$}
    spec:
      serviceAccountName: $(params.account)$
      runTemplateRef: {name: test}
`,
		Check: rights,
	},
	{
		ID: "SEC004", Slug: "image-without-digest", Level: lint.Warning, Needs: lint.NeedsFiles,
		Title: "a task runs an image that is not fixed by a digest",
		Text: `A tag can be moved. What a task, job or pod of a supply chain runs today need not be what it runs tomorrow, and who
can move the tag can change what is built and deployed.

Name the image by its digest: ` + "`registry.example.com/git@sha256:…`" + `.`,
		Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterRunTemplate
metadata: {name: test}
spec:
  template:
    apiVersion: tekton.dev/v1
    kind: TaskRun
    metadata: {generateName: $(runnable.metadata.name)$-}
    spec:
      taskSpec:
        steps:
        - name: test
          image: golang:1.26 # <-
`,
		Good: `apiVersion: carto.run/v1alpha1
kind: ClusterRunTemplate
metadata: {name: test}
spec:
  template:
    apiVersion: tekton.dev/v1
    kind: TaskRun
    metadata: {generateName: $(runnable.metadata.name)$-}
    spec:
      taskSpec:
        steps:
        - name: test
          image: golang@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
`,
		Check: images,
	},
}

// rightsFields are the last names of fields that give rights, and hostPath is what a path
// of the node stands below.
var rightsFields = []string{
	"serviceAccountName", "serviceAccount", "privileged", "allowPrivilegeEscalation", "hostNetwork", "hostPID", "hostIPC", "runAsUser", "runAsNonRoot",
}

func rights(p *lint.Pass) {
	for _, t := range p.Templates {
		for i := range t.Reads {
			r := &t.Reads[i]
			field := cmp.Or(r.Field, r.Into)
			name := field[strings.LastIndexByte(field, '.')+1:]
			isPath := strings.HasSuffix(field, "hostPath.path")
			if field == "" || r.Key || !isPath && !slices.Contains(rightsFields, name) {
				continue
			}
			use, owned := ownerWrites(t, r)
			if !owned {
				continue
			}
			what := name
			if isPath {
				what = "hostPath"
			}
			f := p.Report(r.Place, "an owner chooses %s, by %s", what, r.Path())
			if r.Root() == "params" {
				f.Do("fix the param in the blueprint or step, with value")
			}
			if use != nil {
				f.Because(use.Blueprint.Doc.Key(use.StepPath), "%s leaves the param to owners", use)
			}
		}
	}
}

// taskKinds are what runs something for a supply chain, by group.
var taskKinds = map[string][]string{
	"": {"Pod"}, "batch": {"Job", "CronJob"}, "tekton.dev": {"Task", "TaskRun", "Pipeline", "PipelineRun", "ClusterTask"},
}

func images(p *lint.Pass) {
	for _, t := range p.Templates {
		imagesIn(t.Body, lint.BodyPath, func(path, image, kind string) {
			p.Report(t.Value(path), "the image %s of a %s is not fixed by a digest", image, kind).Do("name it by its digest")
		})
		if !strings.Contains(t.Spec.Ytt, "image:") {
			continue
		}
		for _, doc := range t.Literals() {
			imagesIn(doc.Object, "", func(path, image, kind string) {
				p.Report(t.Line(lint.YttPath, doc.Value(path).Start.Line), "the image %s of a %s is not fixed by a digest", image, kind).Do("name it by its digest")
			})
		}
	}
}

// imagesIn finds the images of an object that runs something, which are neither fixed nor
// filled in.
func imagesIn(object map[string]any, path string, found func(path, image, kind string)) {
	version, _ := object["apiVersion"].(string)
	kind, _ := object["kind"].(string)
	gv, _ := schema.ParseGroupVersion(version)
	if !slices.Contains(taskKinds[gv.Group], kind) {
		return
	}
	lint.Walk(object, path, func(path string, value any) {
		image, ok := value.(string)
		if ok && strings.HasSuffix(path, ".image") && !strings.Contains(image, "$(") && image != "" && !strings.Contains(image, "@sha256:") {
			found(path, image, kind)
		}
	})
}
