package render

import (
	"errors"
	"fmt"
	"strings"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/stamp"
)

// param is a param of an owner, as JSON.
type param struct {
	name  string
	value []byte
}

// readParams reads KEY=VALUE with texts, and with YAML. All faults are told.
func readParams(texts, yamls []string) ([]param, error) {
	var all []param
	var faults []error
	read := func(flag string, pairs []string, encode func(string) ([]byte, error)) {
		for _, pair := range pairs {
			key, value, ok := strings.Cut(pair, "=")
			if !ok || key == "" {
				faults = append(faults, fmt.Errorf("--%s %q is not KEY=VALUE", flag, pair))
				continue
			}
			encoded, err := encode(value)
			if err != nil {
				faults = append(faults, fmt.Errorf("--%s %s: %w", flag, pair, err))
				continue
			}
			all = append(all, param{key, encoded})
		}
	}
	read("param", texts, func(value string) ([]byte, error) { return stamp.EncodeJSON(value) })
	read("param-yaml", yamls, func(value string) ([]byte, error) { return yaml.YAMLToJSONStrict([]byte(value)) })
	return all, errors.Join(faults...)
}

// setParams puts the params of the flags in place of those of an owner.
func (o *Options) setParams(owner *owner) error {
	if len(o.params) == 0 {
		return nil
	}
	var params *[]v1alpha1.OwnerParam
	switch typed := owner.typed.(type) {
	case *v1alpha1.Workload:
		params = &typed.Spec.Params
	case *v1alpha1.Deliverable:
		params = &typed.Spec.Params
	default:
		return cmdutil.Usagef("%s %s has no params; leave --param out, or name the owners that are meant", strings.ToLower(owner.Kind), owner.Name)
	}
	for _, p := range o.params {
		// Of two with one name the last one counts.
		*params = append(*params, v1alpha1.OwnerParam{Name: p.name, Value: apiextensionsv1.JSON{Raw: p.value}})
	}
	return nil
}
