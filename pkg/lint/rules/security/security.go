// Package security holds the rules about what harm a blueprint can do (SEC).
package security

import (
	"slices"
)

// Rules of the family.
var Rules = slices.Concat(secretRules, shellRules, podRules)
