// Package output holds the rules about what templates read from the objects that they stamp (OUT).
package output

import "github.com/carto-run/carto/pkg/lint"

// Rules of the family.
var Rules = []*lint.Rule{
	invalidPath, impossiblePath, openPath, ownPath, severalValues, structuredInText, twoPlaces, completionPath,
}
