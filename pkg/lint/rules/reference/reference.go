// Package reference holds the rules about what refers to what (REF).
package reference

import (
	"strconv"
	"strings"

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

// meant says which of the names a wrong one may have been meant to be: "a" or "b". It is empty
// when none is near.
func meant(word string, names []string) string {
	found := near.Names(word, names)
	for i := range found {
		found[i] = strconv.Quote(found[i])
	}
	return strings.Join(found, " or ")
}

// proposeName completes a finding about a name that is not known.
func proposeName(f *lint.Finding, word string, names []string, otherwise string) {
	if names := meant(word, names); names != "" {
		f.Do("write %s, if that is what was meant; else %s", names, otherwise)
		return
	}
	f.Do("%s", otherwise)
}
