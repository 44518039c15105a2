package file

import (
	"fmt"
	"path"
	"reflect"
	"regexp"
	"strings"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/lint"
	"github.com/carto-run/carto/pkg/near"
)

func kindNames() []string {
	names := make([]string, len(v1alpha1.Kinds))
	for i, k := range v1alpha1.Kinds {
		names[i] = k.Name
	}
	return names
}

var unknownKind = &lint.Rule{
	ID: "SYN005", Slug: "unknown-kind", Level: lint.Warning, Needs: lint.NeedsFiles, Admission: true,
	Title: "group carto.run has no such kind or version",
	Text: `Carto serves eleven kinds, all in version ` + "`v1alpha1`" + `. An object of another kind or version is refused by the API
server, and lint can check nothing of it.

Correct the kind or the version. The kinds end in the singular: ClusterImageTemplate.`,
	Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterImagesTemplate # <-
metadata: {name: kpack}
spec:
  imagePath: .status.latestImage
  template: {apiVersion: kpack.io/v1alpha2, kind: Image, metadata: {name: $(workload.metadata.name)$}}
`,
	Good: `apiVersion: carto.run/v1alpha1
kind: ClusterImageTemplate
metadata: {name: kpack}
spec:
  imagePath: .status.latestImage
  template: {apiVersion: kpack.io/v1alpha2, kind: Image, metadata: {name: $(workload.metadata.name)$}}
`,
	Check: func(p *lint.Pass) {
		for _, o := range p.Objects {
			if !o.IsCarto() {
				continue
			}
			kind, version := o.Doc.Kind(), o.Doc.APIVersion()
			if v1alpha1.KindOf(kind) == nil {
				f := p.Report(o.At("kind"), "Carto has no kind %q", kind)
				if meant := near.Or(near.Names(kind, kindNames())); meant != "" {
					f.Do("write %s, if that is what was meant", meant)
				}
			} else if version != v1alpha1.GroupVersion.String() {
				p.Report(o.At("apiVersion"), "Carto has no version %q", version).Do("write %s", v1alpha1.GroupVersion)
			}
		}
	},
}

var duplicateObject = &lint.Rule{
	ID: "SYN006", Slug: "duplicate-object", Level: lint.Error, Needs: lint.NeedsFiles,
	Title: "the same object is defined twice",
	Text: `Of two objects of one kind, name and namespace the one that is applied last wins, so it depends on the order of the
files which one is in force. Lint uses the first one for everything else that it says.

Rename one, or remove it. In different folders, which may be for different clusters, it is a warning for blueprints and
templates, and no finding for owners; two that say the same are a warning.`,
	Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: app}
spec:
  template: {apiVersion: v1, kind: ConfigMap, metadata: {name: $(workload.metadata.name)$}}
---
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: app} # <-
spec:
  template: {apiVersion: v1, kind: Secret, metadata: {name: $(workload.metadata.name)$}}
`,
	Good: `apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: app}
spec:
  template: {apiVersion: v1, kind: ConfigMap, metadata: {name: $(workload.metadata.name)$}}
---
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: app-secret}
spec:
  template: {apiVersion: v1, kind: Secret, metadata: {name: $(workload.metadata.name)$}}
`,
	Check: func(p *lint.Pass) {
		type key struct{ kind, namespace, name string }
		first := map[key]*lint.Object{}
		for _, o := range p.Objects {
			kind := v1alpha1.KindOf(o.Doc.Kind())
			if kind == nil || !o.IsCarto() || o.Remote || o.Doc.Name() == "" {
				continue
			}
			k := key{o.Doc.Kind(), "", o.Doc.Name()}
			if kind.Namespaced() {
				k.namespace = o.Doc.Namespace()
			}
			earlier := first[k]
			if earlier == nil {
				first[k] = o
				continue
			}
			apart := path.Dir(strings.ReplaceAll(earlier.Doc.File, `\`, "/")) != path.Dir(strings.ReplaceAll(o.Doc.File, `\`, "/"))
			if apart && kind.Namespaced() {
				continue // overlays, and suites of tests, have the same owner in many folders
			}
			f := p.Report(o.At("metadata.name"), "the %s %q is defined already", k.kind, k.name).
				Because(earlier.At("metadata.name").Range, "defined first here").
				Do("rename one of them, or remove it")
			if apart || reflect.DeepEqual(earlier.Doc.Object, o.Doc.Object) {
				f.As(lint.Warning)
			}
		}
	},
}

var skipped = &lint.Rule{
	ID: "SYN007", Slug: "skipped-document", Level: lint.Info, Needs: lint.NeedsFiles,
	Title: "a document is not checked, because its kind is not Carto's",
	Text: `Lint checks the kinds of Carto. Beside them it reads CustomResourceDefinitions, roles, bindings and service accounts, which
other rules need. Everything else is left out, and this finding says so, so that nobody takes it for checked.`,
	Bad: `apiVersion: v1
kind: ConfigMap # <-
metadata: {name: settings}
`,
	Good: `apiVersion: v1
kind: ServiceAccount
metadata: {name: stamper}
`,
	Check: func(p *lint.Pass) {
		for _, o := range p.Objects {
			switch kind := o.Doc.Kind(); {
			case o.IsCarto() || read[kind]:
			case kind == "":
				p.Report(o.Key(""), "the document has no kind, and is not checked")
			default:
				p.Report(o.At("kind"), "objects of kind %s are not checked", kind)
			}
		}
		for _, fault := range p.Faults {
			if fault.List { // the file of another program, such as a playbook
				p.Report(lint.Place{Range: fault.Range}, "the document is a list, and is not checked")
			}
		}
	},
}

// read are the kinds that rules read beside those of Carto.
var read = map[string]bool{
	"CustomResourceDefinition": true, "Role": true, "ClusterRole": true, "RoleBinding": true, "ClusterRoleBinding": true, "ServiceAccount": true,
}

var unusableName = &lint.Rule{
	ID: "SYN008", Slug: "unusable-name", Level: lint.Error, Needs: lint.NeedsFiles, Admission: true,
	Title: "a name can not be the name of an object, or not the value of a label",
	Text: `Names of objects consist of small letters, digits, dashes and dots. What Carto stamps carries the names of its owner,
blueprint, step and template as labels, and the value of a label has at most 63 characters: a longer name makes the API server
refuse every object that is stamped for it. (The CRDs refuse such names of owners, blueprints and steps; they let those of
templates pass.)

Shorten the name, or write it in small letters.`,
	Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: web}
spec:
  selector: {type: web}
  resources:
  - name: build-the-image-with-kpack-and-push-it-to-the-registry-of-the-company # <-
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
`,
	Check: func(p *lint.Pass) {
		for _, o := range p.Objects {
			if v1alpha1.KindOf(o.Doc.Kind()) != nil && o.IsCarto() && !o.Remote {
				checkName(p, o)
			}
		}
		for _, b := range p.Blueprints {
			for i, step := range b.Resources {
				at := b.At(fmt.Sprintf("spec.resources[%d].name", i))
				if step.Name == "" {
					if b.Doc.Has(at.Path) {
						p.Report(at, "the name of a step is empty")
					}
					continue // SYN004 says that it is missing
				}
				checkLabel(p, at, "step", step.Name)
				if !labelValue.MatchString(step.Name) {
					p.Report(at, "the step's name %q can not be the value of a label: letters, digits, dashes, underscores and dots, with a letter or digit at both ends", step.Name)
				}
			}
		}
	},
}

// What names have to look like: DNS subdomains, and values of labels.
var (
	subdomain  = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`)
	labelValue = regexp.MustCompile(`^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$`)
)

func checkName(p *lint.Pass, o *lint.Object) {
	metadata, isObject := o.Doc.Object["metadata"].(map[string]any)
	name, isText := metadata["name"].(string)
	at := o.At("metadata.name")
	switch {
	case metadata["name"] == nil:
		if metadata["generateName"] == nil && (isObject || o.Doc.Object["metadata"] == nil) {
			p.Report(o.At("metadata"), "the %s has no name", o.Doc.Kind())
		}
	case !isText: // SYN004
	case !subdomain.MatchString(name):
		p.Report(at, "the %s can not be called %q: a name has small letters, digits, dashes and dots, with a letter or digit at both ends", o.Doc.Kind(), name)
	default:
		checkLabel(p, at, o.Doc.Kind(), name)
	}
}

// maxLabel is how many characters the value of a label can have.
const maxLabel = 63

func checkLabel(p *lint.Pass, at lint.Place, what, name string) {
	if len(name) > maxLabel {
		p.Report(at, "the name of the %s has %d characters; the label that it becomes can have %d", what, len(name), maxLabel)
	}
}
