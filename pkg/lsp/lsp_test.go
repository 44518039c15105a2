package lsp

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/sourcegraph/jsonrpc2"

	"github.com/carto-run/carto/pkg/lint/rules"
	"github.com/carto-run/carto/pkg/manifest"
)

const chain = `apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: web}
spec:
  selector: {type: web}
  params:
  - {name: registry, value: registry.example}
  resources:
  - name: source
    templateRef: {kind: ClusterSourceTemplate, name: git}
  - name: image
    templateRef: {kind: ClusterImageTemplate, name: kaniko}
    sources:
    - {name: code, resource: source}
`

const templates = `apiVersion: carto.run/v1alpha1
kind: ClusterSourceTemplate
metadata: {name: git}
spec:
  urlPath: .status.artifact.url
  revisionPath: .status.artifact.revision
  template:
    apiVersion: source.toolkit.fluxcd.io/v1
    kind: GitRepository
    metadata: {name: $(workload.metadata.name)$}
    spec:
      url: $(workload.spec.source.git.url)$
---
apiVersion: carto.run/v1alpha1
kind: ClusterImageTemplate
metadata: {name: kaniko}
spec:
  imagePath: .status.image
  params:
  - {name: registry, default: docker.io}
  template:
    apiVersion: example.com/v1
    kind: Build
    metadata: {name: $(workload.metadata.name)$}
    spec:
      tag: "é𝄞 $(params.registry)$/app"
      source: $(sources.code.url)$
`

// client is an editor.
type client struct {
	t           *testing.T
	conn        *jsonrpc2.Conn
	dir         string
	diagnostics chan diagnosticsParams
	watched     chan string
	ended       chan error
}

func (c *client) Handle(_ context.Context, _ *jsonrpc2.Conn, r *jsonrpc2.Request) {
	if r.Method == "client/registerCapability" {
		var asked registrations
		if err := json.Unmarshal(*r.Params, &asked); err != nil {
			c.t.Error(err)
		}
		c.watched <- asked.Registrations[0].Options.Watchers[0].Glob
	}
	if r.Method != "textDocument/publishDiagnostics" {
		return
	}
	var params diagnosticsParams
	if err := json.Unmarshal(*r.Params, &params); err != nil {
		c.t.Error(err)
	}
	c.diagnostics <- params
}

// edit starts a server and an editor in a folder with these files.
func edit(t *testing.T, files map[string]string) *client {
	t.Helper()
	c := &client{t: t, dir: t.TempDir(), diagnostics: make(chan diagnosticsParams, 100), watched: make(chan string, 1), ended: make(chan error, 1)}
	for name, text := range files {
		path := filepath.Join(c.dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	here, there := net.Pipe()
	go func() {
		c.ended <- Serve(t.Context(), there, Config{Rules: rules.All(), Name: "carto", Version: "v0"})
	}()
	c.conn = jsonrpc2.NewConn(t.Context(), jsonrpc2.NewBufferedStream(here, jsonrpc2.VSCodeObjectCodec{}), c)
	t.Cleanup(func() { _ = c.conn.Close() })
	return c
}

func (c *client) call(method string, params, result any) error {
	ctx, cancel := context.WithTimeout(c.t.Context(), 30*time.Second)
	defer cancel()
	return c.conn.Call(ctx, method, params, result)
}

func (c *client) mustCall(method string, params, result any) {
	c.t.Helper()
	if err := c.call(method, params, result); err != nil {
		c.t.Fatalf("%s: %v", method, err)
	}
}

func (c *client) notify(method string, params any) {
	c.t.Helper()
	if err := c.conn.Notify(c.t.Context(), method, params); err != nil {
		c.t.Fatalf("%s: %v", method, err)
	}
}

func (c *client) uri(name string) string { return uriOf(filepath.Join(c.dir, name)) }

func (c *client) initialize() {
	c.t.Helper()
	var result initializeResult
	c.mustCall("initialize", map[string]any{"rootUri": uriOf(c.dir), "capabilities": map[string]any{
		"workspace": map[string]any{"didChangeWatchedFiles": map[string]any{"dynamicRegistration": true}},
	}}, &result)
	if result.ServerInfo.Name != "carto" || !result.Capabilities.HoverProvider {
		c.t.Errorf("the server introduces itself as %+v", result)
	}
	c.notify("initialized", map[string]any{})
	select {
	case glob := <-c.watched:
		if !strings.Contains(glob, "yaml") {
			c.t.Errorf("the server wants to hear of %s", glob)
		}
	case <-time.After(30 * time.Second):
		c.t.Error("the server does not ask for changes on disk")
	}
}

func (c *client) shows(name, text string) {
	c.t.Helper()
	c.notify("textDocument/didOpen", map[string]any{"textDocument": map[string]any{"uri": c.uri(name), "version": 1, "text": text, "languageId": "yaml"}})
}

func (c *client) types(name string, version int, text string) {
	c.t.Helper()
	c.notify("textDocument/didChange", map[string]any{
		"textDocument":   map[string]any{"uri": c.uri(name), "version": version},
		"contentChanges": []map[string]any{{"text": text}},
	})
}

// await returns the first diagnostics of a file that satisfy a wish.
func (c *client) await(name string, wish func([]diagnostic) bool) []diagnostic {
	c.t.Helper()
	deadline := time.After(30 * time.Second)
	for {
		select {
		case params := <-c.diagnostics:
			if params.URI == c.uri(name) && wish(params.Diagnostics) {
				return params.Diagnostics
			}
		case <-deadline:
			c.t.Fatalf("the diagnostics of %s did not come", name)
		}
	}
}

func has(code string) func([]diagnostic) bool {
	return func(all []diagnostic) bool {
		return slices.ContainsFunc(all, func(d diagnostic) bool { return d.Code == code })
	}
}

func hasNot(code string) func([]diagnostic) bool {
	return func(all []diagnostic) bool { return !has(code)(all) }
}

// at asks about the place of a mark in a text, some characters into it.
func (c *client) at(name, text, mark string, further int) placeParams {
	c.t.Helper()
	before, _, ok := strings.Cut(text, mark)
	if !ok {
		c.t.Fatalf("%s has no %q", name, mark)
	}
	line := strings.Count(before, "\n")
	last := before[strings.LastIndex(before, "\n")+1:]
	units := 0
	for _, r := range last + mark[:further] {
		units++
		if r > 0xFFFF {
			units++
		}
	}
	return placeParams{TextDocument: textDocument{URI: c.uri(name)}, Position: position{Line: line, Character: units}}
}

// TestDiagnostics: what lint finds appears with the text, follows it, and goes away.
func TestDiagnostics(t *testing.T) {
	t.Parallel()
	c := edit(t, map[string]string{"chain.yaml": strings.Replace(chain, "resource: source", "resource: sorce", 1), "sub/templates.yaml": templates, ".git/x.yaml": "a: ["})
	c.initialize()
	found := c.await("chain.yaml", has("REF003")) // nobody has opened the file yet
	for _, d := range found {
		if d.Code == "REF003" && (d.Severity != severityError || d.Range.Start.Line != 13 && d.Range.Start.Line != 10 || d.Message == "" || d.Source != "carto") {
			t.Errorf("the diagnostic is %+v", d)
		}
	}
	c.shows("chain.yaml", chain)
	c.await("chain.yaml", hasNot("REF003"))
	c.types("chain.yaml", 2, strings.Replace(chain, "resource: source", "resource: nowhere", 1))
	c.await("chain.yaml", has("REF003"))
	c.notify("textDocument/didClose", map[string]any{"textDocument": map[string]any{"uri": c.uri("chain.yaml")}})
	if err := os.WriteFile(filepath.Join(c.dir, "chain.yaml"), []byte(chain), 0o600); err != nil {
		t.Fatal(err)
	}
	c.notify("workspace/didChangeWatchedFiles", map[string]any{"changes": []map[string]any{{"uri": c.uri("chain.yaml"), "type": 2}}})
	c.await("chain.yaml", hasNot("REF003"))
}

// TestBrokenText: what is wrong with the text itself is told too.
func TestBrokenText(t *testing.T) {
	t.Parallel()
	c := edit(t, nil)
	c.initialize()
	c.shows("chain.yaml", chain+"kind: ClusterDelivery\n")
	c.await("chain.yaml", has("SYN002"))
	c.types("chain.yaml", 2, chain+"  spec: [\n")
	c.await("chain.yaml", has("SYN001"))
	c.types("chain.yaml", 3, chain)
	c.await("chain.yaml", func(all []diagnostic) bool { return hasNot("SYN001")(all) && hasNot("SYN002")(all) })
}

// TestCompletion: names that can stand at the cursor.
func TestCompletion(t *testing.T) {
	t.Parallel()
	c := edit(t, map[string]string{"chain.yaml": chain, "templates.yaml": templates})
	c.initialize()
	for _, tc := range []struct {
		why, file, text, mark string
		further               int
		want, not             []string
	}{
		{"roots of a tag, those that the steps give", "templates.yaml", templates, "$(sources", 2, []string{"workload", "params", "sources", "source", "labels"}, []string{"deliverable", "images", "deployment", "runnable"}},
		{"inputs by name", "templates.yaml", templates, "$(sources.code", len("$(sources."), []string{"code"}, nil},
		{"parts of an input", "templates.yaml", templates, "$(sources.code.url", len("$(sources.code."), []string{"url", "revision"}, nil},
		{"params, behind wide characters", "templates.yaml", templates, "$(params.registry", len("$(params.re"), []string{"registry"}, nil},
		{"fields of the owner", "templates.yaml", templates, "$(workload.spec.source.git", len("$(workload.spec."), []string{"source", "image", "env", "params"}, []string{"template"}},
		{"fields deeper in the owner", "templates.yaml", templates, "$(workload.spec.source.git", len("$(workload.spec.source."), []string{"git", "image", "subPath"}, nil},
		{"templates of the step's kind", "chain.yaml", chain, "name: kaniko", len("name: "), []string{"kaniko"}, []string{"git"}},
		{"steps whose output fits", "chain.yaml", chain, "resource: source", len("resource: "), []string{"source"}, []string{"image"}},
		{"params of the templates", "chain.yaml", chain, "{name: registry", len("{name: "), []string{"registry"}, nil},
		{"nothing where nothing is known", "chain.yaml", chain, "type: web", len("type: "), nil, []string{"web", "kaniko"}},
	} {
		var items []completionItem
		c.mustCall("textDocument/completion", c.at(tc.file, tc.text, tc.mark, tc.further), &items)
		var labels []string
		for _, item := range items {
			labels = append(labels, item.Label)
		}
		for _, want := range tc.want {
			if !slices.Contains(labels, want) {
				t.Errorf("%s: %v lacks %s", tc.why, labels, want)
			}
		}
		for _, not := range tc.not {
			if slices.Contains(labels, not) {
				t.Errorf("%s: %v has %s", tc.why, labels, not)
			}
		}
	}
	var items []completionItem
	c.mustCall("textDocument/completion", c.at("templates.yaml", templates, "$(params.registry", len("$(params.reg")), &items)
	from := len(`      tag: "XYY $(params.`) // é is one code unit, 𝄞 are two
	if got := items[0].TextEdit.Range; got.Start.Character != from || got.End.Character != from+len("registry") {
		t.Errorf("the word that is replaced is %+v, want it from %d", got, from)
	}
}

// TestHover: the text of the rule that finds something, and what a value is.
func TestHover(t *testing.T) {
	t.Parallel()
	broken := strings.Replace(chain, "resource: source", "resource: sorce", 1)
	c := edit(t, map[string]string{"chain.yaml": broken, "templates.yaml": templates})
	c.initialize()
	found := c.await("chain.yaml", has("REF003"))
	at := found[slices.IndexFunc(found, func(d diagnostic) bool { return d.Code == "REF003" })].Range.Start
	for _, tc := range []struct {
		why  string
		at   placeParams
		want []string
	}{
		{"a finding has the text of its rule", placeParams{textDocument{URI: c.uri("chain.yaml")}, at}, []string{"**REF003**", "An input names the step whose output it is"}},
		{"a param has its default and who replaces it", c.at("templates.yaml", templates, "params.registry", 9), []string{`"docker.io"`, `"registry.example"`, "whatever owners say"}},
		{"a field of the owner has its type", c.at("templates.yaml", templates, "workload.spec.source.git.url", len("workload.spec.source.git.u")), []string{"workload.spec.source.git.url", "string"}},
		{"a reference has the template", c.at("chain.yaml", chain, "name: kaniko", 7), []string{"**kaniko** ClusterImageTemplate", "output image: `.status.image`"}},
	} {
		var answer *hover
		c.mustCall("textDocument/hover", tc.at, &answer)
		for _, want := range tc.want {
			if answer == nil || !strings.Contains(answer.Contents.Value, want) {
				t.Errorf("%s: %+v lacks %q", tc.why, answer, want)
			}
		}
	}
}

// TestDefinition: from a use to what it uses.
func TestDefinition(t *testing.T) {
	t.Parallel()
	c := edit(t, map[string]string{"chain.yaml": chain, "templates.yaml": templates})
	c.initialize()
	line := func(text, mark string) int {
		before, _, _ := strings.Cut(text, mark)
		return strings.Count(before, "\n")
	}
	for _, tc := range []struct {
		why  string
		at   placeParams
		file string
		line int
	}{
		{"a template", c.at("chain.yaml", chain, "name: kaniko", 8), "templates.yaml", line(templates, "{name: kaniko}")},
		{"a step", c.at("chain.yaml", chain, "resource: source", 12), "chain.yaml", line(chain, "- name: source")},
		{"an input", c.at("templates.yaml", templates, "sources.code.url", 9), "chain.yaml", line(chain, "- {name: code")},
		{"a param", c.at("templates.yaml", templates, "params.registry", 9), "templates.yaml", line(templates, "- {name: registry")},
		{"the declaration of a param that a blueprint supplies", c.at("chain.yaml", chain, "{name: registry", 8), "templates.yaml", line(templates, "- {name: registry")},
	} {
		var found []location
		c.mustCall("textDocument/definition", tc.at, &found)
		if len(found) == 0 || found[0].URI != c.uri(tc.file) || found[0].Range.Start.Line != tc.line {
			t.Errorf("%s is at %+v, want %s, line %d", tc.why, found, tc.file, tc.line)
		}
	}
}

// TestConversation: the rules of the protocol.
func TestConversation(t *testing.T) {
	t.Parallel()
	refused := func(err error, code int64) bool {
		var answer *jsonrpc2.Error
		return errors.As(err, &answer) && answer.Code == code
	}
	c := edit(t, nil)
	if err := c.call("textDocument/hover", placeParams{}, nil); !refused(err, -32002) {
		t.Errorf("a request before initialize: %v", err)
	}
	c.initialize()
	if err := c.call("textDocument/rename", map[string]any{}, nil); !refused(err, jsonrpc2.CodeMethodNotFound) {
		t.Errorf("an unknown request: %v", err)
	}
	if err := c.call("textDocument/hover", []int{1}, nil); !refused(err, jsonrpc2.CodeInvalidParams) {
		t.Errorf("a request with broken parameters: %v", err)
	}
	var answer any
	c.mustCall("textDocument/hover", placeParams{TextDocument: textDocument{URI: "untitled:Untitled-1"}}, &answer)
	c.mustCall("textDocument/hover", placeParams{TextDocument: textDocument{URI: c.uri("none.yaml")}, Position: position{Line: 99, Character: 99}}, &answer)
	c.mustCall("shutdown", nil, nil)
	if err := c.call("textDocument/hover", placeParams{}, nil); !refused(err, jsonrpc2.CodeInvalidRequest) {
		t.Errorf("a request after shutdown: %v", err)
	}
	c.notify("exit", nil)
	if err := <-c.ended; err != nil {
		t.Errorf("after shutdown and exit: %v", err)
	}
	rude := edit(t, nil)
	rude.initialize()
	_ = rude.conn.Close()
	if err := <-rude.ended; !errors.Is(err, ErrNoShutdown) {
		t.Errorf("a client that goes away: %v", err)
	}
}

// TestConfiguration: the levels of the workspace's configuration hold, also while it changes.
func TestConfiguration(t *testing.T) {
	t.Parallel()
	c := edit(t, map[string]string{
		"chain.yaml":       strings.Replace(chain, "resource: source", "resource: sorce", 1),
		".carto-lint.yaml": "rules: {REF003: info}\n",
	})
	c.initialize()
	is := func(severity int) func([]diagnostic) bool {
		return func(all []diagnostic) bool {
			return slices.ContainsFunc(all, func(d diagnostic) bool { return d.Code == "REF003" && d.Severity == severity })
		}
	}
	c.await("chain.yaml", is(severityInfo))
	if err := os.WriteFile(filepath.Join(c.dir, ".carto-lint.yaml"), []byte("rules: {REF003: warning}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c.notify("workspace/didChangeWatchedFiles", map[string]any{"changes": []map[string]any{{"uri": c.uri(".carto-lint.yaml"), "type": 2}}})
	c.await("chain.yaml", is(severityWarning))
}

// TestExcluded: nothing is said about files that the configuration excludes, which others can refer to all the same.
func TestExcluded(t *testing.T) {
	t.Parallel()
	c := edit(t, map[string]string{
		"chain.yaml":          strings.Replace(chain, "name: kaniko", "name: kanico", 1),
		"other/templates.yml": strings.Replace(templates, "$(sources.code.url)$", "$(source)", 1),
		".carto-lint.yaml":    "exclude: [{path: other/**, reason: they belong to others}]\n",
	})
	c.initialize()
	for _, d := range c.await("chain.yaml", has("REF001")) {
		if d.Code == "REF001" && !strings.Contains(d.Message, `"kaniko"`) {
			t.Errorf("the excluded template is not proposed: %s", d.Message)
		}
	}
	c.shows("chain.yaml", chain)
	c.await("chain.yaml", hasNot("REF001"))
	select {
	case params := <-c.diagnostics:
		t.Errorf("there are diagnostics of %s: %v", params.URI, params.Diagnostics)
	default:
	}
}

// TestFix: an action heals what lint can heal.
func TestFix(t *testing.T) {
	t.Parallel()
	text := chain + "# carto-lint: ignore REF003 because it was red\n"
	c := edit(t, map[string]string{"templates.yaml": templates})
	c.initialize()
	c.shows("chain.yaml", text)
	found := c.await("chain.yaml", has("STY003"))
	at := found[slices.IndexFunc(found, func(d diagnostic) bool { return d.Code == "STY003" })].Range
	var actions []codeAction
	c.mustCall("textDocument/codeAction", actionParams{textDocument{URI: c.uri("chain.yaml")}, at}, &actions)
	if len(actions) != 1 || actions[0].Kind != "quickfix" || len(actions[0].Edit.Changes[c.uri("chain.yaml")]) == 0 {
		t.Errorf("the actions are %+v", actions)
	}
}

// TestPositions: columns are counted in the units of the protocol and back, on long lines too, and
// whatever ends them; thousands of them at once.
func TestPositions(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é𝄞x\u0301", 100_000)
	l := linesOf("a\r" + long + "\r\nb")
	if l.at(0) != "a" || l.at(2) != "b" {
		t.Errorf("the lines are %.5q and %.5q", l.at(0), l.at(2))
	}
	units, column := 0, 1
	for _, r := range long {
		at := manifest.Position{Line: 2, Column: column}
		if got := l.position(at); got != (position{1, units}) {
			t.Fatalf("column %d is at %v, want %d", column, got, units)
		}
		if column%40_000 < 4 {
			if back := l.place(position{1, units}); back != at {
				t.Fatalf("%d units are at %v, want %v", units, back, at)
			}
		}
		column++
		units += utf16.RuneLen(r)
	}
	for _, p := range []position{l.position(manifest.Position{Line: 2, Column: column + 500}), l.position(manifest.Position{Line: 2, Column: column})} {
		if p != (position{1, units}) {
			t.Errorf("the end is at %v, want %d", p, units)
		}
	}
	if got := l.place(position{-1, -1}); got != (manifest.Position{Line: 0, Column: 1}) {
		t.Errorf("nowhere is %v", got)
	}
}

// TestManyDiagnostics: a file with thousands of findings is not divided into lines for each.
func TestManyDiagnostics(t *testing.T) {
	t.Parallel()
	const many = 20_000
	c := edit(t, map[string]string{"a.yaml": "apiVersion: v1\nkind: ConfigMap\ndata:\n" + strings.Repeat("  a: b\n", many)})
	c.mustCall("initialize", map[string]any{"rootUri": uriOf(c.dir)}, nil)
	select {
	case got := <-c.diagnostics:
		if len(got.Diagnostics) < many-1 {
			t.Errorf("%d diagnostics", len(got.Diagnostics))
		}
	case <-time.After(30 * time.Second):
		t.Error("no diagnostics after 30 seconds")
	}
}
