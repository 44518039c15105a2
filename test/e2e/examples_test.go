package e2e

import (
	"context"
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/carto-run/carto/pkg/cli"
	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/streams"
)

// example says how a line of a command's help ends in the state of testdata/examples.
type example struct {
	// exit code; anything but 0 needs a reason.
	exit int
	// endless examples run until the test interrupts them, once they have said what they should.
	endless bool
	// changes is true for what does not leave the state as it was. All that only reads runs
	// at the same time, at the end.
	changes bool
	// without names an object (resource/name) that must not be there before.
	without string
	// says is a regular expression that the output must match; it shows that the state of
	// the examples is one in which the line does what its comment promises.
	says   string
	reason string
}

const (
	noNode     = "no node runs the agent"
	noAgent    = "no agent makes it ready"
	noTerminal = "it asks, and there is no terminal to answer on"
	noScreen   = "it draws on a terminal, and there is none"
	noEditor   = "no editor speaks to it"
	testFailed = "its tests have failed"
	foretold   = "something would change"
	watches    = "it goes on until it is interrupted"
	badChain   = "a step of the chain reads from one that is not there"
)

// examples are all lines in the help of all commands. A line that is not here fails
// TestExamples: add it, with how it ends. So does one here that no help has.
var examples = map[string]example{
	"kubectl carto install":                      {changes: true, endless: true, says: `(?s)deployment.apps/carto-agent (created|configured).*waiting for the agent`, reason: noNode},
	"kubectl carto install --shards 3":           {changes: true, endless: true, says: `(?s)deployment.apps/carto-agent (created|configured).*waiting for the agent`, reason: noNode},
	"kubectl carto install --crds-only":          {changes: true},
	"kubectl carto install --print > carto.yaml": {},
	"kubectl carto install --print-to base/":     {},
	"kubectl carto install --dry-run=server":     {says: `(server dry run)`},
	"kubectl carto install --migrate":            {exit: 2, says: "--yes answers", reason: noTerminal},
	"kubectl carto install --image registry.example/carto-agent:v1 --watch-kinds builds.acme.example": {changes: true, endless: true, says: `carto-watch-builds.acme.example created`, reason: noNode},
	"kubectl carto install --metrics-secure --network-policy":                                         {changes: true, endless: true, says: `networkpolicy.networking.k8s.io/carto-agent created`, reason: noNode},
	"kubectl carto uninstall":                      {exit: 2, reason: noTerminal},
	"kubectl carto uninstall --crds --dry-run":     {says: `11 definitions deleted`},
	"kubectl carto uninstall --crds":               {exit: 2, reason: noTerminal},
	"kubectl carto version":                        {},
	"kubectl carto lsp":                            {exit: 1, says: "without a shutdown request", reason: noEditor},
	"kubectl carto lsp --stdio":                    {exit: 1, says: "without a shutdown request", reason: noEditor},
	"kubectl carto version -o json":                {},
	"kubectl carto completion install":             {},
	"kubectl carto completion install --dir ~/bin": {},
	"kubectl carto completion install --print":     {},
	"source <(kubectl carto completion bash)":      {},
	"kubectl carto options":                        {says: `--kubeconfig`},
	"kubectl carto options | grep -e --as":         {says: `--as-group`},
	"kubectl carto doctor":                         {},
	"kubectl carto doctor -n shop -o wide":         {},

	"kubectl carto tui":                       {exit: 2, says: `use: kubectl carto tree workload --watch$`, reason: noScreen},
	"kubectl carto tui -A":                    {exit: 2, says: `use: kubectl carto tree workload --all-namespaces --watch$`, reason: noScreen},
	"kubectl carto tui workload/cart --write": {exit: 2, says: `use: kubectl carto tree workload/cart --watch$`, reason: noScreen},
	"kubectl carto tui csc --theme light":     {exit: 2, says: `use: kubectl carto supplychain list --watch$`, reason: noScreen},

	"kubectl carto tree workload/cart":                               {says: `run ← .*build`},
	"kubectl carto tree wld cart --watch --until ready --timeout 5m": {endless: true, says: "Workload/cart", reason: noAgent},
	"kubectl carto tree supplychain/web --not-ready":                 {says: "Workload/cart"},
	"kubectl carto tree pod/cart-7c9d-x2x4b --up":                    {says: `(?s)Deployment/cart.*main@sha1:1f3e`},
	"kubectl carto tree workload/cart -o dot":                        {says: `^digraph`},

	"kubectl carto why workload/cart":                           {exit: 1, says: "step test", reason: testFailed},
	"kubectl carto why workload/cart --all":                     {exit: 1, says: `(?s)web .*selected.*Params`, reason: testFailed},
	"kubectl carto why pod/cart-7c9d-x2x4b":                     {exit: 1, says: "is of step run of workload shop/cart, which is not ready", reason: testFailed},
	"kubectl carto why workload/cart -o jsonpath='{.sentence}'": {exit: 1, says: `^workload shop/cart is not ready: step test .*$`, reason: testFailed},

	"kubectl carto lint": {exit: 1, says: `^platform/chain.yaml:\d+:\d+: error: .*REF003`, reason: badChain},
	"kubectl carto lint platform --workload workload.yaml --crds crds":      {exit: 1, says: `\d+ errors?.* in 2 files`, reason: badChain},
	"kubectl carto lint platform --fix --dry-run":                           {exit: 1, says: `^-    - name: fetch # carto-lint`, reason: badChain},
	"kubectl carto lint platform -o github --fail-on warning":               {exit: 1, says: `^::error file=platform/chain.yaml,line=\d+`, reason: badChain},
	"kubectl carto lint rules":                                              {says: `^SYN002 +duplicate-key +error`},
	"kubectl carto lint rules -o wide":                                      {says: `^SYN002 +duplicate-key +error +files +no`},
	"kubectl carto lint explain REF003":                                     {says: "^REF003 unknown-input-step"},
	"kubectl carto lint explain unknown-input-step":                         {says: "^REF003 unknown-input-step"},
	"kubectl carto diff -f templates.yaml":                                  {exit: 1, says: `ConfigMap/cart-source \(step fetch\): data`, reason: foretold},
	"kubectl carto diff -f templates.yaml --affected":                       {exit: 1, says: `shop +Workload/cart +web +1 changed`, reason: foretold},
	"kubectl carto diff -f templates.yaml -l team=buy --as-owner":           {exit: 1, says: `^1 template → [0-9]+ owners`, reason: foretold},
	"kubectl carto diff --removed ClusterSourceTemplate/fetch":              {exit: 1, says: `stops: TemplatesNotFound`, reason: foretold},
	"kubectl carto diff -f templates.yaml -o jsonpath='{.summary.changed}'": {exit: 1, says: `^[1-9]`, reason: foretold},

	"kubectl carto workload list -A":            {says: "shop +cart"},
	"kubectl carto deliverable list -A -o wide": {says: "shop +cart"},

	"kubectl carto template render --ytt -f config.ytt.yaml --values-file values.yaml":                           {},
	"kubectl carto template render --ytt -f config.ytt.yaml --values-file values.yaml --value params.replicas=3": {},
	"kubectl carto template render ClusterConfigTemplate/web --workload workload.yaml --value image=nginx":       {},

	"kubectl carto render -f web/ --assume-outputs":                                                  {says: `image: <image of step build>`},
	"kubectl carto render -f web/ --observed observed.yaml -o tree":                                  {exit: 1, says: `(?s)fetch +True.*stops at step build`, reason: "nothing of the image is observed"},
	"kubectl carto render workload/cart -f web/ --assume-outputs --step run --param-yaml replicas=3": {says: "replicas: 3"},
	"kubectl carto test tests":                                      {says: "2 passed"},
	"kubectl carto test tests --run 'image/' -o junit > report.xml": {},
	"kubectl carto test tests --update":                             {says: "2 passed"},

	"kubectl carto workload create cart --git-repo https://git.example/shop/cart --git-branch main":        {without: "workloads/cart"},
	"kubectl carto workload create cart --git-repo https://git.example/shop/cart --git-branch main --wait": {without: "workloads/cart", endless: true, reason: noAgent},
	"kubectl carto workload create cart --local-path . --source-image registry.example/shop/cart-source":   {without: "workloads/cart", says: `Pushed the source: registry\.example/shop/cart-source:latest@sha256:`},
	"kubectl carto workload create -f workload.yaml --env LOG_LEVEL=debug --dry-run -o yaml":               {},
	"kubectl carto workload apply cart --git-branch next":                                                  {exit: 2, reason: noTerminal},
	"kubectl carto workload apply -f workload.yaml --yes --wait":                                           {changes: true, endless: true, says: `(?s)configured.*Workload/cart`, reason: noAgent},
	"kubectl carto workload apply -f workload.yaml --update-strategy replace":                              {exit: 2, reason: noTerminal},
}

// Examples of verbs are alike for each noun.
func init() {
	const message = ` -o jsonpath='{.status.conditions[?(@.type=="Ready")].message}'`
	for noun, of := range map[string]struct{ name, sections, step string }{
		"workload":    {"cart", "overview,source", "build"},
		"deliverable": {"cart", "overview,source", "deploy"},
		"runnable":    {"cart-test", "overview,inputs", ""},
	} {
		command := "kubectl carto " + noun + " "
		for line, e := range map[string]example{
			"list": {says: of.name},
			"list -A -l app.kubernetes.io/part-of=cart -o wide":  {says: of.name},
			"list --sort-by .metadata.creationTimestamp --watch": {endless: true, says: of.name, reason: watches},
			"get " + of.name: {says: "the tests failed"},
			"get " + of.name + " --show " + of.sections + " --watch":    {endless: true, says: of.name, reason: watches},
			"get " + of.name + " --export":                              {says: "name: " + of.name},
			"get " + of.name + message:                                  {says: "^the tests failed"},
			"tree " + of.name:                                           {says: of.name},
			"tree " + of.name + " --watch --until ready":                {endless: true, says: of.name, reason: noAgent},
			"retry " + of.name:                                          {changes: true},
			"delete " + of.name:                                         {exit: 2, reason: noTerminal},
			"delete --all -n shop --yes --wait":                         {changes: true, says: "deleted"},
			"delete -l team=buy --dry-run":                              {says: of.name + ` deleted \(dry run\)`},
			"wait " + of.name:                                           {exit: 1, says: "failed: .*the tests failed", reason: testFailed},
			"tail " + of.name:                                           {endless: true, says: `\] line of `, reason: watches},
			"tail " + of.name + " --since 1h --follow=false -o json":    {says: `"message":"line of `},
			"events " + of.name:                                         {says: "TestsFailed"},
			"events " + of.name + " --watch --types Warning --since 5m": {endless: true, says: "TestsFailed", reason: watches},
		} {
			examples[command+line] = e
		}
		if of.step == "" {
			examples[command+"tail "+of.name+" --until ready --since 0"] = example{exit: 1, says: `(?s)line of .*failed: `, reason: testFailed}
			examples[command+"tree "+of.name+" --watch"] = example{endless: true, says: of.name, reason: watches}
			examples[command+"wait "+of.name+" --for deleted"] = example{endless: true, says: of.name, reason: "nobody deletes it"}
			continue
		}
		examples[command+"retry "+of.name+" --step test"] = example{changes: true}
		examples[command+"wait "+of.name+" --for step="+of.step+" --timeout 20m"] = example{says: "step " + of.step + " ready"}
		examples[command+"tail "+of.name+" --step "+of.step+" --until ready --since 0"] = example{exit: 1, says: `(?s)` + of.step + `/.*line of .*failed: `, reason: testFailed}
	}
	for noun, name := range map[string]string{"supplychain": "web", "delivery": "staging"} {
		command := "kubectl carto " + noun + " "
		for line, e := range map[string]example{
			"list": {says: name}, "list -o wide": {says: name}, "get " + name: {says: "test"}, "get " + name + message: {},
			"get " + name + " --export":                      {says: "name: " + name},
			"get " + name + " --show overview,steps --watch": {endless: true, says: name, reason: watches},
		} {
			examples[command+line] = e
		}
	}
}

// TestExamples runs every example of every command's help as a person would type it.
func TestExamples(t *testing.T) {
	lines := knownExamples(t)
	state := newExampleState(t)
	run := exampleRunner(t, state)
	title := func(line string) string { return strings.TrimPrefix(line, "kubectl carto ") }
	reads := func(e example) bool { return !e.changes && e.without == "" }
	for _, line := range lines {
		if e := examples[line]; !reads(e) {
			t.Run(title(line), func(t *testing.T) {
				state.prepare(t, e.without)
				run(t, line, e)
			})
		}
	}
	state.prepare(t, "")
	for _, line := range lines {
		if e := examples[line]; reads(e) {
			t.Run(title(line), func(t *testing.T) {
				t.Parallel()
				run(t, line, e)
			})
		}
	}
}

// knownExamples are the lines of all help, each once; the table has to say of each, and of
// no other, how it ends.
func knownExamples(t *testing.T) []string {
	t.Helper()
	seen := map[string]bool{}
	var lines []string
	for _, line := range helpExamples() {
		if _, known := examples[line]; !known {
			t.Errorf("unknown example, add it to the table of examples_test.go: %s", line)
		} else if !seen[line] {
			lines = append(lines, line)
		}
		seen[line] = true
	}
	for _, line := range slices.Sorted(maps.Keys(examples)) {
		if !seen[line] {
			t.Errorf("no help has this example any more, remove it from the table of examples_test.go: %s", line)
		}
		if e := examples[line]; (e.exit != 0 || e.endless) && e.reason == "" {
			t.Errorf("%s: no reason why it ends as it does", line)
		}
	}
	return lines
}

// exampleRunner runs lines in folders of their own, which hold the files of
// testdata/examples/folder.
func exampleRunner(t *testing.T, state *exampleState) func(*testing.T, string, example) {
	t.Helper()
	bin := programs(t)
	kubeconfig := inNamespace(t, state.cp.Kubeconfig, "shop")
	registry := serveExampleRegistry(t)
	return func(t *testing.T, line string, e example) {
		t.Helper()
		folder := t.TempDir()
		if err := os.CopyFS(folder, os.DirFS("testdata/examples/folder")); err != nil {
			t.Fatal(err)
		}
		if err := os.CopyFS(filepath.Join(folder, "web"), os.DirFS("../../docs/examples/web")); err != nil {
			t.Fatal(err)
		}
		if err := os.Mkdir(filepath.Join(folder, "bin"), 0o755); err != nil {
			t.Fatal(err)
		}
		state.log()
		command := exec.Command("bash", "-c", line)
		command.Dir = folder
		command.Env = append([]string{"PATH=" + bin + ":" + os.Getenv("PATH"), "HOME=" + folder, "KUBECONFIG=" + kubeconfig, "LANG=C.UTF-8"}, registry...)
		code, output := runExample(t, command, e)
		want := e.exit
		if e.endless {
			want = 130
		}
		if code != want {
			t.Errorf("exit code %d, want %d (%s)\n%s", code, want, e.reason, output)
		}
		if !e.matches(output) {
			t.Errorf("nothing in the output matches %q:\n%s", e.says, output)
		}
	}
}

func (e example) matches(output string) bool {
	return regexp.MustCompile("(?m)" + e.says).MatchString(output)
}

// helpExamples are the lines of all examples, without comments.
func helpExamples() []string {
	s, _, _, _ := streams.Test() //nolint:dogsled // no command runs
	var lines []string
	var walk func(*cobra.Command)
	walk = func(c *cobra.Command) {
		for _, line := range strings.Split(strings.ReplaceAll(c.Example, "\\\n", ""), "\n") {
			if line = strings.Join(strings.Fields(line), " "); line != "" && !strings.HasPrefix(line, "#") {
				lines = append(lines, line)
			}
		}
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(cli.NewRoot(cmdutil.NewFactory("kubectl carto", s)))
	return lines
}

// programs is a folder with kubectl-carto, which is this test's own program, and with a
// stand-in for kubectl where there is none.
func programs(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// testscript.Main looks at the name under which it is called.
	if err := os.Symlink(self, filepath.Join(dir, "kubectl-carto")); err != nil {
		t.Fatal(err)
	}
	if _, err := exec.LookPath("kubectl"); err != nil {
		if err := os.WriteFile(filepath.Join(dir, "kubectl"), []byte("#!/bin/sh\nshift\nexec kubectl-carto \"$@\"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// inNamespace copies a kubeconfig, with the namespace of the examples in its context.
func inNamespace(t *testing.T, path, namespace string) string {
	t.Helper()
	config, err := clientcmd.LoadFromFile(path)
	if err != nil {
		t.Fatal(err)
	}
	config.Contexts[config.CurrentContext].Namespace = namespace
	copied := filepath.Join(t.TempDir(), "config")
	if err := clientcmd.WriteToFile(*config, copied); err != nil {
		t.Fatal(err)
	}
	return copied
}

// runExample runs a command to its end; an endless one is interrupted as by Ctrl-C as soon
// as it has said what it should.
func runExample(t *testing.T, command *exec.Cmd, e example) (code int, output string) {
	t.Helper()
	said := &heard{more: make(chan struct{}, 1)}
	command.Stdout, command.Stderr = said, said
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	signal := func(s syscall.Signal) { _ = syscall.Kill(-command.Process.Pid, s) }
	defer context.AfterFunc(ctx, func() { signal(syscall.SIGKILL) })()
	if e.endless {
		for ctx.Err() == nil && (said.String() == "" || !e.matches(said.String())) {
			select {
			case <-said.more:
			case <-ctx.Done():
			}
		}
		signal(syscall.SIGINT)
	}
	err := command.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if ctx.Err() != nil {
		t.Error("it did not end")
	}
	return command.ProcessState.ExitCode(), said.String()
}

// heard collects output, and tells when there is more.
type heard struct {
	output
	more chan struct{}
}

func (h *heard) Write(p []byte) (int, error) {
	n, err := h.output.Write(p)
	select {
	case h.more <- struct{}{}:
	default:
	}
	return n, err
}
