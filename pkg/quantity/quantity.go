// Package quantity reads quantities of Kubernetes, such as 500m and 2Gi, that somebody else wrote.
//
// The parser of apimachinery takes as long as the exponent is large: 1e-10000000 takes a second, and
// 1e-999999999 more memory than a machine has. A tenant may write either into a workload, or into
// a field that is compared with what a template sets.
package quantity

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"

	"k8s.io/apimachinery/pkg/api/resource"
)

// Pattern is that of all quantities that are read, as the CRDs demand it, with MaxLength.
const Pattern = `^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]{1,3})?$`

// MaxLength of a quantity in bytes.
const MaxLength = 64

var pattern = regexp.MustCompile(Pattern)

var errFormat = errors.New("it is no number with a unit such as m, Ki, Mi or Gi, or with an exponent of three digits at most")

// Parse reads a quantity.
func Parse(text string) (resource.Quantity, error) {
	if err := check(text); err != nil {
		return resource.Quantity{}, err
	}
	return resource.ParseQuantity(text)
}

func check(text string) error {
	switch {
	case len(text) > MaxLength:
		return fmt.Errorf("%.20q… is no quantity: it is longer than %d characters", text, MaxLength)
	case !pattern.MatchString(text):
		return fmt.Errorf("%q is no quantity: %w", text, errFormat)
	}
	return nil
}

// Check finds a quantity of a Workload that can not be read, and its field, before something decodes
// the Workload into its type. An object of another kind has none.
func Check(object map[string]any) (path string, err error) {
	if object["kind"] != "Workload" {
		return "", nil
	}
	spec, _ := object["spec"].(map[string]any)
	resources, _ := spec["resources"].(map[string]any)
	for _, part := range []string{"limits", "requests"} {
		amounts, _ := resources[part].(map[string]any)
		for _, name := range slices.Sorted(maps.Keys(amounts)) { // so that the same one is named each time
			if err := checkText(amounts[name]); err != nil {
				return "spec.resources." + part + "." + name, err
			}
		}
	}
	build, _ := spec["build"].(map[string]any)
	if path, err := checkEnv(spec["env"], "spec.env"); err != nil {
		return path, err
	}
	return checkEnv(build["env"], "spec.build.env")
}

func checkEnv(env any, path string) (string, error) {
	variables, _ := env.([]any)
	for i, v := range variables {
		variable, _ := v.(map[string]any)
		from, _ := variable["valueFrom"].(map[string]any)
		field, _ := from["resourceFieldRef"].(map[string]any)
		if err := checkText(field["divisor"]); err != nil {
			return fmt.Sprintf("%s[%d].valueFrom.resourceFieldRef.divisor", path, i), err
		}
	}
	return "", nil
}

// checkText leaves numbers alone, which are short, and what is no text to whoever knows the type.
func checkText(value any) error {
	text, ok := value.(string)
	if !ok {
		return nil
	}
	return check(text)
}

// Decodable is Check for who has no place for the path.
func Decodable(object map[string]any) error {
	if path, err := Check(object); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
