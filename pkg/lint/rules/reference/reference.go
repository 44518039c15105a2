// Package reference holds the rules about what refers to what (REF).
package reference

import (
	"github.com/carto-run/carto/pkg/lint"
	"github.com/carto-run/carto/pkg/near"
)

// Rules of the family.
var Rules = []*lint.Rule{
	unknownTemplate, otherTemplateKind,
	unknownInputStep, wrongInputKind, duplicateStep, duplicateInput, misplacedDeployment,
	unusedTemplate,
	unknownRunTemplate, unusedRunTemplate, unknownStampedRunTemplate,
	unknownPassThrough, templateOrOptions,
}

// proposeName completes a finding about a name that is not known. It says whether there is one
// that is near to it.
func proposeName(f *lint.Finding, word string, names []string, otherwise string) bool {
	meant := near.Or(near.Names(word, names))
	if meant == "" {
		f.Do("%s", otherwise)
		return false
	}
	f.Do("write %s, if that is what was meant; else %s", meant, otherwise)
	return true
}
