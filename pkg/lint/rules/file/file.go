// Package file holds the rules about files and single documents (SYN).
package file

import "github.com/carto-run/carto/pkg/lint"

// Rules of the family.
var Rules = []*lint.Rule{
	unreadable, duplicateKey,
	unknownField, brokenValue,
	unknownKind, duplicateObject, skipped, unusableName,
}
