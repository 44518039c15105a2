package lsp

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"path/filepath"
	"time"

	"github.com/sourcegraph/jsonrpc2"

	"github.com/carto-run/carto/pkg/lint"
	"github.com/carto-run/carto/pkg/lint/config"
	"github.com/carto-run/carto/pkg/manifest"
)

// Config of a server.
type Config struct {
	// Rules to apply; their levels are those of the configuration in a folder.
	Rules []*lint.Rule
	// Name and Version that the server tells its client.
	Name, Version string
}

// lintDelay is how long the server waits for further key presses before it lints.
const lintDelay = 150 * time.Millisecond

// ErrNoShutdown says that the client went away without saying so.
var ErrNoShutdown = errors.New("the client ended without a shutdown request")

// Serve speaks with one client until it says exit, the stream ends, or the context does.
func Serve(ctx context.Context, stream io.ReadWriteCloser, config Config) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s := &server{config: config, workspace: newWorkspace(config.Rules), requests: make(chan request), published: map[string]bool{}}
	conn := jsonrpc2.NewConn(ctx, jsonrpc2.NewBufferedStream(stream, jsonrpc2.VSCodeObjectCodec{}), receiver(s.requests))
	s.conn = conn
	defer func() { _ = conn.Close() }() // it may be closed already
	return s.work(ctx, conn.DisconnectNotify())
}

// request is a message of the client, on its way to the one goroutine that has the state.
type request struct {
	conn *jsonrpc2.Conn
	*jsonrpc2.Request
}

// receiver hands messages over in their order, which the protocol demands of changes.
type receiver chan request

// Handle is called for one message after the other.
func (r receiver) Handle(ctx context.Context, conn *jsonrpc2.Conn, message *jsonrpc2.Request) {
	select {
	case r <- request{conn, message}:
	case <-ctx.Done():
	}
}

// server has the state of a conversation; one goroutine works on it.
type server struct {
	config    Config
	conn      *jsonrpc2.Conn
	requests  chan request
	workspace *workspace

	ready, shutdown bool
	// watches says that the client reports changes on disk to servers that ask for them.
	watches bool
	// set and report of the texts as they are; nil after a change.
	set    *lint.Set
	report *lint.Report
	// published are the files that have diagnostics at the client.
	published map[string]bool
}

var errExit = errors.New("exit")

func (s *server) work(ctx context.Context, gone <-chan struct{}) error {
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-gone:
			if s.shutdown {
				return nil
			}
			return ErrNoShutdown
		case <-timer.C:
			s.publish(ctx)
		case r := <-s.requests:
			changed, err := s.receive(ctx, r)
			switch {
			case errors.Is(err, errExit) && s.shutdown:
				return nil
			case errors.Is(err, errExit):
				return ErrNoShutdown
			case changed:
				s.set, s.report = nil, nil
				clear(s.workspace.split)
				timer.Reset(lintDelay)
			}
		}
	}
}

// receive handles one message, and says whether texts have changed.
func (s *server) receive(ctx context.Context, r request) (changed bool, err error) {
	switch r.Method {
	case "exit":
		return false, errExit
	case "initialize":
		var params initializeParams
		if !s.decode(ctx, r, &params) {
			return false, nil
		}
		s.ready = true
		s.watches = params.Capabilities.Workspace.DidChangeWatchedFiles.DynamicRegistration
		s.openFolders(params)
		s.reply(ctx, r, s.initialized())
		return true, nil
	}
	switch {
	case !s.ready && !r.Notif:
		s.refuse(ctx, r, -32002, "the server is not initialized")
		return false, nil
	case s.shutdown && !r.Notif:
		s.refuse(ctx, r, jsonrpc2.CodeInvalidRequest, "the server is shut down")
		return false, nil
	case !s.ready || s.shutdown:
		return false, nil
	}
	if r.Method == "shutdown" {
		s.shutdown = true
		s.reply(ctx, r, nil)
		return false, nil
	}
	if r.Notif {
		if r.Method == "initialized" {
			s.watch(ctx)
		}
		return s.notified(r), nil
	}
	s.answer(ctx, r)
	return false, nil
}

func (s *server) openFolders(params initializeParams) {
	folders := params.WorkspaceFolders
	if len(folders) == 0 && params.RootURI != "" {
		folders = []workspaceFolder{{URI: params.RootURI}}
	}
	for _, folder := range folders {
		if path, ok := fileOf(folder.URI); ok {
			s.workspace.add(path)
		}
	}
}

// watch asks the client to tell of files that change on disk. Whether it will is its own
// affair, so nobody waits for the answer.
func (s *server) watch(ctx context.Context) {
	if s.watches {
		_, _ = s.conn.DispatchCall(ctx, "client/registerCapability", registrations{[]registration{{
			ID: "files", Method: "workspace/didChangeWatchedFiles", Options: watchOptions{[]watcher{{Glob: "**/*.{yaml,yml,json}"}}},
		}}})
	}
}

func (s *server) initialized() initializeResult {
	c := capabilities{
		PositionEncoding:   "utf-16",
		TextDocumentSync:   syncOptions{OpenClose: true, Change: syncFull, Save: false},
		CompletionProvider: completeOptions{TriggerCharacters: []string{".", "("}},
		HoverProvider:      true, DefinitionProvider: true, CodeActionProvider: true,
	}
	c.Workspace.WorkspaceFolders.Supported, c.Workspace.WorkspaceFolders.ChangeNotifications = true, true
	return initializeResult{Capabilities: c, ServerInfo: serverInfo{Name: s.config.Name, Version: s.config.Version}}
}

// notified handles a notification; one that is unknown or broken is ignored, as the protocol
// wants it.
func (s *server) notified(r request) (changed bool) {
	switch r.Method {
	case "textDocument/didOpen":
		var params openParams
		if path, ok := s.document(r, &params, &params.TextDocument); ok {
			s.workspace.open[path] = document{params.TextDocument.Text, params.TextDocument.Version}
			return true
		}
	case "textDocument/didChange":
		var params changeParams
		if path, ok := s.document(r, &params, &params.TextDocument); ok && len(params.ContentChanges) > 0 {
			last := params.ContentChanges[len(params.ContentChanges)-1]
			s.workspace.open[path] = document{last.Text, params.TextDocument.Version}
			return true
		}
	case "textDocument/didClose":
		var params closeParams
		if path, ok := s.document(r, &params, &params.TextDocument); ok {
			delete(s.workspace.open, path)
			if s.workspace.covers(path) {
				s.workspace.read(path)
			}
			return true
		}
	case "workspace/didChangeWatchedFiles":
		var params watchedFilesParams
		if json.Unmarshal(parameters(r), &params) != nil {
			return false
		}
		for _, change := range params.Changes {
			path, ok := fileOf(change.URI)
			switch {
			case !ok:
			case filepath.Base(path) == config.Name:
				s.workspace.configure(filepath.Dir(path))
				changed = true
			case manifest.IsManifest(path) && s.workspace.covers(path):
				s.workspace.read(path)
				changed = true
			}
		}
	case "workspace/didChangeWorkspaceFolders":
		var params foldersParams
		if json.Unmarshal(parameters(r), &params) != nil {
			return false
		}
		for _, folder := range params.Event.Removed {
			if path, ok := fileOf(folder.URI); ok {
				s.workspace.remove(path)
			}
		}
		for _, folder := range params.Event.Added {
			if path, ok := fileOf(folder.URI); ok {
				s.workspace.add(path)
			}
		}
		return true
	}
	return changed
}

// document decodes parameters that name a document, and gives its path.
func (s *server) document(r request, params any, named *textDocument) (string, bool) {
	if json.Unmarshal(parameters(r), params) != nil {
		return "", false
	}
	return fileOf(named.URI)
}

func parameters(r request) []byte {
	if r.Params == nil {
		return nil
	}
	return *r.Params
}

func (s *server) decode(ctx context.Context, r request, params any) bool {
	if err := json.Unmarshal(parameters(r), params); err != nil {
		s.refuse(ctx, r, jsonrpc2.CodeInvalidParams, "cannot read the parameters of "+r.Method+": "+err.Error())
		return false
	}
	return true
}

// reply answers a request. A client that is gone shows in work.
func (s *server) reply(ctx context.Context, r request, result any) {
	_ = r.conn.Reply(ctx, r.ID, result)
}

func (s *server) refuse(ctx context.Context, r request, code int64, message string) {
	_ = r.conn.ReplyWithError(ctx, r.ID, &jsonrpc2.Error{Code: code, Message: message})
}

// lint brings set and report up to the texts.
func (s *server) lint() {
	if s.set == nil {
		s.set = s.workspace.set()
	}
	if s.report == nil {
		s.report = lint.Run(s.set, s.config.Rules, s.workspace.options())
	}
}
