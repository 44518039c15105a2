package body

import (
	"slices"
	"strings"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/lint"
	"github.com/carto-run/carto/pkg/manifest"
)

var metadataRules = []*lint.Rule{
	{
		ID: "TPL017", Slug: "reserved-label", Level: lint.Warning, Needs: lint.NeedsFiles,
		Title: "a body sets labels that Carto sets itself",
		Text: `Labels that begin with ` + "`carto.run/`" + ` tell what an object was stamped for. Carto writes its own values over those
of the body, and finds its objects again by them.

Remove the label, or use a prefix of your own.`,
		Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: note}
spec:
  template:
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: $(workload.metadata.name)$
      labels:
        carto.run/workload-name: $(workload.metadata.name)$ # <-
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
      labels:
        shop.example/app: $(workload.metadata.name)$
`,
		Check: reservedLabels,
	},
	{
		ID: "TPL018", Slug: "owner-references", Level: lint.Warning, Needs: lint.NeedsFiles,
		Title: "a body sets owner references",
		Text: `A stamped object has one owner: the Workload, Deliverable or Runnable that it is stamped for. Carto replaces the
owner references of the body by that one.

Remove ` + "`metadata.ownerReferences`" + `.`,
		Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: note}
spec:
  template:
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: $(workload.metadata.name)$
      ownerReferences: # <-
      - {apiVersion: v1, kind: ConfigMap, name: base, uid: "1"}
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
		Check: func(p *lint.Pass) {
			for _, t := range p.Templates {
				for _, object := range t.Objects() {
					if _, set := metadata(object)["ownerReferences"]; set {
						p.Report(place(t, "metadata", "ownerReferences"), "the body sets metadata.ownerReferences, which Carto replaces by the owner that the object is stamped for").
							Do("remove metadata.ownerReferences")
						break
					}
				}
			}
		},
	},
}

// overwritten are the labels that Carto sets on stamped objects.
var overwritten = []string{
	v1alpha1.LabelWorkloadName, v1alpha1.LabelWorkloadNamespace, v1alpha1.LabelSupplyChainName,
	v1alpha1.LabelDeliverableName, v1alpha1.LabelDeliverableNamespace, v1alpha1.LabelDeliveryName,
	v1alpha1.LabelResourceName, v1alpha1.LabelTemplateKind, v1alpha1.LabelTemplateName, v1alpha1.LabelTemplateLifecycle,
	v1alpha1.LabelRunnableName, v1alpha1.LabelRunTemplateName,
}

func reservedLabels(p *lint.Pass) {
	for _, t := range p.Templates {
		said := map[string]bool{}
		for _, object := range t.Objects() {
			labels, _ := metadata(object)["labels"].(map[string]any)
			for _, key := range reserved(labels) {
				if said[key] {
					continue
				}
				said[key] = true
				where := place(t, "metadata", "labels", key)
				if t.Body != nil {
					where = t.Key(manifest.Join(lint.BodyPath+".metadata.labels", key))
				}
				if slices.Contains(overwritten, key) {
					p.Report(where, "the body sets the label %s, which Carto overwrites", key).Do("remove the label")
				} else {
					p.Report(where, "the body sets the label %s, whose prefix belongs to Carto", key).Do("use a prefix of your own")
				}
			}
		}
	}
}

func reserved(labels map[string]any) []string {
	var keys []string
	for key := range labels {
		if strings.HasPrefix(key, v1alpha1.Group+"/") {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}
