package create

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"unicode"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"sigs.k8s.io/yaml"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
)

// Fields of the form. A param is called param: and its name.
const (
	atBlueprint      = "blueprint"
	atName           = "name"
	atNamespace      = "namespace"
	atType           = "type"
	atRepository     = "repository"
	atBranch         = "branch"
	atTag            = "tag"
	atImage          = "image"
	atServiceAccount = "serviceAccount"
	atParam          = "param:"
)

// Draft is a Workload as far as it is filled in.
type Draft struct {
	Name, Namespace string
	// Labels that the selector of the chosen blueprint asks for.
	Labels map[string]string
	// Type of application, a label as well.
	Type string
	// Repository with Branch or Tag, or Image: a workload has one source.
	Repository, Branch, Tag string
	Image                   string
	ServiceAccount          string
	Params                  []Param
}

// Param of the draft; an empty value leaves it to the blueprint.
type Param struct{ Name, YAML string }

// manifest is a Workload without what only the API server fills in: the type of the API
// writes an empty status.
type manifest struct {
	metav1.TypeMeta `json:",inline"`
	Metadata        struct {
		Name      string            `json:"name"`
		Namespace string            `json:"namespace,omitempty"`
		Labels    map[string]string `json:"labels,omitempty"`
	} `json:"metadata"`
	Spec struct {
		Params             []v1alpha1.OwnerParam `json:"params,omitempty"`
		Source             *v1alpha1.Source      `json:"source,omitempty"`
		Image              string                `json:"image,omitempty"`
		ServiceAccountName string                `json:"serviceAccountName,omitempty"`
	} `json:"spec"`
}

// Manifest is the draft as YAML. What is not valid yet is left out where it can not be
// written.
func (d *Draft) Manifest() string {
	m := manifest{TypeMeta: metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: v1alpha1.KindWorkload}}
	m.Metadata.Name, m.Metadata.Namespace, m.Metadata.Labels = d.Name, d.Namespace, d.labels()
	m.Spec.Image, m.Spec.ServiceAccountName = d.Image, d.ServiceAccount
	if d.Repository != "" {
		m.Spec.Source = &v1alpha1.Source{Git: &v1alpha1.GitSource{URL: &d.Repository}}
		if d.Branch != "" || d.Tag != "" {
			m.Spec.Source.Git.Ref = &v1alpha1.GitRef{Branch: unlessEmpty(d.Branch), Tag: unlessEmpty(d.Tag)}
		}
	}
	for _, p := range d.Params {
		if raw, err := value(p.YAML); err == nil && raw != nil {
			m.Spec.Params = append(m.Spec.Params, v1alpha1.OwnerParam{Name: p.Name, Value: apiextensionsv1.JSON{Raw: raw}})
		}
	}
	data, err := json.Marshal(m)
	if err == nil {
		data, err = yaml.JSONToYAML(data)
	}
	if err != nil {
		return fmt.Sprintf("# cannot be written: %v\n", err) // Faults knows the character
	}
	return string(data)
}

// labels of the blueprint, and the type.
func (d *Draft) labels() map[string]string {
	labels := maps.Clone(d.Labels)
	if d.Type != "" {
		if labels == nil {
			labels = map[string]string{}
		}
		labels[v1alpha1.LabelWorkloadType] = d.Type
	}
	return labels
}

// Faults of the draft by field. They are those that can be known here; the API server has
// the last word.
func (d *Draft) Faults() map[string]string {
	faults := map[string]string{}
	check := func(at, text, missing string, valid func(string) []string) {
		if text == "" && missing != "" {
			faults[at] = missing
		} else if text != "" {
			for _, msg := range valid(text) {
				// The rest of the message is a regular expression.
				faults[at], _, _ = strings.Cut(msg, " (e.g. ")
				break
			}
		}
	}
	check(atName, d.Name, "a name is needed", ownerName)
	check(atNamespace, d.Namespace, "a namespace is needed", validation.IsDNS1123Label)
	check(atType, d.Type, "", validation.IsValidLabelValue)
	check(atServiceAccount, d.ServiceAccount, "", validation.IsDNS1123Subdomain)
	for at, text := range map[string]string{atRepository: d.Repository, atBranch: d.Branch, atTag: d.Tag, atImage: d.Image} {
		check(at, text, "", word)
	}
	if asked, ok := d.Labels[v1alpha1.LabelWorkloadType]; ok && d.Type != "" && d.Type != asked {
		faults[atType] = fmt.Sprintf("the blueprint asks for the type %s", asked)
	}
	switch {
	case d.Repository != "" && d.Image != "":
		faults[atImage] = "a workload has one source: a repository or an image"
	case d.Repository == "" && d.Image == "":
		faults[atRepository] = "a source is needed: a repository, or an image"
	case d.Repository != "" && d.Branch == "" && d.Tag == "":
		faults[atBranch] = "a repository needs a branch or a tag"
	}
	for at, text := range map[string]string{atBranch: d.Branch, atTag: d.Tag} {
		if text != "" && d.Repository == "" {
			faults[at] = "it belongs to a repository, and there is none"
		}
	}
	for _, p := range d.Params {
		if _, err := value(p.YAML); err != nil {
			faults[atParam+p.Name] = err.Error()
		}
	}
	return faults
}

// ownerName is valid for an object, and for the label with it on all that is stamped.
func ownerName(name string) []string {
	faults := validation.IsDNS1123Subdomain(name)
	if len(name) > validation.LabelValueMaxLength {
		faults = append(faults, fmt.Sprintf("it is longer than %d characters", validation.LabelValueMaxLength))
	}
	return faults
}

// word can be the URL of a repository, the name of a branch or of an image: there are so
// many kinds of them that only a slip of the fingers is found here.
func word(text string) []string {
	if strings.ContainsFunc(text, unicode.IsSpace) {
		return []string{"it has a space in it"}
	}
	if strings.ContainsFunc(text, func(c rune) bool { return !unicode.IsPrint(c) }) {
		return []string{"it has a character that can not be printed"}
	}
	return nil
}

// value of a param as JSON; nil for an empty text, which sets nothing.
func value(text string) ([]byte, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	raw, err := yaml.YAMLToJSONStrict([]byte(text))
	if err != nil {
		reason := strings.TrimPrefix(err.Error(), "yaml: ")
		return nil, fmt.Errorf("not valid YAML: %s", strings.TrimPrefix(reason, "line 1: "))
	}
	if string(raw) == "null" && strings.HasPrefix(strings.TrimSpace(text), "#") {
		return nil, errors.New("to YAML this is a comment; put it in quotes")
	}
	if _, err := yaml.JSONToYAML(raw); err != nil {
		return nil, errors.New("it has a character that YAML can not hold")
	}
	return raw, nil
}

func unlessEmpty(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
