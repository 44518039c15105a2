// Package lsp is a language server for blueprints, templates and owners: it speaks the Language
// Server Protocol over a stream, keeps the files of a workspace, and publishes what lint finds.
//
// It is a thin shell. What stands at a place is decided in pkg/lint/cursor, what is wrong in
// pkg/lint. The messages are the few of the protocol that are needed, written out here: the
// libraries that have them all have not followed the protocol for years.
package lsp
