// Package stamp turns a template and a context into an object, and an object into
// health and outputs.
//
// Templates are compiled once per change: a pass never parses a tag, a path or a
// health rule again. Templates and the values that flow into them come from tenants,
// so everything here is bounded, and nothing reaches a file, a network or a clock.
//
// JSONPath expressions are parsed with client-go's parser, which defines the dialect,
// but evaluated here: its evaluator works by reflection, is not safe for concurrent
// use, and can not tell an unset field from a missing one.
package stamp
