// Package ytt renders ytt templates in the process: YAML with Starlark in its comments.
// It knows nothing of Carto.
//
//	template, err := ytt.Compile(text, ytt.Options{})   // once; share it
//	result, err := template.Render(ctx, values)          // often
//	objects, err := result.Objects()
//
// # How it works
//
// The text is read into a tree with lines (reader), and each comment is given to a node
// by lines alone (comments). The tree is flattened into calls in document order, with the
// author's code between them (emit): nesting of YAML becomes no nesting of code, so a
// block may open in one map and close in another. Blocks that close with "end" become
// blocks by indentation (blocks), the syntax tree gets contexts for functions that make
// YAML and guards for whatever may cost much in one step (rewrite), and go.starlark.net
// compiles it. A render runs the program; a machine rebuilds a tree from the calls.
//
// # What it refuses
//
// Templates and values are not trusted. There is no way to files, the network, the
// environment or the clock. Steps, depth, memory, nodes, output and time are bounded
// (Limits), also where the interpreter can not be interrupted: see guards.
//
// # What was considered
//
// Starting the ytt binary for each render costs milliseconds and megabytes, and a path to
// find it on. A YAML parser of our own would give comments with their lines at once, and
// would be one more to get right; the one of yaml.v3 with a scanner for comments gives
// the same. Nested code for nested YAML reads better, but could not have blocks that
// cross nodes.
package ytt
