// Package lint checks blueprints, templates and owners before any cluster sees them.
//
//	set := lint.ReadFiles(files)             // documents, compiled, with the place of everything
//	report := lint.Run(set, rules.All(), lint.Options{})
//
// # How it is made
//
// A rule is a record (Rule): what it is called, how bad its findings are, what it needs, how it
// checks, what it says to people, and a good and a bad example. The records live in packages
// below rules, one for each family. Documentation, reports and tests are made from them.
//
// A rule reads a Set: the objects of the files, compiled by the packages that the agent uses
// (pkg/blueprint, pkg/stamp), so that nothing is decided twice. What those packages find wrong
// carries the ID of the rule that reports it.
//
// The package is pure: files and the cluster are read elsewhere.
package lint
