package lint

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"k8s.io/client-go/util/jsonpath"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/manifest"
	"github.com/carto-run/carto/pkg/schema"
	"github.com/carto-run/carto/pkg/stamp"
)

// ObjectPath is a path by which a template reads the object that it stamps.
type ObjectPath struct {
	// Name of the output that is read: url, revision, image, config, or what a run template
	// calls it. Empty for other paths.
	Name string
	// Field that holds the path: spec.urlPath.
	Field string
	// Text is the path as it is written; Path is nil when Err says that it is none.
	Text string
	Path *stamp.Path
	Err  error
}

// Outputs are the paths of the template's outputs; those that are not given are left out.
func (t *Template) Outputs() []ObjectPath { return t.outputs }

// Completion are the paths that say when a deployment is complete.
func (t *Template) Completion() []ObjectPath { return t.completion }

// Health are the paths of the health rule.
func (t *Template) Health() []ObjectPath { return t.health }

// InPath is the place of a name in a path, or of the whole when the name is not in it once.
func (t *Template) InPath(p ObjectPath, name string) Place {
	from := strings.Index(p.Text, "."+name) + 1
	if name == "" || from == 0 || from != strings.LastIndex(p.Text, "."+name)+1 {
		return t.At(p.Field)
	}
	return t.InText(p.Field, from, from+len(name))
}

// Condition is the type of the condition that the path picks, by the usual filter on
// status.conditions; empty when it does not.
func (p ObjectPath) Condition() string {
	if p.Path == nil || len(p.Path.Nodes()) < 3 {
		return ""
	}
	nodes := p.Path.Nodes()
	status, _ := nodes[0].(*jsonpath.FieldNode)
	list, _ := nodes[1].(*jsonpath.FieldNode)
	filter, _ := nodes[2].(*jsonpath.FilterNode)
	if status == nil || list == nil || filter == nil || status.Value != "status" || list.Value != "conditions" ||
		filter.Operator != "==" || len(filter.Left.Nodes) != 1 || len(filter.Right.Nodes) != 1 {
		return ""
	}
	field, _ := filter.Left.Nodes[0].(*jsonpath.FieldNode)
	text, _ := filter.Right.Nodes[0].(*jsonpath.TextNode)
	if field == nil || text == nil || field.Value != "type" {
		return ""
	}
	return text.Text
}

// LeadsTo says where a path leads in the object that the template makes. Of kinds of which
// nothing is known everything is possible.
func (s *Set) LeadsTo(t *Template, p ObjectPath) schema.Answer {
	if p.Path == nil {
		return schema.Answer{Possible: schema.Perhaps}
	}
	root := schema.Unknown
	if kind := s.StampedKind(t); kind != nil {
		root = kind.Schema
	}
	return root.At(p.Path)
}

func (t *Template) readPaths() {
	read := func(into *[]ObjectPath, name, field, text string) {
		if text == "" {
			return
		}
		p := ObjectPath{Name: name, Field: field, Text: text}
		p.Path, p.Err = stamp.ParsePath(text)
		*into = append(*into, p)
	}
	switch typed := t.Typed.(type) {
	case *v1alpha1.ClusterSourceTemplate:
		read(&t.outputs, "url", "spec.urlPath", typed.Spec.URLPath)
		read(&t.outputs, "revision", "spec.revisionPath", typed.Spec.RevisionPath)
	case *v1alpha1.ClusterImageTemplate:
		read(&t.outputs, "image", "spec.imagePath", typed.Spec.ImagePath)
	case *v1alpha1.ClusterConfigTemplate:
		read(&t.outputs, "config", "spec.configPath", typed.Spec.ConfigPath)
	case *v1alpha1.ClusterRunTemplate:
		for _, name := range slices.Sorted(maps.Keys(typed.Spec.Outputs)) {
			read(&t.outputs, name, manifest.Join("spec.outputs", name), typed.Spec.Outputs[name])
		}
	case *v1alpha1.ClusterDeploymentTemplate:
		for i, match := range typed.Spec.ObservedMatches {
			at := "spec.observedMatches[" + strconv.Itoa(i) + "]"
			read(&t.completion, "", at+".input", match.Input)
			read(&t.completion, "", at+".output", match.Output)
		}
		if observed := typed.Spec.ObservedCompletion; observed != nil {
			read(&t.completion, "", "spec.observedCompletion.succeeded.key", observed.SucceededCondition.Key)
			if failed := observed.FailedCondition; failed != nil {
				read(&t.completion, "", "spec.observedCompletion.failed.key", failed.Key)
			}
		}
	}
	if t.Spec.HealthRule == nil || t.Spec.HealthRule.MultiMatch == nil {
		return
	}
	for _, side := range t.HealthSides() {
		for i, field := range side.Rule.MatchFields {
			at := side.Field + ".matchFields[" + strconv.Itoa(i) + "]"
			read(&t.health, "", at+".key", field.Key)
			read(&t.health, "", at+".messagePath", field.MessagePath)
		}
	}
}

// HealthSide is one side of a multiMatch.
type HealthSide struct {
	// Name is healthy or unhealthy.
	Name, Field string
	Rule        v1alpha1.HealthMatchRule
}

// HealthSides are both sides of a multiMatch; none when the health rule is another.
func (t *Template) HealthSides() []HealthSide {
	rule := t.Spec.HealthRule
	if rule == nil || rule.MultiMatch == nil {
		return nil
	}
	const at = "spec.healthRule.multiMatch."
	return []HealthSide{
		{"healthy", at + "healthy", rule.MultiMatch.Healthy},
		{"unhealthy", at + "unhealthy", rule.MultiMatch.Unhealthy},
	}
}
