package lsp

import (
	"context"
	"fmt"
	"slices"

	"github.com/sourcegraph/jsonrpc2"

	"github.com/carto-run/carto/pkg/lint"
	"github.com/carto-run/carto/pkg/lint/cursor"
	"github.com/carto-run/carto/pkg/manifest"
)

// answer answers a request.
func (s *server) answer(ctx context.Context, r request) {
	switch r.Method {
	case "textDocument/completion":
		if at, params, ok := s.place(ctx, r); ok {
			s.reply(ctx, r, s.complete(at, params))
		}
	case "textDocument/hover":
		if at, params, ok := s.place(ctx, r); ok {
			s.reply(ctx, r, s.hover(at, params))
		}
	case "textDocument/definition":
		if at, _, ok := s.place(ctx, r); ok {
			locations := []location{}
			for _, found := range at.Definitions() {
				locations = append(locations, s.workspace.location(found))
			}
			s.reply(ctx, r, locations)
		}
	case "textDocument/codeAction":
		var params actionParams
		if s.decode(ctx, r, &params) {
			s.reply(ctx, r, s.actions(params))
		}
	default:
		s.refuse(ctx, r, jsonrpc2.CodeMethodNotFound, "the server does not know "+r.Method)
	}
}

// place decodes a request about a place.
func (s *server) place(ctx context.Context, r request) (*cursor.Cursor, placeParams, bool) {
	var params placeParams
	if !s.decode(ctx, r, &params) {
		return nil, params, false
	}
	path, ok := fileOf(params.TextDocument.URI)
	if !ok {
		s.reply(ctx, r, nil)
		return nil, params, false
	}
	if s.set == nil {
		s.set = s.workspace.set()
	}
	return cursor.At(s.set, path, s.workspace.lines(path).place(params.Position)), params, true
}

func (s *server) complete(at *cursor.Cursor, params placeParams) []completionItem {
	path, _ := fileOf(params.TextDocument.URI)
	replace := s.workspace.lines(path).span(at.Word())
	items := []completionItem{}
	for _, candidate := range at.Complete() {
		item := completionItem{Label: candidate.Text, Kind: kindValue, Detail: candidate.Detail, TextEdit: &textEdit{Range: replace, NewText: candidate.Text}}
		if candidate.About != "" {
			item.Documentation = markdown(candidate.About)
		}
		items = append(items, item)
	}
	return items
}

func (s *server) hover(at *cursor.Cursor, params placeParams) *hover {
	s.lint()
	path, _ := fileOf(params.TextDocument.URI)
	text := at.Explain(s.findingsOf(path))
	if text == "" {
		return nil
	}
	return &hover{Contents: markdown(text)}
}

func (s *server) findingsOf(path string) []*lint.Finding {
	var findings []*lint.Finding
	for _, f := range s.report.Findings {
		if f.At.File == path && f.Suppressed == "" {
			findings = append(findings, f)
		}
	}
	return findings
}

// actions are the fixes of the findings in a range.
func (s *server) actions(params actionParams) []codeAction {
	actions := []codeAction{}
	path, ok := fileOf(params.TextDocument.URI)
	if !ok {
		return actions
	}
	s.lint()
	text := s.workspace.lines(path)
	from, to := text.place(params.Range.Start), text.place(params.Range.End)
	for _, f := range s.findingsOf(path) {
		if len(f.Fix) == 0 || f.At.End.Before(from) || to.Before(f.At.Start) {
			continue
		}
		changes := map[string][]textEdit{}
		for _, edit := range f.Fix {
			uri := uriOf(edit.At.File)
			changes[uri] = append(changes[uri], textEdit{Range: s.workspace.lines(edit.At.File).span(edit.At), NewText: edit.New})
		}
		actions = append(actions, codeAction{Title: fmt.Sprintf("Fix %s: %s", f.Rule.ID, f.Rule.Title), Kind: "quickfix", Diagnostics: []diagnostic{s.diagnostic(f)}, Edit: workspaceEdit{changes}})
	}
	return actions
}

// publish lints, and tells the client the diagnostics of all files that have some, or had some.
func (s *server) publish(ctx context.Context) {
	s.lint()
	byFile := map[string][]diagnostic{}
	for _, f := range s.report.Findings {
		if f.Suppressed == "" {
			byFile[f.At.File] = append(byFile[f.At.File], s.diagnostic(f))
		}
	}
	for path := range s.published {
		if byFile[path] == nil {
			byFile[path] = []diagnostic{}
		}
	}
	for path := range s.workspace.open {
		if byFile[path] == nil {
			byFile[path] = []diagnostic{} // a client may wait for the answer to its text
		}
	}
	var paths []string
	for path := range byFile {
		paths = append(paths, path)
	}
	slices.Sort(paths)
	for _, path := range paths {
		s.published[path] = len(byFile[path]) > 0
		if !s.published[path] {
			delete(s.published, path)
		}
		s.notify(ctx, "textDocument/publishDiagnostics", diagnosticsParams{URI: uriOf(path), Version: s.workspace.open[path].version, Diagnostics: byFile[path]})
	}
	if s.workspace.complaint != "" {
		s.notify(ctx, "window/showMessage", showMessageParams{Type: severityError, Message: s.workspace.complaint})
		s.workspace.complaint = ""
	}
	if s.workspace.truncated {
		s.workspace.truncated = false
		s.notify(ctx, "window/showMessage", showMessageParams{Type: severityWarning, Message: fmt.Sprintf("%s reads the first %d files only; open a smaller folder", s.config.Name, maxFiles)})
	}
}

func (s *server) notify(ctx context.Context, method string, params any) {
	_ = s.conn.Notify(ctx, method, params) // a client that is gone shows in work
}

var severities = map[lint.Level]int{lint.Error: severityError, lint.Warning: severityWarning, lint.Info: severityInfo}

func (s *server) diagnostic(f *lint.Finding) diagnostic {
	message := f.Message
	if f.Remedy != "" {
		message += "\n" + f.Remedy
	}
	d := diagnostic{
		Range: s.workspace.lines(f.At.File).span(f.At), Severity: severities[f.Level],
		Code: f.Rule.ID, CodeDescription: &codeDescription{Href: f.Rule.URL()}, Source: s.config.Name, Message: message,
	}
	for _, evidence := range f.Evidence {
		if (evidence.At != manifest.Range{}) {
			d.Related = append(d.Related, relatedLocation{Location: s.workspace.location(evidence.At), Message: evidence.Message})
		}
	}
	return d
}
