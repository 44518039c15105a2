package cli

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/fake"
	"sigs.k8s.io/yaml"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/streams"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var workloads = schema.GroupResource{Group: "carto.run", Resource: "workloads"}

func TestExitCode(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		reason string
		err    error
		want   int
	}{
		{"done", nil, 0},
		{"no answer to the question", &cmdutil.CouldNotRunError{Err: apierrors.NewNotFound(workloads, "cart")}, 2},
		{"interrupted before the answer", &cmdutil.CouldNotRunError{Err: context.Canceled}, 130},
		{"a flag is wrong", cmdutil.Usagef("x"), 2},
		{"several flags are wrong", cmdutil.Usage([]error{errors.New("a"), nil, errors.New("b")}), 2},
		{"the answer is no", fmt.Errorf("wrapped: %w", cmdutil.Findingf("x")), 1},
		{"printed already", cmdutil.ErrSilent, 1},
		{"interrupted", fmt.Errorf("read: %w", context.Canceled), 130},
		{"not found", apierrors.NewNotFound(workloads, "cart"), 1},
		{"exists", apierrors.NewAlreadyExists(workloads, "cart"), 1},
		{"refused as it is", apierrors.NewBadRequest("x"), 1},
		{"conflict", apierrors.NewConflict(workloads, "cart", errors.New("x")), 1},
		{"the kind is not installed", apierrors.NewNotFound(workloads, ""), 2},
		{"no permission", apierrors.NewForbidden(workloads, "cart", errors.New("x")), 2},
		{"no credentials", apierrors.NewUnauthorized("x"), 2},
		{"no cluster", errors.New("connection refused"), 2},
	} {
		if got := ExitCode(tc.err); got != tc.want {
			t.Errorf("%s: got %d, want %d", tc.reason, got, tc.want)
		}
	}
}

func TestProgramName(t *testing.T) {
	t.Parallel()
	for argv0, want := range map[string]string{
		"/usr/bin/kubectl-carto": "kubectl carto", "kubectl-carto.exe": "kubectl carto",
		"carto": "carto", "./bin/kubectl-carto_dev": "kubectl carto-dev",
	} {
		if got := ProgramName(argv0); got != want {
			t.Errorf("%s: got %q, want %q", argv0, got, want)
		}
	}
}

// newFactory is a factory over objects instead of a cluster.
func newFactory(t *testing.T, tty bool, objects ...runtime.Object) (f *cmdutil.Factory, out, errOut *bytes.Buffer) {
	t.Helper()
	s, _, out, errOut := streams.Test()
	if tty {
		s.SetTTY(80, 24)
	}
	f = cmdutil.NewFactory("kubectl carto", s)
	f.Clock = func() time.Time { return time.Date(2026, 1, 1, 1, 0, 0, 0, time.UTC) }
	f.Namespace = func() (string, bool, error) {
		if *f.Config.Namespace != "" {
			return *f.Config.Namespace, true, nil
		}
		return "shop", false, nil
	}
	client := fake.NewSimpleDynamicClientWithCustomListKinds(runtime.NewScheme(), map[schema.GroupVersionResource]string{
		{Group: "carto.run", Version: "v1alpha1", Resource: "workloads"}:                      "WorkloadList",
		{Group: "carto.run", Version: "v1alpha1", Resource: "clustersupplychains"}:            "ClusterSupplyChainList",
		{Group: "carto.run", Version: "v1alpha1", Resource: "deliverables"}:                   "DeliverableList",
		{Group: "carto.run", Version: "v1alpha1", Resource: "runnables"}:                      "RunnableList",
		{Group: "carto.run", Version: "v1alpha1", Resource: "clusterdeliveries"}:              "ClusterDeliveryList",
		{Group: "tekton.dev", Version: "v1", Resource: "taskruns"}:                            "TaskRunList",
		{Version: "v1", Resource: "pods"}:                                                     "PodList",
		{Group: "apps", Version: "v1", Resource: "replicasets"}:                               "ReplicaSetList",
		{Version: "v1", Resource: "namespaces"}:                                               "NamespaceList",
		{Version: "v1", Resource: "events"}:                                                   "EventList",
		{Version: "v1", Resource: "serviceaccounts"}:                                          "ServiceAccountList",
		{Group: "rbac.authorization.k8s.io", Version: "v1", Resource: "roles"}:                "RoleList",
		{Group: "rbac.authorization.k8s.io", Version: "v1", Resource: "rolebindings"}:         "RoleBindingList",
		{Group: "rbac.authorization.k8s.io", Version: "v1", Resource: "clusterroles"}:         "ClusterRoleList",
		{Group: "rbac.authorization.k8s.io", Version: "v1", Resource: "clusterrolebindings"}:  "ClusterRoleBindingList",
		{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"}: "CustomResourceDefinitionList",
		{Group: "carto.run", Version: "v1alpha1", Resource: "clustersourcetemplates"}:         "ClusterSourceTemplateList",
		{Group: "carto.run", Version: "v1alpha1", Resource: "clusterimagetemplates"}:          "ClusterImageTemplateList",
		{Group: "carto.run", Version: "v1alpha1", Resource: "clusterconfigtemplates"}:         "ClusterConfigTemplateList",
		{Group: "carto.run", Version: "v1alpha1", Resource: "clusterdeploymenttemplates"}:     "ClusterDeploymentTemplateList",
		{Group: "carto.run", Version: "v1alpha1", Resource: "clustertemplates"}:               "ClusterTemplateList",
		{Group: "carto.run", Version: "v1alpha1", Resource: "clusterruntemplates"}:            "ClusterRunTemplateList",
	}, objects...)
	serveApply(client)
	f.Dynamic = func() (dynamic.Interface, error) { return client, nil }
	f.Mapper = func() (meta.RESTMapper, error) {
		mapper := meta.NewDefaultRESTMapper(nil)
		for _, kind := range []schema.GroupVersionKind{{Version: "v1", Kind: "Pod"}, {Group: "apps", Version: "v1", Kind: "Deployment"}} {
			mapper.Add(kind, meta.RESTScopeNamespace)
		}
		return mapper, nil
	}
	return f, out, errOut
}

// TestHelp walks the whole command tree: each command explains itself with at least two
// real examples, and no flag's help is empty.
func TestHelp(t *testing.T) {
	t.Parallel()
	f, _, _ := newFactory(t, false)
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		if cmd.Name() != "help" {
			if cmd.Short == "" {
				t.Errorf("%s has no short help", cmd.CommandPath())
			}
			examples := 0
			for _, l := range strings.Split(cmd.Example, "\n") {
				if strings.Contains(l, "kubectl carto ") && !strings.HasPrefix(strings.TrimSpace(l), "#") {
					examples++
				}
			}
			if examples < 2 {
				t.Errorf("%s has %d examples, want two", cmd.CommandPath(), examples)
			}
			if !strings.HasPrefix(cmd.CommandPath(), "kubectl carto") {
				t.Errorf("%q is not how it is called", cmd.CommandPath())
			}
		}
		for _, c := range cmd.Commands() {
			walk(c)
		}
	}
	walk(NewRoot(f))
}

// TestShortHelp: the flags of the program are in the help of one command only.
func TestShortHelp(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]bool{"options": true, "--help": false, "tree --help": false, "workload get --help": false, "workload": false} {
		f, out, _ := newFactory(t, false)
		if code := Run(t.Context(), f, strings.Fields(args)); code != ExitOK {
			t.Errorf("%s: exit code %d", args, code)
		}
		if got := strings.Contains(out.String(), "--kubeconfig"); got != want {
			t.Errorf("%s: has the flags of all commands: %t", args, got)
		}
		if !want && !strings.Contains(out.String(), "kubectl carto options") {
			t.Errorf("%s: does not say where they are:\n%s", args, out)
		}
	}
}

// TestBadFlags lists every command with something wrong: all end with 2, say so on
// standard error and leave standard output empty.
func TestBadFlags(t *testing.T) {
	t.Parallel()
	for _, args := range []string{
		"nonsense", "--nonsense", "install x", "install --timeout 0", "install --timeout", "install --image=a&b",
		"install --replicas 0", "install --shards 1", "install --shards -1", "install --shards 2 --replicas 2", "install --watch-kinds a.b/c", "install --watch-kinds *", "install --dry-run=perhaps", "install --print --print-to x", "install --migrate",
		"install --crds-only --migrate --yes", "install --print --dry-run", "uninstall x", "uninstall", "uninstall --crds", "uninstall --yes --timeout 0",
		"version -o xml", "version x", "lsp x", "lsp --port 1", "completion", "completion tcsh", "tree", "tree a b c", "tree cart", "tree nonsense/x", "tree pod", "tree csc",
		"tree workload/a b", "tree workload/a -l a=b", "tree workload -l !", "tree workload/a -A", "tree workload -A -n x", "tree workload --up",
		"tree pod/x pod/y --up", "tree pod/x --up --step a", "tree workload/a --depth -1", "tree workload/a --deep --watch", "tree csc/web --deep",
		"tree csc/web --watch --until ready", "tree workload/a --watch -o mermaid", "tree workload/a -o jsonpath={", "tree pod/x --watch --until ready",
		"tree workload/", "tree workload/a/b", "tree workload/a -o png", "tree workload/a --until ready", "tree workload.apps/a",
		"workload nonsense", "workload create", "workload create a b", "workload create a -l x", "workload create a --wait-timeout 0",
		"workload create a --dry-run --wait", "workload create a -o nonsense", "workload create a --image x --git-tag y",
		"workload create a --git-repo x", "workload create a --sub-path x", "workload create a -f nothere.yaml",
		"workload create a -e =x", "workload create a --build-env x", "workload create a --param-yaml x={",
		"workload create a --git-repo x --git-branch y --maven-group z", "workload create a --local-path .", "workload create a -s x --registry-token y",
		"workload create a -i x --limit-cpu lots", "workload create a -i x --limit-cpu 1 --request-cpu 2", "workload create a -i x --service-ref b=c",
		"workload create a -i x --env-from-secret b=c", "workload create a --maven-group g", "workload create -f -", "workload create a -i x --delay -1s", "workload create a -i x --field-manager=",
		"workload apply", "workload apply a -i x", "workload apply a -i x -y --update-strategy replace", "workload apply a -y --update-strategy x", "workload apply a b -y",
		"workload list x", "workload list -o nonsense", "workload list -l !", "workload list -n a -A",
		"workload list --field-selector x", "workload list --app a/b", "workload list --sort-by {", "workload list --show-labels -o json",
		"workload list -L team -o name", "workload list --output-watch-events", "workload list -w --output-watch-events", "workload list -L ,",
		"runnable list --app shop", "workload list -o custom-columns=NAME",
		"workload get", "workload get a b", "workload get a -o nonsense", "workload get a -o jsonpath={",
		"workload get a/b", "workload get a --show nonsense", "workload get a --show pods -o json", "workload get a --export -w",
		"workload get a --output-watch-events", "workload get a -w --output-watch-events", "workload get a -o custom-columns=x",
		"workload get a -o custom-columns-file=not/there", "runnable get a --show steps",
		"supplychain delete a", "supplychain list -A", "delivery get", "runnable retry a --step x", "runnable create",
		"why", "why cart", "why workload/", "why /cart", "why workload/a/b", "why workload/a b", "why a b c", "why workload/a -o name", "why workload/a -o nonsense",
		"why workload/a --show nonsense", "why workload/a --all --show params",
		"tui nonsense", "tui workload/a b", "tui workload a b c", "tui pod/a", "tui clustertemplate", "tui workload/a workload/b", "tui -A -n x", "tui workload/a -A", "tui --theme pink", "tui",
		"render", "render workload/a", "render a -f x.yaml", "render workload/ -f x.yaml", "render csc/web -f x.yaml", "render -f nothere.yaml", "render -f - --observed -",
		"render -f x.yaml -o nonsense", "render -f x.yaml -o jsonpath={", "render -f x.yaml --param a", "render -f x.yaml --param-yaml a={", "render pod/a -f x.yaml", "render run/lonely -f testdata/render/faults.yaml -p a=b",
		"doctor x", "doctor -o xml", "doctor --timeout 0", "completion install x", "completion install --print --dir x", "version -v=x",
		"deliverable tree a/b", "deliverable tree", "runnable retry a/b", "workload tree a b/c",
		"workload delete", "workload delete a", "workload delete a --all -y", "workload delete a/b -y", "workload delete a -y --wait-timeout 0",
		"workload delete a -l x -y", "workload delete -l ! -y", "workload delete a -f x.yaml -y", "workload delete -f nothere.yaml -y", "workload delete -f -",
		"workload delete a -y --cascade sideways", "workload delete a --dry-run=perhaps", "workload delete a --dry-run --wait", "workload delete a -y -o json",
		"workload wait", "workload wait a b", "workload wait a/b", "workload wait a --for x", "workload wait a --for step=", "workload wait a --timeout -1s",
		"workload wait a --stalled-after -1s", "runnable wait a --for step=x",
		"workload tail", "workload tail a b", "workload tail a/b", "workload tail a -o yaml", "workload tail a --until gone", "workload tail a --until ready --previous",
		"workload tail a --previous --follow", "workload tail a --timeout 1s", "workload tail a --since -1s", "workload tail a --max-streams 0", "runnable tail a --step x",
		"diff", "diff -f a.yaml -A -n x", "diff -f a.yaml --concurrency 0", "diff -f a.yaml -l !", "diff -f - -", "diff -f a.yaml -o xml", "diff --removed x", "diff -f a.yaml --as ada --as-owner", "diff --removed Workload/a",
		"diff --removed ClusterTemplate/a/b", "diff -f nothere.yaml",
		"workload events", "workload events a b", "workload events a/b", "workload events a --types Bad", "workload events a --since -1s", "workload events a -o x", "runnable events a --step x",
		"lint nothere", "lint -o xml", "lint --fail-on never", "lint --fail-on off", "lint --level off", "lint --rule XYZ123", "lint --disable unknown-input-stpe", "lint - -f -", "lint - --workload -",
		"lint - --fix", "lint --dry-run", "lint --write-baseline", "lint --config nothere.yaml", "lint --baseline nothere.json", "lint testdata/lint/config",
		"lint --kubernetes-version new", "lint --target-version 1", "lint testdata/lint/empty", "lint testdata/lint/a testdata/lint/b",
		"lint rules x", "lint rules -o xml", "lint explain", "lint explain REF999 STY",
		"test -o xml", "test --parallel -1", "test --run [", "test nothere", "test testdata/objects.yaml", "test testdata/suite/none", "test testdata/suite --run nothing",
		"test testdata --root testdata/suite", "test testdata --root nothere", "test --parallel x",
	} {
		t.Run(args, func(t *testing.T) {
			t.Parallel()
			f, out, errOut := newFactory(t, false)
			if code := Run(t.Context(), f, strings.Fields(args)); code != ExitCouldNotRun {
				t.Errorf("exit code %d", code)
			}
			if out.Len() > 0 || !strings.HasPrefix(errOut.String(), "error: ") {
				t.Errorf("stdout %q, stderr %q", out, errOut)
			}
		})
	}
}

// goldens are the commands whose whole output is kept, by the name of the file.
var goldens = map[string]struct {
	args string
	code int
}{
	"list":       {"workload list", 0},
	"list-all":   {"workload list -A -o wide", 0},
	"list-name":  {"workload list -o name", 0},
	"get":        {"workload get cart", 0},
	"get-none":   {"workload get nope", 1},
	"get-near":   {"workload get crat", 1},
	"get-show":   {"workload get cart --show messages,steps", 0},
	"get-wide":   {"workload get cart -o wide", 0},
	"export":     {"workload get cart --export", 0},
	"columns":    {"workload get cart -o custom-columns=NAME:.metadata.name,STEPS:.status.resources[*].name", 0},
	"tree":       {"tree workload/cart", 0},
	"why":        {"why workload/cart", 1},
	"why-all":    {"why workload/cart --all", 1},
	"why-near":   {"why workload/crat", 1},
	"create":     {"workload create new --git-repo https://git.example/x --git-tag v1 --yes", 0},
	"dry-run":    {"workload create new --image x -p a=b --dry-run", 0},
	"delete":     {"workload delete nope cart --yes", 1},
	"delete-dry": {"workload delete cart --dry-run -o name", 0},
	"apply":      {"workload apply cart --env A=1 --image x --yes", 0},
	"unchanged":  {"workload apply cart --yes", 0},
	"group":      {"workload", 0},

	"wait-none": {"workload wait nope", 1},
	"wait-near": {"workload wait crat", 1},
	"wait-like": {"workload wait wld/nope --for=delete", 0},
	"wait-gone": {"workload wait nope --for deleted", 0},
	"wait-step": {"workload wait cart --for step=fetch", 0},

	"why-json":         {"why workload/cart -o json", 1},
	"why-sentence":     {"why workload/cart -o jsonpath={.sentence}", 1},
	"why-deliverable":  {"why dlv cart", 1},
	"why-runnable":     {"why runnable/cart-test", 1},
	"why-delivery":     {"why delivery/staging", 1},
	"supplychain-list": {"csc list", 0},
	"supplychain-get":  {"supplychain get service-path", 0},
	"delivery-list":    {"delivery list -o wide", 0},
	"delivery-get":     {"delivery get staging", 0},
	"deliverable-list": {"dlv list -A -o wide", 0},
	"deliverable-get":  {"deliverable get cart", 0},
	"deliverable-tree": {"deliverable tree cart", 0},
	"runnable-list":    {"runnable list -o wide", 0},
	"runnable-get":     {"runnable get cart-test", 0},
	"render":           {"template render --ytt -f testdata/body.ytt.yaml --value name=cart", 0},
	"render-fails":     {"template render --ytt -f testdata/body.ytt.yaml --value nome=cart", 1},
	"runnable-tree":    {"runnable tree cart-test", 0},

	"chain":          {"render -f ../../docs/examples/web --assume-outputs", 0},
	"chain-observed": {"render -f ../../docs/examples/web --observed testdata/render/observed.yaml -o tree", 1},
	"chain-inner":    {"render wld/by-runnable -f ../../docs/examples/testing --assume-outputs -o tree", 0},
	"chain-step":     {"render workload/cart -f ../../docs/examples/web --assume-outputs --step run --param-yaml replicas=3 -o jsonpath={.items[*].spec.replicas}", 0},
	"chain-name":     {"render -f ../../docs/examples/delivery --assume-outputs -o name", 0},
	"chain-options":  {"render -f ../../docs/examples/options --assume-outputs -o name -n other", 0},
	"chain-none":     {"render -f ../../docs/examples/web/workload.yaml -f ../../docs/examples/options/supply-chain.yaml", 1},
	"chain-faults":   {"render -f testdata/render/faults.yaml", 1},
	"chain-broken":   {"render -f testdata/render/broken.yaml", 1},
	"chain-no-owner": {"render -f ../../docs/examples/web/templates.yaml", 1},
	"chain-no-step":  {"render -f ../../docs/examples/web --step fetsch", 1},
	"chain-params":   {"render -f ../../docs/examples/web --assume-outputs -o name -p registry=mine -p nothing=x --param-yaml replicas=2", 0},
	"chain-near":     {"render workload/crat -f ../../docs/examples/web", 1},
	"runnable-retry": {"runnable retry cart-test", 0},

	"tree-supplychain": {"tree csc/platform", 0},
	"tree-not-ready":   {"tree csc/platform --not-ready -o wide", 0},
	"tree-list-one":    {"tree workload -A --not-ready -l app=shop -o jsonpath={.kind}", 0},
	"tree-list-none":   {"tree deliverable -n tokyo", 0},
	"tree-list":        {"tree wld -A -l app=shop", 0},
	"tree-nested":      {"tree workload/shop", 0},
	"tree-step":        {"tree workload/shop --step deliver --depth 2", 0},
	"tree-kind":        {"tree workload/shop --kind pod -o name", 0},
	"tree-object":      {"tree deployment/shop", 0},
	"tree-several":     {"tree workload/shop workload/cart -o jsonpath={.items[*].owner.name}", 0},
	"tree-up":          {"tree pod/shop-1-a --up", 0},
	"tree-up-stranger": {"tree pod/stranger --up", 0},
	"tree-mermaid":     {"tree workload/shop -o mermaid", 0},
	"tree-dot":         {"tree workload/shop --depth 1 -o dot", 0},
	"tree-template":    {"tree workload/shop -o go-template={{.rootCause.step}}", 0},
	"tree-none":        {"tree pod/nope", 1},

	"runnable-delete": {"runnable delete cart-test -y", 0},

	// Few rules: what others find in these files is theirs to show.
	"lint":         {"lint testdata/lint/platform --rule REF003,SYN002,STY003", 1},
	"lint-compact": {"lint testdata/lint/platform -o compact --fail-on warning --rule REF003,SYN002,STY003", 1},
	"lint-github":  {"lint testdata/lint/platform -o github --rule REF003,SYN002,STY003 --disable unknown-input-step", 1},
	"lint-json":    {"lint testdata/lint/platform -o json --rule idle-suppression,duplicate-key", 1},
	"lint-sarif":   {"lint testdata/lint/platform/chain.yaml -o sarif --rule SYN002", 1},
	"lint-junit":   {"lint testdata/lint/platform -o junit --fail-on warning --rule REF003,SYN002,STY003", 1},
	"lint-clean":   {"lint -f testdata/lint/platform/clean.yaml --rule SYN002", 0},
	"lint-quiet":   {"lint testdata/lint/platform/clean.yaml -q --rule SYN002", 0},
	"lint-dry-run": {"lint testdata/lint/platform --fix --dry-run --rule REF003,SYN002,STY003", 1},
	"lint-unread":  {"lint testdata/lint/platform nothere.yaml neither.yaml --rule SYN002", 2},
	"lint-config":  {"lint testdata/lint/a --rule SYN002", 0},
	"lint-rules":   {`lint rules -o jsonpath={.items[?(@.id=="SYN002")].title}`, 0},
	"lint-explain": {"lint explain syn002", 0},
	"test":         {"test testdata/suite/fails", 1},
	"test-run":     {"test testdata/suite/fails --run fine", 0},
	"test-broken":  {"test testdata/suite/broken", 2},
	"test-json":    {"test testdata/suite/fails --run value|chain -o json", 1},
	"test-junit":   {"test testdata/suite/fails testdata/suite/broken -o junit", 2},
	"test-focus":   {"test testdata/suite/focus", 0},
	"test-strict":  {"test testdata/suite/focus --fail-on-focus", 1},
}

// goldensElsewhere are commands without one here, and why.
var goldensElsewhere = map[string]string{
	"options":    "its flags are those of a library",
	"completion": "the scripts are cobra's",
	"install":    "its manifests are generated, and the rest needs a real cluster: the scripts of test/e2e/testdata/install",
	"uninstall":  "needs a real cluster: the scripts of test/e2e/testdata/install",
	"events":     "has goldens of its own: TestEvents",
	"lsp":        "speaks with editors: the tests of pkg/lsp do, by the protocol",
	"diff":       "asks the API server for dry runs: the printers have goldens, the rest the scripts of test/e2e/agent",
	"doctor":     "has goldens of its own, with a cluster in its worst state",
	"tail":       "logs come from nodes: its own tests, and those with a real API server",
	"tui":        "takes the screen: its own tests, and those of pkg/tui",
	"version":    "says what machine this is: the script misc.txtar",
}

// TestEveryCommandHasAGolden walks the command tree.
func TestEveryCommandHasAGolden(t *testing.T) {
	t.Parallel()
	f, _, _ := newFactory(t, false)
	root := NewRoot(f)
	shown := map[string]bool{}
	for _, tc := range goldens {
		if cmd, _, err := root.Find(strings.Fields(tc.args)); err == nil {
			shown[cmd.Name()] = true // a verb does the same for every noun
		}
	}
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		if !cmd.HasSubCommands() && !shown[cmd.Name()] && goldensElsewhere[cmd.Name()] == "" && cmd.Name() != "help" {
			t.Errorf("%s has no golden", cmd.CommandPath())
		}
		for _, sub := range cmd.Commands() {
			walk(sub)
		}
	}
	walk(root)
}

// passing is what a terminal shows only while a command takes long, as on a busy machine.
var passing = regexp.MustCompile(`\r\x1b\[K[^\r\n]*`)

// TestGolden runs commands over the objects of testdata/objects.yaml, with and without a
// terminal.
func TestGolden(t *testing.T) {
	t.Parallel()
	for name, tc := range goldens {
		for _, tty := range []bool{false, true} {
			file := name + ".golden"
			if tty {
				file = name + ".tty.golden"
			}
			t.Run(file, func(t *testing.T) {
				t.Parallel()
				f, out, errOut := newFactory(t, tty, objects(t)...)
				if code := Run(t.Context(), f, strings.Fields(tc.args)); code != tc.code {
					t.Errorf("exit code %d, want %d", code, tc.code)
				}
				golden(t, file, fmt.Sprintf("%s-- stderr --\n%s", out, passing.ReplaceAll(errOut.Bytes(), nil)))
			})
		}
	}
}

// objects of all files testdata/objects*.yaml.
func objects(t *testing.T) []runtime.Object {
	t.Helper()
	files, err := filepath.Glob("testdata/objects*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no objects", err)
	}
	var all []runtime.Object
	for _, file := range files {
		all = append(all, objectsOf(t, file)...)
	}
	return all
}

func objectsOf(t *testing.T, path string) []runtime.Object {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var all []runtime.Object
	for _, doc := range strings.Split(string(data), "\n---\n") {
		raw, err := yaml.YAMLToJSON([]byte(doc))
		if err != nil {
			t.Fatal(err)
		}
		obj := &unstructured.Unstructured{}
		if err := obj.UnmarshalJSON(raw); err != nil {
			t.Fatal(path, err)
		}
		all = append(all, obj)
	}
	return all
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if home, err := os.UserHomeDir(); err == nil {
		got = strings.ReplaceAll(got, home+"/", "~/") // the help of kubectl's own flags
	}
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; run with -update and look at the difference\ngot:\n%s\nwant:\n%s", path, got, want)
	}
}

// TestErrorsHostile: errors quote what others wrote, and must not steer the terminal.
func TestErrorsHostile(t *testing.T) {
	t.Parallel()
	f, _, errOut := newFactory(t, true)
	f.Dynamic = func() (dynamic.Interface, error) { return nil, errors.New("the registry says\n\x1b]0;title\a") }
	if code := Run(t.Context(), f, []string{"workload", "list"}); code != ExitCouldNotRun {
		t.Errorf("exit code %d", code)
	}
	if got := errOut.String(); strings.ContainsAny(got, "\x1b\a") || !strings.Contains(got, "says\n") {
		t.Errorf("got %q", got)
	}
}
