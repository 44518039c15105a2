package file

import (
	"fmt"
	"slices"
	"strings"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/lint"
	"github.com/carto-run/carto/pkg/manifest"
	"github.com/carto-run/carto/pkg/near"
	"github.com/carto-run/carto/pkg/schema"
)

var unknownField = &lint.Rule{
	ID: "SYN003", Slug: "unknown-field", Level: lint.Error, Needs: lint.NeedsFiles,
	Title: "an object of Carto has a field that its kind does not know",
	Text: `The API server drops fields that the CRD does not know, so what the field says has no effect. (` + "`kubectl apply`" + ` refuses
it, unless it is told not to validate; GitOps tools often only warn.)

Correct the name. A field of another kind, such as an ` + "`imagePath`" + ` in a ClusterTemplate, means that the kind is wrong.`,
	Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterImageTemplate
metadata:
  name: kpack
spec:
  imagePath: .status.latestImage
  healtRule: {singleConditionType: Ready} # <-
  template: {apiVersion: kpack.io/v1alpha2, kind: Image, metadata: {name: $(workload.metadata.name)$}}
`,
	Good: `apiVersion: carto.run/v1alpha1
kind: ClusterImageTemplate
metadata:
  name: kpack
spec:
  imagePath: .status.latestImage
  healthRule: {singleConditionType: Ready}
  template: {apiVersion: kpack.io/v1alpha2, kind: Image, metadata: {name: $(workload.metadata.name)$}}
`,
	Check: func(p *lint.Pass) {
		for _, o := range p.Objects {
			for _, fault := range faults(p, o) {
				if fault.Breach != schema.UnknownField {
					continue
				}
				f := p.Report(o.Key(fault.Path), "%s %s", named(o, parent(fault)), fault.Message)
				if meant := near.Or(fault.Meant); meant != "" {
					f.Do("write %s, if that is what was meant; else remove it", meant)
				} else {
					f.Do("remove it: it has no effect")
				}
			}
		}
	},
}

var brokenValue = &lint.Rule{
	ID: "SYN004", Slug: "invalid-value", Level: lint.Error, Needs: lint.NeedsFiles, Admission: true,
	Title: "a value of an object of Carto does not fit its field",
	Text: `The API server refuses the object: a value is of another type than the CRD says, is none of those that are
allowed, breaks a limit, a required field is not there, or one excludes another. A value of another type can hide the whole object from
all rules but SYN: the finding says so then, and other findings may follow once it is corrected.

A text that YAML takes for a number or a boolean needs quotes: ` + "`\"1.10\"`, `\"true\"`, `\"on\"`" + `.`,
	Bad: `apiVersion: carto.run/v1alpha1
kind: Workload
metadata:
  name: cart
spec:
  params: {replicas: 2} # <-
  env:
  - {name: DEBUG, value: "on"}
`,
	Good: `apiVersion: carto.run/v1alpha1
kind: Workload
metadata:
  name: cart
spec:
  params: [{name: replicas, value: 2}]
  env:
  - {name: DEBUG, value: "on"}
`,
	Check: func(p *lint.Pass) {
		for _, o := range p.Objects {
			said := false
			all := faults(p, o)
			for _, fault := range all {
				if fault.Breach == schema.UnknownField {
					continue
				}
				said = true
				if saidElsewhere(fault) || isMisspelt(all, fault) {
					continue
				}
				f := p.Report(o.At(fault.Path), "%s %s", named(o, fault.Path), fault.Message)
				switch {
				case fault.Breach == schema.WrongType && strings.HasSuffix(fault.Message, "to be a text") && !strings.HasPrefix(fault.Message, "is an object") && !strings.HasPrefix(fault.Message, "is a list"):
					f.Do("write it in quotes")
				case fault.Breach == schema.MissingField:
					f.Do("add %s", fault.Field)
				case len(fault.Meant) > 0:
					f.Do("write %s, if that is what was meant", near.Or(fault.Meant))
				}
				if o.Broken != nil && fault.Breach == schema.WrongType {
					sayUnseen(f, o)
				}
			}
			if !said && o.Broken != nil && !o.Remote {
				sayUnseen(p.Report(o.Key(""), "the object can not be read: %s", withoutPlace(o)), o)
			}
		}
		for _, t := range p.Templates {
			checkCompletion(p, t)
		}
		p.Diagnosed()
	},
}

// checkCompletion wants one way to tell that a deployment is complete (spec: api V-DT).
func checkCompletion(p *lint.Pass, t *lint.Template) {
	deployment, ok := t.Typed.(*v1alpha1.ClusterDeploymentTemplate)
	if !ok {
		return
	}
	switch matches, completion := len(deployment.Spec.ObservedMatches) > 0, deployment.Spec.ObservedCompletion != nil; {
	case matches && completion:
		p.Report(t.Key("spec.observedCompletion"), "observedMatches and observedCompletion are both set").Do("remove one of them")
	case !matches && !completion:
		p.Report(t.Key("spec"), "neither observedMatches nor observedCompletion says when the deployment is complete").Do("add one of them")
	}
}

// sayUnseen tells that other rules are silent about an object, so that nobody is surprised by
// what they find when it is healed.
func sayUnseen(f *lint.Finding, o *lint.Object) {
	if f.Remedy == "" {
		f.Do("correct it")
	}
	f.Remedy += "; until then other rules do not see the " + o.Doc.Kind()
}

// faults are those of an object of Carto against its CRD. Its status is left out: nobody writes
// it by hand, and the agent that did may be newer.
func faults(p *lint.Pass, o *lint.Object) []schema.Fault {
	if o.Doc.APIVersion() != v1alpha1.GroupVersion.String() || o.Remote {
		return nil
	}
	kind := p.Schemas.Kind(v1alpha1.GroupVersion.WithKind(o.Doc.Kind()))
	if kind == nil {
		return nil // SYN005 says so
	}
	value := o.Doc.Object
	if _, has := value["status"]; has {
		value = make(map[string]any, len(o.Doc.Object))
		for key, field := range o.Doc.Object {
			if key != "status" {
				value[key] = field
			}
		}
	}
	return schema.Validate(value, kind.Schema, nil)
}

// saidElsewhere says that a rule with more knowledge reports the same.
func saidElsewhere(f schema.Fault) bool {
	body := f.Path == "spec.template" || strings.HasPrefix(f.Path, "spec.template.")
	switch {
	case f.Breach == schema.WrongType:
		return false
	case body, f.Breach == schema.MissingField:
		return body // TPL002, TPL003
	case strings.HasPrefix(f.Path, "spec.resources.limits."), strings.HasPrefix(f.Path, "spec.resources.requests."):
		return true // OWN008
	case strings.Contains(f.Path, "elector"), strings.Contains(f.Path, ".match"):
		return f.Path != "spec.selector" && !strings.HasPrefix(f.Path, "spec.healthRule") // SEL002, SEL003
	case strings.HasSuffix(f.Path, ".templateRef.options"), strings.HasSuffix(f.Path, ".templateRef.name"):
		return f.Breach == schema.OutOfLimits // REF013
	case strings.HasPrefix(f.Path, "spec.resources[") && strings.HasSuffix(f.Path, "].name") && strings.Count(f.Path, ".") == 2:
		return true // SYN008
	}
	return f.Path == "metadata.name"
}

// isMisspelt says that a missing field is there under a name like it, of which SYN003 tells.
func isMisspelt(all []schema.Fault, missing schema.Fault) bool {
	return missing.Breach == schema.MissingField && slices.ContainsFunc(all, func(f schema.Fault) bool {
		return f.Breach == schema.UnknownField && parent(f) == missing.Path && slices.Contains(f.Meant, missing.Field)
	})
}

// named names a part of an object in a sentence.
func named(o *lint.Object, path string) string {
	if path == "" {
		return "the " + o.Doc.Kind()
	}
	return path
}

// parent is the path of the object that has the unknown field of a fault.
func parent(f schema.Fault) string {
	return strings.TrimSuffix(strings.TrimSuffix(f.Path, manifest.Join("", f.Field)), ".")
}

// withoutPlace is why an object is broken, without FILE:LINE, which the finding has.
func withoutPlace(o *lint.Object) string {
	message := o.Broken.Error()
	if rest, ok := strings.CutPrefix(message, o.Doc.File+":"); ok {
		if line, rest, ok := strings.Cut(rest, ": "); ok && strings.Trim(line, "0123456789") == "" {
			return rest
		}
	}
	return fmt.Sprint(o.Broken)
}
