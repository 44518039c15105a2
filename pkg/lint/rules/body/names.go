package body

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/lint"
)

var nameRules = []*lint.Rule{
	{
		ID: "TPL016", Slug: "fixed-name", Level: lint.Warning, Needs: lint.NeedsFiles,
		Title: "a body gives its object a fixed name",
		Text: `With a fixed name, all owners in a namespace stamp the same object. The first one owns it, and the steps of
all others fail, because Carto does not take over what belongs to another owner.

Make the name of that of the owner: ` + "`$(workload.metadata.name)$`" + `, with a suffix where a step's object needs to be told
from others.`,
		Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: note}
spec:
  template:
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: note # <-
`,
		Good: `apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: note}
spec:
  template:
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: $(workload.metadata.name)$-note
`,
		Check: fixedName,
	},
	{
		ID: "TPL020", Slug: "long-name", Level: lint.Warning, Needs: lint.NeedsFiles,
		Title: "a name that is made of another one can become too long",
		Text: `Names of owners have up to 63 characters. What a body adds to them counts, too: most kinds allow names of 253
characters, but Services, Jobs, runs of Tekton, images of kpack and values of labels only 63. This body adds so
much that ordinary names of owners do not fit any more.

Use a shorter suffix.`,
		Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: service}
spec:
  template:
    apiVersion: v1
    kind: Service
    metadata:
      name: $(workload.metadata.name)$-service-for-all-the-traffic-from-inside # <-
`,
		Good: `apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: service}
spec:
  template:
    apiVersion: v1
    kind: Service
    metadata:
      name: $(workload.metadata.name)$-internal
`,
		Check: longName,
	},
}

func fixedName(p *lint.Pass) {
	for _, t := range p.Templates {
		if t.IsRun() || t.Lifecycle != v1alpha1.LifecycleMutable {
			continue // runs with a fixed name are a matter of LIF001
		}
		objects := t.Objects()
		if len(objects) == 0 || isList(objects[0]) || isClusterScoped(p, objects[0]) || onlyOneOwner(t) {
			continue
		}
		name := sameName(t, objects)
		if name == "" || strings.Contains(name, "$(") { // of a tag that is not closed, TPL004 says it
			continue
		}
		owner := "workload"
		if len(t.Uses) > 0 {
			owner = strings.ToLower(t.Uses[0].Blueprint.OwnerKind())
		}
		where := t.Key(lint.YttPath)
		if t.Body != nil {
			where = t.Value(lint.BodyPath + ".metadata.name")
		}
		p.Report(where, "the name %s is the same for all owners: two of them in a namespace would want the same object", name).
			Do("make it of the name of the owner, %s.metadata.name", owner)
	}
}

// sameName is the name that the object has for all owners; empty when there is none, or it
// depends on anything.
func sameName(t *lint.Template, objects []map[string]any) string {
	name, _ := metadata(objects[0])["name"].(string)
	if t.Body != nil {
		if hasTag(name) {
			return ""
		}
		return name
	}
	for _, object := range objects {
		if metadata(object)["name"] != name {
			return ""
		}
	}
	depends := slices.ContainsFunc(t.Reads, func(r lint.Read) bool { return r.Into == "metadata.name" || r.Into == "metadata" })
	if len(objects) < 2 || depends { // one sample proves nothing
		return ""
	}
	return name
}

func isClusterScoped(p *lint.Pass, body map[string]any) bool {
	version, _ := body["apiVersion"].(string)
	kind, _ := body["kind"].(string)
	known := p.Schemas.Kind(schema.FromAPIVersionAndKind(version, kind))
	return known != nil && !known.Namespaced // TPL015 is about it
}

// onlyOneOwner says that the selectors of all uses ask for one owner by its name.
func onlyOneOwner(t *lint.Template) bool {
	for _, use := range t.Uses {
		one := slices.ContainsFunc(use.Selectors(), func(s v1alpha1.Selector) bool {
			return slices.ContainsFunc(s.MatchFields, func(r v1alpha1.FieldRequirement) bool {
				key := strings.Join(lint.KeyNames(r.Key, use.Blueprint.OwnerKind()), ".")
				return key == "metadata.name" && r.Operator == v1alpha1.FieldSelectorOpIn && len(r.Values) == 1
			})
		})
		if !one {
			return false
		}
	}
	return len(t.Uses) > 0
}

const (
	// longLabel is the longest value of a label, and longest name of kinds that become one.
	longLabel   = 63
	longestName = 253
	// ownersNeed is how many characters of a short name have to be left for that of the
	// owner; more would be better, but names are mostly short.
	ownersNeed = 30
)

// shortNamed are kinds whose names have at most longLabel characters, by group.
var shortNamed = map[string][]string{
	"": {"Service", "Namespace"}, "batch": {"Job", "CronJob"}, "tekton.dev": {"TaskRun", "PipelineRun", "Task", "Pipeline"},
	"serving.knative.dev": {"Service", "Configuration", "Route"}, "kpack.io": {"Image", "Build"},
	v1alpha1.Group: {"Workload", "Deliverable", "Runnable"},
}

func longName(p *lint.Pass) {
	for _, t := range p.Templates {
		if t.Body == nil {
			continue
		}
		version, _ := t.Body["apiVersion"].(string)
		kind, _ := t.Body["kind"].(string)
		gv, _ := schema.ParseGroupVersion(version)
		limit := longestName - longLabel
		short := slices.Contains(shortNamed[gv.Group], kind)
		if short {
			limit = longLabel - ownersNeed
		}
		if name, ok := metadata(t.Body)["name"].(string); ok {
			if added := literals(name); ownersName(name) && added > limit {
				most := longestName
				if short {
					most = longLabel
				}
				p.Report(t.Value(lint.BodyPath+".metadata.name"), "the name adds %d characters to that of the owner, which leaves %d for it: the name of a %s has at most %d", added, most-added, kind, most)
			}
		}
		labels, _ := metadata(t.Body)["labels"].(map[string]any)
		lint.Walk(labels, lint.BodyPath+".metadata.labels", func(path string, value any) {
			if text, ok := value.(string); ok && ownersName(text) && literals(text) > longLabel-ownersNeed {
				p.Report(t.Value(path), "the label adds %d characters to the name of the owner, which leaves %d for it: values of labels have at most %d", literals(text), longLabel-literals(text), longLabel)
			}
		})
	}
}

func ownersName(text string) bool {
	for _, owner := range []string{"workload", "deliverable", "runnable"} {
		if strings.Contains(text, "$("+owner+".metadata.name)$") {
			return true
		}
	}
	return false
}

// literals counts the characters of a text outside of tags.
func literals(text string) int {
	n := 0
	for {
		before, rest, open := strings.Cut(text, "$(")
		_, after, closed := strings.Cut(rest, ")$")
		if !open || !closed {
			return n + len(text)
		}
		n += len(before)
		text = after
	}
}
