package lint

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utiljson "k8s.io/apimachinery/pkg/util/json"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/blueprint"
	"github.com/carto-run/carto/pkg/stamp"
	"github.com/carto-run/carto/pkg/ytt"
)

// Bounds on what samples may cost. Steps bound them, so that findings are the same on any
// machine; the time is a net for what steps do not catch, far above what a sample takes on a
// busy machine.
const (
	// SampleSteps of the interpreter are far more than a body needs for small inputs, and
	// far less than the agent allows.
	SampleSteps = 500_000
	sampleTime  = stamp.DefaultYttTime
	// maxHostile is how many bodies of a set may need more than their bounds before no more
	// samples are made: each may take a second.
	maxHostile   = 10
	maxSamples   = 8 // of one template
	sampleMemory = 16 << 20
	// SampleText is what texts in samples are, the namespace of owners among them.
	SampleText = "sample"
)

// Sample is what a ytt body makes of made-up inputs that it could get.
type Sample struct {
	// Use of the template; nil when no blueprint in the set uses it.
	Use *Use
	// Owner says what the owner of the sample has: a git source.
	Owner string
	// OtherSource says that the owner has no git source: labels may keep such owners from the
	// blueprint.
	OtherSource bool
	// Documents that were rendered, and the line of the text on which each begins.
	Documents []any
	Lines     []int
	// Err is why nothing was rendered. That may be the fault of the inputs.
	Err error
	// Endless says that it would need more steps than the agent allows.
	Endless bool
}

// TooLong says that the body needs more than SampleSteps.
func (s *Sample) TooLong() bool {
	var limit *ytt.LimitError
	return errors.As(s.Err, &limit) && limit.Limit == fmt.Sprint(SampleSteps)
}

// Samples renders a ytt body with inputs that it can get where it is used. There are none
// of other bodies, of those that do not compile, and of templates in a cluster. The names of
// the owners differ; all else that is not said in Owner is the same.
func (t *Template) Samples() []Sample { return t.samples() }

// Objects are what the template is known to stamp: its body, or what a ytt body made of
// samples.
func (t *Template) Objects() []map[string]any {
	if t.Body != nil {
		return []map[string]any{t.Body}
	}
	var objects []map[string]any
	for _, sample := range t.Samples() {
		if len(sample.Documents) == 1 {
			if object, ok := sample.Documents[0].(map[string]any); ok {
				objects = append(objects, object)
			}
		}
	}
	return objects
}

// FieldInYtt is where a ytt body writes a field: the only line that writes one of that name, or
// the body as a whole.
func (t *Template) FieldInYtt(name string) Place {
	found := 0
	for i, line := range strings.Split(t.Spec.Ytt, "\n") {
		if strings.HasPrefix(strings.TrimSpace(line), name+":") {
			if found > 0 {
				return t.Key(YttPath)
			}
			found = i + 1
		}
	}
	if found == 0 {
		return t.Key(YttPath)
	}
	return t.Line(YttPath, found)
}

// sampler renders the samples of a set.
type sampler struct{ hostile atomic.Int32 }

func (s *sampler) of(t *Template) func() []Sample {
	return sync.OnceValue(func() []Sample {
		if t.Spec.Ytt == "" || t.Ytt == nil || t.Remote {
			return nil
		}
		template, err := ytt.Compile([]byte(t.Spec.Ytt), ytt.Options{Limits: ytt.Limits{Steps: SampleSteps, Memory: sampleMemory}})
		if err != nil {
			return nil
		}
		var samples []Sample
		uses := t.Uses
		if len(uses) == 0 {
			uses = []*Use{nil}
		}
		for _, use := range uses {
			for _, owner := range sampleOwners(use, t) {
				if len(samples) == maxSamples || s.hostile.Load() >= maxHostile {
					return samples
				}
				sample := renderSample(template, t, use, owner)
				samples = append(samples, sample)
				var limit *ytt.LimitError
				if errors.As(sample.Err, &limit) {
					s.hostile.Add(1)
					return samples // the others would go beyond it, too
				}
			}
		}
		return samples
	})
}

func renderSample(template *ytt.Template, t *Template, use *Use, owner sampleOwner) Sample {
	sample := Sample{Use: use, Owner: owner.about, OtherSource: owner.otherSource}
	ctx, cancel := context.WithTimeout(context.Background(), sampleTime)
	defer cancel()
	result, err := template.Render(ctx, sampleValues(t, use, owner))
	if err == nil {
		sample.Documents, err = result.Documents()
		sample.Lines = result.Lines()
	}
	sample.Err = err
	if sample.TooLong() { // it may take as long as the agent would
		ctx, cancel := context.WithTimeout(context.Background(), stamp.DefaultYttTime)
		defer cancel()
		if full, err := ytt.Compile([]byte(t.Spec.Ytt), ytt.Options{}); err == nil {
			_, err = full.Render(ctx, sampleValues(t, use, owner))
			var limit *ytt.LimitError
			sample.Endless = errors.As(err, &limit) && limit.Limit == fmt.Sprint(ytt.DefaultLimits().Steps)
		}
	}
	return sample
}

// sampleOwner is an owner that has much, or little.
type sampleOwner struct {
	about string
	view  map[string]any // as JSON
	// params says that it gives a value to each param that the body reads.
	params      bool
	otherSource bool
}

// sampleOwners are those that the selectors of the use admit.
func sampleOwners(use *Use, t *Template) []sampleOwner {
	const text = SampleText
	value := text
	git := &v1alpha1.Source{Git: &v1alpha1.GitSource{URL: &value, Ref: &v1alpha1.GitRef{Branch: &value, Tag: &value, Commit: &value}}, SubPath: &value}
	image := &v1alpha1.Source{Image: &value}
	meta := metav1.ObjectMeta{Name: text, Namespace: text, UID: text, Labels: map[string]string{}, Annotations: map[string]string{text: text}}
	ownerKind := v1alpha1.KindWorkload
	if use != nil {
		ownerKind = use.Blueprint.OwnerKind()
		for _, selector := range use.Selectors() {
			label(meta.Labels, selector)
		}
	} else if !t.CanRead("workload") && t.CanRead("deliverable") {
		ownerKind = v1alpha1.KindDeliverable
	}
	var owners []sampleOwner
	add := func(about string, params bool, source *v1alpha1.Source, built *string, more bool) {
		var typed any
		meta.Name = fmt.Sprintf("%s-%d", text, len(owners))
		if ownerKind == v1alpha1.KindDeliverable {
			typed = &v1alpha1.Deliverable{ObjectMeta: meta, Spec: v1alpha1.DeliverableSpec{Source: source}}
		} else {
			w := &v1alpha1.Workload{ObjectMeta: meta, Spec: v1alpha1.WorkloadSpec{Source: source, Image: built}}
			if more {
				env := []corev1.EnvVar{{Name: "SAMPLE", Value: text}}
				w.Spec.Env, w.Spec.Build.Env, w.Spec.Resources, w.Spec.ServiceAccountName = env, env, &corev1.ResourceRequirements{}, text
			}
			typed = w
		}
		view, err := stamp.View(typed)
		if err != nil || !admits(use, blueprint.Subject{Labels: meta.Labels, View: view}) {
			return
		}
		encoded, err := json.Marshal(typed)
		var asJSON map[string]any
		if err == nil {
			err = utiljson.Unmarshal(encoded, &asJSON)
		}
		if err == nil {
			owners = append(owners, sampleOwner{about, asJSON, params, source != git})
		}
	}
	add("a git source, and all else that it can have", true, git, nil, true)
	add("a git source, and nothing else", false, git, nil, false)
	add("an image as its source", false, image, nil, false)
	if ownerKind == v1alpha1.KindWorkload {
		add("an image that is built already", false, nil, &value, false)
	}
	add("no source", false, nil, nil, false)
	return owners
}

// label sets what a selector asks for.
func label(labels map[string]string, selector v1alpha1.Selector) {
	for key, value := range selector.MatchLabels {
		labels[key] = value
	}
	for _, r := range selector.MatchExpressions {
		switch {
		case r.Operator == metav1.LabelSelectorOpIn && len(r.Values) > 0:
			labels[r.Key] = r.Values[0]
		case r.Operator == metav1.LabelSelectorOpExists:
			if labels[r.Key] == "" {
				labels[r.Key] = SampleText
			}
		}
	}
}

func admits(use *Use, subject blueprint.Subject) bool {
	if use == nil {
		return true
	}
	ok, err := use.Blueprint.Selector.Matches(subject)
	if ok && err == nil && use.Option != nil {
		ok, err = use.Option.Selector.Matches(subject)
	}
	return ok && err == nil
}

// sampleValues are the data values of a sample (spec: reconcile §6.1).
func sampleValues(t *Template, use *Use, owner sampleOwner) map[string]any {
	params := map[string]any{}
	if use != nil {
		for name, p := range blueprint.ResolveParams(t.Params, use.Blueprint.Blueprint, use.Step, nil) {
			params[name] = p.Value
		}
	} else {
		for _, p := range t.Params {
			params[p.Name] = p.Default
		}
	}
	values := map[string]any{
		"workload": owner.view, "deliverable": owner.view, "params": params, "deployment": nil,
		"sources": map[string]any{}, "images": map[string]any{}, "configs": map[string]any{},
		"labels": map[string]any{v1alpha1.LabelResourceName: SampleText},
	}
	if owner.params {
		for _, r := range t.Reads {
			if r.Root() == "params" && len(r.Names) > 1 && params[r.Names[1]] == nil {
				params[r.Names[1]] = sampleParam(r.Names[2:])
			}
		}
	}
	for _, in := range sampleInputs(t, use) {
		addInput(values, in)
	}
	for _, of := range []blueprint.InputType{blueprint.InputSource, blueprint.InputImage, blueprint.InputConfig} {
		all := values[string(of)+"s"].(map[string]any)
		if len(all) != 1 {
			continue
		}
		for _, only := range all {
			values[string(of)] = only
			if of != blueprint.InputSource {
				values[string(of)] = only.(map[string]any)[string(of)]
			}
		}
	}
	return values
}

// sampleParam is a value that has the fields that are read of it.
func sampleParam(below []string) any {
	if len(below) == 0 {
		return SampleText
	}
	return map[string]any{below[0]: sampleParam(below[1:])}
}

// sampleInputs are those of the step, or, where nobody uses the template, those that it
// reads.
func sampleInputs(t *Template, use *Use) []blueprint.Input {
	if use != nil {
		return use.Step.Inputs
	}
	var inputs []blueprint.Input
	add := func(in blueprint.Input) {
		if !slices.Contains(inputs, in) {
			inputs = append(inputs, in)
		}
	}
	for _, r := range t.Reads {
		switch root := r.Root(); root {
		case "source", "image", "config":
			add(blueprint.Input{Type: blueprint.InputType(root), Name: SampleText})
		case "sources", "images", "configs":
			if len(r.Names) > 1 {
				add(blueprint.Input{Type: blueprint.InputType(strings.TrimSuffix(root, "s")), Name: r.Names[1]})
			}
		case "deployment":
			add(blueprint.Input{Type: blueprint.InputDeployment})
		}
	}
	return inputs
}

func addInput(values map[string]any, in blueprint.Input) {
	value := map[string]any{"name": in.Name}
	switch in.Type {
	case blueprint.InputSource, blueprint.InputDeployment:
		value["url"], value["revision"] = SampleText, SampleText
	default:
		value[string(in.Type)] = SampleText
	}
	if in.Type == blueprint.InputDeployment {
		values["deployment"] = value
		return
	}
	values[string(in.Type)+"s"].(map[string]any)[in.Name] = value
}
