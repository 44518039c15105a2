package create

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/streams"
)

// parsed runs the command with its work replaced, and returns the options.
func parsed(t *testing.T, stdin string, args ...string) *Options {
	t.Helper()
	s, in, _, _ := streams.Test()
	in.WriteString(stdin)
	f := cmdutil.NewFactory("kubectl carto", s)
	f.Namespace = func() (string, bool, error) { return "shop", false, nil }
	var got *Options
	cmd := NewCmdCreate(f, func(_ context.Context, o *Options) error { got = o; return nil })
	cmd.SetArgs(args)
	if err := cmd.ExecuteContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	return got
}

const file = `
apiVersion: carto.run/v1alpha1
kind: Workload
metadata: {name: from-file, namespace: file-ns, labels: {apps.tanzu.vmware.com/workload-type: server, a: b}}
spec:
  source: {git: {url: u, ref: {branch: main, tag: v1}}, subPath: app}
  params: [{name: p, value: 1}, {name: q, value: {n: 2}}]
  env: [{name: A, value: "1"}]
`

func TestWorkload(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		reason, stdin string
		args          []string
		spec          string
		labels        map[string]string
		fault         string
	}{
		{reason: "the type defaults to web", args: []string{"x", "-i", "img"},
			spec: "image: img", labels: map[string]string{"apps.tanzu.vmware.com/workload-type": "web"}},
		{reason: "the file's type stays, its name is used", stdin: file, args: []string{"-f", "-"},
			spec:   "{source: {git: {url: u, ref: {branch: main, tag: v1}}, subPath: app}, params: [{name: p, value: 1}, {name: q, value: {n: 2}}], env: [{name: A, value: '1'}]}",
			labels: map[string]string{"apps.tanzu.vmware.com/workload-type": "server", "a": "b"}},
		{reason: "an image clears the source", stdin: file, args: []string{"-f", "-", "-i", "img", "-p", "p-", "-p", "q-", "-e", "A-", "-l", "a-"},
			spec: "image: img", labels: map[string]string{"apps.tanzu.vmware.com/workload-type": "server"}},
		{reason: "an empty value unsets one ref", stdin: file, args: []string{"-f", "-", "--git-tag", "", "--sub-path=", "--param-yaml", "p=[1, {a: 1.5}]", "-p", "q-", "-e", "A=2", "-t", "web"},
			spec:   "{source: {git: {url: u, ref: {branch: main}}}, params: [{name: p, value: [1, {a: 1.5}]}], env: [{name: A, value: '2'}]}",
			labels: map[string]string{"apps.tanzu.vmware.com/workload-type": "web", "a": "b"}},
		{reason: "an empty repo drops git", stdin: file, args: []string{"-f", "-", "--git-repo", "", "--sub-path="},
			spec:   "{params: [{name: p, value: 1}, {name: q, value: {n: 2}}], env: [{name: A, value: '1'}]}",
			labels: map[string]string{"apps.tanzu.vmware.com/workload-type": "server", "a": "b"}},
		{reason: "values may hold = and commas", args: []string{"x", "-i", "img", "-e", "A=b=c,d", "--build-env", "B=", "--service-account", "sa"},
			spec:   "{image: img, env: [{name: A, value: 'b=c,d'}], build: {env: [{name: B, value: ''}]}, serviceAccountName: sa}",
			labels: map[string]string{"apps.tanzu.vmware.com/workload-type": "web"}},
		{reason: "all refs gone", stdin: file, args: []string{"-f", "-", "--git-tag", "", "--git-branch", ""}, fault: "needs a ref"},
		{reason: "a name that is no label value", args: []string{strings.Repeat("a", 64), "-i", "img"}, fault: "longer than 63"},
		{reason: "a bad label", args: []string{"x", "-i", "img", "-l", "a=b c"}, fault: "--label a value"},
		{reason: "spec is a list", stdin: "apiVersion: carto.run/v1alpha1\nkind: Workload\nspec: []\n", args: []string{"x", "-f", "-"}, fault: "spec"},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			t.Parallel()
			obj, err := parsed(t, tc.stdin, tc.args...).workload(t.Context())
			if tc.fault != "" {
				if err == nil || !strings.Contains(err.Error(), tc.fault) {
					t.Errorf("got %v, want a fault with %q", err, tc.fault)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var want, got map[string]any
			if err := yaml.Unmarshal([]byte(tc.spec), &want); err != nil {
				t.Fatal(err)
			}
			data, _ := yaml.Marshal(obj.Object["spec"])
			_ = yaml.Unmarshal(data, &got)
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("spec (-want +got):\n%s", d)
			}
			if d := cmp.Diff(tc.labels, obj.GetLabels()); d != "" {
				t.Errorf("labels (-want +got):\n%s", d)
			}
		})
	}
}

func TestNamespace(t *testing.T) {
	t.Parallel()
	o := parsed(t, file, "-f", "-")
	if obj, err := o.workload(t.Context()); err != nil || obj.GetNamespace() != "file-ns" {
		t.Errorf("the file's namespace is kept: %v, %v", obj, err)
	}
	o = parsed(t, file, "-f", "-")
	o.Namespace = func() (string, bool, error) { return "flag", true, nil }
	if obj, err := o.workload(t.Context()); err != nil || obj.GetNamespace() != "flag" {
		t.Errorf("the flag wins: %v, %v", obj, err)
	}
}

func TestDryRunFlag(t *testing.T) {
	t.Parallel()
	for arg, want := range map[string]string{"": "none", "--dry-run": "client", "--dry-run=server": "server"} {
		args := []string{"x", "-i", "y"}
		if arg != "" {
			args = append(args, arg)
		}
		if got := parsed(t, "", args...).DryRun; got != want {
			t.Errorf("%q: got %s, want %s", arg, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(file))
	f.Add([]byte("---\n- a\n"))
	f.Add([]byte("a: &a [*a]"))
	f.Fuzz(func(_ *testing.T, data []byte) { _, _ = parse("f", data) })
}
