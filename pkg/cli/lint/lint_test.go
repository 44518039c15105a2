package lint

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/fake"
	clienttesting "k8s.io/client-go/testing"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/streams"
	"github.com/carto-run/carto/pkg/lint"
	"github.com/carto-run/carto/pkg/lint/config"
	"github.com/carto-run/carto/pkg/lint/rules"
	"github.com/carto-run/carto/pkg/manifest"
)

// options are those of a command that was given arguments.
func options(t *testing.T, args ...string) (o *Options, errOut *bytes.Buffer) {
	t.Helper()
	s, _, _, errOut := streams.Test()
	cmd := NewCmdLint(cmdutil.NewFactory("kubectl carto", s), func(_ context.Context, got *Options) error {
		o = got
		return nil
	})
	cmd.SetArgs(args)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	if err := cmd.ExecuteContext(t.Context()); err != nil {
		t.Fatalf("%q: %v", args, err)
	}
	return o, errOut
}

// tree writes files below a new folder: names and their texts.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// TestRead: what is found in folders, and what could not be read.
func TestRead(t *testing.T) {
	t.Parallel()
	root := tree(t, map[string]string{
		"a.yaml": "", "b.yml": "", "c.json": "", "D.YAML": "", "readme.md": "", ".hidden.yaml": "", ".git/x.yaml": "", "vendor/x.yaml": "", "node_modules/x.yaml": "",
		"deep/er/x.yaml": "", "owner.txt": "", "made/x.yaml": "", "crds/crd.yaml": "kind: CustomResourceDefinition", "crds/other.yaml": "kind: Role",
		".carto-lint.yaml": "exclude: [{path: made/**, reason: a program makes them}]",
		"empty/readme.md":  "",
	})
	link := func(from, to string) {
		if err := os.Symlink(to, filepath.Join(root, from)); err != nil {
			t.Skip("no links here:", err)
		}
	}
	link("deep/loop", root)
	link("deep/er/file.yaml", filepath.Join(root, "a.yaml"))
	link("deep/er/owner.yaml", filepath.Join(root, "owner.txt"))
	link("deep/broken.yaml", "nowhere")
	link("deep/broken.md", "nowhere")
	large := filepath.Join(root, "deep", "large.yaml")
	if err := os.WriteFile(large, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(large, manifest.MaxFile+1); err != nil { // no bytes on the disk
		t.Fatal(err)
	}
	in := func(names ...string) []string {
		for i := range names {
			names[i] = filepath.Join(root, names[i])
		}
		return names
	}
	for _, tc := range []struct {
		reason string
		args   []string
		want   string
		unread string
	}{
		{"a folder and all below, in order, without loops, each file once", in(""), "D.YAML a.yaml b.yml c.json crds/crd.yaml crds/other.yaml deep/er/owner.yaml deep/er/x.yaml (made/x.yaml)", "deep/broken.yaml deep/large.yaml"},
		{"what is named is read whatever it is called, once", append(in("owner.txt", "a.yaml"), in("a.yaml", ".hidden.yaml")...), "owner.txt a.yaml .hidden.yaml", ""},
		{"owners", append(in("a.yaml"), "--workload", in("owner.txt")[0]), "a.yaml owner.txt", ""},
		{"definitions are not checked, and nothing else in their folder is read", append(in("a.yaml"), "--crds", in("crds")[0]), "a.yaml (crds/crd.yaml)", ""},
		{"what is left out can be referred to", in("a.yaml", "made/x.yaml"), "a.yaml (made/x.yaml)", ""},
		{"what is not there", in("a.yaml", "nothere"), "a.yaml", "nothere"},
	} {
		o, _ := options(t, tc.args...)
		got, err := o.read(t.Context())
		if err != nil {
			t.Errorf("%s: %v", tc.reason, err)
			continue
		}
		var names, unread []string
		for _, f := range got.files {
			name := strings.TrimPrefix(f.Name, filepath.ToSlash(root)+"/")
			if f.Remote {
				name = "(" + name + ")"
			}
			names = append(names, name)
		}
		for _, u := range got.unread {
			unread = append(unread, strings.TrimPrefix(filepath.ToSlash(u.File), filepath.ToSlash(root)+"/"))
		}
		if strings.Join(names, " ") != tc.want || strings.Join(unread, " ") != tc.unread {
			t.Errorf("%s: got %s; unread %s", tc.reason, names, unread)
		}
	}
	o, _ := options(t, filepath.Join(root, "empty"))
	if _, err := o.read(t.Context()); err == nil || !strings.Contains(err.Error(), "there is nothing to check") {
		t.Errorf("an empty folder: %v", err)
	}
}

// TestConfigure: where the configuration is found, and what flags win over.
func TestConfigure(t *testing.T) {
	t.Parallel()
	root := tree(t, map[string]string{
		"repo/.git/HEAD": "", "repo/" + config.Name: "failOn: info\nkubernetesVersion: \"1.30\"\nbaseline: base.json\nrules: {SYN002: off}\npaths: [{path: sub/**, rules: {SYN002: info}}]",
		"repo/sub/a.yaml": "", "repo/other/.git/HEAD": "", "repo/other/a.yaml": "", "one.yaml": "failOn: warning",
	})
	sub, other := filepath.Join(root, "repo", "sub"), filepath.Join(root, "repo", "other", "a.yaml")
	o, _ := options(t, filepath.Join(sub, "a.yaml"), sub)
	o.choose()
	if o.failOn() != lint.Info || o.KubernetesVersion != "1.30" || o.BaselineFile != filepath.Join(root, "repo", "base.json") {
		t.Errorf("in a folder above: %+v", o)
	}
	rule := rules.Find("SYN002")
	if level, _ := o.level(rule, filepath.Join(sub, "a.yaml")); level != lint.Info {
		t.Errorf("paths are seen from the folder of the configuration: %s", level)
	}
	if level, said := o.level(rule, filepath.Join(root, "repo", "b.yaml")); level != lint.Off || !said {
		t.Errorf("off: %s", level)
	}
	o, _ = options(t, sub, "--rule", "SYN002", "--fail-on", "error", "--kubernetes-version", "1.31")
	o.choose()
	if _, said := o.level(rule, filepath.Join(root, "repo", "b.yaml")); said || len(o.rules) != 1 || o.failOn() != lint.Error || o.KubernetesVersion != "1.31" {
		t.Error("flags win")
	}
	if o, _ = options(t, other); o.config != nil {
		t.Error("the search ends at the root of the repository")
	}
	if o, _ = options(t, sub, "--config", filepath.Join(root, "one.yaml")); o.failOn() != lint.Warning {
		t.Error("--config")
	}
	o, _ = options(t, "--disable", "SYN,REF003", sub)
	if o.choose(); slices.Contains(o.rules, rule) || slices.Contains(o.rules, rules.Find("REF003")) || len(o.rules) == 0 {
		t.Errorf("--disable: %v", o.rules)
	}
}

const idle = "apiVersion: v1\nkind: A\nspec:\n  a: 1 # carto-lint: ignore SYN002 because it was\n"

// TestFix: files are written as a whole or not at all, and what is left is reported.
func TestFix(t *testing.T) {
	t.Parallel()
	root := tree(t, map[string]string{"a.yaml": idle, "real/b.yaml": idle, "c.yaml": strings.ReplaceAll(idle, "was", "is\n  a: 2")})
	if err := os.Symlink(filepath.Join("real", "b.yaml"), filepath.Join(root, "b.yaml")); err != nil {
		t.Skip("no links here:", err)
	}
	if err := os.Chmod(filepath.Join(root, "a.yaml"), 0o640); err != nil {
		t.Fatal(err)
	}
	o, errOut := options(t, root, "--fix", "--rule", "STY003,SYN002")
	if err := o.Run(t.Context()); err == nil {
		t.Error("the key of c.yaml still occurs twice")
	}
	for name, want := range map[string]string{"a.yaml": "apiVersion: v1\nkind: A\nspec:\n  a: 1\n", "real/b.yaml": "apiVersion: v1\nkind: A\nspec:\n  a: 1\n", "c.yaml": "apiVersion: v1\nkind: A\nspec:\n  a: 1\n  a: 2\n"} {
		if got, err := os.ReadFile(filepath.Join(root, name)); err != nil || string(got) != want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	if info, err := os.Stat(filepath.Join(root, "a.yaml")); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("the permissions have changed: %v, %v", info.Mode(), err)
	}
	if info, err := os.Lstat(filepath.Join(root, "b.yaml")); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Error("the link is no link any more")
	}
	if got, want := errOut.String(), "3 findings in 3 files fixed\n1 error in 3 files\n"; got != want {
		t.Errorf("got %q", got)
	}
	leftovers, err := filepath.Glob(filepath.Join(root, ".carto-lint-*"))
	if err != nil || len(leftovers) > 0 {
		t.Errorf("left over: %v, %v", leftovers, err)
	}
}

// TestFixRefused: a file that changed in the meantime, or a folder that cannot be written,
// stays as it is.
func TestFixRefused(t *testing.T) {
	t.Parallel()
	root := tree(t, map[string]string{"a.yaml": idle})
	path := filepath.Join(root, "a.yaml")
	o, _ := options(t, path, "--fix")
	err := o.settle([]lint.Fixed{{Name: path, Before: []byte("something else"), New: []byte("x")}, {Name: filepath.Join(root, "gone.yaml"), New: []byte("x")}})
	if err == nil || strings.Count(err.Error(), "has changed while it was checked") != 2 {
		t.Errorf("got %v", err)
	}
	if got, _ := os.ReadFile(path); string(got) != idle {
		t.Errorf("written: %q", got)
	}
}

// TestBaseline: written, it silences what is there; what is healed is stale.
func TestBaseline(t *testing.T) {
	t.Parallel()
	const twice = "apiVersion: v1\nkind: A\nspec:\n  a: 1\n  a: 2\n"
	root := tree(t, map[string]string{"a.yaml": twice})
	base, path := filepath.Join(root, "base.json"), filepath.Join(root, "a.yaml")
	run := func(args ...string) (string, error) {
		o, errOut := options(t, append(args, path, "--baseline", base, "--rule", "SYN002")...)
		err := o.Run(t.Context())
		return strings.ReplaceAll(errOut.String(), root+string(filepath.Separator), ""), err
	}
	for _, step := range []struct {
		reason, text string
		args         []string
		want         string
		fails        bool
	}{
		{"written", twice, []string{"--write-baseline"}, "base.json: 1 finding written\nnothing found in 1 file (1 suppressed)\n", false},
		{"the same, further down", "# moved\n\n" + twice, nil, "nothing found in 1 file (1 suppressed)\n", false},
		{"a new one", twice + "  b: 1\n  b: 2\n", nil, "1 error in 1 file (1 suppressed)\n", true},
		{"healed", "apiVersion: v1\nkind: A\n", nil, "base.json: stale: a.yaml: the key \"a\" occurs twice; it is already set on line 4 [SYN002]; write the baseline again\nnothing found in 1 file\n", false},
		{"written again", "apiVersion: v1\nkind: A\n", []string{"--write-baseline"}, "base.json: 0 findings written\nnothing found in 1 file\n", false},
		{"it is empty", twice, nil, "1 error in 1 file\n", true},
	} {
		if err := os.WriteFile(path, []byte(step.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := run(step.args...); got != step.want || (err != nil) != step.fails {
			t.Errorf("%s: got %q, %v", step.reason, got, err)
		}
	}
}

// TestCluster: one list for each kind, what may not be read is said, and of the definitions
// only those count that something speaks of.
func TestCluster(t *testing.T) {
	t.Parallel()
	object := func(apiVersion, kind, namespace, name string, more map[string]any) *unstructured.Unstructured {
		u := &unstructured.Unstructured{Object: map[string]any{"apiVersion": apiVersion, "kind": kind, "status": map[string]any{"x": "y"}}}
		u.SetName(name)
		u.SetNamespace(namespace)
		for k, v := range more {
			u.Object[k] = v
		}
		return u
	}
	crd := func(kind string) *unstructured.Unstructured {
		return object("apiextensions.k8s.io/v1", crdKind, "", strings.ToLower(kind), map[string]any{"spec": map[string]any{"names": map[string]any{"kind": kind}}})
	}
	kinds := map[schema.GroupVersionResource]string{}
	for _, k := range referred {
		kinds[k.resource] = k.kind + "List"
	}
	client := fake.NewSimpleDynamicClientWithCustomListKinds(runtime.NewScheme(), kinds,
		object("carto.run/v1alpha1", "ClusterTemplate", "", "stamps", map[string]any{"spec": map[string]any{"template": map[string]any{"kind": "Painting"}}}),
		object("v1", "ServiceAccount", "shop", "stamper", nil), crd("Painting"), crd("Sculpture"),
	)
	client.PrependReactor("list", "clusterroles", func(clienttesting.Action) (bool, runtime.Object, error) {
		return true, nil, apierrors.NewForbidden(schema.GroupResource{Group: rbac, Resource: "clusterroles"}, "", fmt.Errorf("not you"))
	})
	root := tree(t, map[string]string{"a.yaml": ""})
	o, errOut := options(t, root, "--from-cluster")
	o.Client = func() (dynamic.Interface, error) { return client, nil }
	in, err := o.read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range in.files {
		if f.Remote {
			names = append(names, strings.TrimPrefix(f.Name, "the cluster: "))
			if bytes.Contains(f.Data, []byte("status")) {
				t.Errorf("%s has a status, which nobody reads", f.Name)
			}
		}
	}
	if got, want := strings.Join(names, ", "), "ClusterTemplate stamps, ServiceAccount shop/stamper, CustomResourceDefinition painting"; got != want {
		t.Errorf("got %s", got)
	}
	if !strings.Contains(errOut.String(), "clusterroles.rbac.authorization.k8s.io are left out: ") || strings.Count(errOut.String(), "\n") != 1 {
		t.Errorf("said: %q", errOut)
	}
	if lists := len(client.Actions()); lists != len(referred) {
		t.Errorf("%d requests for %d kinds", lists, len(referred))
	}
	set := lint.ReadFiles(in.files)
	if set.Template("ClusterTemplate", "stamps") == nil {
		t.Error("the template of the cluster is not in the set")
	}
}

// TestClusterFails: what is no lack of a permission ends the command.
func TestClusterFails(t *testing.T) {
	t.Parallel()
	o, _ := options(t, tree(t, map[string]string{"a.yaml": ""}), "--from-cluster")
	o.Client = func() (dynamic.Interface, error) { return nil, fmt.Errorf("no cluster") }
	if _, err := o.read(t.Context()); err == nil {
		t.Error("no fault without a cluster")
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	cancel()
	if _, err := o.read(ctx); err == nil {
		t.Error("an interrupted command goes on")
	}
}

// TestInterrupted: once nobody waits any more no rule begins, and nothing is reported, fixed or
// kept.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	root := tree(t, map[string]string{"a.yaml": "kind: A\n"})
	ctx, cancel := context.WithCancel(t.Context())
	o, _ := options(t, root, "--fix", "--baseline", filepath.Join(root, "known.json"), "--write-baseline")
	s, _, out, _ := streams.Test()
	o.Streams = s
	files, after := []lint.File{{Name: "a.yaml", Data: []byte("kind: A\n")}}, 0
	o.rules = []*lint.Rule{{ID: "TST001", Check: func(*lint.Pass) { cancel() }}}
	for range 100 {
		o.rules = append(o.rules, &lint.Rule{ID: "TST002", Check: func(p *lint.Pass) {
			if ctx.Err() != nil {
				p.Report(lint.Place{}, "after")
			}
		}})
	}
	for _, f := range o.check(ctx, files).report.Findings {
		if f.Message == "after" {
			after++
		}
	}
	if after > 10 { // those that had begun
		t.Errorf("%d rules ran after the interrupt", after)
	}
	if _, _, _, err := o.heal(ctx, files, o.check(ctx, files)); !errors.Is(err, context.Canceled) {
		t.Errorf("fixing goes on: %v", err)
	}
	if err := o.Run(ctx); !errors.Is(err, context.Canceled) || out.Len() > 0 {
		t.Errorf("%v, %q", err, out)
	}
}

// TestReadOnly: a file that nobody may write is not replaced either.
func TestReadOnly(t *testing.T) {
	t.Parallel()
	path := filepath.Join(tree(t, map[string]string{"a.yaml": "before"}), "a.yaml")
	if err := os.Chmod(path, 0o444); err != nil {
		t.Fatal(err)
	}
	err := replace(path, []byte("after"))
	if data, _ := os.ReadFile(path); err == nil || string(data) != "before" {
		t.Errorf("%v, and the file is %q", err, data)
	}
}
